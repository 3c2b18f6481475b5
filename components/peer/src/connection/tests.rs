use std::sync::Arc;

use serde_json::{Value, json};
use wire::channel::{CHUNK, MESSAGE_MAX};
use wire::{Component, Sha256};

use super::*;
use crate::framing::Frame;
use crate::handshake::Fingerprints;
use crate::specimen::Hotel;
use crate::transport::memory::{self, Memory};

/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A connection whose other end is the test itself.
struct Bench {
    connection: Connection,
    far: Memory,
    arrived: mpsc::Receiver<Incoming>,
    ended: tokio::task::JoinHandle<Option<Problem>>,
}

fn bench() -> Bench {
    let hotel = Hotel::new("seaside");
    let passport = hotel.component(Component::DeviceProxy);
    let now = Clock::system().wall();
    let caller = hotel.verifier().credential(passport.credential(), now);
    let same = Fingerprints {
        local: Sha256([1; 32]),
        remote: Sha256([1; 32]),
    };
    let (near, far) = memory::pair(same, same);
    let (sender, arrived) = mpsc::channel(4);
    let parts = Parts {
        me: "kitchen-1".parse().unwrap(),
        id: "01941f29-7c00-7000-8000-0123456789ab".parse().unwrap(),
        established: Established {
            caller: caller.unwrap(),
            capabilities: Vec::new(),
            ephemeral: kit::ca::Key::generate().public_key(),
        },
        transport: Arc::new(near),
        clock: Clock::system(),
        price_per_gb: 0.0,
        restart: Arc::default(),
    };
    let (connection, carrying) = Connection::start(parts, sender);
    Bench {
        connection,
        far,
        arrived,
        ended: tokio::spawn(carrying),
    }
}

impl Bench {
    async fn ends_with(self, reason: &str) {
        let ended = timeout(LIMIT, self.ended).await.unwrap().unwrap();
        let text = ended.unwrap().to_string();
        assert!(text.contains(reason), "{text}");
        assert!(self.connection.is_closed());
    }
}

// peer-4.6
#[tokio::test]
async fn a_request_without_a_reply_ends_and_leaves_nothing() {
    let bench = bench();
    let wait = Duration::from_millis(20);
    let question = json!({});
    let asked = bench
        .connection
        .request_within::<_, Value>("menu", &question, wait);
    assert_eq!(asked.await.unwrap_err().code, Code::TimedOut);
    assert!(bench.connection.replies().is_empty());
}

// peer-4.6
#[tokio::test]
async fn a_request_ends_with_its_connection() {
    let bench = bench();
    let connection = bench.connection.clone();
    let asking =
        tokio::spawn(async move { connection.request::<_, Value>("menu", &json!({})).await });
    // The question is on its way.
    while !matches!(bench.far.recv().await.as_deref(), Some([CHUNK, ..])) {}
    bench.connection.close();
    let answer = timeout(LIMIT, asking).await.unwrap().unwrap();
    assert_eq!(answer.unwrap_err().code, Code::Unavailable);
    assert!(bench.connection.replies().is_empty());
}

