//! Comparing what devices said with what the cloud holds.

use std::collections::BTreeMap;
use std::time::Duration;

use wire::gateway::DeviceRecord;
use wire::record::Stream;
use wire::uplink::Line;
use wire::{DeviceId, Integer, Sha256};

use crate::eventually::eventually;
use crate::hotel::Hotel;
use crate::objects::Object;
use crate::sim::ledger;

/// How long a message may take from a device to S3, through faults and back-off.
const ARRIVAL: Duration = Duration::from_mins(2);

/// One message of one device.
pub type Place = (DeviceId, Integer, Integer);

impl Hotel {
    /// Waits until everything said so far and not given up is in S3, then checks that nothing is
    /// there twice, that nothing is there that was not said, and that every byte is as it was said.
    ///
    /// # Panics
    ///
    /// When one of that does not hold; the message names the first difference.
    pub async fn settle_accounts(&self) {
        let mut said = self.said().await;
        said.retain(|_, line| !line.dropped);
        let what = format!("{} messages are in S3", said.len());
        let objects = eventually(&what, ARRIVAL, || async {
            let objects = self.objects().await?;
            let arrived: BTreeMap<_, _> = arrivals(&objects).into_iter().collect();
            said.keys()
                .all(|place| arrived.contains_key(place))
                .then_some(objects)
        })
        .await;
        let said = self.said().await;
        let mut seen = BTreeMap::new();
        for (place, sha256) in arrivals(&objects) {
            let digest = said.get(&place).map(|line| line.sha256);
            assert_eq!(digest, Some(sha256), "{place:?} was never said like this");
            assert_eq!(
                seen.insert(place.clone(), sha256),
                None,
                "{place:?} is in S3 twice"
            );
        }
        check_places(&objects);
    }

    /// Everything the simulated devices said, by place.
    pub async fn said(&self) -> BTreeMap<Place, ledger::Line> {
        let lines = ledger::read(&self.places.sim.ledger)
            .await
            .expect("the ledger is readable");
        lines
            .into_iter()
            .map(|line| ((line.device.clone(), line.boot, line.seq), line))
            .collect()
    }
}

/// The messages of devices in uploaded batches.
pub fn arrivals(objects: &[Object]) -> Vec<(Place, Sha256)> {
    let messages = objects
        .iter()
        .flat_map(|object| &object.lines)
        .filter_map(message);
    messages
        .map(|record| ((record.device, record.boot, record.seq), record.sha256))
        .collect()
}

fn message(line: &Line) -> Option<DeviceRecord> {
    let body = serde_json::Value::Object(line.record.body.clone());
    match line.record.kind.as_str() {
        "telemetry" | "reported" | "device-event" => {
            Some(serde_json::from_value(body).expect("the record has the documented form"))
        }
        _ => None,
    }
}

/// In each stream places count from 1 without gaps or repetitions.
fn check_places(objects: &[Object]) {
    for stream in Stream::ALL {
        let folder = format!("/stream={stream}/");
        let of_stream = objects.iter().filter(|object| object.key.contains(&folder));
        let mut places: Vec<_> = of_stream
            .flat_map(|object| &object.lines)
            .map(|line| line.place.value())
            .collect();
        places.sort_unstable();
        let gapless = 1..=u64::try_from(places.len()).expect("few places");
        assert!(
            places.into_iter().eq(gapless),
            "places of {stream} have gaps or repetitions"
        );
    }
}
