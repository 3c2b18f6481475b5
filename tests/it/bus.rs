//! The bus through faults: a real broker that is killed, certificates that change.

use hotel_tests::cable::Cable;
use hotel_tests::client::{self, Client};
use hotel_tests::{Hotel, Plan, faults, hotel::LIMIT};
use kit::bus::{Link, Retain, Session, Subscription};
use kit::health::Health;
use tokio::time::timeout;
use wire::device::{Received, Reported, State};
use wire::topic::{DeviceSubject, DeviceWord};
use wire::{DeviceId, Filter, Integer, Topic, Version};

const BROKER: Plan<'_> = Plan {
    rooms: 1,
    only: &["broker"],
};
const THERMOSTAT: &str = "room-101-thermostat";

fn thermostat() -> DeviceId {
    THERMOSTAT.parse().unwrap()
}

fn topic(hotel: &Hotel, subject: DeviceSubject) -> Topic {
    Topic::device(&hotel.places.property, &thermostat(), subject)
}

fn report(seq: u32) -> Reported {
    Reported {
        v: Version,
        boot: 1.into(),
        seq: seq.into(),
        oldest_seq: None,
        at: 0.into(),
        version: 0.into(),
        state: State::default(),
    }
}

async fn listen(client: &Client, word: DeviceWord) -> Subscription {
    let filter = Filter::device(client.bus.property(), None, word);
    let mut subscription = client.bus.subscribe([filter]).await;
    subscription.granted().await.unwrap();
    subscription
}

/// The next report, acknowledged.
async fn next_seq(subscription: &mut Subscription) -> Integer {
    let delivery = client::next(subscription).await;
    let report: Reported = wire::decode(&delivery.body).unwrap();
    delivery.acknowledge();
    report.seq
}

// bus-4.1, bus-4.3
#[tokio::test]
async fn a_publish_outlives_the_broker_that_was_to_take_it() {
    let hotel = Hotel::up(BROKER);
    let (device, gateway) = (
        hotel.client(THERMOSTAT).await,
        hotel.client("iot-gateway").await,
    );
    let mut reports = listen(&gateway, DeviceWord::Reported).await;
    let reported = topic(&hotel, DeviceSubject::Reported);
    device
        .bus
        .publish(&reported, &report(0), Retain::No)
        .await
        .unwrap();
    assert_eq!(next_seq(&mut reports).await, 0.into());

    hotel.kill("broker").await;
    timeout(
        LIMIT,
        device.bus.publish(&reported, &report(1), Retain::Yes),
    )
    .await
    .unwrap()
    .unwrap();
    assert_eq!(next_seq(&mut reports).await, 1.into());
}

// bus-4.1
#[tokio::test]
async fn what_is_published_over_a_cable_that_is_cut_arrives() {
    let hotel = Hotel::up(BROKER);
    let gateway = hotel.client("iot-gateway").await;
    let mut reports = listen(&gateway, DeviceWord::Reported).await;
    let cable = Cable::to(&hotel.places.broker).await;
    let identity = hotel.identity_dir(THERMOSTAT);
    let device = Client::at(&cable.address(), &hotel, &identity, Session::Kept, None);
    let device = device.connected().await;
    let reported = topic(&hotel, DeviceSubject::Reported);
    for seq in 0..faults::rounds(5, 200) {
        let body = report(seq);
        let publishing = device.bus.publish(&reported, &body, Retain::No);
        let cutting = async {
            cable.cut();
            tokio::task::yield_now().await;
            cable.mend();
        };
        let (published, ()) = tokio::join!(timeout(LIMIT, publishing), cutting);
        published.unwrap().unwrap();
        while next_seq(&mut reports).await != seq.into() {}
    }
}

// bus-4.4
#[tokio::test]
async fn what_was_not_acknowledged_comes_again() {
    let hotel = Hotel::up(BROKER);
    let device = hotel.client(THERMOSTAT).await;
    let gateway = || {
        let identity = hotel.identity_dir("iot-gateway");
        Client::new(&hotel, &identity, Session::Kept, None)
    };
    let first = gateway().connected().await;
    let mut reports = listen(&first, DeviceWord::Reported).await;
    let reported = topic(&hotel, DeviceSubject::Reported);
    device
        .bus
        .publish(&reported, &report(0), Retain::No)
        .await
        .unwrap();
    let delivery = client::next(&mut reports).await;
    first.end().await;
    drop(delivery);

    // A kept session delivers at once: whoever wants it subscribes before connecting.
    let second = gateway();
    let filter = Filter::device(&hotel.places.property, None, DeviceWord::Reported);
    let mut reports = second.bus.subscribe([filter]).await;
    let _second = second.connected().await;
    assert_eq!(next_seq(&mut reports).await, 0.into());
}

