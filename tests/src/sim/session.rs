//! One device at work: waits, feeds its machine and its outbox, carries out what they ask.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kit::bus::{Bus, Link, Session as Kept, Settings, Subscription};
use kit::clock::Clock;
use kit::error::Chain;
use kit::health::Health;
use kit::identity::Identity;
use kit::lifecycle::Tasks;
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use wire::device::{Kind, Online};
use wire::registry::RegisteredDevice;
use wire::topic::{DeviceSubject, DeviceWord};
use wire::{DeviceId, Filter, Integer, Topic, Version};

use super::device::{Device, Input, Memory};
use super::flight::Flight;
use super::ledger::{Ledger, LedgerError, Resumed};
use super::outbox::{self, Outbox};
use super::physics::Room;
use super::rhythm::Rhythm;
use super::{Options, StartError};

mod hear;
mod say;

/// Most publishes in the air before the device listens again.
const FLIGHT_MAX: usize = 64;
/// How warm a room is when nobody remembers it.
const CELSIUS: f64 = 20.0;

/// What a session stands on.
#[derive(Debug)]
pub(super) struct Place {
    /// The present leaf; another one causes a reconnect.
    pub(super) identity: watch::Receiver<Arc<Identity>>,
    pub(super) ledger: Ledger,
    pub(super) clock: Clock,
    pub(super) rhythm: Rhythm,
    /// How long to wait before the first connection.
    pub(super) delay: Duration,
    /// How many devices are connected.
    pub(super) connected: watch::Sender<usize>,
}

/// A device with everything it holds.
#[derive(Debug)]
pub(super) struct Session {
    id: DeviceId,
    place: Place,
    settings: Settings,
    /// Seconds of physics in one.
    speed: u32,
    room: Room,
    device: Device,
    outbox: Outbox,
    flight: Flight,
    /// What was last written of the device's memory.
    memory: Memory,
    /// Received, and not written to the ledger yet.
    covered: Option<u64>,
    online: bool,
    /// Whether a refusal was logged on this connection.
    complained: bool,
}

impl Session {
    /// The device as the ledger remembers it.
    pub(super) async fn resume(
        place: Place,
        options: &Options,
        registered: &RegisteredDevice,
    ) -> Result<Self, StartError> {
        let Resumed { outbox, memory } = place.ledger.resume(&registered.device).await?;
        let boot = place.ledger.boot();
        let id = registered.device.clone();
        let remembered = memory.thermostat.as_ref();
        let celsius = remembered.map_or(CELSIUS, |settings| settings.target_celsius);
        let name = registered.room.as_deref().unwrap_or_default();
        Ok(Self {
            settings: settings(&place, options, registered),
            speed: options.speed,
            room: Room::new(options.seed, name, id.as_str(), celsius),
            device: Device::new(boot, registered, memory.clone()),
            outbox: Outbox::resume(boot, options.outbox_max, outbox),
            flight: Flight::default(),
            covered: None,
            online: false,
            complained: false,
            memory,
            id,
            place,
        })
    }

    /// Lives until `stop`; ends earlier only when the ledger fails.
    pub(super) async fn run(mut self, host: Tasks, stop: CancellationToken) {
        let rested = stop.run_until_cancelled(sleep(self.place.delay)).await;
        if rested.is_none() {
            return;
        }
        let bus = Bus::new(self.settings.clone(), &host, Health::new().need("bus"));
        let words = DeviceWord::HEARD.iter();
        let filters = words.map(|word| Filter::device(bus.property(), Some(&self.id), *word));
        let subscription = bus.subscribe(filters).await;
        bus.connect();
        if let Err(error) = self.live(&bus, subscription, &stop).await {
            tracing::error!(device = %self.id, error = %Chain(&error), "device stopped");
        }
        self.set_online(false);
    }

    async fn live(
        &mut self,
        bus: &Bus,
        mut subscription: Subscription,
        stop: &CancellationToken,
    ) -> Result<(), LedgerError> {
        let mut link = bus.link();
        let mut tick_at = self.place.rhythm.tick_after(self.place.clock.monotonic());
        loop {
            let wake_at = self.wake_at(tick_at);
            tokio::select! {
                () = stop.cancelled() => return self.note_covered().await,
                Ok(()) = link.changed() => {
                    let up = *link.borrow_and_update() == Link::Up;
                    self.linked(bus, up).await?;
                }
                Some(delivery) = subscription.recv(), if self.flight.len() < FLIGHT_MAX => {
                    self.hear(bus, delivery).await?;
                }
                (cargo, outcome) = self.flight.landed() => self.landed(bus, cargo, outcome.err()),
                () = sleep_until(wake_at.into()) => {
                    let now = self.place.clock.monotonic();
                    if now >= tick_at {
                        self.tick(bus).await?;
                        tick_at = self.place.rhythm.tick_after(now);
                    } else {
                        self.note_covered().await?;
                    }
                    self.advance(bus, outbox::Input::Elapsed);
                }
            }
        }
    }

    /// The next moment at which something is due.
    fn wake_at(&self, tick_at: Instant) -> Instant {
        let now = self.place.clock.monotonic();
        let note_at = self.covered.map(|_| self.place.rhythm.beat_after(now));
        let others = [note_at, self.outbox.wake_at()];
        others.into_iter().flatten().fold(tick_at, Instant::min)
    }

    async fn tick(&mut self, bus: &Bus) -> Result<(), LedgerError> {
        let now = self.place.clock.wall();
        let simulated = now.value().saturating_mul(self.speed.into());
        let seen = self.room.look(simulated, self.device.is_heating());
        let effects = self.device.handle(now, Input::Tick(seen));
        self.carry_out(bus, effects).await
    }

    async fn linked(&mut self, bus: &Bus, up: bool) -> Result<(), LedgerError> {
        self.flight.forget_connection();
        self.complained = false;
        self.set_online(up);
        if !up {
            self.advance(bus, outbox::Input::Disconnected);
            return Ok(());
        }
        let online = online(self.place.ledger.boot(), true);
        self.greet(bus, DeviceSubject::Online, &online);
        let birth = self.device.birth(self.outbox.oldest());
        self.greet(bus, DeviceSubject::Birth, &birth);
        self.advance(bus, outbox::Input::Connected);
        let effects = self.device.handle(self.place.clock.wall(), Input::Birth);
        self.carry_out(bus, effects).await
    }

    fn set_online(&mut self, online: bool) {
        if online != self.online {
            self.online = online;
            self.place.connected.send_modify(|connected| {
                *connected = if online {
                    *connected + 1
                } else {
                    *connected - 1
                };
            });
        }
    }
}

fn settings(place: &Place, options: &Options, registered: &RegisteredDevice) -> Settings {
    let session = match registered.kind {
        // A command sent while the lock was away must not reach it later.
        Kind::Lock => Kept::Clean,
        Kind::Thermostat | Kind::Occupancy | Kind::Contact => Kept::Kept,
    };
    let (property, device) = (&options.property, &registered.device);
    let will = Topic::device(property, device, DeviceSubject::Online);
    let gone = online(place.ledger.boot(), false);
    Settings {
        broker: options.broker.clone(),
        property: property.clone(),
        identity: place.identity.clone(),
        session,
        will: Some((will, wire::encode(&gone))),
    }
}

fn online(boot: Integer, online: bool) -> Online {
    Online {
        v: Version,
        online,
        boot,
    }
}
