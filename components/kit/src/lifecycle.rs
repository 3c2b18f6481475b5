//! The order of a component's start and stop, the same in all.
//!
//! Configuration, logs, identity, bus, then the component's own `run`, then readiness; on SIGTERM
//! every task puts its work down within [`DRAIN`]. Every task has an owner, and the owner waits
//! for it. Started by a Greengrass nucleus, the component also follows its deployments: new
//! configurations, updates that are ahead, and a nucleus that is gone.

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use wire::Component;

use crate::bus::{Bus, Settings};
use crate::clock::Clock;
use crate::config::{self, Common};
use crate::error::Chain;
use crate::health::Health;
use crate::identity::{Door, Holder, Identity, SpiffeId};
use crate::{http, identity, telemetry};

pub(crate) mod announce;
mod deployment;
mod descriptors;
pub mod exit;
mod start;
mod supervisor;
mod tasks;

use deployment::{End, Follow};
use start::{Origin, SettleError};

pub use supervisor::{Supervisor, Systemd};
pub use tasks::{DRAIN, StillBusy, Tasks};

/// How long a component may lack something before it is reported as started all the same: a
/// missing broker must not fail a deployment.
const STARTUP_GRACE: Duration = Duration::from_mins(1);

/// What a component stands on.
#[derive(Debug, Clone)]
pub struct Host {
    /// Which component it is.
    pub component: Component,
    /// Tenant, property, box and addresses.
    pub common: Arc<Common>,
    /// The present.
    pub clock: Clock,
    /// The component's tasks.
    pub tasks: Tasks,
    /// What it needs and has.
    pub health: Health,
    /// Its certificate and key, and their renewals.
    pub identity: watch::Receiver<Arc<Identity>>,
    /// Its connection to the broker.
    pub bus: Bus,
}

impl Host {
    /// A file in the component's data directory.
    pub fn data(&self, name: &str) -> PathBuf {
        self.common.data_dir.join(name)
    }
}

/// The whole `main` of a component.
///
/// `run` sets the component up, subscribes and spawns its work on [`Host::tasks`]; when it returns
/// the component has started, and only then the bus connects: `run` must not wait for it. Exit codes
/// are those of [`exit`].
pub fn main<C, F, R, E>(component: Component, run: F) -> ExitCode
where
    C: DeserializeOwned,
    F: FnOnce(C, Host) -> R,
    R: Future<Output = Result<(), E>>,
    E: std::error::Error + 'static,
{
    descriptors::take_enough();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = runtime
        .map_err(StartError::Runtime)
        .and_then(|runtime| runtime.block_on(begin(component, run)));
    match outcome {
        Ok(end) => ExitCode::from(end.exit_code()),
        Err(error) => {
            complain(component, &error);
            ExitCode::from(error.exit_code())
        }
    }
}

async fn begin<C, F, R, E>(component: Component, run: F) -> Result<End, StartError>
where
    C: DeserializeOwned,
    F: FnOnce(C, Host) -> R,
    R: Future<Output = Result<(), E>>,
    E: std::error::Error + 'static,
{
    let settled = start::settle::<C>(component).await?;
    let metrics = telemetry::start(&settled.common.log).map_err(StartError::Telemetry)?;
    let follow = Follow {
        running: settled.text,
        validate: |offered| config::interpret::<C>(offered).map(|_| ()),
    };
    let given = (settled.common, settled.origin, follow);
    let own = settled.own;
    live(component, given, metrics, |host| async {
        run(own, host)
            .await
            .map_err(|error| StartError::Run(Box::new(error)))
    })
    .await
}

/// Logs the reason for the end; falls back to standard error when logs did not start.
#[expect(
    clippy::print_stderr,
    reason = "logs may not have started when configuration is wrong"
)]
fn complain(component: Component, error: &StartError) {
    tracing::error!(%component, error = %Chain(error), "component failed");
    if matches!(error, StartError::Settle(_) | StartError::Telemetry(_)) {
        eprintln!("{component}: {}", Chain(error));
    }
}

