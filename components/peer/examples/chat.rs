//! Two people at terminals, directly connected: what one types the other reads.
//!
//! ```sh
//! cargo run -p peer --example chat -- --identity DIR --server ws://127.0.0.1:8080
//! cargo run -p peer --example chat -- --identity OTHER --server ws://127.0.0.1:8080 --call NAME
//! ```
//!
//! An identity is a directory with `ca.pem`, `cert.pem` and `key.pem`; both must be of one property,
//! and the signaling server must allow the one to call the other.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Parser;
use kit::clock::Clock;
use kit::credential::{Passport, Refusals, Verifier};
use kit::identity::Identity;
use kit::lifecycle::Tasks;
use kit::tls::client_config;
use peer::{Appearance, IceSettings, Incoming, Joining, Peer, Server, Settings};
use tokio::sync::{mpsc, watch};
use wire::channel::about;
use wire::chat::Chat;
use wire::signaling::Mode;
use wire::{Component, Principal};

/// Most connections of one terminal.
const CONNECTIONS_MAX: usize = 16;

/// Chats with others of the same hotel.
#[derive(Debug, Parser)]
struct Arguments {
    /// Directory of the own certificate.
    #[arg(long)]
    identity: PathBuf,
    /// Signaling servers of the hotel, the preferred first: `ws://`, `wss://` or `http://`.
    #[arg(long = "server", required = true)]
    servers: Vec<String>,
    /// Whom to call, and to call again; waits to be called if nobody is named.
    #[arg(long)]
    call: Option<Principal>,
    /// Offers loopback addresses, for two terminals on one machine.
    #[arg(long)]
    loopback: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let identity = Identity::load(&arguments.identity)?;
    let tasks = Tasks::new();
    let (_passport, passport) = watch::channel(Passport::of(&identity));
    let (peer, incoming) = Peer::start(
        settings(&arguments, &identity),
        passport,
        Verifier::of(&identity),
        Refusals::default(),
        Clock::system(),
        &tasks,
    );
    if let Some(other) = arguments.call {
        peer.keep(other, &tasks);
    }
    tokio::select! {
        outcome = speak(&peer) => outcome?,
        outcome = listen(&peer, incoming) => outcome?,
    }
    tasks.drain().await?;
    Ok(())
}

fn settings(arguments: &Arguments, identity: &Identity) -> Settings {
    let server = |url: &String| Server {
        url: url.clone(),
        mode: Mode::Local,
        tls: url.starts_with("wss://").then(|| {
            let server = identity.spiffe.sibling(Component::Signaling);
            client_config(identity, &server)
        }),
    };
    Settings {
        servers: arguments.servers.iter().map(server).collect(),
        joining: Joining::First,
        appearance: Appearance::default(),
        ice: IceSettings {
            loopback: arguments.loopback,
            ..IceSettings::default()
        },
        price_per_gb: 0.0,
        connections_max: CONNECTIONS_MAX,
    }
}

/// Tells everybody what is typed, until there is no more.
async fn speak(peer: &Peer) -> Result<(), Box<dyn Error>> {
    let mut lines = typed();
    while let Some(line) = lines.recv().await {
        match line?.parse() {
            Ok(text) => {
                let told = peer.broadcast(about::CHAT, &Chat { text }).await;
                if told == 0 {
                    show("nobody is connected")?;
                }
            }
            Err(error) => show(&format!("not sent: {error}"))?,
        }
    }
    Ok(())
}

/// Lines as they are typed; a thread of its own, because a terminal cannot be polled.
fn typed() -> mpsc::Receiver<io::Result<String>> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut typed = io::stdin().lines();
        typed.all(|line| sender.blocking_send(line).is_ok());
    });
    lines
}

/// Shows what others say.
async fn listen(peer: &Peer, mut incoming: mpsc::Receiver<Incoming>) -> Result<(), Box<dyn Error>> {
    while let Some(incoming) = incoming.recv().await {
        match incoming {
            Incoming::Opened(connection) => {
                let topology = connection.topology().await.topology;
                let (name, mode) = (connection.principal(), peer.signaling_mode());
                show(&format!(
                    "{name} is here ({topology:?}, signaling {mode:?})"
                ))?;
            }
            Incoming::Message(connection, message) => match message.body::<Chat>() {
                Ok(chat) => show(&format!("{}: {}", connection.principal(), chat.text))?,
                Err(problem) => show(&format!("{}: {problem}", connection.principal()))?,
            },
            Incoming::Closed(connection) => show(&format!("{} has gone", connection.principal()))?,
        }
    }
    Ok(())
}

fn show(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}
