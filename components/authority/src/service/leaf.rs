//! The authority's own leaf: it has nobody to ask but itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kit::clock::Clock;
use kit::error::Chain;
use kit::identity::{Holder, Identity};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::StartError;
use crate::edge::ca::{Ca, IssueError};

/// How often it is asked whether a renewal is due; a month is left when it is.
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
        while stop.run_until_cancelled(sleep(EVERY)).await.is_some() {
            if let Err(error) = self.renew_if_due() {
                let not_after = self.identity.borrow().not_after.value();
                tracing::error!(error = %Chain(&error), not_after, "cannot renew the own leaf");
            }
        }
    }

    fn renew_if_due(&self) -> Result<Option<Identity>, IssueError> {
        let now = self.clock.wall();
        if self.identity.borrow().due_in(now).is_some() {
            return Ok(None);
        }
        let renewed = self.ca.renew(&self.holder, &self.dir, now)?;
        tracing::info!(not_after = renewed.not_after.value(), "own leaf renewed");
        Ok(Some(renewed))
    }
}
