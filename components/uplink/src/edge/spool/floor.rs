//! Whether the disk has room for more.

use std::path::Path;

use rustix::fs::statvfs;
use sqlx::sqlite::SqlitePool;

use super::columns::count;
use crate::quota::Disk;

/// What stays free of the disk, whichever is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Floor {
    /// A share, in per cent.
    pub(crate) percent: u64,
    /// Bytes: on a large disk a share is more than anybody needs.
    pub(crate) most: u64,
}

/// Whether less than the floor is free. What is free inside the spool's own file counts, because that
/// is used before the file grows.
pub(super) async fn look(directory: &Path, floor: Floor, readers: &SqlitePool) -> Disk {
    let Ok(disk) = statvfs(directory) else {
        // A disk that cannot be asked will say so when it is written to.
        return Disk::Roomy;
    };
    let share = disk.f_blocks / 100 * floor.percent;
    let floor = share.saturating_mul(disk.f_frsize).min(floor.most);
    let free = disk.f_bavail * disk.f_frsize;
    if free >= floor || free + inside(readers).await >= floor {
        Disk::Roomy
    } else {
        Disk::Low
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
