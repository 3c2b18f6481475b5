//! Whether the disk has room for more.

use std::path::Path;

use rustix::fs::statvfs;
use sqlx::sqlite::SqlitePool;

use super::columns::count;
use crate::quota::Disk;

/// Of the disk, what sending away needs: a sealed batch a stream, the log of what is forgotten. An
/// eighth of a small disk, and as much as four batches and their log could ever need of a large one.
const SENDING_SHARE: u64 = 8;
const SENDING_MAX: u64 = 64 * 1024 * 1024;

/// What stays free of the disk, whichever is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Floor {
    /// A share, in per cent.
    pub(crate) percent: u64,
    /// Bytes: on a large disk a share is more than anybody needs.
    pub(crate) most: u64,
}

/// What is left of the disk, in bytes, and what of it is not for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    free: u64,
    floor: u64,
    sending: u64,
}

/// What is free inside the spool's own file counts, because that is used before the file grows.
pub(super) async fn look(directory: &Path, floor: Floor, readers: &SqlitePool) -> Left {
    let Ok(disk) = statvfs(directory) else {
        // A disk that cannot be asked will say so when it is written to.
        return Left {
            free: u64::MAX,
            floor: 0,
            sending: SENDING_MAX,
        };
    };
    let all = disk.f_blocks.saturating_mul(disk.f_frsize);
    let sending = (all / SENDING_SHARE).min(SENDING_MAX);
    Left {
        free: disk.f_bavail * disk.f_frsize + inside(readers).await,
        floor: sending + (all / 100 * floor.percent).min(floor.most),
        sending,
    }
}

impl Left {
    /// Bytes that nothing uses.
    pub(super) fn free(self) -> u64 {
        self.free
    }

    /// Most bytes of lines in a batch that can be sealed and forgotten with what is left for sending: the
    /// log takes each page that its records free, and its body twice.
    pub(super) fn batch_max(self) -> u64 {
        self.sending / 4
    }

    /// How the disk is when so many bytes of lines more are on it.
    pub(super) fn after(self, bytes: u64) -> Disk {
        // With keys and half-filled pages they take about a third more; and once, in the log.
        let left = self.free.saturating_sub(2 * bytes + bytes / 3);
        if left < self.sending {
            Disk::Full
        } else if left < self.floor {
            Disk::Low
        } else {
            Disk::Roomy
        }
    }
}

/// Bytes of the file that nothing uses.
async fn inside(readers: &SqlitePool) -> u64 {
    let pages: Result<(i64, i64), _> = sqlx::query_as(
        "SELECT freelist_count, page_size FROM pragma_freelist_count, pragma_page_size",
    )
    .fetch_one(readers)
    .await;
    pages.map_or(0, |(pages, size)| count(pages) * count(size))
}

#[cfg(test)]
mod tests;
