//! TCP ports: the usual ones where they are free, the same ones after a restart.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use super::files::{FileError, read_json, write_json};
use super::layout::Layout;

/// Distance from a port that is taken to the next one tried.
const STEP: u16 = 100;
/// Where the system takes ports for outgoing connections; none of ours is there.
const OUTGOING: u16 = 32768;

/// Chosen ports by purpose (`broker/listener/port`, `s3`), claimed as long as this lives.
#[derive(Debug)]
pub(super) struct Ports {
    chosen: BTreeMap<String, u16>,
    _claims: Vec<Claim>,
}

impl Ports {
    /// Chooses a port for each purpose: the one it had, else its usual one, else one further up.
    pub(super) fn choose(
        layout: &Layout,
        usual: &BTreeMap<String, u16>,
    ) -> Result<Self, PortError> {
        let had: BTreeMap<String, u16> = read_json(&layout.ports())?.unwrap_or_default();
        let (mut chosen, mut claims) = (BTreeMap::new(), Vec::new());
        for (purpose, usual) in usual {
            let further = (*usual..OUTGOING).step_by(usize::from(STEP));
            let mut candidates = had.get(purpose).copied().into_iter().chain(further);
            let (port, claim) = candidates
                .find_map(|port| Some((port, claim(port)?)))
                .ok_or(PortError::NoneFree { usual: *usual })?;
            chosen.insert(purpose.clone(), port);
            claims.push(claim);
        }
        write_json(&layout.ports(), &chosen)?;
        Ok(Self {
            chosen,
            _claims: claims,
        })
    }

    /// The port of a purpose that was among those asked for.
    pub(super) fn of(&self, purpose: &str) -> Option<u16> {
        self.chosen.get(purpose).copied()
    }
}

/// What keeps other local hotels from choosing the same port before anybody listens there: an
/// abstract Unix socket (unix(7)), which vanishes with its process.
#[derive(Debug)]
struct Claim {
    _socket: UnixListener,
}

fn claim(port: u16) -> Option<Claim> {
    let name = SocketAddr::from_abstract_name(format!("hotel-edge/port/{port}")).ok()?;
    let socket = UnixListener::bind_addr(&name).ok()?;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
    Some(Claim { _socket: socket })
}

/// No port could be chosen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PortError {
    /// All that are tried are taken.
    #[error("no free TCP port from {usual} in steps of {STEP}")]
    NoneFree {
        /// The first one tried.
        usual: u16,
    },
    /// The choice could not be remembered.
    #[error(transparent)]
    File(#[from] FileError),
}
