use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::WebSocketUpgrade;
use axum::extract::ws::Message;
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{interval, timeout};

use super::*;
use crate::lifecycle::Tasks;

const SHORT: Limits = Limits {
    places: 4,
    patient: Duration::from_millis(400),
    crowded: Duration::from_millis(100),
    grace: Duration::from_millis(400),
    unread: Duration::from_millis(400),
};
/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

struct Served {
    tasks: Tasks,
    address: SocketAddr,
}

impl Served {
    async fn by(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = Tasks::new();
        tasks.spawn("http", |stop| serve(listener, router, SHORT, stop));
        Self { tasks, address }
    }

    /// A connection on which this was said.
    async fn said(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }
}

/// What is said until the other end is done.
async fn rest(mut stream: TcpStream) -> String {
    let mut rest = Vec::new();
    let read = timeout(LIMIT, stream.read_to_end(&mut rest)).await;
    // An end without a goodbye is one as well.
    drop(read.expect("the other end does not wait for ever"));
    String::from_utf8_lossy(&rest).into_owned()
}

// bus-8.1
#[tokio::test]
async fn whoever_says_nothing_half_a_head_or_nothing_more_is_ended() {
    let served = Served::by(Router::new().route("/", get(async || "here\n"))).await;
    assert_eq!(rest(served.said("").await).await, "");
    assert_eq!(rest(served.said("GET / HTTP/1.1\r\nHo").await).await, "");
    let kept = served.said("GET / HTTP/1.1\r\nHost: box\r\n\r\n").await;
    assert!(rest(kept).await.ends_with("here\n"));
    served.tasks.drain().await.unwrap();
}

// bus-8.1
#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let served = Served::by(Router::new().route("/", post(async |body: String| body))).await;
    let head = "POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 10\r\n\r\n";
    let answer = rest(served.said(&format!("{head}012345678")).await).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    let whole = rest(served.said(&format!("{head}0123456789")).await).await;
    assert!(whole.ends_with("0123456789"), "{whole}");
    served.tasks.drain().await.unwrap();
}

// bus-8.1
#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let endless = async || {
        let piece = Bytes::from(vec![b'x'; 64 * 1024]);
        Body::from_stream(stream::repeat_with(move || {
            Ok::<_, Infallible>(piece.clone())
        }))
    };
    let served = Served::by(Router::new().route("/", get(endless))).await;
    let mut deaf = served.said("GET / HTTP/1.1\r\nHost: box\r\n\r\n").await;
    let mut first = [0; 12];
    deaf.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    // An answer that goes on would hold the listener up.
    served.tasks.drain().await.unwrap();
}

// bus-8.1
#[tokio::test]
async fn an_answer_that_goes_on_and_a_websocket_are_nobodys_idle_connection() {
    let slow = async || {
        let ticks = interval(Duration::from_millis(100));
        let pieces = stream::unfold((ticks, 20_u8), |(mut ticks, left)| async move {
            ticks.tick().await;
            let left = left.checked_sub(1)?;
            Some((Ok::<_, Infallible>(Bytes::from_static(b".")), (ticks, left)))
        });
        Body::from_stream(pieces)
    };
    let socket = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            let mut ticks = interval(Duration::from_secs(2));
            ticks.tick().await;
            ticks.tick().await;
            drop(socket.send(Message::Text("still here".into())).await);
        })
    };
    let router = Router::new()
        .route("/", get(slow))
        .route("/socket", get(socket));
    let served = Served::by(router).await;
    let streamed = served
        .said("GET / HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n")
        .await;
    let upgraded = served
        .said(
            "GET /socket HTTP/1.1\r\nHost: box\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )
        .await;
    let (streamed, upgraded) = tokio::join!(rest(streamed), rest(upgraded));
    assert_eq!(streamed.matches("1\r\n.\r\n").count(), 20, "{streamed}");
    assert!(upgraded.contains("still here"), "{upgraded}");
    served.tasks.drain().await.unwrap();
}

// bus-8.1
#[tokio::test]
async fn whoever_comes_when_all_places_are_taken_is_served_soon() {
    let served = Served::by(Router::new().route("/", get(async || "here\n"))).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(served.said("").await);
    }
    let asks = "GET / HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n";
    assert!(rest(served.said(asks).await).await.ends_with("here\n"));
    assert_eq!(LIMITS.patience(LIMITS.places / 2), LIMITS.patient);
    assert_eq!(LIMITS.patience(LIMITS.places / 2 - 1), LIMITS.crowded);
    served.tasks.drain().await.unwrap();
}
