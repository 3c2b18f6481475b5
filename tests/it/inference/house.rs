//! A hotel with `inference`, and the ways to ask it.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hotel_tests::client::Client;
use hotel_tests::hotel::{LIMIT, repository};
use hotel_tests::{Hotel, eventually};
use inference::bundle;
use kit::bus::{RequestError, Session};
use kit::config::Address;
use kit::signing::SigningKey;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wire::{Component, Operation};

use super::PARTS;

/// The model that bundles of tests are versions of.
const MODEL: &str = "room-allocation";

/// A hotel with a client that asks as `device-proxy`.
pub(super) struct House {
    pub(super) hotel: Hotel,
    client: Client,
}

impl House {
    /// With the trained models, ready.
    pub(super) async fn up() -> Self {
        let house = Self::of(Hotel::up(PARTS)).await;
        house.serves(1).await;
        house
    }

    pub(super) async fn of(hotel: Hotel) -> Self {
        let dir = hotel.identity_dir("device-proxy");
        let client = Client::new(&hotel, &dir, Session::Clean, None);
        let client = client.connected().await;
        Self { hotel, client }
    }

    pub(super) fn address(&self) -> Address {
        self.hotel.listener("inference", "listener")
    }

    /// Asks on the bus.
    pub(super) async fn ask(&self, operation: &str, body: Value) -> Result<Value, RequestError> {
        let operation: Operation = operation.parse().unwrap();
        let wait = Duration::from_secs(5);
        self.client
            .bus
            .request(Component::Inference, &operation, body, wait)
            .await
    }

    /// How the model of the tests is, as an operator sees it.
    pub(super) fn model(&self) -> Value {
        let models = self.hotel.edgectl(&["model", "list", "--json"]);
        let models: Value = serde_json::from_str(&models).unwrap();
        let mut models = models["models"].as_array().unwrap().iter();
        models.find(|model| model["name"] == MODEL).unwrap().clone()
    }

    /// Waits until a version of the model of the tests answers, and the other model does.
    pub(super) async fn serves(&self, version: u32) {
        let what = format!("version {version} answers");
        let path = format!("/v2/models/{MODEL}/versions/{version}/ready");
        eventually(&what, LIMIT, || async {
            let (status, _) = try_http(&self.address(), "GET", &path, "").await?;
            let other = "/v2/models/guest-message/ready";
            let (other, _) = try_http(&self.address(), "GET", other, "").await?;
            (status == 200 && other == 200).then_some(())
        })
        .await;
    }

    /// An unsigned bundle of a kind, outside of the hotel's reach.
    pub(super) fn made(&self, kind: &str, version: u32, number: f64) -> PathBuf {
        let made = self.hotel.dir().join(format!("made-{kind}-{version}"));
        let output = Command::new(Hotel::python())
            .arg(repository().join("tests/python/specimen.py"))
            .arg(&made)
            .arg(repository().join("components/inference/models"))
            .args([kind, &version.to_string(), &number.to_string()])
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
        made
    }

    /// The key that the hotel believes.
    pub(super) fn key(&self) -> SigningKey {
        let text = fs::read_to_string(self.hotel.dir().join("models.key")).unwrap();
        SigningKey::read(&text).unwrap()
    }

    /// Lets `inference` find a bundle, all of it at once.
    pub(super) fn put(&self, made: &PathBuf, version: u32) {
        let at = self.hotel.dir().join("models").join(MODEL);
        fs::rename(made, at.join(version.to_string())).unwrap();
    }

    /// Makes, signs and offers a bundle.
    pub(super) fn offer(&self, kind: &str, version: u32, number: f64) {
        let made = self.made(kind, version, number);
        bundle::sign(&made, &self.key()).unwrap();
        self.put(&made, version);
    }

    /// Turns a bit in a file of a version that `inference` keeps.
    pub(super) fn damage(&self, version: u32, file: &str) {
        turn_a_bit(&self.kept(version).join(file));
    }

    /// Exchanges a bundle and the version that `inference` keeps, at once.
    pub(super) fn exchange(&self, made: &Path, version: u32) {
        renameat_with(CWD, made, CWD, self.kept(version), RenameFlags::EXCHANGE).unwrap();
    }

    /// Waits until a version that is kept is on trial.
    pub(super) async fn on_trial(&self, version: u32) {
        let directory = self.kept(version);
        let directory = directory.as_os_str().as_bytes();
        let what = format!("version {version} is on trial");
        eventually(&what, LIMIT, || async {
            let processes = fs::read_dir("/proc").unwrap().flatten();
            let lines = processes.filter_map(|at| fs::read(at.path().join("cmdline")).ok());
            let mut trials = lines.filter(|line| {
                let mut words = line.split(|byte| *byte == 0);
                words.any(|word| word == directory)
            });
            trials.next().map(drop)
        })
        .await;
    }

    /// Where `inference` keeps a version.
    fn kept(&self, version: u32) -> PathBuf {
        let kept = self.hotel.dir().join("data/inference/models").join(MODEL);
        kept.join("versions").join(version.to_string())
    }

    /// What the log of `inference` says.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.hotel.places.logs["inference"]).unwrap()
    }
}

pub(super) fn turn_a_bit(path: &PathBuf) {
    let mut content = fs::read(path).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(path, content).unwrap();
}

/// Two rooms for two guests: the second is what was booked.
pub(super) fn reservation() -> Value {
    json!({
        "wishes": { "guests": 2, "nights": 3, "category": 2, "quiet": true },
        "rooms": [
            { "room": "room-101", "capacity": 2, "category": 1 },
            { "room": "room-102", "capacity": 2, "category": 2, "quiet": true, "ready": true },
            { "room": "room-103", "capacity": 1, "category": 2, "quiet": true, "ready": true },
        ],
    })
}

/// A row through the protocol.
pub(super) async fn infer(address: &Address, row: &[f64]) -> (u16, Value) {
    try_infer(address, row).await.expect("it answers")
}

pub(super) async fn try_infer(address: &Address, row: &[f64]) -> Option<(u16, Value)> {
    let body = json!({ "inputs": [{
        "name": "features", "datatype": "FP32", "shape": [1, row.len()], "data": row,
    }] });
    let path = format!("/v2/models/{MODEL}/infer");
    try_http(address, "POST", &path, &body.to_string()).await
}

/// Status and JSON of an answer.
pub(super) async fn http(address: &Address, method: &str, path: &str, body: &str) -> (u16, Value) {
    let answer = try_http(address, method, path, body).await;
    answer.expect("it answers")
}

pub(super) async fn try_http(
    address: &Address,
    method: &str,
    path: &str,
    body: &str,
) -> Option<(u16, Value)> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await;
    let mut stream = stream.ok()?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    // A body that is too large may be answered before all of it is read.
    drop(stream.write_all(request.as_bytes()).await);
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    let text = String::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or_default()))
}
