//! The leaf of a device, from one CA to the next.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{ReplacementError, accept, blocking, come_over};
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::credential::NotAReplacement;
use crate::digest::random;
use crate::error::Chain;
use crate::identity::renewal::{EVERY, FIRST_REST, LONGEST_REST};
use crate::identity::{Door, Identity, renew};

/// How long a device is offline before it asks whether there is a notice: brokers are started again in
/// less.
const OFFLINE: Duration = Duration::from_secs(10);
/// Ceilings of the rests between such questions: the first, and every later one.
const ASKS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_mins(2));
/// Least rest between two of them.
const LEAST: Duration = Duration::from_secs(1);
/// How often it asks although all seems well.
const DAILY: Duration = Duration::from_hours(24);

/// The leaf of a device: renewed when it is due, and exchanged when its property gets another CA. One
/// task does both, so that no leaf of the old CA is written behind one of the new.
#[derive(Debug)]
pub struct DeviceLeaf {
    /// Where the identity is.
    pub dir: PathBuf,
    /// Who renews it, and tells of another CA.
    pub door: Door,
    /// The present leaf, for whoever connects with it.
    pub identity: watch::Sender<Arc<Identity>>,
    /// Whether the broker lets the device in.
    pub online: watch::Receiver<bool>,
    /// Notices that were heard on the bus.
    pub heard: watch::Receiver<Bytes>,
    /// What time it is.
    pub clock: Clock,
}

/// When the authority is asked for a notice: soon and often while the device is offline, and once a day
/// whatever happens, because whoever serves it may have a stolen CA.
#[derive(Debug)]
struct Asking {
    soon_at: Option<Instant>,
    daily_at: Instant,
    rests: Backoff,
}

impl Asking {
    fn new(now: Instant, online: bool) -> Self {
        let mut asking = Self {
            soon_at: None,
            daily_at: now + daily(),
            rests: Backoff::new(ASKS.0, ASKS.1),
        };
        asking.link(now, online);
        asking
    }

    /// The next time.
    fn at(&self) -> Instant {
        let soon = self.soon_at.unwrap_or(self.daily_at);
        soon.min(self.daily_at)
    }

    /// The broker lets the device in, or not any more.
    fn link(&mut self, now: Instant, online: bool) {
        self.rests.reset();
        self.soon_at = (!online).then(|| now + OFFLINE + self.rests.wait());
    }

    /// It was asked just now.
    fn asked(&mut self, now: Instant, online: bool) {
        if now >= self.daily_at {
            self.daily_at = now + daily();
        }
        // Full jitter may choose nothing at all.
        self.soon_at = (!online).then(|| now + LEAST + self.rests.wait());
    }
}

impl DeviceLeaf {
    /// Keeps it, until `stop`.
    pub async fn keep(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(self.live()).await;
    }

    async fn live(&mut self) {
        let mut rests = Backoff::new(FIRST_REST, LONGEST_REST);
        let mut present = self.identity.subscribe();
        let mut tried_at = self.clock.monotonic();
        let mut asking = Asking::new(tried_at, *self.online.borrow());
        loop {
            let now = self.clock.monotonic();
            if now >= asking.at() {
                self.ask().await;
                asking.asked(self.clock.monotonic(), *self.online.borrow());
            }
            if now >= tried_at {
                let rest = self.leaf(&mut rests).await;
                tried_at = self.clock.monotonic() + rest;
            }
            let now = self.clock.monotonic();
            let wake = tried_at.min(asking.at()).saturating_duration_since(now);
            tokio::select! {
                () = sleep(wake) => {}
                Ok(()) = self.online.changed() => {
                    let online = *self.online.borrow_and_update();
                    asking.link(self.clock.monotonic(), online);
                }
                Ok(()) = self.heard.changed() => {
                    let body = self.heard.borrow_and_update().clone();
                    self.take(body).await;
                    tried_at = now;
                }
                // Somebody else renewed it, or we did.
                Ok(()) = present.changed() => {
                    present.mark_unchanged();
                    tried_at = now;
                }
            }
        }
    }

    /// Asks whoever answers at the authority's place; its signature counts.
    async fn ask(&self) {
        let id = &self.identity.borrow().spiffe.id.clone();
        match self.door.notice().await {
            Ok(Some(body)) => self.take(body.into()).await,
            Ok(None) => tracing::debug!(device = %id, "there is no notice of another CA"),
            Err(error) => {
                tracing::debug!(device = %id, error = %Chain(&error), "cannot ask for a notice");
            }
        }
    }

    async fn take(&self, body: Bytes) {
        let (dir, id) = (self.dir.clone(), self.identity.borrow().spiffe.id.clone());
        match blocking(move || accept(&dir, &body)).await {
            Ok(identity) => {
                tracing::info!(device = %id, "notice of a certificate authority taken");
                self.identity.send_replace(Arc::new(identity));
            }
            Err(ReplacementError::Notice(NotAReplacement::Number { number, last })) => {
                tracing::debug!(device = %id, %number, %last, "the notice is not newer");
            }
            Err(error) => {
                tracing::warn!(device = %id, error = %Chain(&error), "notice not taken");
            }
        }
    }

    /// Comes over, or renews what is due; how long to rest.
    async fn leaf(&self, rests: &mut Backoff) -> Duration {
        let current = Arc::clone(&self.identity.borrow());
        let id = &current.spiffe.id;
        let failed = match come_over(&self.dir, &self.door, &self.clock).await {
            Ok(Some(next)) => {
                tracing::info!(device = %id, "came over to the property's new authority");
                self.identity.send_replace(Arc::new(next));
                rests.reset();
                return EVERY;
            }
            Ok(None) => match current.due_in(self.clock.wall()) {
                Some(left) => return left.min(EVERY),
                None => match renew(&self.dir, &current, &self.door, &self.clock).await {
                    Ok(next) => {
                        tracing::info!(device = %id, "leaf renewed");
                        self.identity.send_replace(Arc::new(next));
                        rests.reset();
                        return EVERY;
                    }
                    Err(error) => Chain(&error).to_string(),
                },
            },
            Err(error) => Chain(&error).to_string(),
        };
        let rest = rests.wait();
        let wait_ms = rest.as_millis();
        tracing::warn!(device = %id, error = failed, wait_ms, "no leaf");
        rest
    }
}

/// A day, or up to a quarter less, so that not every device asks at once.
fn daily() -> Duration {
    let chance = f64::from(u32::from_le_bytes(random())) / f64::from(u32::MAX);
    DAILY.mul_f64(1.0 - chance / 4.0)
}

#[cfg(test)]
mod tests;
