//! Connections between peers on one machine: how long they take to open, and a round trip.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use kit::clock::Clock;
use kit::credential::{Passport, Refusals, Verifier};
use kit::identity::Identity;
use kit::lifecycle::Tasks;
use peer::transport::Transport;
use peer::transport::webrtc::{Restart, Rtc, RtcEvent};
use peer::{Connection, IceSettings, Incoming, Peer};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;
use wire::signaling::Mode;

use super::samples::Samples;
use super::{Figure, told};
use crate::hotel::{artifacts, repository};
use crate::network::Network;
use crate::page::settings;
use crate::{Hotel, Plan};

/// Connections that are opened.
const OPENED: usize = 20;
/// Round trips that are made.
const TRIPS: usize = 5_000;
/// Octets of one message.
const MESSAGE: usize = 1_024;

pub(super) fn measure() -> Vec<Figure> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    let chromium = chromium();
    let (ours, floor) = runtime.block_on(async {
        let hotel = Hotel::up(Plan {
            rooms: 1,
            only: &["broker", "signaling"],
        });
        (ours(&hotel).await, floor().await)
    });
    let peer = stranger();
    let latency = |name, share, pick: fn(&Measured) -> &Samples| {
        let [ours, peer, floor] =
            [&ours, &peer, &floor].map(|measured| pick(measured).quantile_ms(share));
        Figure::latency("peer", name, ours)
            .peer("node-datachannel, bare", peer)
            .floor("bare data channel", floor)
    };
    let opening = floor.opened.quantile_ms(0.50);
    vec![
        Figure::latency("peer", "open_chromium_p50_ms", chromium.quantile_ms(0.50))
            .peer("node-datachannel, bare", peer.opened.quantile_ms(0.50))
            .floor("bare data channel", opening),
        latency("open_rust_p50_ms", 0.50, |measured| &measured.opened),
        latency("rtt_1k_p50_ms", 0.50, |measured| &measured.trips),
        latency("rtt_1k_p99_ms", 0.99, |measured| &measured.trips),
    ]
}

/// How long a tablet's page in Chromium takes to open a connection to the box.
fn chromium() -> Samples {
    #[derive(Deserialize)]
    struct Told {
        opened_ms: Vec<f64>,
    }
    let plan = Plan {
        rooms: 1,
        only: &[],
    };
    // Without internet, where this machine gives such a network.
    let hotel = match Network::offline("bench") {
        Ok(network) => Hotel::up_in(network, plan),
        Err(_) => Hotel::up(plan),
    };
    let mut script = hotel.command("node");
    script
        .arg(repository().join("tests/browser/opening.mjs"))
        .arg("--hotel")
        .arg(hotel.dir().join("hotel.json"))
        .arg("--edgectl")
        .arg(artifacts().join("edgectl"))
        .args(["--count", &OPENED.to_string()]);
    let told: Told = told(&mut script);
    Samples::of_ms(told.opened_ms)
}

/// Two ends of another library's data channel in one process, descriptions handed over in memory.
fn stranger() -> Measured {
    #[derive(Deserialize)]
    struct Told {
        opened_ms: Vec<f64>,
        trips_ms: Vec<f64>,
    }
    let mut script = Command::new("node");
    script
        .arg(repository().join("tests/peers/channel.mjs"))
        .args([OPENED, TRIPS, MESSAGE].map(|number| number.to_string()));
    let told: Told = told(&mut script);
    Measured {
        opened: Samples::of_ms(told.opened_ms),
        trips: Samples::of_ms(told.trips_ms),
    }
}

struct Measured {
    opened: Samples,
    trips: Samples,
}

