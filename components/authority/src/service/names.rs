//! The machine's own addresses: looked at now and then, and carried by every leaf once they stay.

use std::sync::Arc;
use std::time::Duration;

use kit::Host;
use kit::clock::Clock;
use kit::error::Chain;
use kit::identity::Particulars;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::StartError;
use crate::addresses::{Addresses, CHANGES, Look, of_the_hotel};
use crate::config::{self, Switch};
use crate::edge::ca::{Ca, IssueError};
use crate::edge::interfaces;

/// How often the machine is looked at: a page at a new address waits for the slowest holder of a leaf,
/// not for us.
const EVERY: Duration = Duration::from_secs(5);

/// Goes on with the addresses that our own leaf carries, so that a start changes nothing by itself.
pub(super) fn start(
    host: &Host,
    config: &config::Addresses,
    ca: &Arc<Ca>,
) -> Result<(), StartError> {
    if config.follow == Switch::Off {
        return Ok(());
    }
    let own = Arc::clone(&host.identity.borrow());
    let leaf = Particulars::of(&own.chain[0]).map_err(IssueError::OwnLeaf)?;
    let hold = Duration::from_secs(config.hold_s.into());
    let addresses = Addresses::new(host.clock.monotonic(), hold, ca.own_addresses(&leaf)?);
    ca.carry(addresses.carried());
    let machine = Machine {
        interfaces: config.interfaces.clone(),
        addresses,
        ca: Arc::clone(ca),
        clock: host.clock.clone(),
        complaint: None,
    };
    host.tasks.spawn("addresses", |stop| machine.follow(stop));
    Ok(())
}

/// The machine with its addresses.
struct Machine {
    interfaces: Vec<String>,
    addresses: Addresses,
    ca: Arc<Ca>,
    clock: Clock,
    /// What was wrong last, so that it is said once.
    complaint: Option<String>,
}

impl Machine {
    async fn follow(mut self, stop: CancellationToken) {
        let following = async {
            loop {
                self.look().await;
                sleep(EVERY).await;
            }
        };
        stop.run_until_cancelled(following).await;
    }

    async fn look(&mut self) {
        let seen = match spawn_blocking(interfaces::seen).await {
            Ok(Ok(seen)) => seen,
            Ok(Err(error)) => {
                let why = Chain(&error).to_string();
                return self.complain(format!("the machine's addresses cannot be read: {why}"));
            }
            // The program ends.
            Err(_) => return,
        };
        let there = of_the_hotel(&seen, &self.interfaces);
        match self.addresses.look(self.clock.monotonic(), &there) {
            Look::Same => self.complaint = None,
            Look::Changed => {
                let carried = self.addresses.carried();
                tracing::info!(addresses = ?carried, "leaves carry other addresses from now on");
                metrics::counter!("authority_address_changes_total").increment(1);
                self.ca.carry(carried);
            }
            Look::TooSoon => self.complain(format!(
                "the machine's addresses changed {CHANGES} times in an hour, leaves do not follow for a \
                 while"
            )),
        }
    }

    fn complain(&mut self, complaint: String) {
        if self.complaint.as_ref() != Some(&complaint) {
            tracing::warn!(complaint, "addresses in leaves stay as they are");
            self.complaint = Some(complaint);
        }
    }
}
