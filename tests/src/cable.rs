//! A cable that goes bad in every way: a TCP proxy between a client and what it talks to.

use std::net::SocketAddr;
use std::time::Duration;

use kit::config::Address;
use kit::lifecycle::Tasks;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Most octets that are under way at once, each way of each connection.
const CHUNK: usize = 16 * 1_024;

/// What the cable carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Whole,
    /// Nothing, and both sides see it.
    Cut,
    /// Nothing, and neither side sees it: connections of this time are dead for ever.
    HalfOpen,
    /// What is asked, and no answer.
    Deaf,
    /// Everything, late.
    Slow(Duration),
}

/// Which way something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

/// A cable to somewhere; whole until something is done to it.
#[derive(Debug)]
pub struct Cable {
    address: SocketAddr,
    state: watch::Sender<State>,
    tasks: Tasks,
}

impl Cable {
    /// Lays a cable that ends at `to`.
    pub async fn to(to: &Address) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let (state, tasks) = (watch::Sender::new(State::Whole), Tasks::new());
        let (to, end) = (to.to_string(), state.subscribe());
        tasks.spawn("cable", |stop| async move {
            stop.run_until_cancelled(carry_all(listener, to, end)).await;
        });
        Self {
            address,
            state,
            tasks,
        }
    }

    /// Where it begins.
    pub fn address(&self) -> Address {
        Address {
            host: self.address.ip().to_string(),
            port: self.address.port(),
        }
    }

    /// Ends every connection and carries none.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Falls silent without an end: whoever is connected now, or connects, hears nothing any more, not
    /// even after it is mended; as when a router has forgotten them.
    pub fn forget(&self) {
        self.state.send_replace(State::HalfOpen);
    }

    /// Carries what is asked and loses what is answered.
    pub fn lose_answers(&self) {
        self.state.send_replace(State::Deaf);
    }

    /// Carries everything so much later.
    pub fn slow_down(&self, by: Duration) {
        self.state.send_replace(State::Slow(by));
    }

    /// Carries connections again.
    pub fn mend(&self) {
        self.state.send_replace(State::Whole);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.tasks.cancel();
    }
}

async fn carry_all(listener: TcpListener, to: String, state: watch::Receiver<State>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((near, _)) => {
                    connections.spawn(carry(near, to.clone(), state.clone()));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn carry(near: TcpStream, to: String, mut state: watch::Receiver<State>) {
    let seen = state.clone();
    let carrying = async {
        let Ok(far) = TcpStream::connect(to).await else {
            return;
        };
        for stream in [&near, &far] {
            // The delays are to be those of the ends.
            drop(stream.set_nodelay(true));
        }
        let (from_near, to_near) = near.into_split();
        let (from_far, to_far) = far.into_split();
        let there = pass(from_near, to_far, Way::There, seen.clone());
        let back = pass(from_far, to_near, Way::Back, seen);
        // However it ends, both sides see it.
        tokio::join!(there, back);
    };
    tokio::pin!(carrying);
    tokio::select! {
        biased;
        ended = state.wait_for(|state| matches!(state, State::Cut | State::HalfOpen)) => {
            if ended.is_err() {
                return;
            }
        }
        () = &mut carrying => return,
    }
    // Forgotten: its sockets stay open and nothing moves, until somebody cuts them.
    drop(state.wait_for(|state| *state == State::Cut).await);
}

/// Carries one way until its beginning ends.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    way: Way,
    state: watch::Receiver<State>,
) {
    let mut chunk = vec![0; CHUNK];
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        let now = *state.borrow();
        match now {
            State::Deaf if way == Way::Back => continue,
            State::Slow(by) => tokio::time::sleep(by).await,
            State::Whole | State::Cut | State::HalfOpen | State::Deaf => {}
        }
        if to.write_all(&chunk[..length]).await.is_err() {
            return;
        }
    }
    // Whoever reads there sees the end; nobody may be left.
    drop(to.shutdown().await);
}