/// Two peers with signaling, handshake, frames and envelopes.
async fn ours(hotel: &Hotel) -> Measured {
    let tasks = Tasks::new();
    let clock = Clock::system();
    let (there, mut asked) = start(hotel, "device-proxy", &tasks);
    tokio::spawn(async move {
        while let Some(incoming) = asked.recv().await {
            if let Incoming::Message(connection, message) = incoming {
                let body = message.body::<Value>();
                drop(connection.reply(&message, body).await);
            }
        }
    });
    let (here, mut heard) = start(hotel, "console", &tasks);
    tokio::spawn(async move { while heard.recv().await.is_some() {} });
    for peer in [&there, &here] {
        let mut modes = peer.signaling_modes();
        drop(modes.wait_for(|mode| *mode == Mode::Local).await);
    }
    let box_peer = "device-proxy".parse().expect("it is a word");
    let mut opened = Samples::default();
    let mut connection = None::<Connection>;
    for _ in 0..OPENED {
        if let Some(last) = connection.take() {
            last.close();
            while here.connection(&box_peer).is_some() || !there.connections().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        let begun = clock.now().monotonic;
        let reached = here.connect(&box_peer).await.expect("the box is there");
        opened.add(clock.now().monotonic - begun);
        connection = Some(reached);
        // As many calls as one peer may make within the time allowed.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
    let connection = connection.expect("one is open");
    let body = Value::from("x".repeat(MESSAGE));
    let mut trips = Samples::default();
    for _ in 0..TRIPS {
        let begun = clock.now().monotonic;
        let answer: Value = connection.request("echo", &body).await.expect("it answers");
        assert_eq!(answer, body);
        trips.add(clock.now().monotonic - begun);
    }
    tasks.cancel();
    Measured { opened, trips }
}

fn start(
    hotel: &Hotel,
    principal: &str,
    tasks: &Tasks,
) -> (Peer, tokio::sync::mpsc::Receiver<Incoming>) {
    let identity = Identity::load(&hotel.identity_dir(principal)).expect("it is sound");
    let settings = settings(hotel, loopback().addresses);
    // The passport does not change while it is measured; a closed channel says so.
    let (_, passport) = watch::channel(Passport::of(&identity));
    Peer::start(
        settings,
        passport,
        Verifier::of(&identity),
        Refusals::default(),
        Clock::system(),
        tasks,
    )
}

fn loopback() -> IceSettings {
    IceSettings {
        addresses: vec!["127.0.0.1".parse().expect("it is an address")],
        loopback: true,
        servers: Vec::new(),
    }
}

/// The same library and settings without anything of ours on top.
async fn floor() -> Measured {
    let clock = Clock::system();
    let mut opened = Samples::default();
    let mut last = None;
    for _ in 0..OPENED {
        let begun = clock.now().monotonic;
        let pair = bare().await;
        opened.add(clock.now().monotonic - begun);
        last = Some(pair);
    }
    let (near, far) = last.expect("one is open");
    tokio::spawn(async move {
        while let Some(frame) = far.recv().await {
            if far.send(frame.to_vec()).await.is_err() {
                return;
            }
        }
    });
    let mut trips = Samples::default();
    for _ in 0..TRIPS {
        let begun = clock.now().monotonic;
        near.send(vec![7; MESSAGE]).await.expect("it is open");
        near.recv().await.expect("it answers");
        trips.add(clock.now().monotonic - begun);
    }
    near.close().await;
    Measured { opened, trips }
}

/// Two ends of a bare data channel, descriptions handed over in memory.
async fn bare() -> (Arc<dyn Transport>, Arc<dyn Transport>) {
    let settings = loopback();
    let (near, mut near_events) = Rtc::new(&settings, Clock::system())
        .await
        .expect("it opens");
    let (far, mut far_events) = Rtc::new(&settings, Clock::system())
        .await
        .expect("it opens");
    let channel = near.create_channel().await.expect("it is created");
    let offer = near.offer(Restart::No).await.expect("it is offered");
    let answer = far.answer(offer).await.expect("it is answered");
    near.answered(answer).await.expect("it is taken");
    let mut theirs = None;
    let mut connected = false;
    while theirs.is_none() || !connected {
        tokio::select! {
            Some(event) = near_events.recv() => match event {
                RtcEvent::Candidate(Some(candidate)) => {
                    drop(far.add_candidate(candidate).await);
                }
                RtcEvent::Connected => {
                    connected = true;
                    let channel = Arc::clone(&channel);
                    tokio::spawn(async move { Rtc::nudge(&channel).await });
                }
                _ => {}
            },
            Some(event) = far_events.recv() => match event {
                RtcEvent::Candidate(Some(candidate)) => {
                    drop(near.add_candidate(candidate).await);
                }
                RtcEvent::Channel(channel) => theirs = Some(channel),
                _ => {}
            },
        }
    }
    let theirs = theirs.expect("the loop ends with it");
    let near = near.transport(channel).await.expect("it is open");
    let far = far.transport(theirs).await.expect("it is open");
    (Arc::new(near), Arc::new(far))
}
