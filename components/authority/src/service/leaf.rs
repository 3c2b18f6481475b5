//! The authority's own leaf: it has nobody to ask but itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kit::clock::Clock;
use kit::error::Chain;
use kit::identity::{Holder, Identity, show_overdue};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::StartError;
use crate::edge::ca::{Ca, IssueError};

/// How often it is asked whether a renewal is due, or the box has another name; a month is left when the
/// one is, and the other rare.
const EVERY: Duration = Duration::from_mins(1);
/// How long the new files may take to be seen.
const TAKEN_UP: Duration = Duration::from_secs(10);

/// Whoever keeps the leaf.
#[derive(Debug)]
pub(super) struct OwnLeaf {
    pub(super) ca: Arc<Ca>,
    pub(super) holder: Holder,
    pub(super) dir: PathBuf,
    pub(super) identity: watch::Receiver<Arc<Identity>>,
    pub(super) clock: Clock,
}

impl OwnLeaf {
    /// Renews a leaf that is due or has expired, and waits until it is in use.
    pub(super) async fn renew_before_anything_else(&self) -> Result<(), StartError> {
        let Some(renewed) = self.renew_if_due()? else {
            return Ok(());
        };
        let mut identity = self.identity.clone();
        let taken_up = identity.wait_for(|identity| identity.chain == renewed.chain);
        let seen = timeout(TAKEN_UP, taken_up).await;
        seen.is_ok_and(|seen| seen.is_ok())
            .then_some(())
            .ok_or(StartError::Identity)
    }

    /// Keeps it current, until `stop`.
    pub(super) async fn keep(self, stop: CancellationToken) {
        let mut carried = self.ca.carried();
        let keeping = async {
            loop {
                drop(timeout(EVERY, carried.changed()).await);
                if let Err(error) = self.renew_if_due() {
                    let not_after = self.identity.borrow().not_after.value();
                    tracing::error!(error = %Chain(&error), not_after, "cannot renew the own leaf");
                }
                show_overdue(&self.identity.borrow(), self.clock.wall());
            }
        };
        stop.run_until_cancelled(keeping).await;
    }

    fn renew_if_due(&self) -> Result<Option<Identity>, IssueError> {
        let now = self.clock.wall();
        let present = Arc::clone(&self.identity.borrow());
        if present.due_in(now).is_some() && self.carries_the_names(&present)? {
            return Ok(None);
        }
        let renewed = self.ca.renew(&self.holder, &self.dir, now)?;
        tracing::info!(not_after = renewed.not_after.value(), "own leaf renewed");
        Ok(Some(renewed))
    }

    fn carries_the_names(&self, present: &Identity) -> Result<bool, IssueError> {
        let names = self.ca.server_names()?.to_strings();
        Ok(present.server_names() == names.into_iter().collect())
    }
}
