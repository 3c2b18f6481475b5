//! HTTPS for browsers and components.
//!
//! Promises: a handshake that takes too long, and one too many at a time, costs nobody else
//! anything; one that fails is counted by its reason; a renewed certificate counts from the next
//! connection on; the connections of whoever is revoked end, whatever they are in the middle of.

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::http::Extensions;
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::credential::{Caller, Refusals};
use crate::identity::{Identity, SpiffeId};
use crate::lifecycle::Tasks;
use crate::tls;

use super::session::Session;

/// Longest handshake; a slow phone takes a tenth of it.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Most handshakes at a time; those beyond wait in the kernel.
const HANDSHAKES: usize = 256;
/// Finished handshakes that wait to be served.
const READY: usize = 64;
/// Pause after the system refused to accept: out of descriptors, which others will free.
const REFUSED: Duration = Duration::from_millis(100);

/// Who is at the other end of an HTTPS connection.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Where from.
    pub address: SocketAddr,
    /// Who, if a certificate of the property was presented.
    pub spiffe: Option<SpiffeId>,
}

impl Remote {
    /// Of a request that [`serve_tls`] took.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        let info: &ConnectInfo<Self> = extensions.get()?;
        Some(&info.0)
    }
}

impl Connected<IncomingStream<'_, Secured>> for Remote {
    fn connect_info(stream: IncomingStream<'_, Secured>) -> Self {
        stream.remote_addr().clone()
    }
}

/// The configuration for browsers ([`tls::web_config`]) of the present identity, followed through
/// renewals by a task of `tasks`.
pub fn web_configs(
    identity: &watch::Receiver<Arc<Identity>>,
    tasks: &Tasks,
) -> watch::Receiver<Arc<ServerConfig>> {
    configs(identity, tasks, tls::web_config)
}

/// The configuration for everybody ([`tls::public_config`]) of the present identity, followed
/// through renewals by a task of `tasks`.
pub fn public_configs(
    identity: &watch::Receiver<Arc<Identity>>,
    tasks: &Tasks,
) -> watch::Receiver<Arc<ServerConfig>> {
    configs(identity, tasks, tls::public_config)
}

fn configs(
    identity: &watch::Receiver<Arc<Identity>>,
    tasks: &Tasks,
    config: fn(&Identity) -> Arc<ServerConfig>,
) -> watch::Receiver<Arc<ServerConfig>> {
    let mut identities = identity.clone();
    let first = config(&identities.borrow_and_update());
    let (sender, configs) = watch::channel(first);
    tasks.spawn("web-identity", |stop| async move {
        while let Some(Ok(())) = stop.run_until_cancelled(identities.changed()).await {
            sender.send_replace(config(&identities.borrow_and_update()));
        }
        // Whoever stopped the sender of identities stops this task as well.
        stop.cancelled().await;
    });
    configs
}

/// Serves until the stop; handlers find a [`Remote`] as connect info. Nobody who is refused stays
/// connected by certificate.
pub async fn serve_tls(
    listener: TcpListener,
    router: Router,
    configs: watch::Receiver<Arc<ServerConfig>>,
    refusals: Refusals,
    stop: CancellationToken,
) {
    let (ready, waiting) = mpsc::channel(READY);
    let local = listener.local_addr();
    let secured = Secured { waiting, local };
    let service = router.into_make_service_with_connect_info::<Remote>();
    let serving =
        axum::serve(secured, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    let accepting = accept(listener, (configs, refusals), ready, stop);
    let (served, ()) = tokio::join!(serving.into_future(), accepting);
    if let Err(error) = served {
        tracing::error!(%error, "https listener failed");
    }
}

type Ready = (Session, Remote);

async fn accept(
    listener: TcpListener,
    (configs, refusals): (watch::Receiver<Arc<ServerConfig>>, Refusals),
    ready: mpsc::Sender<Ready>,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    let handshakes = TaskTracker::new();
    let accepting = async {
        loop {
            let place = Arc::clone(&places).acquire_owned().await;
            let (stream, address) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(REFUSED).await;
                    continue;
                }
            };
            let acceptor = TlsAcceptor::from(Arc::clone(&configs.borrow()));
            let (ready, refusals) = (ready.clone(), refusals.clone());
            handshakes.spawn(async move {
                let secured =
                    timeout(HANDSHAKE, secure(acceptor, stream, address, &refusals)).await;
                drop(place);
                match secured.map_err(|_| "too-slow").flatten() {
                    // Nobody is left to serve it: the listener stops.
                    Ok(secured) => drop(ready.send(secured).await),
                    Err(reason) => {
                        let refused = "tls_handshakes_refused_total";
                        metrics::counter!(refused, "reason" => reason).increment(1);
                    }
                }
            });
        }
    };
    stop.run_until_cancelled(accepting).await;
    handshakes.close();
    handshakes.wait().await;
}

/// The connection, or the reason why there is none.
async fn secure(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    address: SocketAddr,
    refusals: &Refusals,
) -> Result<Ready, &'static str> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let stream = match acceptor.accept(stream).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%address, %error, "handshake failed");
            return Err(tls::refusal(&error));
        }
    };
    let presented = stream.get_ref().1.peer_certificates();
    let spiffe = presented
        .and_then(<[_]>::first)
        .and_then(|leaf| tls::peer_spiffe(leaf).ok());
    let holder = spiffe.as_ref().map(Caller::certified);
    if holder
        .as_ref()
        .is_some_and(|holder| refusals.refuses(holder))
    {
        return Err("revoked");
    }
    let session = Session::new(stream, holder, refusals);
    Ok((session, Remote { address, spiffe }))
}

/// Connections whose handshake is done.
#[derive(Debug)]
pub struct Secured {
    waiting: mpsc::Receiver<Ready>,
    local: std::io::Result<SocketAddr>,
}

impl Listener for Secured {
    type Io = Session;
    type Addr = Remote;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.waiting.recv().await {
            Some(ready) => ready,
            // The listener stops, and with it the server that waits here.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        match &self.local {
            Ok(address) => Ok(Remote {
                address: *address,
                spiffe: None,
            }),
            Err(error) => Err(error.kind().into()),
        }
    }
}
