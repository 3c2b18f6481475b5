//! Follows the deployments of the nucleus while the component works.
//!
//! A configuration that cannot be used is refused, and shows in the health of the component; one that can
//! is taken up at once where only the log filter differs, else by starting again as soon as nothing is in
//! flight. An update that is ahead is put off while something is. A nucleus that is lost ends the
//! component in order.

use std::future::pending;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::exit;
use super::start::Origin;
use super::tasks::Tasks;
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::config::{Change, ConfigError, Kept, weigh};
use crate::error::Chain;
use crate::health::{Health, Probe, Report};
use crate::nucleus::{Greengrass, Meeting, NOTICES, Notice, Nucleus, meet};
use crate::telemetry;

/// How long the keys of one deployment may trickle in: the classic nucleus announces each.
const GATHER: Duration = Duration::from_millis(500);
/// When the nucleus shall ask again whether work is in flight.
const RECHECK: Duration = Duration::from_secs(5);
/// Longest time that updates and restarts are put off: a paper jam must not keep a fix away for ever.
const PATIENCE: Duration = Duration::from_mins(10);
/// Waits between looks for a nucleus that was not there: first and longest ceiling.
const LOOKS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(1));
/// How long each look may take.
const LOOK: Duration = Duration::from_secs(2);

/// Why a component ends without having failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It was asked to.
    Asked,
    /// Its configuration changed.
    Reconfigured,
    /// The connection to the nucleus is lost.
    NucleusLost,
    /// The nucleus is there again.
    NucleusBack,
    /// The nucleus knows this process no more.
    Orphaned,
}

impl End {
    pub(super) fn exit_code(self) -> u8 {
        match self {
            Self::Asked => exit::STOPPED,
            Self::Reconfigured | Self::NucleusLost | Self::NucleusBack => exit::AGAIN,
            Self::Orphaned => exit::ORPHANED,
        }
    }
}

/// What is needed to judge a new configuration.
#[derive(Debug, Clone)]
pub(super) struct Follow {
    /// The one that runs, as it was written.
    pub(super) running: Value,
    /// Reads one as the component does at its start.
    pub(super) validate: fn(Value) -> Result<(), ConfigError>,
}

/// Starts to follow; what is received ends the component.
pub(super) fn attend(
    origin: Origin,
    follow: Follow,
    health: &Health,
    tasks: &Tasks,
) -> mpsc::Receiver<End> {
    // One end is enough.
    let (leave, left) = mpsc::channel(1);
    match origin {
        Origin::File => {}
        Origin::Nucleus {
            nucleus,
            kept,
            refused,
        } => {
            let probe = health.need("configuration");
            let failed = match &refused {
                None => {
                    probe.there();
                    None
                }
                Some((error, offered)) => {
                    refuse(&probe, error);
                    matches!(error, ConfigError::Failed { .. }).then(|| offered.clone())
                }
            };
            let keeping = (kept.clone(), follow.running.clone(), health.clone());
            tasks.spawn("last-good", |stop| keep_when_ready(keeping, stop));
            let attendant = Attendant {
                nucleus,
                follow,
                kept,
                probe,
                health: health.clone(),
                clock: Clock::system(),
                leave,
                failed,
                put_off: None,
            };
            tasks.spawn("deployment", |stop| attendant.run(stop));
        }
        Origin::Kept { why } => {
            let error = Chain(&why).to_string();
            tracing::warn!(error, "started with the last good configuration");
            tasks.spawn("nucleus", |stop| look_for_it(leave, stop));
        }
    }
    left
}

fn refuse(probe: &Probe, error: &ConfigError) {
    tracing::error!(error = %Chain(error), "configuration refused, the last good one stays in use");
    // What it got may be a secret; the key may be shown.
    let why = match error {
        ConfigError::Failed { .. } => error.to_string(),
        error => format!("{error} is refused"),
    };
    probe.missing(format!("{why}; the last good one is in use"));
}

/// Keeps the configuration once the component was ready with it.
async fn keep_when_ready((kept, good, health): (Kept, Value, Health), stop: CancellationToken) {
    let mut report = health.watch();
    let ready = report.wait_for(Report::ready);
    if let Some(Ok(_)) = stop.run_until_cancelled(ready).await {
        keep(&kept, &good);
    }
    stop.cancelled().await;
}

fn keep(kept: &Kept, good: &Value) {
    if let Err(error) = kept.write(good) {
        tracing::warn!(error = %Chain(&error), "the good configuration is not kept");
    }
}

/// Looks for a nucleus until there is one.
async fn look_for_it(leave: mpsc::Sender<End>, stop: CancellationToken) {
    let looking = async {
        let mut backoff = Backoff::new(LOOKS.0, LOOKS.1);
        loop {
            sleep(backoff.wait()).await;
            match meet(LOOK).await {
                Meeting::Known(_) => return End::NucleusBack,
                Meeting::Refused(_) => return End::Orphaned,
                Meeting::Nowhere | Meeting::Away(_) => {}
            }
        }
    };
    if let Some(end) = stop.run_until_cancelled(looking).await {
        tracing::info!(?end, "the nucleus is there again");
        _ = leave.send(end).await;
    }
    stop.cancelled().await;
}

