//! `edgectl local status`: how every part of the hotel is.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use kit::clock::Clock;
use serde::Serialize;

use super::LocalError;
use super::figures;
use super::files;
use super::hotel::{Endpoint, Hotel};
use super::http;
use super::layout::Layout;
use super::process::Process;
use super::roster::{self, Kind, State};
use super::settings;
use crate::output::{self, say};

mod table;

/// How often the shown table changes.
const REFRESH: Duration = Duration::from_secs(1);

/// Show how every part of the hotel is; exit code 0 ready, 3 not ready, 4 not running.
#[derive(Debug, Clone, Args)]
pub(crate) struct Status {
    /// Where the hotel keeps everything.
    #[arg(long, default_value = ".local")]
    dir: PathBuf,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) async fn run(self) -> Result<ExitCode, LocalError> {
        let report = Report::gather(&super::layout_of(&self.dir)?).await?;
        if self.json {
            output::json(&report);
        } else {
            say(&report);
        }
        Ok(match report.running() {
            Running::Ready => ExitCode::SUCCESS,
            Running::NotReady => ExitCode::from(3),
            Running::Not => ExitCode::from(4),
        })
    }
}

/// Shows the table until nobody waits for it any more.
pub(super) async fn show(layout: &Layout) {
    let mut refresh = tokio::time::interval(REFRESH);
    let mut table = output::Live::default();
    loop {
        refresh.tick().await;
        match Report::gather(layout).await {
            Ok(report) => table.show(&report.to_string()),
            Err(error) => table.show(&kit::error::Chain(&error).to_string()),
        }
    }
}

/// The whole hotel at one moment.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    components: Vec<Part>,
    simulated: Vec<Part>,
    devices: Devices,
    uplink: Option<figures::Uplink>,
    property: Option<String>,
    /// Where people begin.
    console: Option<String>,
    dir: PathBuf,
    #[serde(skip)]
    kept: bool,
}

/// How a hotel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Running {
    Ready,
    NotReady,
    Not,
}

#[derive(Debug, Clone, Serialize)]
struct Part {
    name: String,
    ready: bool,
    pid: Option<u32>,
    restarts: u64,
    memory_mb: Option<u64>,
    uptime_s: Option<u64>,
    detail: String,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Devices {
    total: u64,
    /// Unknown while the gateway does not answer.
    online: Option<u64>,
    /// Those that have no rights any more; nobody waits for them.
    revoked: u64,
}

impl Report {
    /// Asks everybody.
    pub(super) async fn gather(layout: &Layout) -> Result<Self, LocalError> {
        let state = State::read(layout)?;
        let hotel: Option<Hotel> = files::read_json(&layout.hotel())?;
        let mut report = Self {
            components: Vec::new(),
            simulated: Vec::new(),
            devices: Devices::default(),
            uplink: None,
            property: hotel.as_ref().map(|hotel| hotel.property.to_string()),
            console: hotel.as_ref().and_then(settings::console),
            dir: layout.dir().to_owned(),
            kept: state.as_ref().is_some_and(State::supervised),
        };
        let (Some(state), Some(hotel), true) = (state, hotel, report.kept) else {
            return Ok(report);
        };
        report.devices.total = figures::devices_total(&hotel)?;
        let hotel = Arc::new(hotel);
        let ask = |part: roster::Part| {
            let hotel = Arc::clone(&hotel);
            (
                part.kind,
                tokio::spawn(async move { Part::ask(part, &hotel).await }),
            )
        };
        // All at once: one that stands still does not hold up the others.
        let asked: Vec<_> = state.parts.into_iter().map(ask).collect();
        let (devices, uplink) = tokio::join!(figures::devices(&hotel), figures::uplink(&hotel));
        report.uplink = uplink;
        if let Some((online, revoked)) = devices {
            report.devices.online = Some(online);
            report.devices.revoked = revoked;
        }
        for (kind, part) in asked {
            let part = part.await.map_err(|source| LocalError::Broken { source })?;
            match kind {
                Kind::Component => report.components.push(part),
                Kind::Simulated => report.simulated.push(part),
            }
        }
        Ok(report)
    }

    /// Whether a program keeps the hotel running.
    pub(super) fn kept(&self) -> bool {
        self.kept
    }

    /// How the hotel is.
    pub(super) fn running(&self) -> Running {
        if !self.kept {
            Running::Not
        } else if self.all_ready() && self.all_online() {
            Running::Ready
        } else {
            Running::NotReady
        }
    }

    fn all_ready(&self) -> bool {
        self.parts().next().is_some() && self.parts().all(|part| part.ready)
    }

    /// Devices come online only where there is somebody who simulates them and somebody who sees.
    fn all_online(&self) -> bool {
        let there = |name| self.parts().any(|part: &Part| part.name == name);
        let expected = there("iot-gateway") && there("hotel-sim");
        let Devices {
            total,
            online,
            revoked,
        } = self.devices;
        !expected || online.is_some_and(|online| online + revoked == total)
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.components.iter().chain(&self.simulated)
    }
}

impl Part {
    async fn ask(part: roster::Part, hotel: &Hotel) -> Self {
        let alive = (part.program.or(part.process)).filter(|process| process.alive());
        let admin = hotel
            .admin
            .get(&part.name)
            .filter(|_| part.kind == Kind::Component);
        let missing = match (part.ready, admin) {
            (true, Some(admin)) => not_ready(admin).await,
            (true, None) | (false, _) => None,
        };
        let uptime = |since: wire::Integer| {
            Clock::system().wall().value().saturating_sub(since.value()) / 1000
        };
        Self {
            ready: part.ready && alive.is_some() && missing.is_none(),
            pid: alive.map(|process| process.pid),
            restarts: part.restarts,
            memory_mb: alive.and_then(Process::memory_mb),
            uptime_s: part.since.filter(|_| alive.is_some()).map(uptime),
            detail: missing.unwrap_or(part.detail),
            name: part.name,
        }
    }
}

/// What a component lacks, as it says itself.
async fn not_ready(admin: &Endpoint) -> Option<String> {
    match http::ask(admin, "GET", "/readyz").await {
        Ok(answer) if answer.status == 200 => None,
        Ok(answer) => Some(lacking(&answer.body)),
        Err(error) => Some(format!("admin listener: {error}")),
    }
}

fn lacking(body: &str) -> String {
    match serde_json::from_str::<wire::status::Status>(body) {
        Ok(status) => {
            let lacking = status.checks.iter().filter(|check| !check.ready);
            let shown = lacking.map(|check| format!("{}: {}", check.name, check.detail));
            shown.collect::<Vec<_>>().join("; ")
        }
        Err(_) => "not ready".to_owned(),
    }
}

#[cfg(test)]
mod tests;
