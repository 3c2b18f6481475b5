//! A signaling server that does as little as possible, and lies when it is told to.

use std::collections::BTreeMap;
use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::routing::{any, get};
use kit::clock::Clock;
use kit::credential::{Verifier, nonce};
use kit::lifecycle::Tasks;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::credential::{Role, Standing, label, proof};
use wire::signaling::{
    Challenge, ClientMessage, Departure, IceServers, Join, Mode, Peer, Ping, ServerMessage, Welcome,
};
use wire::{ConnectionId, Principal, Version};

mod mailbox;

/// An offer, an answer or a candidate on its way.
pub(super) struct Relayed {
    /// Whom it is said to come from.
    pub(super) from: Principal,
    /// Whom it is led to.
    pub(super) to: Principal,
    pub(super) message: ServerMessage,
}

/// What the server makes of a word that it relays; nothing if it does not arrive.
pub(super) type Lie = fn(Relayed) -> Option<Relayed>;

/// Relays every word as it came.
pub(super) const HONEST: Lie = Some;

impl Relayed {
    pub(super) fn is_offer(&self) -> bool {
        matches!(self.message, ServerMessage::Offer(_))
    }

    /// The description; a candidate has none.
    pub(super) fn sdp(&mut self) -> Option<&mut String> {
        match &mut self.message {
            ServerMessage::Offer(sdp) | ServerMessage::Answer(sdp) => Some(&mut sdp.sdp),
            _ => None,
        }
    }

    pub(super) fn connection(&mut self) -> &mut ConnectionId {
        let (_, _, connection) = self.envelope();
        connection
    }

    /// The word as its addressee gets it.
    fn delivered(mut self) -> (Principal, ServerMessage) {
        let (from, to) = (self.from.clone(), self.to.clone());
        let (of, whom, _) = self.envelope();
        (*of, *whom) = (Some(from), Some(to));
        (self.to, self.message)
    }

    fn envelope(
        &mut self,
    ) -> (
        &mut Option<Principal>,
        &mut Option<Principal>,
        &mut ConnectionId,
    ) {
        match &mut self.message {
            ServerMessage::Offer(sdp) | ServerMessage::Answer(sdp) => {
                (&mut sdp.from, &mut sdp.to, &mut sdp.connection)
            }
            ServerMessage::IceCandidate(candidate) => (
                &mut candidate.from,
                &mut candidate.to,
                &mut candidate.connection,
            ),
            other => panic!("{other:?} is not relayed"),
        }
    }
}

#[derive(Clone)]
struct House {
    lie: Lie,
    mode: Mode,
    stop: CancellationToken,
    verifier: Arc<OnceLock<Verifier>>,
    present: Arc<Mutex<BTreeMap<Principal, mpsc::UnboundedSender<ServerMessage>>>>,
}

/// A running server; gone when it is ended.
pub(super) struct Relay {
    pub(super) address: SocketAddr,
    verifier: Arc<OnceLock<Verifier>>,
    tasks: Tasks,
}

impl Relay {
    pub(super) async fn start(mode: Mode, lie: Lie) -> Self {
        Self::at("127.0.0.1:0".parse().unwrap(), mode, lie).await
    }

