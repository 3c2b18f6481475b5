//! Tickets as files: `0001.txt`, `0001.png`, `0001.json`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::device::Device;
use crate::vprinter::ticket::Ticket;

/// A directory that tickets are put into.
#[derive(Debug)]
pub(in crate::vprinter) struct Shelf {
    directory: PathBuf,
    /// Tickets that were there before.
    before: usize,
}

/// The directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {path} for tickets")]
pub(in crate::vprinter) struct ShelfError {
    path: PathBuf,
    source: io::Error,
}

impl Shelf {
    /// The directory, made when it is missing; numbers go on after those that are there.
    pub(in crate::vprinter) fn open(directory: PathBuf) -> Result<Self, ShelfError> {
        let opened = fs::create_dir_all(&directory).and_then(|()| highest(&directory));
        match opened {
            Ok(before) => Ok(Self { directory, before }),
            Err(source) => Err(ShelfError {
                path: directory,
                source,
            }),
        }
    }

    /// Puts tickets away as they come.
    pub(in crate::vprinter) async fn run(self, device: Arc<Device>, stop: CancellationToken) {
        let mut moved = device.moved();
        let mut number = 1;
        loop {
            moved.mark_unchanged();
            while let Some(ticket) = device.ticket(number) {
                if let Err(error) = self.put(self.before + number, &ticket) {
                    tracing::error!(ticket = number, %error, "ticket not kept");
                }
                number += 1;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                changed = moved.changed() => if changed.is_err() { return },
            }
        }
    }

    /// The text is last: who sees it finds the others.
    fn put(&self, number: usize, ticket: &Ticket) -> io::Result<()> {
        let json = json!({"end": ticket.end, "ops": ticket.ops});
        self.write(number, "png", &ticket.png())?;
        self.write(number, "json", format!("{json}\n").as_bytes())?;
        self.write(number, "txt", format!("{}\n", ticket.text()).as_bytes())
    }

    fn write(&self, number: usize, kind: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.directory.join(format!(".{number:04}.{kind}"));
        fs::write(&unfinished, bytes)?;
        fs::rename(
            unfinished,
            self.directory.join(format!("{number:04}.{kind}")),
        )
    }
}

fn highest(directory: &Path) -> io::Result<usize> {
    let mut highest = 0;
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let number = stem.and_then(|stem| stem.parse().ok()).unwrap_or(0);
        highest = number.max(highest);
    }
    Ok(highest)
}
