//! The last revocation list on the disk: after a start, whoever is on it opens nothing before the
//! broker has told the list again.

use std::io;
use std::path::PathBuf;

use kit::credential::Refusals;
use kit::error::Chain;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wire::credential::Revocations;

/// Largest file that is read: as large as a body of the bus, which the list came in.
const BYTES_MAX: u64 = wire::bound::BODY_MAX as u64;

/// Takes up the list that was kept, if there is one that can be read.
pub(crate) async fn take_up(path: &PathBuf, refusals: &Refusals) {
    match read(path).await {
        Ok(Some(list)) => drop(refusals.take(list)),
        Ok(None) => {}
        Err(error) => tracing::error!(error = %Chain(&error), "kept revocation list not usable"),
    }
}

/// Keeps every newer list until `stop`.
pub(crate) async fn keep(
    path: PathBuf,
    mut lists: watch::Receiver<Revocations>,
    stop: CancellationToken,
) {
    while let Some(Ok(())) = stop.run_until_cancelled(lists.changed()).await {
        let list = wire::encode(&*lists.borrow_and_update());
        if let Err(error) = write(&path, list).await {
            tracing::error!(error = %Chain(&error), "revocation list not kept");
        }
    }
}

async fn read(path: &PathBuf) -> io::Result<Option<Revocations>> {
    let bytes = match tokio::fs::metadata(path).await {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if bytes > BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let text = tokio::fs::read(path).await?;
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(io::Error::from)
}

/// Replaces the file as a whole.
async fn write(path: &PathBuf, list: Vec<u8>) -> io::Result<()> {
    let beside = path.with_extension("new");
    tokio::fs::write(&beside, list).await?;
    tokio::fs::File::open(&beside).await?.sync_all().await?;
    tokio::fs::rename(&beside, path).await
}

#[cfg(test)]
mod tests;
