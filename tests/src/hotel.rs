//! A whole hotel in a scratch directory, started from its recipes by `edgectl local`.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use kit::config::Address;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use wire::{BoxId, PropertyId, TenantId};

use crate::clocks::Clocks;
use crate::disk::SmallDisk;
use crate::eventually::eventually;
use crate::network::{LAN, Network};

/// How long anything in a hotel may take on a busy machine.
pub const LIMIT: Duration = Duration::from_mins(1);

/// How long a large one may take to start: every device gets a certificate.
const STARTING: Duration = Duration::from_mins(5);

/// What a hotel consists of.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// Simulated rooms with four devices each.
    pub rooms: u32,
    /// The processes to start; all when empty.
    pub only: &'a [&'a str],
}

/// A running hotel; ended when dropped.
#[derive(Debug)]
pub struct Hotel {
    network: Option<Network>,
    directory: TempDir,
    /// Where everything is.
    pub places: Places,
}

/// What `hotel.json` says.
#[derive(Debug, Clone, Deserialize)]
pub struct Places {
    /// The company.
    pub tenant: TenantId,
    /// The hotel.
    pub property: PropertyId,
    /// The box.
    #[serde(rename = "box")]
    pub box_id: BoxId,
    /// Where `edgectl` keeps the property.
    pub property_dir: PathBuf,
    /// The registry of devices.
    pub registry: PathBuf,
    /// The rendered policy.
    pub policy: PathBuf,
    /// Directory of certificate and key by principal.
    pub identities: BTreeMap<String, PathBuf>,
    /// The broker.
    pub broker: Address,
    /// What components serve others on, by component and key of its configuration.
    pub listeners: BTreeMap<String, BTreeMap<String, Address>>,
    /// Admin listeners by component.
    pub admin: BTreeMap<String, Address>,
    /// The simulated S3.
    pub s3: S3,
    /// Directory of the socket of each database.
    pub databases: BTreeMap<String, PathBuf>,
    /// Configuration files by component.
    pub configurations: BTreeMap<String, PathBuf>,
    /// The identity that opens backups.
    pub backup_key: PathBuf,
    /// Log files by process.
    pub logs: BTreeMap<String, PathBuf>,
    /// The simulator.
    pub sim: Sim,
    /// The simulated printer.
    pub printer: Printer,
}

/// The simulated S3.
#[derive(Debug, Clone, Deserialize)]
pub struct S3 {
    /// Its address.
    pub endpoint: String,
    /// The bucket of batches.
    pub bucket: String,
    /// The bucket of backups.
    pub backups: String,
    /// The region.
    pub region: String,
    /// The access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
}

/// The simulated printer.
#[derive(Debug, Clone, Deserialize)]
pub struct Printer {
    /// Where it takes jobs.
    pub address: Address,
    /// Where it is handled, plain HTTP.
    pub control: Address,
    /// Directory of its tickets.
    pub tickets: PathBuf,
}

/// The simulator of devices.
#[derive(Debug, Clone, Deserialize)]
pub struct Sim {
    /// Its ledger.
    pub ledger: PathBuf,
}

/// What `edgectl local status --json` says.
#[derive(Debug, Clone, Deserialize)]
pub struct Status {
    /// Components of the suite.
    pub components: Vec<Part>,
    /// Pieces of the world around it.
    pub simulated: Vec<Part>,
    /// Devices of the registry.
    pub devices: Devices,
}

/// One process.
#[derive(Debug, Clone, Deserialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Whether it does its work.
    pub ready: bool,
    /// Its process id, while it runs.
    pub pid: Option<u32>,
    /// How often it was started again.
    pub restarts: u64,
}

/// Devices of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Devices {
    /// All.
    pub total: Option<u32>,
    /// Those that are connected.
    pub online: Option<u32>,
}

impl Hotel {
    /// A hotel with everything and some rooms.
    pub fn with_rooms(rooms: u32) -> Self {
        Self::up(Plan { rooms, only: &[] })
    }

    /// A hotel with some of its processes.
    pub fn up(plan: Plan<'_>) -> Self {
        Self::start(plan, None)
    }

    /// The same in a network of its own, serving on its LAN address.
    pub fn up_in(network: Network, plan: Plan<'_>) -> Self {
        Self::start(plan, Some(network))
    }

    /// The same where something is already: a property that another box has handed on.
    pub fn up_at(directory: TempDir, plan: Plan<'_>) -> Self {
        Self::start_in(directory, &artifacts(), plan, None)
    }

