//! A box on its first day: its plan, its directory, the network it stands in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use hotel_tests::fleet::Fleet;
use hotel_tests::hotel::artifacts;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// What the page that tells a free network says.
const FREE: &str = "NetworkManager is online";

/// A box.
pub(super) struct Site {
    directory: TempDir,
    plan: Value,
}

impl Site {
    /// A box of this serial whose cloud is `fleet`, in a network with a free way out.
    pub(super) async fn new(fleet: &Fleet, serial: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path().display().to_string();
        for name in ["claim-cert.pem", "claim-key.pem"] {
            fs::copy(fleet.file(name), directory.path().join(name)).unwrap();
        }
        let port = page(StatusCode::OK, FREE).await;
        let ready = page(StatusCode::OK, "{}").await;
        let plan = json!({
            "v": 1, "serial": serial, "tenant": "acme", "property": "seaside",
            "segment": "main", "trust_domain": "hotel.internal", "box": "box-1",
            "users": false, "built_at": "2026-01-01T12:00:00Z",
            "cloud": {
                "region": "eu-central-1",
                "data": { "host": "localhost", "port": fleet.endpoint.port },
                "credentials": "credentials.example",
                "role_alias": "hotel-edge-token-exchange",
                "template": "hotel-edge",
                "root_ca": fleet.file("ca.pem"),
            },
            "claim": {
                "certificate": format!("{dir}/claim-cert.pem"),
                "key": format!("{dir}/claim-key.pem"),
                "expires": "2096-12-21T12:00:00Z",
            },
            "needs": { "cpus": 1, "memory_mb": 1, "disk_free_mb": 1 },
            "internet": {
                "server": { "host": "localhost", "port": port }, "path": "/nm", "says": FREE,
            },
            "nucleus": {
                "kind": "lite", "config": format!("{dir}/greengrass/config.yaml"),
                "root": "/var/lib/greengrass", "start": ["touch", format!("{dir}/started")],
            },
            "deployment": {
                "wait_s": 1,
                "broker": { "host": "127.0.0.1", "port": 1 },
                "components": { "uplink": { "host": "127.0.0.1", "port": ready } },
            },
        });
        Self { directory, plan }
    }

    /// The box that a seed makes: its plan and its claim, in this network instead of the one that the
    /// seed was made for.
    pub(super) async fn of_seed(fleet: &Fleet, seed: &Path) -> Self {
        let text = fs::read_to_string(seed.join("user-data")).unwrap();
        let data: Value =
            serde_json::from_str(text.strip_prefix("#cloud-config\n").unwrap()).unwrap();
        let written = |path: &str| {
            let mut files = data["write_files"].as_array().unwrap().iter();
            let file = files.find(|file| file["path"] == path).unwrap();
            file["content"].as_str().unwrap()
        };
        let seeded: Value = serde_json::from_str(written("/etc/hotel/box.json")).unwrap();
        let mut site = Self::new(fleet, seeded["serial"].as_str().unwrap()).await;
        for (name, path) in [
            ("claim-cert.pem", "/etc/hotel/claim/cert.pem"),
            ("claim-key.pem", "/etc/hotel/claim/key.pem"),
        ] {
            fs::write(site.path(name), written(path)).unwrap();
        }
        let chain_root = site.path("chain-root.pem");
        fs::write(&chain_root, written("/etc/hotel/chain-root.pem")).unwrap();
        let here = std::mem::replace(&mut site.plan, seeded);
        let places = [
            "/users",
            "/cloud/data",
            "/cloud/root_ca",
            "/claim/certificate",
            "/claim/key",
            "/needs",
            "/internet",
            "/nucleus",
            "/deployment",
        ];
        for place in places {
            let value = here.pointer(place).unwrap().clone();
            *site.plan.pointer_mut(place).unwrap() = value;
        }
        site.with_chain_root(&chain_root)
    }

    /// Changes the plan.
    pub(super) fn set(&mut self, pointer: &str, value: impl Into<Value>) {
        *self.plan.pointer_mut(pointer).unwrap() = value.into();
    }

    /// Makes it the hotel's second box, which joins an authority.
    pub(super) fn joining(mut self, ca: &str) -> Self {
        self.set("/box", "box-2");
        let plan = self.plan.as_object_mut().unwrap();
        plan.insert("property_from".to_owned(), "join".into());
        plan.insert("property_ca".to_owned(), ca.into());
        self
    }

    /// Its image names a chain root.
    pub(super) fn with_chain_root(mut self, certificate: &Path) -> Self {
        let plan = self.plan.as_object_mut().unwrap();
        plan.insert(
            "chain_root".to_owned(),
            certificate.to_str().unwrap().into(),
        );
        self
    }

    /// A value of the plan.
    pub(super) fn get(&self, pointer: &str) -> Value {
        self.plan.pointer(pointer).unwrap().clone()
    }

    /// A file of the box.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The box's own directory, as `--dir` names it.
    pub(super) fn dir(&self) -> &Path {
        self.directory.path()
    }

    /// The box's directory without the box.
    pub(super) fn into_directory(self) -> TempDir {
        self.directory
    }

    /// The plan's file, written anew.
    pub(super) fn plan(&self) -> PathBuf {
        let path = self.path("box.json");
        fs::write(&path, self.plan.to_string()).unwrap();
        path
    }

    /// `edgectl` with the box's plan and directory.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(artifacts().join("edgectl"));
        command.args(arguments).stdin(Stdio::null());
        command.arg("--plan").arg(self.plan());
        command.arg("--dir").arg(self.dir());
        command
    }

    /// Switches the box on.
    pub(super) async fn boot(&self) -> Boot {
        finish(self.command(&["first-boot"])).await
    }

    /// Switches the box on; the power fails at a point.
    pub(super) async fn boot_until(&self, point: &str) -> Boot {
        let mut command = self.command(&["first-boot"]);
        command.env("HOTEL_POWER_CUT", point);
        finish(command).await
    }

    /// What the last run reported.
    pub(super) fn report(&self) -> Value {
        let text = fs::read(self.path("provisioning/report.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Boot {
    /// Its exit code; none when the power failed.
    pub(super) code: Option<i32>,
    /// What it said.
    pub(super) said: String,
}

/// Runs a command to its end without holding up the cloud's side, which lives on the same thread.
pub(super) async fn finish(mut command: Command) -> Boot {
    let output: Output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    Boot {
        code: output.status.code(),
        said: String::from_utf8(said).unwrap(),
    }
}

/// A server that says one thing at every path; returns its port.
pub(super) async fn page(status: StatusCode, says: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = get(move || async move { (status, says) });
    let router = Router::new().route("/{*path}", answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

/// The page of a free network in another time; returns its port.
pub(super) async fn page_of(date: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = get(move || async move { ([("date", date)], FREE) });
    let router = Router::new().route("/{*path}", answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}
