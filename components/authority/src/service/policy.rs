//! Keeps the broker's rules those of the policy: whoever provisioning adds gets in, whoever is
//! revoked is thrown out and can do nothing any more.
//!
//! The broker is asked what it has and told the difference, at the start, with every change, when it
//! was away, and now and then; so it does not matter who else told it what meanwhile, and what it
//! kept of its own.

use std::time::Duration;

use kit::Host;
use kit::backoff::Backoff;
use kit::bus::{Bus, Link};
use kit::credential::Refusals;
use kit::error::Chain;
use kit::health::Probe;
use kit::identity::Holder;
use kit::policy::{Policy, apply};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wire::credential::Revocations;

/// How often the broker is asked although nothing has changed.
const AGAIN: Duration = Duration::from_mins(10);
/// Waits after the broker refused: first and longest ceiling.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// Everybody of whom provisioning knows; nothing until it was read.
pub(super) type Roll = Option<Vec<Holder>>;

pub(super) fn start(host: &Host, roll: watch::Receiver<Roll>, refusals: &Refusals) {
    let keeper = Keeper {
        bus: host.bus.clone(),
        roll,
        refusals: refusals.changed(),
        probe: host.health.need("policy"),
    };
    host.tasks.spawn("policy", |stop| keeper.run(stop));
}

struct Keeper {
    bus: Bus,
    roll: watch::Receiver<Roll>,
    refusals: watch::Receiver<Revocations>,
    probe: Probe,
}

impl Keeper {
    async fn run(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(self.keep()).await;
        // Whoever reads the roll may stop first; the token follows.
        stop.cancelled().await;
    }

    async fn keep(&mut self) {
        let mut link = self.bus.link();
        let mut backoff = Backoff::new(WAITS.0, WAITS.1);
        loop {
            if link.wait_for(|link| *link == Link::Up).await.is_err() {
                return;
            }
            link.mark_unchanged();
            let pause = match self.policy() {
                None => AGAIN,
                Some(policy) => tokio::select! {
                    applied = self.apply(&policy) => {
                        if applied {
                            backoff.reset();
                            AGAIN
                        } else {
                            backoff.wait()
                        }
                    }
                    // What was asked is lost with the connection.
                    _ = link.changed() => continue,
                },
            };
            tokio::select! {
                Ok(()) = self.roll.changed() => {}
                Ok(()) = self.refusals.changed() => {}
                Ok(()) = link.changed() => {}
                () = sleep(pause) => {}
                else => return,
            }
        }
    }

    /// The policy of everybody who has rights now.
    fn policy(&mut self) -> Option<Policy> {
        let holders = self.roll.borrow_and_update().clone()?;
        let refused = self.refusals.borrow_and_update().principals.clone();
        Some(Policy::of(self.bus.property(), holders).without(&refused))
    }

    async fn apply(&self, policy: &Policy) -> bool {
        match apply(policy, |commands| self.bus.control(commands)).await {
            Ok(0) => self.probe.there(),
            Ok(changes) => {
                metrics::counter!("authority_policy_changes_total")
                    .increment(u64::try_from(changes).unwrap_or(u64::MAX));
                tracing::info!(changes, "the broker has the policy");
                self.probe.there();
            }
            Err(error) => {
                let error = Chain(&error).to_string();
                tracing::warn!(error, "the broker does not have the policy");
                self.probe.missing(error);
                return false;
            }
        }
        true
    }
}
