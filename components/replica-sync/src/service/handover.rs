//! Hands backups over to `uplink`, until it has taken them.
//!
//! Whatever lies in the directory is offered: again after a restart of this program, and from time
//! to time for as long as it lies there. `uplink` knows a file by its digest, so nothing is taken
//! twice.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use kit::backoff::Backoff;
use kit::bus::{Bus, RequestError};
use kit::error::Chain;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::uplink::{FILE, File, Filed};
use wire::{Component, Integer};

use crate::edge::backup::{Offer, Shelf};

/// How long `uplink` may take to read a large file.
const WAIT: Duration = Duration::from_mins(5);
/// Ceilings of the rests while it does not take one: first and longest.
const RESTS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));
/// How often what still lies there is offered anew: should `uplink` have lost its disk.
const ANEW: Duration = Duration::from_hours(6);

pub(super) async fn run(shelf: Shelf, bus: Bus, made: Arc<Notify>, stop: CancellationToken) {
    let handing = async {
        if let Err(error) = shelf.prepare() {
            tracing::error!(%error, "cannot prepare the places of backups");
        }
        let mut backoff = Backoff::new(RESTS.0, RESTS.1);
        let mut taken = BTreeSet::new();
        loop {
            let wait = if hand_over(&shelf, &bus, &mut taken).await {
                backoff.reset();
                ANEW
            } else {
                backoff.wait()
            };
            if timeout(wait, made.notified()).await.is_err() && wait == ANEW {
                taken.clear();
            }
        }
    };
    stop.run_until_cancelled(handing).await;
}

/// Offers whatever was not taken yet; whether nothing is left to offer.
async fn hand_over(shelf: &Shelf, bus: &Bus, taken: &mut BTreeSet<String>) -> bool {
    let waiting = match shelf.waiting() {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::error!(%error, "cannot see which backups wait");
            return false;
        }
    };
    taken.retain(|name| waiting.contains(name));
    let mut all = true;
    for name in waiting {
        if taken.contains(&name) {
            continue;
        }
        match offer(shelf, bus, &name).await {
            Ok(filed) => {
                tracing::info!(name, key = filed.key, "backup handed over");
                taken.insert(name);
            }
            Err(error) => {
                tracing::warn!(name, error = %Chain(&error), "backup not handed over yet");
                all = false;
            }
        }
    }
    all
}

async fn offer(shelf: &Shelf, bus: &Bus, name: &str) -> Result<Filed, OfferError> {
    let (shelf, name) = (shelf.clone(), name.to_owned());
    let reading = spawn_blocking(move || shelf.offer(&name)).await;
    let Offer {
        path,
        name,
        sha256,
        bytes,
    } = reading
        .map_err(std::io::Error::other)
        .and_then(|offer| offer)
        .map_err(OfferError::Read)?;
    let file = File {
        path: path.to_string_lossy().into_owned(),
        sha256,
        bytes: Integer::new(bytes).unwrap_or_default(),
        name,
    };
    let operation = FILE.parse().expect("operations are words");
    Ok(bus
        .request(Component::Uplink, &operation, file, WAIT)
        .await?)
}

/// A backup is not handed over yet.
#[derive(Debug, thiserror::Error)]
enum OfferError {
    #[error("cannot read the backup")]
    Read(#[source] std::io::Error),
    #[error("uplink does not take it")]
    Ask(#[from] RequestError),
}
