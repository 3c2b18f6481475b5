//! Sets the component up and keeps its tasks: serving tablets or boxes, carrying changes to the hub
//! and from it, taking records in, making backups.

use std::sync::Arc;
use std::time::Duration;

use kit::Host;
use kit::backoff::Backoff;
use kit::bus::Subscription;
use kit::cloud::properties::{self, Anchors, ReadError};
use kit::cloud::server::{self, Clients, Files, ServerError};
use kit::cloud::without_bus;
use kit::credential::{Refusals, Verifier, follow_revocations};
use kit::error::Chain;
use kit::health::Probe;
use kit::http::{self, Guard, ListenError};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wire::{Component, Filter};

use crate::config::{Config, Role};
use crate::edge::database::{Database, Property};
use crate::edge::feed::Feeds;
use crate::edge::hub::{self, Hub};
use crate::edge::intake::Intake;
use crate::edge::link::Link;
use crate::edge::rxdb::{self, Tablets};
use crate::relation::Relation;

mod backup;
mod handover;

/// How often an edge looks for what other programs wrote into its database.
const LOOK: Duration = Duration::from_millis(250);
/// How often the hub does; its own writes wake it.
const LOOK_IN_THE_CLOUD: Duration = Duration::from_secs(2);
/// How often the database is asked whether it is there.
const PULSE: Duration = Duration::from_secs(2);

/// Starts the component; it works until the host's tasks are stopped.
pub async fn run(config: Config, host: Host) -> Result<(), StartError> {
    let listener = http::listen(&config.listener).await?;
    let probe = host.health.need("database");
    let house = match config.role {
        Role::Edge => {
            let property = host.bus.property();
            let records = Filter::records(property, Component::ReplicaSync, None, None);
            let records = host.bus.subscribe([records]).await;
            backup::start(&config, &host).await;
            House::Hotel(guard(&host).await, records)
        }
        Role::Hub => House::Cloud(cloud(&config, &host)?),
    };
    let serving = host.clone();
    host.tasks.spawn("serve", |stop| async move {
        let work = serve(config, serving, listener, house, probe, stop.clone());
        stop.run_until_cancelled(work).await;
    });
    Ok(())
}

/// Where it works.
enum House {
    Hotel(Guard, Subscription),
    Cloud(Cloud),
}

/// What the role `hub` stands on.
struct Cloud {
    verifiers: watch::Receiver<Verifier>,
    configs: watch::Receiver<Arc<ServerConfig>>,
}

/// Believes tokens of the property, until they are revoked.
async fn guard(host: &Host) -> Guard {
    let refusals = follow_revocations(host).await;
    Guard::new(host, &refusals)
}

/// Follows the hotels that are served, and the certificate of the server.
fn cloud(config: &Config, host: &Host) -> Result<Cloud, StartError> {
    let files = Files::read(&config.server_dir)?;
    let anchors = properties::read(&config.properties_dir)?;
    let (verifiers, believed) = watch::channel(properties::verifier(&anchors));
    let clients = Clients::Principals(believed.clone());
    let (sender, configs) = watch::channel(files.config(&clients)?);
    let (place, server) = (config.properties_dir.clone(), config.server_dir.clone());
    host.tasks.spawn("server-identity", |stop| {
        server::follow(server, files, clients, sender, stop)
    });
    host.tasks.spawn("properties", |stop| {
        let believe = move |now: &Anchors, _: &Anchors| {
            verifiers.send_replace(properties::verifier(now));
        };
        properties::follow(place, anchors, believe, stop)
    });
    let health = host.health.clone();
    host.tasks.spawn("no-bus", |stop| without_bus(health, stop));
    Ok(Cloud {
        verifiers: believed,
        configs,
    })
}

