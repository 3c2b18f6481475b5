use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;
use wire::Component;
use wire::credential::{Revocations, Role};

use super::*;
use crate::specimen::{Hotel, seconds};
use crate::topology::Reach;
use crate::transport::webrtc::IceSettings;

mod lies;
mod relay;

use relay::{HONEST, Relay};

/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A peer of a test, which answers every request with what it was asked.
struct Person {
    peer: Peer,
    tasks: Tasks,
    refusals: Refusals,
    heard: mpsc::UnboundedReceiver<Incoming>,
    _passport: watch::Sender<Passport>,
}

impl Person {
    fn start(hotel: &Hotel, passport: Passport, servers: &[(&Relay, Mode)]) -> Self {
        let urls = servers.iter().map(|(relay, mode)| (relay.url(), *mode));
        Self::at(hotel, passport, urls.collect())
    }

    fn at(hotel: &Hotel, passport: Passport, servers: Vec<(String, Mode)>) -> Self {
        let server = |(url, mode)| Server {
            url,
            mode,
            tls: None,
        };
        let settings = Settings {
            servers: servers.into_iter().map(server).collect(),
            joining: Joining::First,
            appearance: Appearance::default(),
            ice: IceSettings {
                addresses: vec!["127.0.0.1".parse().unwrap()],
                loopback: true,
                servers: Vec::new(),
            },
            price_per_gb: 0.0,
            connections_max: 64,
        };
        let (tasks, refusals) = (Tasks::new(), Refusals::default());
        let (keeps, presented) = watch::channel(passport);
        let (peer, mut incoming) = Peer::start(
            settings,
            presented,
            hotel.verifier(),
            refusals.clone(),
            Clock::system(),
            &tasks,
        );
        let (told, heard) = mpsc::unbounded_channel();
        tasks.spawn_draining("echo", async move {
            while let Some(incoming) = incoming.recv().await {
                if let Incoming::Message(connection, message) = &incoming
                    && message.kind == wire::channel::Kind::Request
                {
                    let answer = message.body::<Value>();
                    drop(connection.reply(message, answer).await);
                }
                drop(told.send(incoming));
            }
        });
        Self {
            peer,
            tasks,
            refusals,
            heard,
            _passport: keeps,
        }
    }

    async fn reach(&self, name: &str) -> Connection {
        let principal = name.parse().unwrap();
        let reached = timeout(LIMIT, self.peer.connect(&principal)).await;
        reached.unwrap().unwrap()
    }

    async fn next(&mut self) -> Incoming {
        timeout(LIMIT, self.heard.recv()).await.unwrap().unwrap()
    }

    /// Why there is no connection to somebody.
    async fn refused(&self, name: &str) -> Problem {
        let principal = name.parse().unwrap();
        let outcome = timeout(LIMIT, self.peer.connect(&principal)).await;
        match outcome.unwrap() {
            Err(ConnectError::Refused(problem)) => problem,
            other => panic!("{other:?}"),
        }
    }

    async fn mode(&self, mode: Mode) {
        let mut modes = self.peer.signaling_modes();
        let came = timeout(LIMIT, modes.wait_for(|current| *current == mode)).await;
        came.unwrap().unwrap();
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.tasks.cancel();
    }
}

/// The box of a hotel and a tablet, joined to one server.
async fn two(relay: &Relay) -> (Hotel, Person, Person) {
    let hotel = Hotel::new("seaside");
    relay.believe(hotel.verifier());
    let servers = [(relay, Mode::Local)];
    let proxy = Person::start(&hotel, hotel.component(Component::DeviceProxy), &servers);
    proxy.mode(Mode::Local).await;
    let tablet = Person::start(&hotel, hotel.person("kitchen-1", Role::Kitchen), &servers);
    (hotel, proxy, tablet)
}

// peer-1.1
// peer-5.1
// peer-6.1
#[tokio::test(flavor = "multi_thread")]
async fn two_peers_find_each_other_and_ask_each_other() {
    let relay = Relay::start(Mode::Local, HONEST).await;
    let (_hotel, mut proxy, tablet) = two(&relay).await;
    let connection = tablet.reach("device-proxy").await;
    let question = json!({ "n": 1, "text": "x".repeat(100_000) });
    let answer: Value = connection.request("echo", &question).await.unwrap();
    assert!(answer == question);
    let Incoming::Opened(there) = proxy.next().await else {
        panic!("the connection is not announced first");
    };
    assert_eq!(there.principal().as_str(), "kitchen-1");
    let back: Value = there.request("echo", &json!(2)).await.unwrap();
    assert_eq!(back, json!(2));
    assert_eq!(connection.topology().await.topology, Reach::LocalP2p);
    assert_eq!(tablet.peer.signaling_mode(), Mode::Local);
}

// peer-1.2
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_joined_nowhere_offers_over_http() {
    let relay = Relay::start(Mode::Local, HONEST).await;
    let (hotel, _proxy, _other) = two(&relay).await;
    let ways = vec![
        ("ws://127.0.0.1:9".to_owned(), Mode::Local),
        ("http://127.0.0.1:9".to_owned(), Mode::Local),
        (relay.post_url(), Mode::Local),
    ];
    let tablet = Person::at(&hotel, hotel.person("pos-1", Role::Pos), ways);
    let connection = tablet.reach("device-proxy").await;
    let answer: Value = connection.request("echo", &json!("posted")).await.unwrap();
    assert_eq!(answer, json!("posted"));
    assert_eq!(tablet.peer.signaling_mode(), Mode::None);
}

