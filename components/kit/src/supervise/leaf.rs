//! The leaf of a program that cannot renew it: the broker's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Address;
use crate::error::Chain;
use crate::identity::{self, Door, Identity};

/// Between two looks at an identity that cannot be used yet; its program waits for it as well.
const EVERY: Duration = Duration::from_secs(10);

/// Keeps the leaf current as long as the receiver lives, which hears of every other one that is in its
/// place; never, when there is none to keep.
pub(super) fn keep(leaf: Option<(PathBuf, Address)>, clock: &Clock) -> mpsc::Receiver<()> {
    // One notice tells everything there is to tell.
    let (renewed, heard) = mpsc::channel(1);
    if let Some((dir, authority)) = leaf {
        let clock = clock.clone();
        tokio::spawn(async move {
            let leaf = watch::Sender::new(Arc::new(first(&dir).await));
            let mut present = leaf.subscribe();
            let stop = CancellationToken::new();
            let following = identity::follow(dir.clone(), leaf.clone(), stop.clone());
            let door = Door::at(authority);
            let keeping = identity::keep_current(dir, door, leaf, clock, stop);
            let telling = async {
                while present.changed().await.is_ok() {
                    // A notice that waits already says the same.
                    _ = renewed.try_send(());
                }
            };
            tokio::join!(following, keeping, telling)
        });
    }
    heard
}

/// The identity, once it is there: provisioning may come later.
async fn first(dir: &Path) -> Identity {
    loop {
        let place = dir.to_owned();
        match spawn_blocking(move || Identity::load(&place)).await {
            Ok(Ok(identity)) => return identity,
            Ok(Err(error)) => {
                tracing::warn!(error = %Chain(&error), "there is no leaf to keep yet");
            }
            Err(_) => {}
        }
        tokio::time::sleep(EVERY).await;
    }
}
