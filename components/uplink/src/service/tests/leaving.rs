//! What leaves, in which mode, and what happens to what cannot.

use wire::Code;
use wire::request::Nothing;
use wire::uplink::{
    COST, Cost, LETTERS, Letters, LettersOf, LinkStat, MODE, QUARANTINE, Quarantine, REPLAY,
    Replay, Replayed, STAT, SetMode, Stat, VERIFY, Verified,
};

use super::*;

/// S3 will not have it.
const NEVER: Mood = Mood::Says(
    "HTTP/1.1 400 x\r\nconnection: close\r\n\r\n\
     <Error><Code>EntityTooLarge</Code><Message>words</Message></Error>",
);

impl Edge {
    async fn asked<A: serde::de::DeserializeOwned>(
        &self,
        id: u8,
        operation: &str,
        body: impl serde::Serialize,
    ) -> A {
        self.ask(id, operation, body, LIMIT).await.unwrap().unwrap()
    }

    /// Waits until the spool has heard of everything that is in the bucket.
    async fn settled(&self) {
        eventually(async || {
            let totals = self.uplink.spool.totals().await.unwrap();
            let mut totals = totals.iter();
            totals.all(|total| total.waiting_records + total.letters == 0)
        })
        .await;
    }

    async fn letters(&self, id: u8) -> Letters {
        self.asked(id, LETTERS, LettersOf::default()).await
    }

    async fn turn(&self, id: u8, mode: Option<Mode>) -> LinkStat {
        self.asked(id, MODE, SetMode { mode }).await
    }
}

// uplink-4.7
#[tokio::test]
async fn a_batch_that_s3_will_never_take_holds_up_nothing_and_is_tried_again_when_asked() {
    let uplink = Edge::start(NEVER).await;
    uplink.hand(Stream::P1, 1, 3).await;
    uplink.uplink.lane(Stream::P1).drain(3);
    let aside = uplink.uplink.lane(Stream::P1).uploaded_through(3);
    timeout(LIMIT, aside).await.unwrap();
    uplink.stub.becomes(Mood::Fine);
    uplink.hand(Stream::P1, 2, 2).await;
    assert_eq!(uplink.drained().await, [4, 5]);
    let uplink = uplink.restart().await;
    let letters = uplink.letters(1).await.letters;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, "400 EntityTooLarge: words");
    let number = Some(letters[0].number);
    let opened: Letters = uplink.asked(2, LETTERS, LettersOf { number }).await;
    assert_eq!(opened.lines.len(), 3);
    let stat: Stat = uplink.asked(3, STAT, Nothing {}).await;
    assert_eq!(stat.streams[1].letters, 1.into());
    let replayed: Replayed = uplink.asked(4, REPLAY, Replay { number }).await;
    assert_eq!(replayed.batches, 1.into());
    eventually(async || places(&uplink.stub) == through(5)).await;
    assert!(uplink.stub.objects().contains_key(&letters[0].key));
    uplink.settled().await;
    let verified: Verified = uplink.asked(5, VERIFY, Nothing {}).await;
    assert!(
        verified
            .streams
            .iter()
            .all(|stream| stream.faults.is_empty()),
        "{verified:?}"
    );
}

// uplink-4.8
#[tokio::test]
async fn an_operator_sets_a_batch_aside_that_holds_a_stream_up() {
    let uplink = Edge::start(Mood::Status(403)).await;
    uplink.hand(Stream::P2, 1, 3).await;
    uplink.uplink.lane(Stream::P2).drain(3);
    eventually(async || uplink.uplink.outlook.borrow().cloud.is_some()).await;
    let stream = Stream::P2;
    let put: Letters = uplink.asked(1, QUARANTINE, Quarantine { stream }).await;
    assert_eq!(put.letters[0].reason, "set aside by edgectl");
    uplink.stub.becomes(Mood::Fine);
    uplink.hand(Stream::P2, 2, 1).await;
    assert_eq!(uplink.drained().await, [4]);
    let nothing = uplink
        .ask::<_, Letters>(2, QUARANTINE, Quarantine { stream }, LIMIT)
        .await;
    assert_eq!(nothing.unwrap().unwrap_err().code, Code::NotFound);
    let number = Some(99.into());
    let none = uplink
        .ask::<_, Replayed>(3, REPLAY, Replay { number }, LIMIT)
        .await;
    assert_eq!(
        none.unwrap().unwrap_err().field.as_deref(),
        Some("body.number")
    );
}

