//! Questions and records between components, over a real broker.

use std::time::Duration;

use hotel_tests::client::{self, Client};
use hotel_tests::{Hotel, Plan, eventually, hotel::LIMIT};
use kit::bus::{RequestError, Retain};
use kit::clock::Clock;
use kit::journal::Journal;
use kit::lifecycle::Tasks;
use kit::outbox::{self, Outbox};
use wire::record::{Record, Recorded, Stream};
use wire::request::{Nothing, Reply};
use wire::topic::{ServiceSubject, Subject};
use wire::{Component, Filter, Topic, Version, Word};

const BROKER: Plan<'_> = Plan {
    rooms: 1,
    only: &["broker"],
};

// bus-5.1
#[tokio::test]
async fn a_request_without_an_answer_ends_at_its_deadline() {
    let hotel = Hotel::up(BROKER);
    let (operator, uplink) = (hotel.client("edgectl").await, hotel.client("uplink").await);
    let operation = wire::uplink::STAT.parse().unwrap();
    let ask = |wait| {
        operator
            .bus
            .request::<_, Nothing>(Component::Uplink, &operation, Nothing {}, wait)
    };
    let answer = ask(LIMIT).await;
    assert!(
        matches!(answer, Err(RequestError::Absent { .. })),
        "{answer:?}"
    );

    let filter = Filter::requests(&hotel.places.property, Component::Uplink, None, None);
    let mut requests = uplink.bus.subscribe([filter]).await;
    requests.granted().await.unwrap();
    let answer = ask(Duration::from_millis(300)).await;
    assert!(
        matches!(answer, Err(RequestError::TimedOut { .. })),
        "{answer:?}"
    );
}

// bus-5.1
#[tokio::test]
async fn a_request_gets_its_own_answer() {
    let hotel = Hotel::up(BROKER);
    let (operator, uplink) = (hotel.client("edgectl").await, hotel.client("uplink").await);
    let filter = Filter::requests(&hotel.places.property, Component::Uplink, None, None);
    let mut requests = uplink.bus.subscribe([filter]).await;
    requests.granted().await.unwrap();
    let answering = async {
        let request = client::next(&mut requests).await;
        let Subject::Service(_, ServiceSubject::Request(_, asker, id)) = &request.topic.subject
        else {
            panic!("{}", request.topic)
        };
        assert_eq!(asker.as_str(), "edgectl");
        let subject = ServiceSubject::Reply(asker.clone(), *id);
        let topic = Topic::service(&hotel.places.property, Component::Uplink, subject);
        let reply = Reply::from(Ok(Nothing {}));
        uplink
            .bus
            .publish(&topic, &reply, Retain::No)
            .await
            .unwrap();
        request.acknowledge();
    };
    let operation = wire::uplink::STAT.parse().unwrap();
    let asking =
        operator
            .bus
            .request::<_, Nothing>(Component::Uplink, &operation, Nothing {}, LIMIT);
    let (answer, ()) = tokio::join!(asking, answering);
    answer.unwrap();
}

// bus-5.2
#[tokio::test]
async fn a_batch_is_sent_again_unchanged_until_it_is_confirmed() {
    let hotel = Hotel::up(BROKER);
    let (gateway, uplink) = (
        hotel.client("iot-gateway").await,
        hotel.client("uplink").await,
    );
    let filter = Filter::records(&hotel.places.property, Component::Uplink, None, None);
    let mut records = uplink.bus.subscribe([filter]).await;
    records.granted().await.unwrap();

    let tasks = Tasks::new();
    let path = hotel.dir().join("outbox-test/journal.db");
    let journal = Journal::open(&path, &[outbox::MIGRATION, outbox::LETTERS], &tasks)
        .await
        .unwrap();
    let stream = Stream::P2.word();
    let outbox = start_outbox(&stream, &journal, &gateway, &tasks).await;
    put(&journal, &stream).await;
    outbox.wake();

    let first = client::next(&mut records).await;
    // Confirmed with the digest of other bytes: no confirmation at all.
    confirm(&hotel, &uplink, &first.topic, b"other bytes").await;
    let second = client::next(&mut records).await;
    assert_eq!((&first.topic, &first.body), (&second.topic, &second.body));
    assert_eq!(outbox.backlog().await.unwrap(), 1);
    confirm(&hotel, &uplink, &second.topic, &second.body).await;
    eventually("the outbox is empty", LIMIT, || async {
        (outbox.backlog().await.unwrap() == 0).then_some(())
    })
    .await;
    tasks.cancel();
}

async fn start_outbox(stream: &Word, journal: &Journal, gateway: &Client, tasks: &Tasks) -> Outbox {
    let streams = std::slice::from_ref(stream);
    Outbox::start(
        Component::Uplink,
        streams,
        journal,
        &gateway.bus,
        &Clock::system(),
        tasks,
    )
    .await
}

async fn put(journal: &Journal, stream: &Word) {
    let record = Record {
        at: 0.into(),
        kind: "telemetry".parse().unwrap(),
        body: serde_json::Map::new(),
    };
    let stream = stream.clone();
    let work = journal.write(move |connection| {
        Box::pin(async move { outbox::put(connection, [(stream, &record)]).await })
    });
    work.await.unwrap();
}

async fn confirm(hotel: &Hotel, uplink: &Client, record: &Topic, body: &[u8]) {
    let Subject::Service(_, ServiceSubject::Record(_, sender, batch)) = &record.subject else {
        panic!("{record}")
    };
    let subject = ServiceSubject::Recorded(sender.clone(), *batch);
    let topic = Topic::service(&hotel.places.property, Component::Uplink, subject);
    let recorded = Recorded {
        v: Version,
        sha256: kit::digest::sha256(body),
        problem: None,
    };
    uplink
        .bus
        .publish(&topic, &recorded, Retain::No)
        .await
        .unwrap();
}
