//! One device at work: waits, feeds its machine and its outbox, carries out what they ask.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
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
use wire::replacement::CA_REPLACEMENT_EVENT;
use wire::topic::{DeviceSubject, DeviceWord};
use wire::{Component, DeviceId, Filter, Integer, PropertyId, Topic, Version, Word};

use super::device::{Device, Input, Memory};
use super::flight::Flight;
use super::ledger::{Ledger, LedgerError, Resumed};
use super::mischief::Trouble;
use super::outbox::{self, Letter, Outbox, Stored};
use super::physics::Room;
use super::rhythm::Rhythm;
use super::{Options, StartError};

mod hear;
mod say;
mod trouble;

use trouble::Away;

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
    /// Whether this one is.
    pub(super) online: watch::Sender<bool>,
    /// Notices of another authority of the property, as they are heard.
    pub(super) notices: watch::Sender<Bytes>,
}

/// A device with everything it holds.
#[derive(Debug)]
pub(super) struct Session {
    id: DeviceId,
    place: Place,
    registered: RegisteredDevice,
    settings: Settings,
    /// The outbox store in use.
    boot: Integer,
    trouble: Trouble,
    /// Letters that wait to be overtaken.
    held_back: Vec<Letter>,
    /// The last place of this boot that the gateway has confirmed.
    confirmed: Option<u64>,
    /// Seconds of physics in one.
    speed: u32,
    room: Room,
    device: Device,
    outbox: Outbox,
    outbox_max: usize,
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
        let Resumed {
            boot,
            outbox,
            memory,
        } = place.ledger.resume(&registered.device).await?;
        let id = registered.device.clone();
        let remembered = memory.thermostat.as_ref();
        let celsius = remembered.map_or(CELSIUS, |settings| settings.target_celsius);
        let name = registered.room.as_deref().unwrap_or_default();
        Ok(Self {
            settings: settings(&place, options, registered, boot),
            trouble: Trouble::of(&options.faults, options.seed, id.as_str()),
            held_back: Vec::new(),
            confirmed: outbox.through,
            registered: registered.clone(),
            boot,
            speed: options.speed,
            room: Room::new(options.seed, name, id.as_str(), celsius),
            device: Device::new(boot, registered, memory.clone()),
            outbox: Outbox::resume(boot, options.outbox_max, outbox),
            outbox_max: options.outbox_max,
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
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut rest = self.place.delay;
        while stop.run_until_cancelled(sleep(rest)).await.is_some() {
            // A connection of its own, so that it can be lost.
            let tasks = Tasks::new();
            let ended = self.connection(&tasks, &stop).await;
            if let Err(error) = tasks.drain().await {
                tracing::warn!(device = %self.id, error = %Chain(&error), "connection stays");
            }
            match ended {
                Ok(Some(away)) => rest = away.0,
                Ok(None) => break,
                Err(error) => {
                    tracing::error!(device = %self.id, error = %Chain(&error), "device stopped");
                    break;
                }
            }
        }
        self.set_online(false);
    }

    /// One connection, from the first attempt to the stop, or to its loss by mischief.
    async fn connection(
        &mut self,
        tasks: &Tasks,
        stop: &CancellationToken,
    ) -> Result<Option<Away>, LedgerError> {
        let bus = Bus::new(self.settings.clone(), tasks, Health::new().need("bus"));
        let words = DeviceWord::HEARD.iter();
        let filters = words.map(|word| Filter::device(bus.property(), Some(&self.id), *word));
        let event: Word = CA_REPLACEMENT_EVENT.parse().expect("an event is a word");
        let notices = Filter::events(bus.property(), Some(Component::Authority), Some(&event));
        let filters = filters.chain([notices]);
        let subscription = bus.subscribe(filters).await;
        bus.connect();
        let ended = self.live(&bus, subscription, stop).await;
        self.linked(&bus, false).await?;
        ended
    }

    async fn live(
        &mut self,
        bus: &Bus,
        mut subscription: Subscription,
        stop: &CancellationToken,
    ) -> Result<Option<Away>, LedgerError> {
        let mut link = bus.link();
        let mut tick_at = self.place.rhythm.tick_after(self.place.clock.monotonic());
        loop {
            let wake_at = self.wake_at(tick_at);
            tokio::select! {
                () = stop.cancelled() => return self.note_covered().await.map(|()| None),
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
                    if now < tick_at {
                        self.note_covered().await?;
                    } else if let Some(away) = self.misbehave(bus).await? {
                        return Ok(Some(away));
                    } else {
                        tick_at = self.place.rhythm.tick_after(now);
                    }
                    if !self.trouble.is_silent() {
                        self.advance(bus, outbox::Input::Elapsed);
                    }
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
        let shown = self.trouble.clock(now);
        let effects = self.device.handle(shown, Input::Tick(seen));
        self.carry_out(bus, effects).await
    }

    async fn linked(&mut self, bus: &Bus, up: bool) -> Result<(), LedgerError> {
        self.flight.forget_connection();
        // What waited is sent anew with everything else that is not confirmed.
        self.held_back.clear();
        self.complained = false;
        self.set_online(up);
        if !up {
            self.advance(bus, outbox::Input::Disconnected);
            return Ok(());
        }
        let online = online(self.boot, true);
        self.greet(bus, DeviceSubject::Online, &online);
        let birth = self.device.birth(self.outbox.oldest());
        self.greet(bus, DeviceSubject::Birth, &birth);
        self.advance(bus, outbox::Input::Connected);
        let now = self.trouble.clock(self.place.clock.wall());
        let effects = self.device.handle(now, Input::Birth);
        self.carry_out(bus, effects).await
    }

    fn set_online(&mut self, online: bool) {
        if online != self.online {
            self.online = online;
            self.place.online.send_replace(online);
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

fn settings(
    place: &Place,
    options: &Options,
    registered: &RegisteredDevice,
    boot: Integer,
) -> Settings {
    let session = match registered.kind {
        // A command sent while the lock was away must not reach it later.
        Kind::Lock => Kept::Clean,
        Kind::Thermostat | Kind::Occupancy | Kind::Contact => Kept::Kept,
    };
    let property = &options.property;
    Settings {
        broker: options.broker.clone(),
        property: property.clone(),
        identity: place.identity.clone(),
        session,
        will: Some(will(property, &registered.device, boot)),
    }
}

/// What the broker says when a device of this boot is gone.
fn will(property: &PropertyId, device: &DeviceId, boot: Integer) -> (Topic, Vec<u8>) {
    let topic = Topic::device(property, device, DeviceSubject::Online);
    (topic, wire::encode(&online(boot, false)))
}

fn online(boot: Integer, online: bool) -> Online {
    Online {
        v: Version,
        online,
        boot,
    }
}
