//! Waits until the link may be used, and takes note of how it was.

use std::sync::{MutexGuard, PoisonError};

use kit::clock::{Clock, Moment};
use kit::error::Chain;
use tokio::time::timeout;
use wire::uplink::{LinkStat, Mode};
use wire::{Integer, Problem};

use super::Uplink;
use crate::edge::spool::Spool;
use crate::link::{Link, Load, Permit, Rules, wire_bytes};
use crate::meter::{Count, FILES, LOCAL};
use crate::object::date;

/// Under which name the mode is kept that an operator chose.
const MODE: &str = "mode";

/// The link as it was when the program ended.
pub(super) async fn link(spool: &Spool, rules: Rules, clock: &Clock) -> Result<Link, sqlx::Error> {
    let now = clock.wall();
    let chosen = spool.setting(MODE).await?;
    let mode = |text: String| Mode::ALL.iter().copied().find(|mode| mode.as_str() == text);
    let today = spool.spent(&date(now)).await?;
    let sent = today
        .iter()
        .filter(|count| count.of != LOCAL)
        .map(|count| wire_bytes(count.requests, count.bytes));
    Ok(Link::new(rules, chosen.and_then(mode), now, sent.sum()))
}

impl Uplink {
    pub(super) fn link(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a body of so many bytes may leave.
    pub(super) async fn gate(&self, load: Load, bytes: u64) {
        let mut turned = self.turned.subscribe();
        loop {
            let Moment { wall, monotonic } = self.clock.now();
            let permit = self.link().permit(wall, monotonic, load, bytes);
            match permit {
                Permit::Now => return,
                // A turn or none: it is asked again.
                Permit::In(wait) => drop(timeout(wait, turned.changed()).await),
                Permit::Never => turned.changed().await.expect("the sender lives in self"),
            }
        }
    }

    /// Takes note of a request with a body of so many bytes.
    pub(super) async fn spend(&self, load: Load, bytes: u64) {
        let Moment { wall, monotonic } = self.clock.now();
        self.link().sent(wall, monotonic, bytes);
        let part = match load {
            Load::Batch(stream) => stream.as_str(),
            Load::File => FILES,
        };
        let labels = [("part", part)];
        metrics::counter!("uplink_requests_total", &labels).increment(1);
        metrics::counter!("uplink_body_bytes_total", &labels).increment(bytes);
        metrics::counter!("uplink_wire_bytes_total", &labels).increment(wire_bytes(1, bytes));
        let count = Count {
            day: date(wall),
            of: part.to_owned(),
            requests: 1,
            bytes,
        };
        if let Err(error) = self.spool.spend(count).await {
            // The meter of this run is right all the same.
            tracing::error!(error = %Chain(&error), "cannot note what was sent");
        }
    }

    /// Chooses a mode, through restarts.
    pub(super) async fn set_mode(&self, mode: Option<Mode>) -> Result<LinkStat, Problem> {
        let kept = self.spool.set(MODE, mode.map(Mode::as_str)).await;
        kept.map_err(|error| super::answer::unwritable(&error))?;
        self.link().choose(mode);
        let told = self.link_stat();
        tracing::info!(
            mode = told.mode.as_str(),
            chosen = told.chosen,
            "link turned"
        );
        self.turned.send_replace(());
        self.counted.notify_one();
        Ok(told)
    }

    pub(super) fn link_stat(&self) -> LinkStat {
        let integer = |count| Integer::new(count).unwrap_or_default();
        let wall = self.clock.wall();
        let mut link = self.link();
        LinkStat {
            mode: link.mode(),
            chosen: link.is_chosen(),
            day_bytes: integer(link.sent_today(wall)),
            day_budget: integer(link.day_budget()),
        }
    }
}
