//! Taking up a renewed identity while running.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::Identity;
use super::load::{Files, IdentityError};
use crate::error::Chain;

/// How often the files are looked at; a renewal has weeks, so this only bounds the wait in tests.
const EVERY: Duration = Duration::from_secs(2);

/// Sends every new identity that appears in `dir`, until `stop`.
///
/// Files are read whole and believed only together, so neither a rename nor a half-written
/// directory can be seen; a directory that does not load keeps the last good identity and is
/// logged once.
pub async fn follow(dir: PathBuf, sender: watch::Sender<Arc<Identity>>, stop: CancellationToken) {
    let mut follower = Follower::new(dir);
    while stop
        .run_until_cancelled(tokio::time::sleep(EVERY))
        .await
        .is_some()
    {
        let current = Arc::clone(&sender.borrow());
        let looked = spawn_blocking(move || {
            let seen = follower.look(&current);
            (follower, seen)
        });
        let Ok((back, seen)) = looked.await else {
            return;
        };
        follower = back;
        if let Some(identity) = seen {
            tracing::info!(
                identity = %identity.spiffe,
                not_after = identity.not_after.value(),
                "identity renewed"
            );
            sender.send_replace(Arc::new(identity));
        }
    }
}

/// What was last seen in a directory.
pub(super) struct Follower {
    dir: PathBuf,
    seen: Option<Files>,
    complaint: Option<String>,
}

impl Follower {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            seen: None,
            complaint: None,
        }
    }

    /// The identity in the directory, if it loads and is another than `current`.
    pub(super) fn look(&mut self, current: &Identity) -> Option<Identity> {
        match self.read_changed() {
            Ok(changed) => {
                self.complaint = None;
                changed.filter(|identity| !same(identity, current))
            }
            Err(error) => {
                self.complain(&error);
                None
            }
        }
    }

    fn read_changed(&mut self) -> Result<Option<Identity>, IdentityError> {
        let files = Files::read(&self.dir)?;
        if self.seen.as_ref() == Some(&files) {
            return Ok(None);
        }
        let identity = files.parse(&self.dir)?;
        self.seen = Some(files);
        Ok(Some(identity))
    }

    /// Logs what is wrong, once until it changes.
    fn complain(&mut self, error: &IdentityError) {
        let complaint = Chain(error).to_string();
        if self.complaint.as_ref() != Some(&complaint) {
            tracing::warn!(error = %complaint, "renewed identity cannot be used, the last one stays");
            self.complaint = Some(complaint);
        }
    }
}

fn same(left: &Identity, right: &Identity) -> bool {
    left.chain == right.chain && left.anchor == right.anchor
}
