//! The least that a printer is: it reads, answers in real time, and proves what is on its paper.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use kit::lifecycle::Tasks;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A printer; it ends when it is dropped.
pub(crate) struct Stub {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
    received: Arc<Mutex<Vec<u8>>>,
    tasks: Tasks,
}

#[derive(Debug, Clone)]
struct State {
    has_paper: bool,
    /// Bytes until it dies.
    budget: usize,
    /// Its paper is out after these.
    last_words: Option<Vec<u8>>,
    sessions: usize,
}

impl Stub {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = State {
            has_paper: true,
            budget: usize::MAX,
            last_words: None,
            sessions: 0,
        };
        let state = Arc::new(watch::Sender::new(state));
        let received = Arc::new(Mutex::new(Vec::new()));
        let tasks = Tasks::new();
        let (shared, bytes) = (Arc::clone(&state), Arc::clone(&received));
        tasks.spawn("stub", |stop| async move {
            let serving = async {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    shared.send_modify(|state| state.sessions += 1);
                    serve(stream, &shared, &bytes).await;
                    shared.send_modify(|state| state.sessions -= 1);
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = serving => {}
            }
        });
        Self {
            address,
            state,
            received,
            tasks,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything it received.
    pub(crate) fn received(&self) -> Vec<u8> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn set_paper(&self, has_paper: bool) {
        self.state.send_modify(|state| state.has_paper = has_paper);
    }

    pub(super) fn run_out_after(&self, words: &[u8]) {
        self.state
            .send_modify(|state| state.last_words = Some(words.to_vec()));
    }

    /// Lets it end every connection as soon as it has received so many more bytes.
    pub(crate) fn die_after(&self, budget: usize) {
        self.state.send_modify(|state| state.budget = budget);
    }

    pub(crate) fn revive(&self) {
        self.die_after(usize::MAX);
    }

    /// Waits until nobody is connected.
    pub(super) async fn closed(&self) {
        let mut state = self.state.subscribe();
        state.wait_for(|state| state.sessions == 0).await.unwrap();
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.tasks.cancel();
    }
}

async fn serve(mut stream: TcpStream, state: &watch::Sender<State>, received: &Mutex<Vec<u8>>) {
    let mut changes = state.subscribe();
    let mut heard = Vec::new();
    let mut held_back = Vec::new();
    loop {
        let mut byte = [0];
        tokio::select! {
            read = stream.read(&mut byte) => {
                if !matches!(read, Ok(1)) || !spend(state) {
                    return;
                }
                heard.push(byte[0]);
                received.lock().unwrap().push(byte[0]);
                state.send_if_modified(|state| {
                    let is_last = |words: &mut Vec<u8>| heard.ends_with(words);
                    let runs_out = state.last_words.take_if(is_last).is_some();
                    state.has_paper &= !runs_out;
                    runs_out
                });
                let has_paper = state.borrow().has_paper;
                if let Some(answer) = in_real_time(&heard, has_paper) {
                    stream.write_all(&[answer]).await.ok();
                }
                held_back.extend(in_order(&heard));
            }
            _ = changes.changed() => {
                if state.borrow().budget == 0 {
                    return;
                }
            }
        }
        if state.borrow().has_paper && !held_back.is_empty() {
            stream.write_all(&std::mem::take(&mut held_back)).await.ok();
        }
    }
}

/// Whether it lives on after another byte.
fn spend(state: &watch::Sender<State>) -> bool {
    let mut lives = false;
    state.send_if_modified(|state| {
        lives = state.budget > 0;
        state.budget = state.budget.saturating_sub(1);
        false
    });
    lives && state.borrow().budget > 0
}

fn in_real_time(heard: &[u8], has_paper: bool) -> Option<u8> {
    let [.., 0x10, 0x04, what] = heard else {
        return None;
    };
    Some(match (what, has_paper) {
        (1, false) => 0x1a,
        (2, false) => 0x32,
        (4, false) => 0x72,
        _ => 0x12,
    })
}

fn in_order(heard: &[u8]) -> Vec<u8> {
    match heard {
        [.., 0x1d, b'(', b'H', 6, 0, b'0', b'0', a, b, c, d] => vec![0x37, 0x22, *a, *b, *c, *d, 0],
        [.., 0x1d, b'r', 1] => vec![0],
        _ => Vec::new(),
    }
}
