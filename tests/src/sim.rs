//! Simulated devices: thermostats, locks, occupancy sensors and contacts on real mTLS connections.
//!
//! Each keeps the device's side of the contract of `docs/spec/bus.md`: a message has its place
//! (`boot`, `seq`) before it leaves, stays in the ledger, and is sent again until `received`
//! covers it. Promises: what was published is in the ledger, byte for byte; a restart on the same
//! ledger goes on where the last life stopped, a new ledger is a new boot; a command is carried
//! out at most once; everything heals alone from a lost broker, a cut network and a kill.
//!
//! On request devices go wrong, in the ways of [`mischief::Mischief`], as a seed says; the promises hold
//! all the same, but that of the boot.
//!
//! Rules are pure (`device`, `outbox`, `physics`, `mischief` and the kinds); the world is in `ledger`,
//! `session` and here. Each renews its leaf by itself, and takes the notice of another authority of its
//! property when it carries the chain root. Deliberately not here: radio protocols.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use kit::clock::Clock;
use kit::config::Address;
use kit::identity::{DeviceLeaf, Door, ROOT_FILE, ReplacementError, keep_current};
use kit::lifecycle::Tasks;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wire::registry::Registry;
use wire::{DeviceId, Integer, PropertyId};

pub mod contact;
pub mod device;
pub mod executions;
mod file;
mod flight;
mod identities;
pub mod ledger;
pub mod lock;
pub mod mischief;
pub mod occupancy;
pub mod outbox;
pub mod physics;
pub mod program;
mod rhythm;
mod session;
pub mod thermostat;

pub use file::{FileError, HotelFile};
pub use identities::Identities;
use ledger::{Ledger, LedgerError};
use mischief::Mischief;
use rhythm::Rhythm;
use session::{Place, Session};

/// How often a device measures, unless told otherwise.
pub const INTERVAL: Duration = Duration::from_secs(5);
/// Most messages that a device holds uncovered, unless told otherwise: half a day of them.
pub const OUTBOX_MAX: usize = 10_000;
/// Pause between the first connections of two devices, so that a thousand of them do not shake
/// hands at once.
const STAGGER: Duration = Duration::from_millis(15);
/// The first address of a device on loopback, and how many there are.
const DEVICES: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 1);
const DEVICES_MAX: u32 = 0xff00;

/// Which devices, and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// The hotel.
    pub property: PropertyId,
    /// Where its broker listens.
    pub broker: Address,
    /// Where its authority renews leaves; nobody does when there is none.
    pub authority: Option<Address>,
    /// The devices.
    pub registry: Registry,
    /// Their certificates and keys.
    pub identities: Identities,
    /// Where they keep what they say; a missing file is made, and is a new boot.
    pub ledger: PathBuf,
    /// How often each measures.
    pub interval: Duration,
    /// Chance of guests and weather.
    pub seed: u64,
    /// How many seconds of weather and guests pass in one.
    pub speed: u32,
    /// Most messages that a device holds uncovered.
    pub outbox_max: usize,
    /// What goes wrong with every device, by chance of the seed.
    pub faults: Vec<Mischief>,
}

impl Options {
    /// The usual pace, for these devices.
    pub fn new(
        property: PropertyId,
        broker: Address,
        registry: Registry,
        identities: Identities,
        ledger: PathBuf,
    ) -> Self {
        Self {
            property,
            broker,
            authority: None,
            registry,
            identities,
            ledger,
            interval: INTERVAL,
            seed: 1,
            speed: 1,
            outbox_max: OUTBOX_MAX,
            faults: Vec::new(),
        }
    }
}

/// Devices at work; they stop with the tasks they were started on.
#[derive(Debug)]
pub struct Hotel {
    boot: Integer,
    connected: watch::Receiver<usize>,
    ledger: PathBuf,
}

impl Hotel {
    /// Starts every device of the registry on `tasks`; they connect one after the other, for as
    /// long as it takes.
    pub async fn start(options: Options, tasks: &Tasks) -> Result<Self, StartError> {
        let clock = Clock::system();
        let identities = options.identities.load(&options.registry).await?;
        let ledger = Ledger::open(&options.ledger, clock.wall(), tasks).await?;
        let boot = ledger.boot();
        let rhythm = Rhythm::new(clock.monotonic(), options.interval);
        let (connected, count) = watch::channel(0);
        let devices = options.registry.devices.iter().zip(identities);
        for (number, (registered, (dir, identity))) in (0..).zip(devices) {
            let leaf = watch::Sender::new(identity);
            let (online, notices) = (watch::Sender::new(false), watch::Sender::default());
            if let Some(authority) = &options.authority {
                let leaf = DeviceLeaf {
                    dir,
                    door: door(authority, number),
                    identity: leaf.clone(),
                    online: online.subscribe(),
                    heard: notices.subscribe(),
                    clock: clock.clone(),
                };
                tasks.spawn("leaf", |stop| keep(leaf, stop));
            }
            let place = Place {
                identity: leaf.subscribe(),
                online,
                notices,
                ledger: ledger.clone(),
                clock: clock.clone(),
                rhythm: rhythm.of_device(number),
                delay: STAGGER * number,
                connected: connected.clone(),
            };
            let session = Session::resume(place, &options, registered).await?;
            tasks.spawn("device", |stop| session.run(stop));
        }
        let (seed, faults) = (options.seed, &options.faults);
        let devices = options.registry.devices.len();
        tracing::info!(%boot, devices, seed, ?faults, "devices started");
        Ok(Self {
            boot,
            connected: count,
            ledger: options.ledger,
        })
    }

    /// The outbox store in use.
    pub fn boot(&self) -> Integer {
        self.boot
    }

    /// How many devices are connected, now and whenever it changes.
    pub fn connected(&self) -> watch::Receiver<usize> {
        self.connected.clone()
    }

    /// Everything the devices have said so far.
    pub async fn lines(&self) -> Result<Vec<ledger::Line>, LedgerError> {
        ledger::read(&self.ledger).await
    }
}

/// Keeps the leaf of a device, which takes a notice of another authority if it carries a chain root.
async fn keep(leaf: DeviceLeaf, stop: CancellationToken) {
    if leaf.dir.join(ROOT_FILE).exists() {
        leaf.keep(stop).await;
    } else {
        keep_current(leaf.dir, leaf.door, leaf.identity, leaf.clock, stop).await;
    }
}

/// The authority as a device sees it. On one machine each device has an address of its own all the
/// same, as it has in a hotel: the authority hears an address only so often.
fn door(authority: &Address, number: u32) -> Door {
    let loopback = authority
        .host
        .parse()
        .is_ok_and(|host: Ipv4Addr| host.is_loopback());
    let own = Ipv4Addr::from(u32::from(DEVICES) + number % DEVICES_MAX);
    Door {
        address: authority.clone(),
        from: loopback.then_some(IpAddr::V4(own)),
    }
}

/// The devices cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nobody says where a device's certificate is.
    #[error("no identity directory is named for device {device}")]
    NoIdentity {
        /// Which device.
        device: DeviceId,
    },
    /// A certificate or key cannot be used.
    #[error("cannot load the identity of a device")]
    Identity {
        /// Which file, and why.
        source: ReplacementError,
    },
    /// The ledger cannot be used.
    #[error("cannot open the ledger")]
    Ledger(#[from] LedgerError),
}

#[cfg(test)]
mod tests;