    /// The same where some components have another clock ([`Clocks`]).
    pub fn up_by(clocks: &Clocks, plan: Plan<'_>) -> Self {
        let directory = tempfile::tempdir().expect("a scratch directory can be made");
        Self::start_in(directory, clocks.artifacts(), plan, None)
    }

    /// The same where a component keeps its data on a disk of so many bytes; an error where a test may
    /// not mount (it takes root).
    pub fn up_on(plan: Plan<'_>, component: &str, bytes: u64) -> io::Result<(Self, SmallDisk)> {
        let directory = tempfile::tempdir().expect("a scratch directory can be made");
        let disk = SmallDisk::over(&directory.path().join("data").join(component), bytes)?;
        let hotel = Self::start_in(directory, &artifacts(), plan, None);
        Ok((hotel, disk))
    }

    /// A hotel that runs a release, as a box does.
    pub fn installed(plan: Plan<'_>, set: &Path, key: &str) -> Self {
        let directory = tempfile::tempdir().expect("a scratch directory can be made");
        let mut install = edgectl(None);
        install.args(["local", "install", "--trust", key, "--set"]);
        succeed(install.arg(set).arg("--dir").arg(directory.path()));
        succeed(&mut up_installed(plan, directory.path()));
        let places = read_json(&directory.path().join("hotel.json"));
        Self {
            network: None,
            directory,
            places,
        }
    }

    /// Ends it and starts the release that is installed now.
    pub fn restart_installed(&self, plan: Plan<'_>) {
        self.edgectl(&["local", "down"]);
        succeed(&mut up_installed(plan, self.dir()));
    }

    /// Starts it again in its directory, whatever was done to that since it ended.
    pub fn up_again(&self, plan: Plan<'_>) {
        let mut start = up(plan, self.dir(), self.network.as_ref());
        succeed(start.arg("--artifacts").arg(artifacts()));
    }

    fn start(plan: Plan<'_>, network: Option<Network>) -> Self {
        let directory = tempfile::tempdir().expect("a scratch directory can be made");
        Self::start_in(directory, &artifacts(), plan, network)
    }

    pub(crate) fn start_in(
        directory: TempDir,
        artifacts: &Path,
        plan: Plan<'_>,
        network: Option<Network>,
    ) -> Self {
        let mut start = up(plan, directory.path(), network.as_ref());
        succeed(start.arg("--artifacts").arg(artifacts));
        let places = read_json(&directory.path().join("hotel.json"));
        Self {
            network,
            directory,
            places,
        }
    }

    /// Its own network, where it has one.
    pub fn network(&self) -> Option<&Network> {
        self.network.as_ref()
    }

    /// A program in the network of the hotel.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        match &self.network {
            Some(network) => network.command(program),
            None => Command::new(program),
        }
    }

    /// Python of the environment that the hotel's tools run in.
    pub fn python() -> PathBuf {
        venv().join("bin/python")
    }

    /// What a component serves others on, by key of its configuration.
    pub fn listener(&self, component: &str, key: &str) -> Address {
        self.places.listeners[component][key].clone()
    }

    /// The hotel's directory.
    pub fn dir(&self) -> &Path {
        self.directory.path()
    }

    /// How it is.
    pub fn status(&self) -> Option<Status> {
        let output = self
            .edgectl_command()
            .args(["local", "status", "--json", "--dir"])
            .arg(self.dir())
            .output()
            .expect("edgectl can be started");
        serde_json::from_slice(&output.stdout).ok()
    }

    /// One process of it, while the hotel runs.
    pub fn part(&self, name: &str) -> Option<Part> {
        let status = self.status()?;
        let mut parts = status.components.into_iter().chain(status.simulated);
        parts.find(|part| part.name == name)
    }

    /// Waits until these processes are ready.
    pub async fn ready(&self, names: &[&str], limit: Duration) {
        for name in names {
            eventually(&format!("{name} is ready"), limit, || async {
                self.part(name)?.ready.then_some(())
            })
            .await;
        }
    }

    /// Waits until every process is ready.
    pub async fn all_ready(&self, limit: Duration) {
        eventually("every process is ready", limit, || async {
            let status = self.status()?;
            let mut parts = status.components.iter().chain(&status.simulated);
            parts.all(|part| part.ready).then_some(())
        })
        .await;
    }

    /// Runs `edgectl` on this hotel and returns what it printed.
    pub fn edgectl(&self, arguments: &[&str]) -> String {
        let mut command = self.edgectl_command();
        command.args(arguments).arg("--dir").arg(self.dir());
        String::from_utf8(succeed(&mut command).stdout).expect("edgectl prints text")
    }

    /// Runs `edgectl` on this hotel, whatever comes of it.
    pub fn try_edgectl(&self, arguments: &[&str]) -> Output {
        self.edgectl_command()
            .args(arguments)
            .arg("--dir")
            .arg(self.dir())
            .output()
            .expect("edgectl can be started")
    }

    /// Changes a value in a component's configuration; it counts from the next start.
    pub fn reconfigure(&self, component: &str, pointer: &str, value: impl Into<serde_json::Value>) {
        let path = &self.places.configurations[component];
        let mut configuration: serde_json::Value = read_json(path);
        let place = configuration
            .pointer_mut(pointer)
            .expect("the key is configured");
        *place = value.into();
        fs::write(path, configuration.to_string()).expect("configurations can be written");
    }

    fn edgectl_command(&self) -> Command {
        edgectl(self.network.as_ref())
    }

    /// Certificate and key of a principal.
    pub fn identity_dir(&self, principal: &str) -> PathBuf {
        self.dir().join("identity").join(principal)
    }
}

