//! The IPC server of a Greengrass nucleus, written from the protocol, as the classic one or as Lite.
//!
//! Event-stream frames over a Unix socket; CONNECT with the token of the start; operations with the
//! answers, refusals and error bodies of each nucleus. Left out: deployments themselves, topics, AWS IoT
//! Core; a test says what they would bring.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

mod frame;
mod session;

use session::Session;

/// Pushes that wait for a connection that is busy.
const PUSHES: usize = 64;

/// Which nucleus is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The classic nucleus.
    Classic,
    /// Nucleus Lite, which knows no component updates.
    Lite,
}

/// The nucleus of one component; its connections end when it is dropped.
#[derive(Debug)]
pub struct Nucleus {
    directory: TempDir,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

/// An answer to an update that was announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deferral {
    /// Which deployment.
    pub deployment: String,
    /// When to ask again, in milliseconds; zero: go on.
    pub recheck_ms: i64,
}

#[derive(Debug)]
struct Shared {
    kind: Kind,
    state: Mutex<State>,
    pushes: broadcast::Sender<Push>,
}

#[derive(Debug, Default)]
struct State {
    token: String,
    starts: u32,
    configuration: Value,
    told: Vec<String>,
    deferrals: Vec<Deferral>,
    refused: u32,
    connected: u32,
    listeners: u32,
}

#[derive(Debug, Clone)]
enum Push {
    /// The configuration differs below a key.
    Changed(String),
    /// A deployment is about to stop the component.
    UpdateAhead(String),
    /// The nucleus is gone.
    End,
}

impl Nucleus {
    /// A nucleus with the configuration of one component.
    pub fn start(kind: Kind, configuration: Value) -> Self {
        let state = State {
            configuration,
            ..State::default()
        };
        let (pushes, _) = broadcast::channel(PUSHES);
        let mut nucleus = Self {
            directory: tempfile::tempdir().expect("a scratch directory can be made"),
            shared: Arc::new(Shared {
                kind,
                state: Mutex::new(state),
                pushes,
            }),
            listening: None,
        };
        nucleus.renew_token();
        nucleus.listen();
        nucleus
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("ipc.socket")
    }

    fn listen(&mut self) {
        let path = self.socket();
        drop(std::fs::remove_file(&path));
        let listener = UnixListener::bind(path).expect("the socket can be opened");
        let shared = Arc::clone(&self.shared);
        self.listening = Some(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Session::new(stream, Arc::clone(&shared)).run());
            }
        }));
    }

    /// What it gives to the component that it starts.
    pub fn environment(&self) -> [(&'static str, OsString); 2] {
        [
            (
                "AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT",
                self.socket().into(),
            ),
            ("SVCUID", self.shared.lock().token.clone().into()),
        ]
    }

    /// Makes the token for the next start; the one before is worth nothing any more.
    pub fn renew_token(&self) {
        let mut state = self.shared.lock();
        state.starts += 1;
        state.token = format!("token-of-start-{}", state.starts);
    }

    /// Brings a configuration, as a deployment does: keys one by one.
    pub fn configure(&self, pointer: &str, value: Value) {
        let mut state = self.shared.lock();
        let place = state.configuration.pointer_mut(pointer);
        *place.expect("the key is configured") = value;
        drop(state);
        let key = pointer.trim_start_matches('/').to_owned();
        drop(self.shared.pushes.send(Push::Changed(key)));
    }

    /// Announces that a deployment is about to stop the component.
    pub fn announce_update(&self, deployment: &str) {
        let ahead = Push::UpdateAhead(deployment.to_owned());
        drop(self.shared.pushes.send(ahead));
    }

    /// Ends: no connection is left, and nobody listens.
    pub fn stop(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
        }
        drop(std::fs::remove_file(self.socket()));
        drop(self.shared.pushes.send(Push::End));
    }

    /// Listens again.
    pub fn resume(&mut self) {
        self.listen();
    }

    /// The states that it was told, in order.
    pub fn told(&self) -> Vec<String> {
        self.shared.lock().told.clone()
    }

    /// The answers to updates that were announced.
    pub fn deferrals(&self) -> Vec<Deferral> {
        self.shared.lock().deferrals.clone()
    }

    /// How many connections it refused for their token.
    pub fn refused(&self) -> u32 {
        self.shared.lock().refused
    }

    /// How many connections are open.
    pub fn connected(&self) -> u32 {
        self.shared.lock().connected
    }

    /// How many components listen to updates.
    pub fn listeners(&self) -> u32 {
        self.shared.lock().listeners
    }

    /// The directory of its socket, for whatever a test needs beside it.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for Nucleus {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The body of an error, which differs between the nuclei.
    fn problem(&self, model: &str, message: &str) -> Value {
        match self.kind {
            Kind::Classic => json!({ "message": message }),
            Kind::Lite => json!({ "_message": message, "_errorCode": model }),
        }
    }
}