    pub(super) async fn at(address: SocketAddr, mode: Mode, lie: Lie) -> Self {
        // The server that was there before may not have let go of its port yet.
        let free = async {
            loop {
                match TcpListener::bind(address).await {
                    Ok(listener) => return listener,
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        };
        let listener = timeout(super::LIMIT, free).await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = Tasks::new();
        let house = House {
            lie,
            mode,
            stop: tasks.stop(),
            verifier: Arc::default(),
            present: Arc::default(),
        };
        let verifier = Arc::clone(&house.verifier);
        let router = Router::new()
            .route("/", any(upgrade))
            .route("/health", get(mailbox::health))
            .route("/offer", axum::routing::post(mailbox::offer))
            .with_state(house);
        let stop = tasks.stop();
        tokio::spawn(async move {
            let serving = axum::serve(listener, router);
            stop.run_until_cancelled(serving.into_future()).await;
        });
        Self {
            address,
            verifier,
            tasks,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(super) fn post_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on looks at credentials and proofs.
    pub(super) fn believe(&self, verifier: Verifier) {
        assert!(self.verifier.set(verifier).is_ok());
    }

    pub(super) fn end(&self) {
        self.tasks.cancel();
    }
}

async fn upgrade(
    State(house): State<House>,
    upgrade: WebSocketUpgrade,
) -> axum::response::Response {
    upgrade.on_upgrade(|socket| async move {
        let stop = house.stop.clone();
        stop.run_until_cancelled(house.serve(socket)).await;
    })
}

impl House {
    async fn serve(&self, mut socket: WebSocket) -> Option<()> {
        let asked = nonce();
        let challenge = ServerMessage::Challenge(Challenge {
            v: Version,
            nonce: asked,
            mode: self.mode,
        });
        say(&mut socket, &challenge).await?;
        let ClientMessage::Join(join) = hear(&mut socket).await? else {
            return None;
        };
        let me = join.peer.clone()?;
        if let Some(verifier) = self.verifier.get() {
            let now = Clock::system().wall();
            let caller = verifier.credential(&join.credential, now).ok()?;
            let property = join.property.clone()?;
            let signed = proof(
                label::SIGNALING_JOIN,
                &[&asked.0, property.as_str().as_bytes()],
            );
            assert!(caller.principal == me && caller.proves(&signed, &join.proof));
        }
        let (sender, mut inbox) = mpsc::unbounded_channel();
        say(&mut socket, &self.welcome(&join)).await?;
        self.tell_all(&ServerMessage::PeerJoined {
            peer: peer(me.clone()),
        });
        self.present.lock().unwrap().insert(me.clone(), sender);
        let ended = self.relay(&me, &mut socket, &mut inbox).await;
        self.present.lock().unwrap().remove(&me);
        self.tell_all(&ServerMessage::PeerLeft {
            peer: me,
            reason: Departure::Left,
        });
        ended
    }

    async fn relay(
        &self,
        me: &Principal,
        socket: &mut WebSocket,
        inbox: &mut mpsc::UnboundedReceiver<ServerMessage>,
    ) -> Option<()> {
        loop {
            tokio::select! {
                message = inbox.recv() => say(socket, &message?).await?,
                message = hear(socket) => self.pass(me, message?)?,
            }
        }
    }

    fn pass(&self, me: &Principal, message: ClientMessage) -> Option<()> {
        let (to, message) = match message {
            ClientMessage::Offer(sdp) => (sdp.to.clone()?, ServerMessage::Offer(sdp)),
            ClientMessage::Answer(sdp) => (sdp.to.clone()?, ServerMessage::Answer(sdp)),
            ClientMessage::IceCandidate(candidate) => {
                let to = candidate.to.clone()?;
                (to, ServerMessage::IceCandidate(candidate))
            }
            ClientMessage::Ping(Ping { number }) => {
                self.tell(me, ServerMessage::Pong(Ping { number }));
                return Some(());
            }
            ClientMessage::Leave => return None,
            ClientMessage::Join(_) | ClientMessage::GetIceServers => return Some(()),
        };
        let from = me.clone();
        if let Some(relayed) = (self.lie)(Relayed { from, to, message }) {
            let (to, message) = relayed.delivered();
            self.tell(&to, message);
        }
        Some(())
    }

    fn tell(&self, to: &Principal, message: ServerMessage) {
        if let Some(there) = self.present.lock().unwrap().get(to) {
            drop(there.send(message));
        }
    }

    fn welcome(&self, join: &Join) -> ServerMessage {
        let present = self.present.lock().unwrap();
        ServerMessage::Welcome(Box::new(Welcome {
            you: peer(join.peer.clone().unwrap()),
            property: join.property.clone().unwrap(),
            peers: present.keys().cloned().map(peer).collect(),
            heartbeat_ms: 1_000_u32.into(),
            ice: IceServers::default(),
            resumed: false,
        }))
    }

    fn tell_all(&self, message: &ServerMessage) {
        for there in self.present.lock().unwrap().values() {
            drop(there.send(message.clone()));
        }
    }
}

fn peer(id: Principal) -> Peer {
    Peer {
        id,
        standing: Standing::Role(Role::Pos),
        name: wire::Text::default(),
        device_type: None,
        capabilities: Vec::new(),
    }
}

async fn say(socket: &mut WebSocket, message: &ServerMessage) -> Option<()> {
    let text = String::from_utf8(wire::encode(message)).unwrap();
    socket.send(Message::text(text)).await.ok()
}

async fn hear(socket: &mut WebSocket) -> Option<ClientMessage> {
    loop {
        match socket.recv().await?.ok()? {
            Message::Text(text) => return wire::decode(text.as_bytes()).ok(),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}
