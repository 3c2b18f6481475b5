//! A cable that can be cut: a TCP proxy between a client and what it talks to.

use std::net::SocketAddr;
use std::time::Duration;

use kit::config::Address;
use kit::lifecycle::Tasks;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Whether the cable carries anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Whole,
    Cut,
}

/// A cable to somewhere; whole until it is cut.
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

async fn carry(mut near: TcpStream, to: String, mut state: watch::Receiver<State>) {
    let carrying = async {
        if let Ok(mut far) = TcpStream::connect(to).await {
            // However it ends, both sides see it.
            drop(copy_bidirectional(&mut near, &mut far).await);
        }
    };
    tokio::select! {
        () = carrying => {}
        _ = state.wait_for(|state| *state == State::Cut) => {}
    }
}
