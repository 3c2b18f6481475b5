//! Sets the component up and keeps its tasks: the keeper of models, HTTP, the bus.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kit::Host;
use kit::credential::follow_revocations;
use kit::error::Chain;
use kit::health::Probe;
use kit::http::{Guard, ListenError, listen, serve, serve_tls, web_configs};
use tokio::sync::mpsc;
use wire::{Component, Filter};

use crate::config::{Config, is_loopback};
use crate::edge::bus;
use crate::edge::http::{Served, router};
use crate::edge::onnx::Onnx;
use crate::edge::probe::Prober;
use crate::edge::source::Source;
use crate::edge::store::Store;

mod desk;
mod figures;
mod keeper;
mod slot;

pub(crate) use desk::Desk;
use keeper::{Keeper, Kept};
use slot::Slot;

/// Directory of the models in the data directory.
const MODELS: &str = "models";
/// File name of the library beside the program.
const LIBRARY: &str = "libonnxruntime.so";
/// Sick models that wait for the keeper; a model is sick once.
const SICK: usize = 16;

/// Starts the component; it works until the host's tasks are stopped.
pub async fn run(config: Config, host: Host) -> Result<(), StartError> {
    let (sick, complaints) = mpsc::channel(SICK);
    let slots: BTreeMap<String, Arc<Slot>> = config
        .models
        .iter()
        .map(|name| (name.to_string(), Arc::new(Slot::new(name.clone()))))
        .collect();
    let desk = Arc::new(Desk {
        slots: slots.clone(),
        sick,
        clock: host.clock.clone(),
    });
    let keeper = keeper(&config, &host, slots).await?;
    host.tasks
        .spawn("keeper", |stop| keeper.run(complaints, stop));
    let figures = Arc::clone(&desk);
    host.tasks
        .spawn("figures", |stop| figures::run(figures, stop));
    start_bus(&host, &desk).await;
    start_http(&config, &host, desk).await
}

async fn keeper(
    config: &Config,
    host: &Host,
    slots: BTreeMap<String, Arc<Slot>>,
) -> Result<Keeper, StartError> {
    let program = std::env::current_exe().map_err(StartError::Program)?;
    let library = config.runtime.library.clone();
    let library = library.unwrap_or_else(|| program.with_file_name(LIBRARY));
    let (runtime, models) = (host.health.need("runtime"), host.health.need("models"));
    let onnx = loaded(&library, config, &runtime).await;
    let mut kept = Vec::new();
    for (name, slot) in slots {
        let root: PathBuf = host.data(MODELS).join(name);
        let store = Store::open(root).map_err(StartError::Store)?;
        kept.push(Kept::new(slot, store));
    }
    Ok(Keeper {
        kept,
        sources: Source::of(config).await,
        silent: BTreeSet::new(),
        keys: config.bundles.keys.clone(),
        poll: Duration::from_millis(config.bundles.poll_ms),
        prober: Prober {
            program,
            library,
            sha256: config.runtime.sha256,
        },
        onnx,
        clock: host.clock.clone(),
        probe: models,
    })
}

/// The library; without it rules answer.
async fn loaded(library: &Path, config: &Config, probe: &Probe) -> Option<Onnx> {
    let (path, pinned) = (library.to_owned(), config.runtime.sha256);
    let loading = tokio::task::spawn_blocking(move || Onnx::load(&path, pinned));
    match loading.await {
        Ok(Ok(onnx)) => {
            probe.there();
            Some(onnx)
        }
        Ok(Err(error)) => {
            tracing::error!(error = %Chain(&error), "no model can run, rules answer");
            probe.missing(Chain(&error).to_string());
            None
        }
        Err(error) => {
            tracing::error!(%error, "the library cannot be loaded, rules answer");
            probe.missing("the library cannot be loaded");
            None
        }
    }
}

async fn start_bus(host: &Host, desk: &Arc<Desk>) {
    let bus = host.bus.clone();
    let requests = Filter::requests(bus.property(), Component::Inference, None, None);
    let requests = bus.subscribe([requests]).await;
    let desk = Arc::clone(desk);
    host.tasks
        .spawn("answer", |stop| bus::run(desk, bus, requests, stop));
}

async fn start_http(config: &Config, host: &Host, desk: Arc<Desk>) -> Result<(), StartError> {
    let listener = listen(&config.listener).await;
    let listener = listener.map_err(StartError::Listen)?;
    let deadline = Duration::from_millis(config.deadline_ms);
    let served = Served { desk, deadline };
    if is_loopback(&config.listener) {
        let router = router(served, None);
        host.tasks
            .spawn("http", |stop| serve(listener, router, stop));
        return Ok(());
    }
    let refusals = follow_revocations(host).await;
    let router = router(served, Some(Guard::new(host, &refusals)));
    let configs = web_configs(&host.identity, &host.tasks);
    host.tasks.spawn("https", |stop| {
        serve_tls(listener, router, configs, refusals, stop)
    });
    Ok(())
}

/// The component cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Models cannot be kept.
    #[error("cannot open the directory of models")]
    Store(#[source] io::Error),
    /// The program does not know where it is.
    #[error("cannot find the own program")]
    Program(#[source] io::Error),
    /// The protocol cannot be served.
    #[error("cannot serve HTTP")]
    Listen(#[source] ListenError),
}
