//! The oracle of the gateway's state: what it says of a device is what the device said last.

use std::collections::BTreeMap;

use kit::bus::RequestError;
use wire::device::Reported;
use wire::gateway::{DeviceState, STATE, StateOf};
use wire::{Component, DeviceId, Integer};

use crate::client::Client;
use crate::eventually::eventually;
use crate::hotel::{Hotel, LIMIT};
use crate::sim::ledger;

/// The operator in whose name the gateway is asked.
const OPERATOR: &str = "edgectl";

/// What a device has said up to some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said {
    boot: Integer,
    /// Its last message.
    last: Integer,
    /// Its last report.
    reported: Option<Integer>,
}

impl Hotel {
    /// Waits until the gateway has, of every device, all that it has said by now: it is online, of the
    /// boot that it says, nothing of it is missing, and its state is one that it has reported, none
    /// older than the last.
    ///
    /// # Panics
    ///
    /// When that does not come to be; the message names the device and what is not true.
    pub async fn states_are_true(&self) -> usize {
        let client = self.client(OPERATOR).await;
        let said = self.last_said().await;
        for (device, before) in &said {
            let what = format!("the gateway knows what {device} said");
            let untrue = std::sync::Mutex::new(String::new());
            let looked = eventually(&what, LIMIT, || async {
                match self.is_untrue(&client, device, *before).await {
                    None => Some(()),
                    Some(why) => {
                        *untrue.lock().expect("nobody panics with it") = why;
                        None
                    }
                }
            });
            let known = tokio::time::timeout(LIMIT * 2 / 3, looked).await;
            let why = untrue.into_inner().unwrap_or_default();
            assert!(known.is_ok(), "{what}: {why}");
        }
        said.len()
    }

    /// What of the gateway's state is not true, if anything.
    async fn is_untrue(&self, client: &Client, device: &DeviceId, before: Said) -> Option<String> {
        let state = match self.ask(client, device).await {
            Ok(state) => state,
            Err(error) => return Some(kit::error::Chain(&error).to_string()),
        };
        // Read after the state: what the gateway knows is in it.
        let reports = ledger::reports(&self.places.sim.ledger, device).await;
        let reports = reports.expect("the ledger is readable");
        let boot = state.boot.unwrap_or_default();
        let least = before.reported.filter(|_| boot == before.boot);
        let is_it = |report: &&ledger::Report| {
            let Ok(told) = wire::decode::<Reported>(&report.body) else {
                return false;
            };
            let is_new = least.is_none_or(|least| report.boot == boot && report.seq >= least);
            told.state == state.reported
                && told.version == state.reported_version
                && Some(told.at) == state.reported_at
                && is_new
        };
        let problem = if !state.online {
            "is not online"
        } else if boot < before.boot {
            "is of an earlier boot"
        } else if boot == before.boot && state.through_seq < Some(before.last) {
            "lacks messages"
        } else if state.missing != Integer::default() {
            "has gaps"
        } else if before.reported.is_some() && !reports.iter().any(|report| is_it(&report)) {
            "is not as it was reported"
        } else {
            return None;
        };
        Some(format!("{device} {problem}: {before:?}, {state:?}"))
    }

    async fn ask(&self, client: &Client, device: &DeviceId) -> Result<DeviceState, RequestError> {
        let operation = STATE.parse().expect("it is a word");
        let of = StateOf {
            device: device.clone(),
        };
        client
            .bus
            .request(Component::IotGateway, &operation, of, LIMIT / 6)
            .await
    }

    /// The last that each device has said.
    async fn last_said(&self) -> BTreeMap<DeviceId, Said> {
        let mut last = BTreeMap::new();
        for line in self.said().await.into_values() {
            let reported = (line.kind == "reported").then_some(line.seq);
            let said = Said {
                boot: line.boot,
                last: line.seq,
                reported,
            };
            // In the order of their places.
            last.entry(line.device)
                .and_modify(|known: &mut Said| {
                    let same = known.boot == said.boot;
                    *known = Said {
                        reported: reported.or(known.reported.filter(|_| same)),
                        ..said
                    };
                })
                .or_insert(said);
        }
        last
    }
}
