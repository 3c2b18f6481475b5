//! Sets the component up in its role: who is let in, where, and what time does.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kit::Host;
use kit::cloud::properties::{self, Anchors, ReadError};
use kit::cloud::server::{self, Clients, Files, ServerError};
use kit::cloud::without_bus;
use kit::credential::{Refusals, Verifier, follow_revocations};
use kit::digest::random;
use kit::http::{self, ListenError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wire::signaling::Mode;

use crate::bucket::Rate;
use crate::config::{Config, Limits, Role, Switch};
use crate::edge::admission::{Admission, hotel};
use crate::edge::http::Office;
use crate::edge::mdns::{self, Announcement};
use crate::edge::socket::{self, Door};
use crate::edge::switchboard::Switchboard;
use crate::house::{Figures, Rules};
use crate::ice::Ice;
use crate::nonces::Nonces;

/// How often the house looks at the time; answers by HTTP are gathered by it.
const TICK: Duration = Duration::from_millis(200);

/// Starts the component; it works until the host's tasks are stopped.
pub async fn run(config: Config, host: Host) -> Result<(), StartError> {
    match config.role {
        Role::Edge => in_a_hotel(config, host).await,
        Role::Cloud => in_the_cloud(config, host).await,
    }
}

async fn in_a_hotel(config: Config, host: Host) -> Result<(), StartError> {
    let plain = http::listen(&config.listener).await?;
    let tls = http::listen(&config.tls_listener).await?;
    let clear = http::listen(&config.http_listener).await?;
    let port = |listener: &tokio::net::TcpListener| {
        let address = listener.local_addr().map_err(StartError::Port);
        address.map(|address| address.port())
    };
    let (socket_port, http_port) = (port(&plain)?, port(&clear)?);
    let refusals = follow_revocations(&host).await;
    let (_, verifiers) = watch::channel(Verifier::of(&host.identity.borrow()));
    let door = door(&config, Mode::Local, verifiers, &refusals, &host);
    let office = Office {
        admission: door.admission.clone(),
        switchboard: Arc::clone(&door.switchboard),
        box_peer: config.box_peer.clone(),
        nonces: Mutex::new(Nonces::new(&random())),
    };
    end_refused(&host, &refusals, Arc::clone(&door.switchboard));
    let (open, secured) = (socket::open(door.clone()), socket::secured(door));
    let office = crate::edge::http::router(office);
    let tasks = &host.tasks;
    tasks.spawn("ws", |stop| http::serve(plain, open, stop));
    let configs = http::public_configs(&host.identity, tasks);
    tasks.spawn("wss", |stop| {
        http::serve_tls(tls, secured, configs, refusals, stop)
    });
    tasks.spawn("http", |stop| http::serve(clear, office, stop));
    if config.mdns == Switch::On {
        let announcement = Announcement {
            property: host.common.property.clone(),
            peer: config.box_peer,
            socket_port,
            http_port,
            interfaces: config.mdns_interfaces,
        };
        tasks.spawn("mdns", |stop| mdns::run(announcement, stop));
    }
    Ok(())
}

async fn in_the_cloud(config: Config, host: Host) -> Result<(), StartError> {
    let tls = http::listen(&config.tls_listener).await?;
    let files = Files::read(&config.server_dir)?;
    let (configs, served) = watch::channel(files.config(&Clients::Anybody)?);
    let anchors = properties::read(&config.properties_dir)?;
    let (verifiers, believed) = watch::channel(properties::verifier(&anchors));
    let door = door(&config, Mode::Cloud, believed, &Refusals::default(), &host);
    let (tasks, switchboard) = (&host.tasks, Arc::clone(&door.switchboard));
    let secured = socket::secured(door);
    tasks.spawn("wss", |stop| {
        // Whose hotel is served no more is not believed; there is no list in the cloud.
        http::serve_tls(tls, secured, served, Refusals::default(), stop)
    });
    tasks.spawn("server-identity", |stop| {
        server::follow(config.server_dir, files, Clients::Anybody, configs, stop)
    });
    tasks.spawn("properties", |stop| {
        let place = config.properties_dir;
        properties::follow(place, anchors, serve_others(verifiers, switchboard), stop)
    });
    let health = host.health.clone();
    tasks.spawn("no-bus", |stop| without_bus(health, stop));
    Ok(())
}

/// Believes the hotels that are there now, and ends the sessions of those that have gone.
fn serve_others(
    verifiers: watch::Sender<Verifier>,
    switchboard: Arc<Switchboard>,
) -> impl Fn(&Anchors, &Anchors) {
    move |now, before| {
        verifiers.send_replace(properties::verifier(now));
        // A hotel with another CA is another hotel to whoever came under the old one.
        let kept = now
            .iter()
            .filter(|(realm, anchor)| before.get(*realm) == Some(*anchor));
        switchboard.serve(kept.map(|(realm, _)| hotel(realm)).collect::<Vec<_>>());
    }
}

/// The house with its clock and its end.
fn door(
    config: &Config,
    mode: Mode,
    verifier: watch::Receiver<Verifier>,
    refusals: &Refusals,
    host: &Host,
) -> Door {
    let rules = rules(mode, &config.limits, ice(config));
    let switchboard = Switchboard::new(rules, host.clock.clone(), refusals.clone());
    let switchboard = Arc::new(switchboard);
    let ticking = Arc::clone(&switchboard);
    host.tasks.spawn("tick", |stop| tick(ticking, stop));
    let ending = Arc::clone(&switchboard);
    host.tasks.spawn("sessions", |stop| async move {
        stop.cancelled().await;
        ending.stop().await;
    });
    let admission = Admission {
        clock: host.clock.clone(),
        verifier,
    };
    Door {
        admission,
        switchboard,
    }
}

fn rules(mode: Mode, limits: &Limits, ice: Ice) -> Rules {
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    Rules {
        mode,
        peers_max: count(limits.peers),
        arrivals_max: count(limits.arrivals),
        rate: Rate {
            every: Duration::from_secs(1) / limits.messages_per_second,
            burst: limits.burst,
        },
        queue_max: count(limits.queue),
        reconnect_after_ms: limits.reconnect_ms,
        ice,
    }
}

fn ice(config: &Config) -> Ice {
    let (stun, turn) = (config.ice.stun.clone(), config.ice.turn.clone());
    Ice::new(stun, turn, config.ice.turn_secret.expose())
}

/// Every newer revocation list ends sessions at once.
fn end_refused(host: &Host, refusals: &Refusals, switchboard: Arc<Switchboard>) {
    let mut changed = refusals.changed();
    host.tasks.spawn("refusals", |stop| async move {
        while let Some(Ok(())) = stop.run_until_cancelled(changed.changed()).await {
            let list = changed.borrow_and_update().clone();
            switchboard.refuse(list);
        }
        // Whoever stopped the sender of lists stops this task as well.
        stop.cancelled().await;
    });
}

async fn tick(switchboard: Arc<Switchboard>, stop: CancellationToken) {
    while stop
        .run_until_cancelled(tokio::time::sleep(TICK))
        .await
        .is_some()
    {
        show(switchboard.tick());
    }
}

fn show(figures: Figures) {
    for (name, count) in [
        ("signaling_peers", figures.peers),
        ("signaling_rooms", figures.rooms),
        ("signaling_arrivals", figures.arrivals),
        ("signaling_queue", figures.queued),
    ] {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        metrics::gauge!(name).set(f64::from(count));
    }
}

/// The component cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address is taken, or not ours.
    #[error("cannot open a listener")]
    Listen(#[from] ListenError),
    /// A listener does not know its port.
    #[error("cannot tell the port of a listener")]
    Port(#[source] io::Error),
    /// The server has no certificate.
    #[error("cannot load the certificate of the server")]
    Server(#[from] ServerError),
    /// Nobody knows who is served.
    #[error("cannot tell which properties are served")]
    Properties(#[from] ReadError),
}

#[cfg(test)]
mod tests;