// peer-2.2
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_takes_a_new_way_and_keeps_its_channel() {
    let relay = Relay::start(Mode::Local, HONEST).await;
    let (_hotel, mut proxy, tablet) = two(&relay).await;
    let connection = tablet.reach("device-proxy").await;
    for n in 0..3 {
        connection.restart();
        let answer: Value = connection.request("echo", &json!(n)).await.unwrap();
        assert_eq!(answer, json!(n));
    }
    assert!(matches!(proxy.next().await, Incoming::Opened(_)));
    assert_eq!(proxy.peer.connections()[0].id(), connection.id());
}

// peer-5.2
#[tokio::test(flavor = "multi_thread")]
async fn two_who_call_at_once_get_one_connection() {
    let relay = Relay::start(Mode::Local, HONEST).await;
    let (_hotel, proxy, tablet) = two(&relay).await;
    tablet.mode(Mode::Local).await;
    let (one, other) = tokio::join!(tablet.reach("device-proxy"), proxy.reach("kitchen-1"));
    assert_eq!(one.id(), other.id());
    let answer: Value = one.request("echo", &json!("both")).await.unwrap();
    assert_eq!(answer, json!("both"));
}

// peer-5.3
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_outlives_its_signaling_server() {
    let relay = Relay::start(Mode::Local, HONEST).await;
    let (_hotel, _proxy, tablet) = two(&relay).await;
    let connection = tablet.reach("device-proxy").await;
    relay.end();
    tablet.mode(Mode::None).await;
    let answer: Value = connection.request("echo", &json!("still")).await.unwrap();
    assert_eq!(answer, json!("still"));
}

// peer-5.4
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_connection_is_made_anew() {
    let relay = Relay::start(Mode::Local, HONEST).await;
    let (_hotel, mut proxy, tablet) = two(&relay).await;
    tablet
        .peer
        .keep("device-proxy".parse().unwrap(), &tablet.tasks);
    for _ in 0..2 {
        let opened = loop {
            if let Incoming::Opened(connection) = proxy.next().await {
                break connection;
            }
        };
        opened.close();
    }
}

// peer-5.5
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_falls_back_to_the_cloud_and_returns() {
    let hotel = Hotel::new("seaside");
    let local = Relay::start(Mode::Local, HONEST).await;
    let cloud = Relay::start(Mode::Cloud, HONEST).await;
    let servers = [(&local, Mode::Local), (&cloud, Mode::Cloud)];
    let tablet = Person::start(&hotel, hotel.person("kitchen-1", Role::Kitchen), &servers);
    tablet.mode(Mode::Local).await;
    local.end();
    tablet.mode(Mode::Cloud).await;
    let _again = Relay::at(local.address, Mode::Local, HONEST).await;
    tablet.mode(Mode::Local).await;
}

// peer-5.5
#[tokio::test(flavor = "multi_thread")]
async fn without_any_server_it_is_said_what_was_tried() {
    let hotel = Hotel::new("seaside");
    let dead = vec![("ws://127.0.0.1:9".to_owned(), Mode::Local)];
    let tablet = Person::at(&hotel, hotel.person("kitchen-1", Role::Kitchen), dead);
    let error = tablet
        .peer
        .connect(&"device-proxy".parse().unwrap())
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("ws://127.0.0.1:9: cannot connect"), "{text}");
}

// peer-3.6
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_peer_loses_its_connections() {
    let relay = Relay::start(Mode::Local, HONEST).await;
    let (_hotel, proxy, tablet) = two(&relay).await;
    let connection = tablet.reach("device-proxy").await;
    proxy.refusals.take(Revocations {
        number: 1_u32.into(),
        principals: vec!["kitchen-1".parse().unwrap()],
        ..Revocations::default()
    });
    timeout(LIMIT, connection.closed()).await.unwrap();
    let again = tablet.peer.connect(&"device-proxy".parse().unwrap()).await;
    assert!(again.is_err(), "{again:?}");
}

// peer-3.5
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_connects_nobody() {
    let hotel = Hotel::new("seaside");
    let relay = Relay::start(Mode::Local, HONEST).await;
    let servers = [(&relay, Mode::Local)];
    let proxy = Person::start(&hotel, hotel.component(Component::DeviceProxy), &servers);
    proxy.mode(Mode::Local).await;
    let late = hotel.person_until("kitchen-1", Role::Kitchen, seconds() - 1);
    let tablet = Person::start(&hotel, late, &servers);
    let problem = tablet.refused("device-proxy").await;
    let expired = Problem::new(wire::Code::Expired, "token has expired");
    assert_eq!(problem, expired.at("credential"));
    assert!(tablet.peer.connections().is_empty());
    assert!(proxy.peer.connections().is_empty());
}

// peer-3.6
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_with_the_credential_of_its_peer() {
    let hotel = Hotel::new("seaside");
    let relay = Relay::start(Mode::Local, HONEST).await;
    relay.believe(hotel.verifier());
    let servers = [(&relay, Mode::Local)];
    let proxy = Person::start(&hotel, hotel.component(Component::DeviceProxy), &servers);
    proxy.mode(Mode::Local).await;
    let briefly = hotel.person_until("kitchen-1", Role::Kitchen, seconds() + 12);
    let tablet = Person::start(&hotel, briefly, &servers);
    let connection = tablet.reach("device-proxy").await;
    let answer: Value = connection.request("echo", &json!("in time")).await.unwrap();
    assert_eq!(answer, json!("in time"));
    timeout(LIMIT, connection.closed()).await.unwrap();
    let late = connection.request::<_, Value>("echo", &json!("late")).await;
    assert_eq!(late.unwrap_err().code, wire::Code::Unavailable);
}
