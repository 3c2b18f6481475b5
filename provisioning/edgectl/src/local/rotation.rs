//! Logs of bounded size: a full one is set aside and emptied.
//!
//! Processes append to the file itself, so that they need nobody to carry their output; a line
//! written between copy and cut may be lost.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

use super::hotel::Hotel;

/// Largest log; with the one set aside, twice that a process.
const LOG_MAX: u64 = 16 * 1024 * 1024;
/// How often sizes are looked at.
const EVERY: Duration = Duration::from_secs(5);

/// Keeps the logs of a hotel within their bound, for ever.
pub(super) async fn watch(hotel: &Hotel) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        for log in hotel.logs.values() {
            if let Err(error) = rotate(log) {
                tracing::error!(%error, log = %log.display(), "log is not rotated");
            }
        }
    }
}

fn rotate(log: &Path) -> io::Result<()> {
    if fs::metadata(log).map_or(0, |metadata| metadata.len()) < LOG_MAX {
        return Ok(());
    }
    fs::copy(log, log.with_extension("log.1"))?;
    OpenOptions::new().write(true).open(log)?.set_len(0)
}
