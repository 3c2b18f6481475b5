//! The box's own peer: pages connect to it, ask, and are told what concerns them.
//!
//! Each page is served by a task of its own, so that one that is slow, or that floods the box,
//! costs the others nothing. Who a page is was proven by the handshake before anything is read.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kit::Host;
use kit::credential::{Passport, Refusals, Verifier};
use kit::identity::Identity;
use kit::tls::{AnchorError, client_config, internet_client_config};
use peer::{
    Appearance, Connection, IceSettings, Incoming, Joining, Message, Peer, Server, Settings,
};
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wire::channel::Kind;
use wire::signaling;
use wire::{Component, ConnectionId, Problem, Text, Word};

use super::asker;
use crate::config::{Config, Mode, Signaling};
use crate::order::Asker;
use crate::service::Desk;
use crate::service::channel::{Body, answer};
use crate::service::herald::{Hearers, Hearing};

/// How pages know the box among peers.
const DEVICE_TYPE: &str = "box";
/// What it does for them.
const CAPABILITIES: [&str; 4] = ["orders", "printing", "climate", "doors"];
/// Most pages at a time: every table and every member of staff of a large house.
const PAGES_MAX: usize = 256;
/// Requests of one page that are answered at the same time.
const AT_ONCE: usize = 8;
/// Requests of one page that wait; a page with more has gone wild and is hung up on.
const WAITING: usize = 64;

/// What pages are served with.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    pub(crate) desk: Arc<Desk>,
    pub(crate) hearers: Hearers,
}

/// Joins every signaling server and serves pages until the host stops.
pub(crate) fn start(
    config: &Config,
    host: &Host,
    counter: Counter,
    refusals: &Refusals,
) -> Result<Peer, AnchorError> {
    let identity = host.identity.borrow().clone();
    let servers = config.signaling.iter();
    let servers = servers.map(|signaling| server(signaling, &identity));
    let settings = Settings {
        servers: servers.collect::<Result<_, _>>()?,
        joining: Joining::Every,
        appearance: appearance(),
        ice: IceSettings {
            addresses: config.ice.addresses.clone(),
            loopback: config.ice.loopback,
            servers: Vec::new(),
        },
        // The box is reached on the hotel's own network.
        price_per_gb: 0.0,
        connections_max: PAGES_MAX,
    };
    let (peer, incoming) = Peer::start(
        settings,
        passports(host),
        Verifier::of(&identity),
        refusals.clone(),
        host.clock.clone(),
        &host.tasks,
    );
    host.tasks
        .spawn("pages", |stop| serve(counter, incoming, stop));
    Ok(peer)
}

/// Shows where the box is found, as a metric: 2 in the hotel, 1 in the cloud, 0 nowhere.
pub(crate) async fn show_mode(peer: Peer, stop: CancellationToken) {
    let mut modes = peer.signaling_modes();
    let showing = async {
        loop {
            let found = match *modes.borrow_and_update() {
                signaling::Mode::Local => 2.0,
                signaling::Mode::Cloud => 1.0,
                signaling::Mode::None => 0.0,
            };
            metrics::gauge!("device_proxy_signaling_mode").set(found);
            if modes.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    };
    stop.run_until_cancelled(showing).await;
}

/// A server in the hotel proves that it is its `signaling`; one in the cloud that it has its name.
fn server(signaling: &Signaling, identity: &Identity) -> Result<Server, AnchorError> {
    let (mode, tls) = match signaling.mode {
        Mode::Local => {
            let server = identity.spiffe.sibling(Component::Signaling);
            (signaling::Mode::Local, client_config(identity, &server))
        }
        Mode::Cloud => {
            let tls = internet_client_config(signaling.ca.as_deref())?;
            (signaling::Mode::Cloud, tls)
        }
    };
    Ok(Server {
        url: signaling.url.clone(),
        mode,
        tls: Some(tls),
    })
}

fn appearance() -> Appearance {
    let word = |text: &str| text.parse::<Word>().expect("it is a word");
    Appearance {
        name: Text::default(),
        device_type: Some(word(DEVICE_TYPE)),
        capabilities: CAPABILITIES.into_iter().map(word).collect(),
    }
}

/// The passport of the present identity, followed through renewals.
fn passports(host: &Host) -> watch::Receiver<Passport> {
    let mut identities = host.identity.clone();
    let first = Passport::of(&identities.borrow_and_update());
    let (sender, passports) = watch::channel(first);
    host.tasks.spawn("passport", |stop| async move {
        while let Some(Ok(())) = stop.run_until_cancelled(identities.changed()).await {
            sender.send_replace(Passport::of(&identities.borrow_and_update()));
        }
        // Whoever stopped the sender of identities stops this task as well.
        stop.cancelled().await;
    });
    passports
}

/// Gives every page its own task; those of pages that have gone end by themselves.
async fn serve(counter: Counter, mut incoming: mpsc::Receiver<Incoming>, stop: CancellationToken) {
    let mut pages = Pages {
        counter,
        open: HashMap::new(),
        tasks: JoinSet::new(),
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(incoming) = incoming.recv() => pages.take(incoming),
            Some(ended) = pages.tasks.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a page was dropped");
                }
            }
        }
    }
}

/// The pages that are connected.
struct Pages {
    counter: Counter,
    open: HashMap<ConnectionId, mpsc::Sender<Message>>,
    tasks: JoinSet<()>,
}

impl Pages {
    fn take(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Opened(connection) => drop(self.page(&connection)),
            Incoming::Message(connection, message) => {
                if message.kind == Kind::Request
                    && self.page(&connection).try_send(message).is_err()
                {
                    connection.close();
                }
            }
            Incoming::Closed(connection) => drop(self.open.remove(&connection.id())),
        }
    }

    /// Where a page's requests go; a first request may come before the news that it is connected.
    fn page(&mut self, connection: &Connection) -> mpsc::Sender<Message> {
        let Self {
            counter,
            open,
            tasks,
        } = self;
        let page = open.entry(connection.id()).or_insert_with(|| {
            let (sender, requests) = mpsc::channel(WAITING);
            tasks.spawn(attend(counter.clone(), connection.clone(), requests));
            sender
        });
        page.clone()
    }
}

/// Serves one page until it has gone.
async fn attend(counter: Counter, connection: Connection, requests: mpsc::Receiver<Message>) {
    let who = asker(&connection.established().caller);
    let hearing = counter.hearers.join(who.clone());
    tokio::select! {
        () = connection.closed() => {}
        () = tell(&connection, hearing) => {}
        () = answers(&counter.desk, &connection, &who, requests) => {}
    }
}

async fn tell(connection: &Connection, mut hearing: Hearing) {
    loop {
        let news = hearing.next().await;
        if connection.send(news.about(), &news).await.is_err() {
            return;
        }
    }
}

async fn answers(
    desk: &Desk,
    connection: &Connection,
    who: &Asker,
    mut requests: mpsc::Receiver<Message>,
) {
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            request = requests.recv(), if under_way.len() < AT_ONCE => match request {
                Some(request) => under_way.push(reply(desk, connection, who, request)),
                None => return,
            },
            Some(()) = under_way.next() => {}
        }
    }
}

async fn reply(desk: &Desk, connection: &Connection, who: &Asker, request: Message) {
    let answer = answer(desk, who, request.about.as_str(), &request).await;
    if let Err(problem) = connection.reply(&request, answer).await {
        tracing::debug!(peer = %who.principal, %problem, "an answer was not heard");
    }
}

impl Body for Message {
    fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.body()
    }
}
