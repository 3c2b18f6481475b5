//! The whole way of a device's messages, with the journal on a disk and a power cut at any moment.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wire::device::{Kind, Scalar};
use wire::gateway::DeviceRecord;
use wire::record::Record;
use wire::registry::RegisteredDevice;

use super::*;
use crate::doors::policy::Policy;
use crate::effect::{Effect, Saying};
use crate::gateway::{Gateway, Input, Said};
use crate::moment::Moment;
use crate::presence::Origin;
use crate::record::{Content, Message};
use crate::registry::Devices;
use crate::stream::Place;
use crate::work::Work;

/// Messages that the device holds at first.
const MESSAGES: u32 = 12;

/// Where the power is cut while a batch is worked on.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Nowhere,
    BeforeCommit,
    AfterCommit,
}

#[derive(Debug, Clone)]
struct Batch {
    /// Places, each modulo the number of messages still held.
    picks: Vec<usize>,
    cut: Cut,
}

fn any_batches() -> impl Strategy<Value = Vec<Batch>> {
    let cut = prop_oneof![
        Just(Cut::Nowhere),
        Just(Cut::BeforeCommit),
        Just(Cut::AfterCommit)
    ];
    let picks = prop::collection::vec(0..50_usize, 1..6);
    let batch = (picks, cut).prop_map(|(picks, cut)| Batch { picks, cut });
    prop::collection::vec(batch, 1..8)
}

#[expect(clippy::disallowed_methods, reason = "any fixed moment will do")]
fn now() -> Moment {
    Moment {
        wall: n(1),
        monotonic: std::time::Instant::now(),
    }
}

fn registry() -> Devices {
    let registered = RegisteredDevice {
        device: id("t-1"),
        kind: Kind::Thermostat,
        room: None,
        capabilities: [].into(),
    };
    [(id("t-1"), registered)].into()
}

fn message(seq: u32) -> Input {
    let place = Place {
        boot: n(1),
        seq: n(seq),
        oldest_seq: None,
    };
    let byte = u8::try_from(seq).unwrap();
    let content = Content::Telemetry("temperature".parse().unwrap(), Scalar::Switch(true));
    let message = Message {
        place,
        sha256: Sha256([byte; 32]),
        at: n(0),
        content,
    };
    Input::Said(id("t-1"), Origin::Live, Said::Message(message))
}

/// A device that forgets what it is told to be received, and a gateway that is cut off and
/// started again; both go on until the device holds nothing.
async fn play(batches: Vec<Batch>) -> BTreeMap<u64, usize> {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _tasks) = open(&directory.path().join("journal.db")).await;
    let mut held: Vec<u32> = (0..MESSAGES).collect();
    let mut gateway = start(&journal).await;
    let all = Batch {
        picks: (0..50).collect(),
        cut: Cut::Nowhere,
    };
    for batch in batches.into_iter().chain([all]) {
        let mut work = Work::default();
        for pick in batch.picks.iter().filter(|_| !held.is_empty()) {
            let seq = held[pick % held.len()];
            work.add(gateway.handle(now(), message(seq)));
        }
        let (changes, sayings, _) = work.finish();
        match batch.cut {
            Cut::BeforeCommit => gateway = start(&journal).await,
            Cut::AfterCommit => {
                write(&journal, changes).await;
                gateway = start(&journal).await;
            }
            Cut::Nowhere => {
                write(&journal, changes).await;
                for saying in sayings {
                    let Saying::Received(_, received) = saying else {
                        continue;
                    };
                    held.retain(|seq| n(*seq) > received.through_seq);
                }
            }
        }
    }
    assert!(held.is_empty(), "{held:?} is not received");
    recorded(&journal).await
}

async fn start(journal: &Journal) -> Gateway {
    let memory = load(journal.readers()).await.unwrap();
    let (gateway, effects) = Gateway::resume(now(), registry(), Policy::default(), memory);
    assert!(
        effects
            .iter()
            .all(|effect| matches!(effect, Effect::Note(_)))
    );
    gateway
}

/// How often each place is recorded.
async fn recorded(journal: &Journal) -> BTreeMap<u64, usize> {
    let bodies: Vec<Vec<u8>> = sqlx::query_scalar("SELECT body FROM outbox_record")
        .fetch_all(journal.readers())
        .await
        .unwrap();
    let mut times = BTreeMap::new();
    for body in bodies {
        let record: Record = wire::decode(&body).unwrap();
        let body = serde_json::Value::Object(record.body);
        let message: DeviceRecord = serde_json::from_value(body).unwrap();
        *times.entry(message.seq.value()).or_default() += 1;
    }
    times
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // iot-gateway-3.4, iot-gateway-3.3, iot-gateway-7.1
    #[test]
    fn whenever_the_power_is_cut_every_message_is_recorded_once(batches in any_batches()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let recorded = runtime.block_on(play(batches));
        let once = (0..u64::from(MESSAGES)).map(|seq| (seq, 1)).collect();
        prop_assert_eq!(recorded, once);
    }
}