impl Drop for Hotel {
    fn drop(&mut self) {
        let ended = self
            .edgectl_command()
            .args(["local", "down", "--dir"])
            .arg(self.dir())
            .output();
        if std::thread::panicking() {
            self.keep_logs();
        } else {
            let ended = ended.expect("edgectl can be started");
            assert!(
                ended.status.success(),
                "the hotel did not end: {}",
                told(&ended)
            );
        }
    }
}

impl Hotel {
    /// Shows the end of each log of a hotel whose test failed.
    #[expect(
        clippy::print_stderr,
        reason = "a failed test tells what its hotel said"
    )]
    fn keep_logs(&self) {
        for (name, path) in &self.places.logs {
            let log = fs::read_to_string(path).unwrap_or_default();
            let last: Vec<_> = log.lines().rev().take(15).collect();
            eprintln!("--- {name}");
            last.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}

/// Starts a hotel, and returns when it is ready.
fn up(plan: Plan<'_>, directory: &Path, network: Option<&Network>) -> Command {
    let mut command = edgectl(network);
    command.args([
        "local",
        "up",
        "--detach",
        "--rooms",
        &plan.rooms.to_string(),
        "--wait",
        &STARTING.as_secs().to_string(),
    ]);
    if network.is_some() {
        command.args(["--listen", LAN]);
    }
    command.arg("--dir").arg(directory);
    command.arg("--recipes").arg(repository().join("recipes"));
    command.arg("--venv").arg(venv());
    if !plan.only.is_empty() {
        command.args(["--only", &plan.only.join(",")]);
    }
    command
}

/// Starts a hotel whose components are those of an installed release.
fn up_installed(plan: Plan<'_>, directory: &Path) -> Command {
    let mut command = up(plan, directory, None);
    command
        .arg("--artifacts")
        .arg(artifacts())
        .arg("--installed");
    command
}

/// A command of `edgectl`, in a network of its own or in everybody's.
fn edgectl(network: Option<&Network>) -> Command {
    let program = artifacts().join("edgectl");
    let mut command = match network {
        Some(network) => network.command(program),
        None => Command::new(program),
    };
    command.stdin(Stdio::null());
    command
}

/// The Python environment: the one that is named, else the one in the target directory.
fn venv() -> PathBuf {
    env::var_os("HOTEL_VENV").map_or_else(
        || {
            artifacts()
                .parent()
                .expect("artifacts are in the target directory")
                .join("venv")
        },
        PathBuf::from,
    )
}

/// Where cargo puts the binaries of this workspace: beside this program, or above a test's `deps`.
pub fn artifacts() -> PathBuf {
    let program = env::current_exe().expect("a program knows where it is");
    let directory = program.parent().expect("programs are in directories");
    let is_test = directory.ends_with("deps");
    let above = directory.parent().filter(|_| is_test);
    above.unwrap_or(directory).to_owned()
}

/// The top of this repository.
pub fn repository() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("the tests are in the repository")
        .to_owned()
}

fn succeed(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", told(&output));
    output
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    )
}

fn read_json<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