async fn live<F, R>(
    component: Component,
    (common, origin, follow): (Common, Origin, Follow),
    metrics: telemetry::Metrics,
    run: F,
) -> Result<End, StartError>
where
    F: FnOnce(Host) -> R,
    R: Future<Output = Result<(), StartError>>,
{
    let tasks = Tasks::new();
    let health = Health::new();
    let admin = http::listen(&common.admin)
        .await
        .map_err(StartError::Listen)?;
    let router = http::admin(health.clone(), metrics);
    tasks.spawn("admin", |stop| http::serve(admin, router, stop));

    let leaf = follow_identity(component, &common, &tasks)?;
    let identity = leaf.subscribe();
    let settings = Settings::of_component(component, &common, identity.clone());
    let bus = Bus::new(settings, &tasks, health.need("bus"));
    tasks.spawn("status", |stop| {
        announce::status(
            component,
            bus.clone(),
            common.property.clone(),
            health.clone(),
            stop,
        )
    });
    if component != Component::Authority {
        let (dir, door) = (
            common.identity_dir.clone(),
            Door::at(common.authority.clone()),
        );
        tasks.spawn("renewal", |stop| {
            identity::keep_current(dir, door, leaf, Clock::system(), stop)
        });
    }
    let host = Host {
        component,
        common: Arc::new(common),
        clock: Clock::system(),
        tasks: tasks.clone(),
        health: health.clone(),
        identity,
        bus: bus.clone(),
    };
    run(host).await?;
    let leave = deployment::attend(origin, follow, &health, &tasks);
    bus.connect();
    tasks.spawn("readiness", |stop| {
        announce::readiness(Systemd, health, STARTUP_GRACE, stop)
    });
    tracing::info!(%component, version = env!("CARGO_PKG_VERSION"), "component started");
    let ended = wait_for_the_end(&tasks, leave).await;
    Systemd.stopping();
    tasks.drain().await.map_err(StartError::Drain)?;
    tracing::info!(%component, "component stopped");
    ended
}

fn follow_identity(
    component: Component,
    common: &Common,
    tasks: &Tasks,
) -> Result<watch::Sender<Arc<Identity>>, StartError> {
    let first = Identity::load(&common.identity_dir).map_err(StartError::Identity)?;
    let configured = common.realm().spiffe(&Holder::Component(component));
    if first.spiffe != configured {
        let found = Box::new(first.spiffe);
        return Err(StartError::Impostor {
            configured: Box::new(configured),
            found,
        });
    }
    let leaf = watch::Sender::new(Arc::new(first));
    let (directory, followed) = (common.identity_dir.clone(), leaf.clone());
    tasks.spawn("identity", |stop| {
        identity::follow(directory, followed, stop)
    });
    Ok(leaf)
}

/// Returns when the component is asked to stop, has to start again, or a task ended that should not
/// have.
async fn wait_for_the_end(
    tasks: &Tasks,
    mut leave: mpsc::Receiver<End>,
) -> Result<End, StartError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Runtime)?;
    tokio::select! {
        _ = terminate.recv() => Ok(End::Asked),
        _ = interrupt.recv() => Ok(End::Asked),
        Some(end) = leave.recv() => Ok(end),
        task = tasks.broken() => Err(StartError::TaskEnded { task }),
    }
}

/// Why a component ended by itself.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("cannot be configured")]
    Settle(#[from] SettleError),
    #[error("cannot start logs and metrics")]
    Telemetry(#[source] telemetry::TelemetryError),
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
    #[error("cannot open the admin listener")]
    Listen(#[source] http::ListenError),
    #[error("cannot load identity")]
    Identity(#[source] identity::IdentityError),
    #[error("the identity is that of {found}, the configuration that of {configured}")]
    Impostor {
        configured: Box<SpiffeId>,
        found: Box<SpiffeId>,
    },
    #[error("cannot run")]
    Run(#[source] Box<dyn std::error::Error>),
    #[error("task {task} ended by itself")]
    TaskEnded { task: &'static str },
    #[error("cannot stop in time")]
    Drain(#[source] StillBusy),
}

impl StartError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Settle(SettleError::Config(_)) | Self::Telemetry(_) | Self::Impostor { .. } => {
                exit::CONFIGURATION
            }
            Self::Settle(SettleError::Orphaned(_)) => exit::ORPHANED,
            Self::Settle(SettleError::Nucleus(_)) => exit::AGAIN,
            Self::Runtime(_)
            | Self::Listen(_)
            | Self::Identity(_)
            | Self::Run(_)
            | Self::TaskEnded { .. }
            | Self::Drain(_) => exit::FAILED,
        }
    }
}