// peer-4.7
#[tokio::test]
async fn a_small_message_does_not_wait_for_a_large_one() {
    let bench = bench();
    let noise: Vec<u8> = (0..2_000_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    let large = wire::octets::to_base64url(&noise);
    bench.connection.send("print", &large).await.unwrap();
    let mut frames = 0;
    let mut told = false;
    loop {
        let frame = bench.far.recv().await.unwrap();
        let Ok(Frame::Chunk(chunk)) = Frame::parse(&frame) else {
            continue;
        };
        if !told {
            bench
                .connection
                .send("chat", &json!({ "text": "now" }))
                .await
                .unwrap();
            told = true;
        }
        if chunk.message == 1 {
            break;
        }
        frames += 1;
    }
    // What was already on its way, and not the hundred frames of the large one.
    assert!(frames < 50, "{frames} frames came first");
}

// peer-4.8
#[tokio::test]
async fn a_side_that_falls_silent_is_noticed_within_ten_seconds() {
    let bench = bench();
    let noticed = timeout(Duration::from_secs(10), bench.connection.closed());
    noticed.await.expect("noticed in time");
    bench.ends_with("fell silent").await;
}

// peer-4.8
#[tokio::test]
async fn a_ping_is_answered_and_tells_the_round_trip() {
    let bench = bench();
    bench.far.send(Frame::Ping(77).encode()).await.unwrap();
    let mut answered = false;
    while !answered || bench.connection.round_trip().is_none() {
        let frame = timeout(LIMIT, bench.far.recv()).await.unwrap().unwrap();
        match Frame::parse(&frame).unwrap() {
            Frame::Ping(number) => {
                bench.far.send(Frame::Pong(number).encode()).await.unwrap();
                // The pong is read before the next question is answered.
                bench.far.send(Frame::Ping(number).encode()).await.unwrap();
            }
            Frame::Pong(number) => answered |= number == 77,
            other => panic!("{other:?}"),
        }
    }
}

// peer-4.4
#[tokio::test]
async fn broken_frames_end_the_connection_and_are_told() {
    for frame in [vec![9], vec![], vec![CHUNK, 0], Frame::Hello(b"x").encode()] {
        let bench = bench();
        bench.far.send(frame).await.unwrap();
        let told = loop {
            let frame = timeout(LIMIT, bench.far.recv()).await.unwrap().unwrap();
            if let Ok(Frame::Close(problem)) = Frame::parse(&frame) {
                break message::decode::<Problem>(problem).unwrap();
            }
        };
        assert!(
            matches!(told.code, Code::Malformed | Code::Forbidden),
            "{told}"
        );
        let ended = timeout(LIMIT, bench.ended).await.unwrap().unwrap();
        assert_eq!(ended, Some(told));
    }
}

// peer-4.2
#[tokio::test]
async fn a_message_beyond_the_bound_is_not_sent() {
    let bench = bench();
    let large = "x".repeat(MESSAGE_MAX);
    let outcome = bench.connection.send("print", &large).await;
    assert_eq!(outcome.unwrap_err().code, Code::TooLarge);
}

// peer-4.9
#[tokio::test]
async fn the_other_sides_last_word_is_the_reason() {
    let bench = bench();
    let problem = Problem::new(Code::Expired, "token is over");
    let frame = Frame::Close(&message::encode(&problem).unwrap()).encode();
    bench.far.send(frame).await.unwrap();
    bench.ends_with("token is over").await;
}

// peer-4.7
#[tokio::test]
async fn whoever_does_not_listen_keeps_the_sender_waiting() {
    let mut bench = bench();
    let message = message::write(
        ids::new(Clock::system().wall()),
        Kind::Event,
        &"chat".parse().unwrap(),
        &"device-proxy".parse().unwrap(),
        Clock::system().wall(),
        &json!({}),
    )
    .unwrap();
    let frame = crate::framing::Outgoing::new(0, message)
        .unwrap()
        .next_frame()
        .unwrap();
    let flood = async {
        for _ in 0..200 {
            bench.far.send(frame.clone()).await.unwrap();
        }
    };
    assert!(timeout(Duration::from_millis(200), flood).await.is_err());
    assert!(bench.arrived.recv().await.is_some());
}

// peer-4.7
#[tokio::test]
async fn short_messages_arrive_in_the_order_they_were_said() {
    let bench = bench();
    let saying = async {
        for number in 0..200 {
            bench.connection.send("chat", &json!(number)).await.unwrap();
        }
    };
    let hearing = async {
        let mut heard = Vec::new();
        while heard.len() < 200 {
            let frame = bench.far.recv().await.unwrap();
            if let Ok(Frame::Chunk(chunk)) = Frame::parse(&frame) {
                let message = Message::read(chunk.octets.to_vec()).unwrap();
                heard.push(message.body::<u32>().unwrap());
            }
        }
        heard
    };
    let ((), heard) = timeout(LIMIT, async { tokio::join!(saying, hearing) })
        .await
        .unwrap();
    assert!(heard.is_sorted(), "{heard:?}");
}
