//! What a process tells of itself: the socket of `sd_notify(3)`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tokio::net::UnixDatagram;

/// Longest path of a Unix socket (unix(7)).
const PATH_MAX: usize = 107;
/// Longest message that is read; systemd's own limit.
const MESSAGE_MAX: usize = 4096;

/// A process's way to say that it is ready.
#[derive(Debug)]
pub(super) struct Notices {
    socket: UnixDatagram,
    path: PathBuf,
}

/// What one message says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) ready: bool,
    pub(super) status: Option<String>,
}

impl Notices {
    /// Listens at a new socket; what was said at an old one is forgotten.
    pub(super) fn listen(path: &Path) -> io::Result<Self> {
        if path.as_os_str().len() > PATH_MAX {
            let message = format!(
                "{} is too long for a socket; use a shorter --dir",
                path.display()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidFilename, message));
        }
        drop(fs::remove_file(path));
        let socket = UnixDatagram::bind(path)?;
        Ok(Self {
            socket,
            path: path.to_owned(),
        })
    }

    /// The next message.
    pub(super) async fn next(&self) -> io::Result<Notice> {
        let mut message = [0; MESSAGE_MAX];
        let length = self.socket.recv(&mut message).await?;
        Ok(Notice::parse(&String::from_utf8_lossy(&message[..length])))
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

impl Notice {
    fn parse(message: &str) -> Self {
        let mut notice = Self::default();
        for line in message.lines() {
            match line.split_once('=') {
                Some(("READY", "1")) => notice.ready = true,
                Some(("STATUS", status)) => notice.status = Some(status.to_owned()),
                Some(_) | None => {}
            }
        }
        notice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, ready: bool, status: Option<&str>) {
        assert_eq!(
            Notice::parse(message),
            Notice {
                ready,
                status: status.map(str::to_owned)
            }
        );
    }

    #[test]
    fn a_message_may_say_both_readiness_and_status() {
        check(
            "READY=1\nSTATUS=waiting for the broker\n",
            true,
            Some("waiting for the broker"),
        );
    }

    #[test]
    fn what_is_not_known_is_skipped() {
        check("MAINPID=3\nREADY=0\nnonsense", false, None);
    }
}
