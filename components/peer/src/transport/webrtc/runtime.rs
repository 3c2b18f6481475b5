//! Tokio, with UDP sockets that hold a burst.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, Runtime,
    TokioRuntime,
};

/// Bytes the kernel keeps of what arrives; as much of it as `net.core.rmem_max` allows.
const RECEIVED: usize = 4 << 20;
/// Bytes the kernel keeps of what leaves.
const SENT: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct LanRuntime(TokioRuntime);

impl Default for LanRuntime {
    fn default() -> Self {
        Self(TokioRuntime)
    }
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Runtime for LanRuntime {
    fn spawn(&self, future: Task) -> Box<dyn JoinHandle> {
        self.0.spawn(future)
    }

    fn spawn_reactor(&self, reactor: usize, future: Task) -> Box<dyn JoinHandle> {
        self.0.spawn_reactor(reactor, future)
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let options = SockRef::from(&socket);
        let set = options
            .set_recv_buffer_size(RECEIVED)
            .and_then(|()| options.set_send_buffer_size(SENT));
        if let Err(error) = set {
            tracing::debug!(%error, "a socket keeps its small buffers");
        }
        self.0.wrap_udp_socket(socket)
    }

    fn wrap_tcp_listener(
        &self,
        listener: std::net::TcpListener,
    ) -> io::Result<Arc<dyn AsyncTcpListener>> {
        self.0.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        address: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = io::Result<Arc<dyn AsyncTcpStream>>> + Send + 'a>> {
        self.0.connect_tcp(address)
    }

    fn resolve_host<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        self.0.resolve_host(host)
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        self.0.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        self.0.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.0.block_on(future);
    }
}