struct Attendant {
    nucleus: Greengrass,
    follow: Follow,
    kept: Kept,
    probe: Probe,
    health: Health,
    clock: Clock,
    leave: mpsc::Sender<End>,
    /// The configuration that failed its starts: offered again, it is not tried again.
    failed: Option<Value>,
    /// The deployment that is put off, and since when.
    put_off: Option<(String, Instant)>,
}

impl Attendant {
    async fn run(mut self, stop: CancellationToken) {
        if let Some(end) = stop.run_until_cancelled(self.follow()).await {
            tracing::warn!(?end, "the component starts again");
            _ = self.leave.send(end).await;
        }
        stop.cancelled().await;
    }

    async fn follow(&mut self) -> End {
        let (tell, mut notices) = mpsc::channel(NOTICES);
        let nucleus = self.nucleus.clone();
        let listening = nucleus.listen(tell);
        tokio::pin!(listening);
        // The first look sees what changed between the start and the subscription.
        let mut look_at = Some(self.clock.monotonic() + GATHER);
        let mut report = self.health.watch();
        let mut patient_until = None;
        loop {
            let idle = async { report.wait_for(Report::idle).await.is_ok() };
            tokio::select! {
                () = &mut listening => return End::NucleusLost,
                () = at(look_at) => {
                    look_at = None;
                    if self.take_up().await {
                        patient_until = Some(self.clock.monotonic() + PATIENCE);
                    }
                }
                true = idle, if patient_until.is_some() => return End::Reconfigured,
                () = at(patient_until) => {
                    tracing::warn!("work was in flight for too long, starting again all the same");
                    return End::Reconfigured;
                }
                Some(notice) = notices.recv() => match notice {
                    Notice::ConfigurationChanged => {
                        look_at = look_at.or(Some(self.clock.monotonic() + GATHER));
                    }
                    Notice::UpdateAhead { deployment } => self.answer(deployment).await,
                },
            }
        }
    }

    /// Looks at the configuration; whether the component has to start again for it.
    async fn take_up(&mut self) -> bool {
        let offered = match self.nucleus.configuration().await {
            Ok(offered) => offered,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "cannot read the new configuration");
                return false;
            }
        };
        if self.failed.as_ref() == Some(&offered) {
            return false;
        }
        match weigh(&self.follow.running, &offered, self.follow.validate) {
            Change::Nothing => self.probe.there(),
            Change::Refused(error) => refuse(&self.probe, &error),
            Change::Restart => return true,
            Change::Log(filter) => match telemetry::refilter(&filter) {
                Ok(()) => {
                    tracing::info!(filter, "log filter changed");
                    self.follow.running = offered;
                    self.probe.there();
                    if self.health.report().ready() {
                        keep(&self.kept, &self.follow.running);
                    }
                }
                Err(error) => {
                    tracing::error!(error = %Chain(&error), "configuration refused");
                    self.probe
                        .missing("configuration key log is refused; the last good one is in use");
                }
            },
        }
        false
    }

    async fn answer(&mut self, deployment: String) {
        let now = self.clock.monotonic();
        let idle = self.health.report().idle();
        let recheck = put_off(&mut self.put_off, now, &deployment, idle);
        tracing::info!(
            deployment,
            recheck_ms = recheck.as_millis(),
            "an update is ahead"
        );
        if let Err(error) = self.nucleus.answer_update(&deployment, recheck).await {
            tracing::warn!(error = %Chain(&error), "the update is not answered");
        }
    }
}

/// Comes at a moment, or never.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => pending().await,
    }
}

/// When the nucleus shall come back for an update: at once when nothing is in flight, or when the same
/// deployment was put off for [`PATIENCE`].
fn put_off(
    since: &mut Option<(String, Instant)>,
    now: Instant,
    deployment: &str,
    idle: bool,
) -> Duration {
    if idle {
        *since = None;
        return Duration::ZERO;
    }
    let same = since.as_ref().filter(|(put_off, _)| put_off == deployment);
    let first = same.map_or(now, |(_, first)| *first);
    *since = Some((deployment.to_owned(), first));
    if now.duration_since(first) < PATIENCE {
        RECHECK
    } else {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_put_off_while_work_is_in_flight_but_not_for_ever() {
        let begun = Clock::manual(wire::Integer::default()).monotonic();
        let mut since = None;
        let mut ask = |after: Duration, deployment, idle| {
            put_off(&mut since, begun + after, deployment, idle)
        };
        assert_eq!(ask(Duration::ZERO, "a", false), RECHECK);
        assert_eq!(ask(PATIENCE / 2, "a", false), RECHECK);
        assert_eq!(ask(PATIENCE, "a", false), Duration::ZERO);
        assert_eq!(ask(PATIENCE, "b", false), RECHECK);
        assert_eq!(ask(PATIENCE, "b", true), Duration::ZERO);
    }
}
