//! A model over HTTP on one machine: beside `MLServer` on the same model, and beside the bare call of
//! ONNX Runtime.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kit::clock::Clock;
use kit::config::Address;
use ort::session::Session;
use ort::value::Tensor;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::samples::Samples;
use super::{Better, Figure, rss_mb};
use crate::hotel::{LIMIT, artifacts, repository};
use crate::{Hotel, Plan, eventually};

/// Requests that are made, and those before them that are not counted.
const REQUESTS: usize = 5_000;
const WARMING: usize = 500;
/// The model that is asked, and the elements of its row.
const MODEL: &str = "room-allocation";
const FEATURES: usize = 16;
/// Where `MLServer` listens; nobody else here does.
const MLSERVER: (&str, u16) = ("127.0.0.1", 18_580);
/// How long `MLServer` may take to start.
const STARTING: Duration = Duration::from_mins(2);

pub(super) fn measure() -> Vec<Figure> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    runtime.block_on(async {
        let (ours, our_rss) = ours().await;
        let floor = bare();
        let (peer, peer_rss) = mlserver().await;
        let over = |samples: &Samples, share| samples.quantile_ms(share) - floor.quantile_ms(share);
        let latency = |name, share| {
            Figure::latency("inference", name, ours.quantile_ms(share))
                .peer("MLServer", peer.quantile_ms(share))
                .floor("bare session", floor.quantile_ms(share))
        };
        vec![
            latency("http_p50_ms", 0.50),
            latency("http_p99_ms", 0.99),
            Figure::latency("inference", "http_overhead_p50_ms", over(&ours, 0.50))
                .peer("MLServer", over(&peer, 0.50)),
            Figure {
                area: "inference",
                figure: "rss_mb",
                unit: "MB",
                better: Better::Lower,
                ours: our_rss,
                peer: None,
                floor: None,
            }
            .peer("MLServer", peer_rss),
        ]
    })
}

/// The component of a hotel with both models.
async fn ours() -> (Samples, f64) {
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker", "inference"],
    });
    let pid = eventually("inference is ready", LIMIT, || async {
        let part = hotel.part("inference")?;
        part.pid.filter(|_| part.ready)
    })
    .await;
    let samples = asked(&hotel.listener("inference", "listener")).await;
    (samples, rss_mb(pid))
}

/// `MLServer` with a runtime of a few lines around the same session (`tests/peers/mlserver`).
async fn mlserver() -> (Samples, f64) {
    let venv = std::env::var_os("HOTEL_MLSERVER").map(PathBuf::from);
    let venv = venv.expect("HOTEL_MLSERVER names the environment of MLServer; see tests/bench.sh");
    let log = tempfile::tempfile().expect("a file can be made");
    let child = Command::new(venv.join("bin/mlserver"))
        .args(["start", "."])
        .current_dir(repository().join("tests/peers/mlserver"))
        .env(
            "BENCH_MODEL",
            artifacts().join("models").join(MODEL).join("1/model.onnx"),
        )
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file can be shared"))
        .stderr(log)
        .spawn()
        .expect("MLServer can be started");
    let child = Ended(child);
    let address = Address {
        host: MLSERVER.0.to_owned(),
        port: MLSERVER.1,
    };
    eventually("MLServer is ready", STARTING, || async {
        let mut client = Client::open(&address).await?;
        let path = format!("/v2/models/{MODEL}/ready");
        let status = client.ask("GET", &path, b"").await?;
        (status == 200).then_some(())
    })
    .await;
    let samples = asked(&address).await;
    (samples, rss_mb(child.0.id()))
}

/// A process that does not outlive the measurement.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Rows of a model, one after the other, on one connection.
async fn asked(address: &Address) -> Samples {
    let clock = Clock::system();
    let mut client = Client::open(address).await.expect("it listens");
    let path = format!("/v2/models/{MODEL}/infer");
    let body = json!({ "inputs": [{
        "name": "features", "datatype": "FP32", "shape": [1, FEATURES], "data": row(),
    }] });
    let body = body.to_string();
    let mut samples = Samples::default();
    for _ in 0..WARMING + REQUESTS {
        let begun = clock.monotonic();
        let status = client.ask("POST", &path, body.as_bytes()).await;
        samples.add(clock.monotonic() - begun);
        assert_eq!(status, Some(200));
    }
    samples.skip(WARMING)
}

fn row() -> Vec<f32> {
    [0.25, 1.0, 0.0, 0.5].repeat(FEATURES / 4)
}

/// The same row through the same library, nothing around it.
fn bare() -> Samples {
    let clock = Clock::system();
    let environment = ort::init_from(artifacts().join("libonnxruntime.so"))
        .expect("the library is beside the programs")
        .with_telemetry(false)
        .build()
        .expect("the library can be used");
    let path = artifacts().join("models").join(MODEL).join("1/model.onnx");
    let mut session = session(&environment, &path).expect("the model can be loaded");
    let samples = (0..WARMING + REQUESTS).map(|_| {
        let begun = clock.monotonic();
        let input = Tensor::from_array((vec![1, 16_i64], row())).expect("it is a row");
        let answer = session.run(ort::inputs!["features" => input]);
        let answer = answer.expect("the model runs");
        let score = answer["score"].try_extract_tensor::<f32>();
        assert_eq!(score.expect("it is a score").1.len(), 1);
        clock.monotonic() - begun
    });
    samples.collect::<Samples>().skip(WARMING)
}

fn session(environment: &ort::environment::Environment, path: &Path) -> ort::Result<Session> {
    Session::builder(environment)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .commit_from_file(path)
}

/// HTTP on one kept connection, with nothing that could take time.
struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Client {
    async fn open(address: &Address) -> Option<Self> {
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await;
        let stream = stream.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self {
            stream,
            answer: Vec::new(),
        })
    }

    /// The status of the answer, once all of it is here.
    async fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> Option<u16> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.stream.write_all(&request).await.ok()?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await.ok()? == 0 {
                return None;
            }
            let head = self.answer.windows(4).position(|four| four == b"\r\n\r\n");
            let Some(head) = head else { continue };
            let text = String::from_utf8_lossy(&self.answer[..head]).to_ascii_lowercase();
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
                .unwrap_or(0_usize);
            if self.answer.len() >= head + 4 + length {
                return text.split_whitespace().nth(1)?.parse().ok();
            }
        }
    }
}