// uplink-8.1, uplink-8.4
#[tokio::test]
async fn a_metered_link_carries_what_is_precious_and_the_rest_when_it_is_over() {
    let uplink = Edge::start(Mood::Fine).await;
    let link = uplink.turn(1, Some(Mode::Offline)).await;
    assert_eq!((link.mode, link.chosen), (Mode::Offline, true));
    for (id, stream) in [(1, Stream::P0), (2, Stream::P2)] {
        uplink.hand(stream, id, 3).await;
        uplink.uplink.lane(stream).drain(3);
    }
    let uplink = uplink.restart().await;
    assert_eq!(uplink.stub.objects().len(), 0);
    uplink.turn(2, Some(Mode::Metered)).await;
    for stream in [Stream::P0, Stream::P2] {
        uplink.uplink.lane(stream).drain(3);
    }
    let precious = uplink.uplink.lane(Stream::P0).uploaded_through(3);
    timeout(LIMIT, precious).await.unwrap();
    let keys: Vec<_> = uplink.stub.objects().into_keys().collect();
    assert!(
        keys.len() == 1 && keys[0].starts_with("v1/stream=p0/"),
        "{keys:?}"
    );
    let link = uplink.turn(3, None).await;
    assert_eq!((link.mode, link.chosen), (Mode::Normal, false));
    assert!(link.day_bytes > 7_000.into(), "{link:?}");
    assert_eq!(uplink.drained().await, [1, 1, 2, 2, 3, 3]);
}

// uplink-8.2, uplink-10.1
#[tokio::test]
async fn what_was_sent_is_known_after_a_restart() {
    let uplink = Edge::start(Mood::Fine).await;
    uplink.hand(Stream::P0, 1, 3).await;
    uplink.drained().await;
    let before = uplink.uplink.link_stat().day_bytes;
    let uplink = uplink.restart().await;
    assert_eq!(uplink.uplink.link_stat().day_bytes, before);
    let cost: Cost = uplink.asked(1, COST, Nothing {}).await;
    let day = &cost.days[0];
    assert_eq!(
        (day.local, day.cloud, day.lines[0].of.as_str()),
        (3.into(), 1.into(), "p0")
    );
    assert!(
        day.dollars > 0.0 && day.lines[0].bytes > 50.into(),
        "{day:?}"
    );
}

// uplink-9.1, uplink-9.2, uplink-9.3
#[tokio::test]
async fn what_a_guest_wrote_and_card_numbers_never_reach_the_bucket() {
    const CANARY: &str = "canary of the tower room";
    let uplink = Edge::start(Mood::Fine).await;
    for (id, record) in [
        r#"{"at":1,"kind":"guest-messages","body":{"text":"a CANARY","card":"4111111111111111"}}"#,
        r#"{"at":1,"kind":"telemetry","body":{"device":"d","note":"CANARY","message":{"value":"CANARY"}}}"#,
        r#"{"at":1,"kind":"reported","body":{"message":{"state":{"display":"CANARY","CANARY":1,"pan":4111111111111111}}}}"#,
        r#"{"at":1,"kind":"audit-entry","body":{"body":{"detail":"4111 1111 1111 1111"},"extra":"CANARY"}}"#,
    ]
    .iter()
    .enumerate()
    {
        let record = record.replace("CANARY", CANARY);
        uplink.hand_records(Stream::P1, u8::try_from(id).unwrap(), &record, 1).await;
    }
    assert_eq!(uplink.drained().await, through(4));
    let objects = uplink.stub.objects();
    assert!(!objects.is_empty());
    let spool = std::fs::read(uplink.disk.path().join("spool.db-wal")).unwrap_or_default();
    let bucket = objects
        .values()
        .flat_map(|object| zstd::decode_all(&*object.body).unwrap());
    for (place, bytes) in [("bucket", bucket.collect()), ("disk", spool)] {
        let text = String::from_utf8_lossy(&bytes).replace(' ', "");
        for secret in ["canaryof", "4111111111111111"] {
            assert!(!text.contains(secret), "{secret} is in the {place}");
        }
    }
}