/// Waits for the database, then serves.
async fn serve(
    config: Config,
    host: Host,
    listener: TcpListener,
    house: House,
    probe: Probe,
    stop: CancellationToken,
) {
    let (database, relations) = opened(&config, &probe).await;
    let relations: Arc<[Relation]> = relations.into();
    let look = match &house {
        House::Hotel(..) => LOOK,
        House::Cloud(_) => LOOK_IN_THE_CLOUD,
    };
    let tasks = host.tasks.clone();
    let feeds = Feeds::new(database.clone(), Arc::clone(&relations), look, tasks);
    let pulse = database.clone();
    host.tasks
        .spawn("database", |stop| watch(pulse, probe, stop));
    match house {
        House::Hotel(guard, records) => {
            let property = Property {
                tenant: host.common.tenant.clone(),
                property: host.common.property.clone(),
            };
            let tablets = Tablets {
                database,
                relations,
                feeds,
                guard,
                property,
                stop: stop.clone(),
                streams: Tablets::streams(),
            };
            link(&config, &host, &tablets);
            take_in(&host, &tablets, records);
            let refusals = tablets.guard.refusals().clone();
            let router = rxdb::router(tablets, &config.origins);
            let configs = http::public_configs(&host.identity, &host.tasks);
            http::serve_tls(listener, router, configs, refusals, stop).await;
        }
        House::Cloud(cloud) => {
            let clock = host.clock.clone();
            let ends = stop.clone();
            let hub = Hub::new(database, &relations, feeds, cloud.verifiers, clock, ends);
            let (router, nobody) = (hub::router(hub), Refusals::default());
            http::serve_tls(listener, router, cloud.configs, nobody, stop).await;
        }
    }
}

/// Starts both directions of the link, if there is a hub.
fn link(config: &Config, host: &Host, tablets: &Tablets) {
    let Some(url) = config.hub.url.clone() else {
        return;
    };
    let link = Link {
        database: tablets.database.clone(),
        relations: Arc::clone(&tablets.relations),
        feeds: Arc::clone(&tablets.feeds),
        property: tablets.property.clone(),
        box_id: host.common.box_id.clone(),
        url,
        hub: config.hub.clone(),
        identity: host.identity.clone(),
        clock: host.clock.clone(),
    };
    let receiving = link.clone();
    host.tasks.spawn("send", |stop| link.send(stop));
    host.tasks.spawn("receive", |stop| receiving.receive(stop));
}

/// Starts to take the rows of other components in.
fn take_in(host: &Host, tablets: &Tablets, records: Subscription) {
    let intake = Intake {
        database: tablets.database.clone(),
        relations: Arc::clone(&tablets.relations),
        feeds: Arc::clone(&tablets.feeds),
        property: tablets.property.clone(),
        bus: host.bus.clone(),
    };
    host.tasks.spawn("intake", |stop| intake.run(records, stop));
}

/// The database, once it is there: a missing one is a state, not an end.
async fn opened(config: &Config, probe: &Probe) -> (Database, Vec<Relation>) {
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(10));
    loop {
        match Database::open(&config.database, &config.tables).await {
            Ok(opened) => {
                probe.there();
                tracing::info!(tables = opened.1.len(), "database prepared");
                return opened;
            }
            Err(error) => {
                probe.missing(Chain(&error).to_string());
                if error.may_pass() {
                    tracing::debug!(error = %Chain(&error), "database is not there yet");
                } else {
                    tracing::error!(error = %Chain(&error), "database cannot be used");
                }
                tokio::time::sleep(backoff.wait()).await;
            }
        }
    }
}

/// Shows whether the database answers.
async fn watch(database: Database, probe: Probe, stop: CancellationToken) {
    let watching = async {
        loop {
            match database.answers().await {
                Ok(()) => probe.there(),
                Err(error) => probe.missing(Chain(&error).to_string()),
            }
            tokio::time::sleep(PULSE).await;
        }
    };
    stop.run_until_cancelled(watching).await;
}

/// The component cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The hotels that are served are not known.
    #[error(transparent)]
    Properties(#[from] ReadError),
    /// The server has no certificate.
    #[error(transparent)]
    Server(#[from] ServerError),
}