// bus-4.8
#[tokio::test]
async fn a_flood_that_waited_for_a_client_reaches_it_whole() {
    const FLOOD: u32 = 5_000;
    let hotel = Hotel::up(BROKER);
    let device = hotel.client(THERMOSTAT).await;
    let gateway = || {
        let identity = hotel.identity_dir("iot-gateway");
        Client::new(&hotel, &identity, Session::Kept, None)
    };
    let first = gateway().connected().await;
    listen(&first, DeviceWord::Reported).await;
    first.end().await;

    let reported = topic(&hotel, DeviceSubject::Reported);
    let publishes = (0..FLOOD).map(|seq| {
        let (bus, reported) = (&device.bus, &reported);
        async move {
            bus.publish(reported, &report(seq), Retain::No)
                .await
                .unwrap()
        }
    });
    futures_util::future::join_all(publishes).await;

    let second = gateway();
    let filter = Filter::device(&hotel.places.property, None, DeviceWord::Reported);
    let mut reports = second.bus.subscribe([filter]).await;
    let _second = second.connected().await;
    let mut received = std::collections::BTreeSet::new();
    while received.len() < usize::try_from(FLOOD).unwrap() {
        received.insert(next_seq(&mut reports).await);
    }
}

// bus-4.5
#[tokio::test]
async fn a_renewed_certificate_is_taken_up_without_losing_a_message() {
    let hotel = Hotel::up(BROKER);
    let gateway = hotel.client("iot-gateway").await;
    let identity = hotel.identity_dir(THERMOSTAT);
    let device = Client::new(&hotel, &identity, Session::Kept, None)
        .connected()
        .await;
    let mut reports = listen(&gateway, DeviceWord::Reported).await;
    let reported = topic(&hotel, DeviceSubject::Reported);
    let mut link = device.bus.link();
    link.mark_unchanged();

    let publishing = async {
        let mut seq = 0;
        while !link.has_changed().unwrap() {
            device
                .bus
                .publish(&reported, &report(seq), Retain::No)
                .await
                .unwrap();
            seq += 1;
        }
        seq
    };
    let renewing = async {
        let device = [
            "device",
            "add",
            THERMOSTAT,
            "--kind",
            "thermostat",
            "--room",
            "101",
        ];
        hotel.edgectl(&[&device[..], &["--renew"]].concat());
    };
    let (published, ()) = tokio::join!(timeout(LIMIT, publishing), renewing);
    let mut received = std::collections::BTreeSet::new();
    let published = usize::try_from(published.unwrap()).unwrap();
    while received.len() < published {
        received.insert(next_seq(&mut reports).await);
    }
    let expected = (0..u32::try_from(received.len()).unwrap()).map(Integer::from);
    assert!(
        received.iter().copied().eq(expected),
        "messages are missing"
    );
}

// bus-4.6
#[tokio::test]
async fn the_last_will_of_a_client_that_ended_is_published() {
    let hotel = Hotel::up(BROKER);
    let gateway = hotel.client("iot-gateway").await;
    let mut presence = listen(&gateway, DeviceWord::Online).await;
    let online = |online| wire::device::Online {
        v: Version,
        online,
        boot: 1.into(),
    };
    let here = topic(&hotel, DeviceSubject::Online);
    let will = Some((here.clone(), wire::encode(&online(false))));
    let identity = hotel.identity_dir(THERMOSTAT);
    let device = Client::new(&hotel, &identity, Session::Kept, will)
        .connected()
        .await;
    device
        .bus
        .publish(&here, &online(true), Retain::Yes)
        .await
        .unwrap();
    assert_eq!(
        &client::next(&mut presence).await.body[..],
        wire::encode(&online(true))
    );
    device.end().await;
    assert_eq!(
        &client::next(&mut presence).await.body[..],
        wire::encode(&online(false))
    );
}

// bus-1.4
#[tokio::test]
async fn a_retained_message_where_none_belongs_is_dropped() {
    let hotel = Hotel::up(BROKER);
    let gateway = hotel.client("iot-gateway").await;
    let received = |through_seq: u32| Received {
        v: Version,
        boot: 1.into(),
        through_seq: through_seq.into(),
    };
    let subject = topic(&hotel, DeviceSubject::Received);
    gateway
        .bus
        .publish(&subject, &received(1), Retain::Yes)
        .await
        .unwrap();
    let device = hotel.client(THERMOSTAT).await;
    let mut messages = device
        .bus
        .subscribe([Filter::device(
            &hotel.places.property,
            Some(&thermostat()),
            DeviceWord::Received,
        )])
        .await;
    messages.granted().await.unwrap();
    gateway
        .bus
        .publish(&subject, &received(2), Retain::No)
        .await
        .unwrap();
    assert_eq!(
        &client::next(&mut messages).await.body[..],
        wire::encode(&received(2))
    );
}

// bus-4.2
#[tokio::test]
async fn a_denied_subscription_shows_in_the_health_of_its_component() {
    let hotel = Hotel::up(BROKER);
    let device = hotel.client(THERMOSTAT).await;
    let everything = Filter::everything(&hotel.places.property);
    device
        .bus
        .subscribe([everything])
        .await
        .granted()
        .await
        .unwrap_err();
    let report = Health::report(&device.health);
    assert!(!report.ready());
    assert!(report.checks()[0].detail.contains("denied"), "{report:?}");
    assert_eq!(*device.bus.link().borrow(), Link::Up);
}
