//! What a process tells of itself: the socket of `sd_notify(3)`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kit::notify::{MESSAGE_MAX, Notice};
use tokio::net::UnixDatagram;

/// Longest path of a Unix socket (unix(7)).
const PATH_MAX: usize = 107;

/// A process's way to say that it is ready.
#[derive(Debug)]
pub(super) struct Notices {
    socket: UnixDatagram,
    path: PathBuf,
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
