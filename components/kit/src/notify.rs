//! The notify socket of `sd_notify(3)`: how a program tells whoever started it how it is.
//!
//! A supervisor listens at an abstract socket (unix(7)), which needs neither a directory that it may
//! write nor cleaning up after a kill. What is said there is a hint about readiness and grants nothing.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use crate::digest::random;

/// Names the socket.
pub const VARIABLE: &str = "NOTIFY_SOCKET";
/// Longest message that is read; systemd's own limit, in bytes.
pub const MESSAGE_MAX: usize = 4096;

/// Sends lines such as `READY=1` to the socket that the environment names; silent where it names none.
/// Whoever does not listen is not waited for: an error.
pub fn send(lines: &str) -> io::Result<()> {
    env::var_os(VARIABLE).map_or(Ok(()), |name| send_to(&name, lines))
}

fn send_to(name: &OsStr, lines: &str) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to_addr(lines.as_bytes(), &address(name)?)?;
    Ok(())
}

fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes().split_first() {
        Some((b'@', abstract_name)) => SocketAddr::from_abstract_name(abstract_name),
        Some(_) | None => SocketAddr::from_pathname(name),
    }
}

/// A socket at which a program that is started can tell how it is.
#[derive(Debug)]
pub struct Ear {
    socket: tokio::net::UnixDatagram,
    name: String,
}

/// What one message says; other lines are skipped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// The program does its work.
    pub ready: bool,
    /// What it says of itself, in a few words.
    pub status: Option<String>,
    /// The program that a supervisor keeps running: its process id, or 0 while it does not run.
    pub program: Option<u32>,
    /// How often a supervisor had to start it again.
    pub restarts: Option<u64>,
}

impl Ear {
    /// Listens at a socket of a name that nobody has; call it within a runtime.
    pub fn open() -> io::Result<Self> {
        let name = format!("hotel-notify-{:032x}", u128::from_le_bytes(random()));
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket: tokio::net::UnixDatagram::from_std(socket)?,
            name: format!("@{name}"),
        })
    }

    /// What [`VARIABLE`] is to say.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The next message.
    pub async fn next(&self) -> io::Result<Notice> {
        let mut message = [0; MESSAGE_MAX];
        let length = self.socket.recv(&mut message).await?;
        Ok(Notice::parse(&String::from_utf8_lossy(&message[..length])))
    }
}

impl Notice {
    /// Reads a message.
    pub fn parse(message: &str) -> Self {
        let mut notice = Self::default();
        for line in message.lines() {
            match line.split_once('=') {
                Some(("READY", "1")) => notice.ready = true,
                Some(("STATUS", status)) => notice.status = Some(status.to_owned()),
                Some(("X_HOTEL_PROGRAM", pid)) => notice.program = pid.parse().ok(),
                Some(("X_HOTEL_RESTARTS", count)) => notice.restarts = count.parse().ok(),
                Some(_) | None => {}
            }
        }
        notice
    }
}

#[cfg(test)]
mod tests;
