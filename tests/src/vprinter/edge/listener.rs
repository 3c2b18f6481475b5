//! The port and its connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::device::{Device, Line, Order};
use crate::vprinter::machine::{Input, Machine};

/// Most bytes taken from a connection at a time.
const CHUNK: usize = 4_096;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 16;
/// Between two attempts to take the port back or to accept.
const PAUSE: Duration = Duration::from_millis(10);

/// The port, listening or not. While it does not listen it stays taken, so that connections are
/// refused and nobody else gets it.
#[derive(Debug)]
pub(super) struct Place {
    address: SocketAddr,
    state: State,
}

#[derive(Debug)]
enum State {
    Listening(TcpListener),
    Taken(TcpSocket),
    /// For the moment between the two.
    Free,
}

/// Listens at an address.
pub(super) fn open(address: SocketAddr) -> io::Result<TcpListener> {
    take(address)?.listen(BACKLOG)
}

fn take(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

impl Place {
    pub(super) fn new(address: SocketAddr, listener: TcpListener) -> Self {
        Self {
            address,
            state: State::Listening(listener),
        }
    }

    /// Accepts connections while `listening` says so.
    pub(super) async fn run(
        mut self,
        device: Arc<Device>,
        mut listening: watch::Receiver<Order>,
        stop: CancellationToken,
    ) {
        let mut connections = JoinSet::new();
        loop {
            let order = *listening.borrow_and_update();
            self.turn(order.listen).await;
            device.obeyed(order);
            tokio::select! {
                () = stop.cancelled() => return,
                changed = listening.changed() => if changed.is_err() { return },
                stream = self.accept() => {
                    connections.spawn(serve(stream, Arc::clone(&device)));
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }

    /// Brings the port into the wanted state, however long that takes.
    async fn turn(&mut self, listen: bool) {
        loop {
            match std::mem::replace(&mut self.state, State::Free) {
                State::Listening(listener) if listen => self.state = State::Listening(listener),
                State::Taken(socket) if !listen => self.state = State::Taken(socket),
                State::Taken(socket) => {
                    if let Ok(listener) = socket.listen(BACKLOG) {
                        self.state = State::Listening(listener);
                    }
                }
                State::Listening(listener) => {
                    drop(listener);
                    continue;
                }
                State::Free => match take(self.address) {
                    Ok(socket) => {
                        self.state = State::Taken(socket);
                        continue;
                    }
                    Err(_) => tokio::time::sleep(PAUSE).await,
                },
            }
            if !matches!(self.state, State::Free) {
                return;
            }
        }
    }

    async fn accept(&self) -> TcpStream {
        let State::Listening(listener) = &self.state else {
            return std::future::pending().await;
        };
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return stream,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

/// One connection: what comes goes to the machine, as far as it has room; its answers go back.
async fn serve(stream: TcpStream, device: Arc<Device>) {
    let Line {
        id,
        mut answers,
        end,
    } = device.connect();
    // Latency only; a printer answers all the same.
    stream.set_nodelay(true).ok();
    let (mut input, mut output) = stream.into_split();
    let receive = async {
        let mut chunk = vec![0; CHUNK];
        loop {
            let room = wait_for_room(&device).await;
            match input.read(&mut chunk[..room]).await {
                Ok(0) | Err(_) => return,
                Ok(count) => device.handle(Input::Received(id, chunk[..count].to_vec())),
            }
        }
    };
    let answer = async {
        while let Some(bytes) = answers.recv().await {
            if output.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = receive => {}
        () = answer => {}
        () = end.cancelled() => {}
    }
    // What was answered before the end is sent, as far as the client takes it at once.
    while let Ok(bytes) = answers.try_recv() {
        output.try_write(&bytes).ok();
    }
    device.handle(Input::Closed(id));
}

/// How many bytes fit, at least one; full, a printer does not read.
async fn wait_for_room(device: &Device) -> usize {
    let mut moved = device.moved();
    loop {
        let room = device.look(Machine::room).min(CHUNK);
        if room > 0 {
            return room;
        }
        // The sender is the device, which lives as long as we look at it.
        moved.changed().await.ok();
    }
}
