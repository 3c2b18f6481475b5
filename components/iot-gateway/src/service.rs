//! Waits for what happens, feeds it to the rules, carries out what they ask: first one write to
//! the journal, then messages and acknowledgements.

use std::collections::BTreeSet;
use std::future::pending;
use std::time::{Duration, Instant};

use kit::Host;
use kit::bus::{Bus, Delivery, Subscription};
use kit::clock::Clock;
use kit::credential::follow_revocations;
use kit::fault::{self, Point};
use kit::health::Health;
use kit::journal::{Journal, JournalError};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep_until};
use wire::credential::Revocations;
use wire::{DeviceId, Word};

use crate::config::Config;
use crate::doors::policy::Policy;
use crate::edge::inbound;
use crate::edge::journal::{self, MIGRATIONS};
use crate::edge::mirror::Mirror;
use crate::edge::notes::{self, Notes};
use crate::edge::outbound::Outbound;
use crate::edge::people::Believer;
use crate::edge::registry_file::RegistryFile;
use crate::edge::zone::{NoZone, Zone};
use crate::effect::Note;
use crate::gateway::{Gateway, Input, Memory};
use crate::mirror::{self, Rows};
use crate::moment::Moment;
use crate::registry::Devices;
use crate::work::Work;

mod intake;
mod keeper;

use keeper::{Keeper, Stopped};

/// Most messages that share one commit.
const BATCH_MAX: usize = 256;
/// How often the registry file and the outbox are looked at.
const LOOK: Duration = Duration::from_secs(2);
/// How often what nobody asks for any more is forgotten.
const PURGE: Duration = Duration::from_hours(1);

/// Opens the journal and starts the work.
pub(crate) async fn start(config: Config, host: Host) -> Result<(), StartError> {
    let probe = host.health.need("journal");
    let zone = Zone::named(&config.doors.time_zone).map_err(StartError::Zone)?;
    let registry = RegistryFile::new(config.registry, host.health.need("registry"));
    let journal = Journal::open(&host.data("journal.db"), MIGRATIONS, &host.tasks)
        .await
        .map_err(StartError::Journal)?;
    let memory = journal::load(journal.readers())
        .await
        .map_err(StartError::Load)?;
    probe.there();
    let rows = start_mirror(&host).await;
    let refusals = follow_revocations(&host).await;
    let service = Service {
        rows,
        revocations: refusals.changed(),
        keeper: Keeper::start(journal, probe, &host).await,
        outbound: Outbound::start(&host.bus, &host.clock, &host.tasks, host.identity.clone()),
        believer: Believer::new(&host.identity.borrow(), refusals),
        zone,
        policy: config.doors.rules,
        bus: host.bus,
        clock: host.clock,
        health: host.health,
        registry,
        notes: Notes::default(),
        unknown_at: None,
    };
    // Before the bus connects, which is when messages of a kept session come.
    let filters = inbound::filters(service.bus.property());
    let subscription = service.bus.subscribe(filters).await;
    host.tasks.spawn("gateway", |stop| async move {
        let living = service.live(memory, subscription);
        // Only a stop ends the work; when the bus is first to stop, the token follows.
        if stop.run_until_cancelled(living).await.is_some() {
            stop.cancelled().await;
        }
    });
    Ok(())
}

struct Service {
    bus: Bus,
    clock: Clock,
    health: Health,
    keeper: Keeper,
    outbound: Outbound,
    registry: RegistryFile,
    notes: Notes,
    believer: Believer,
    revocations: watch::Receiver<Revocations>,
    zone: Zone,
    policy: Policy,
    /// When an unknown device last made us look at the registry.
    unknown_at: Option<Instant>,
    /// What the hotel's database shall know of devices.
    rows: watch::Sender<Rows>,
}

impl Service {
    /// Works until the bus or the journal has stopped.
    async fn live(mut self, memory: Memory, mut subscription: Subscription) -> Result<(), Stopped> {
        let registry = self.first_registry().await;
        let (mut gateway, effects) =
            Gateway::resume(self.now(), registry, self.policy.clone(), memory);
        let mut work = Work::default();
        work.add(effects);
        self.carry_out(&gateway, work).await?;
        // The list of before the start counts as well.
        self.revocations.mark_changed();
        let mut look = every(LOOK);
        let mut purge = every(PURGE);
        loop {
            let wake_at = gateway.wake_at();
            tokio::select! {
                batch = next_batch(&mut subscription) => {
                    let batch = batch?;
                    gateway.set_room(self.keeper.room());
                    let work = self.take_in(&mut gateway, &batch).await;
                    self.carry_out(&gateway, work).await?;
                    fault::pass(Point::GatewayBatchSaid);
                    batch.into_iter().for_each(Delivery::acknowledge);
                }
                Ok(()) = self.revocations.changed() => {
                    let revoked = devices_of(&self.revocations.borrow_and_update());
                    self.feed(&mut gateway, Input::Revoked(revoked)).await?;
                }
                () = at(wake_at) => self.feed(&mut gateway, Input::Elapsed).await?,
                _ = look.tick() => {
                    gateway.set_room(self.keeper.look().await);
                    self.mirror(&gateway);
                    if let Some(registry) = self.registry.changed().await {
                        self.feed(&mut gateway, Input::Registry(registry)).await?;
                    }
                }
                _ = purge.tick() => self.keeper.purge().await,
            }
        }
    }
}

impl Service {
    fn now(&self) -> Moment {
        let kit::clock::Moment { wall, monotonic } = self.clock.now();
        Moment { wall, monotonic }
    }

    /// Waits for a registry that can be used: without one nobody is known, and nothing is heard.
    async fn first_registry(&mut self) -> Devices {
        let mut look = every(LOOK);
        loop {
            look.tick().await;
            if let Some(registry) = self.registry.changed().await {
                return registry;
            }
        }
    }

    /// Shows the database what devices are.
    fn mirror(&self, gateway: &Gateway) {
        let rows = gateway
            .states()
            .map(|state| (state.device.clone(), mirror::row(&state)));
        let ends = gateway
            .retired()
            .map(|device| (device.clone(), mirror::end(device)));
        let rows: Rows = rows.chain(ends).collect();
        self.rows.send_if_modified(|known| {
            let changed = *known != rows;
            *known = rows;
            changed
        });
    }

    /// Feeds the rules one input and carries out what follows.
    async fn feed(&mut self, gateway: &mut Gateway, input: Input) -> Result<(), Stopped> {
        let mut work = Work::default();
        work.add(gateway.handle(self.now(), input));
        self.carry_out(gateway, work).await
    }

    /// Keeps what is to be kept, then says what is to be said.
    async fn carry_out(&mut self, gateway: &Gateway, work: Work) -> Result<(), Stopped> {
        let (changes, sayings, notes) = work.finish();
        self.keeper.keep(changes).await?;
        // Known before a command leaves.
        self.health.in_flight("door", gateway.doors_in_flight());
        for saying in sayings {
            self.outbound.say(saying);
        }
        let now = self.clock.monotonic();
        for note in &notes {
            self.notes.take(now, note);
        }
        if notes.contains(&Note::Presence) {
            notes::show_devices(gateway);
        }
        Ok(())
    }
}

/// Whom a list names, as devices; who is none is in no registry.
fn devices_of(list: &Revocations) -> BTreeSet<DeviceId> {
    let principals = list.principals.iter();
    let names = principals.map(|principal| Word::from(principal.clone()));
    names.map(DeviceId::from).collect()
}

/// Starts the one who carries rows of devices to the database.
async fn start_mirror(host: &Host) -> watch::Sender<Rows> {
    let (sender, rows) = watch::channel(Rows::new());
    let mirror = Mirror::new(&host.bus, &host.clock, rows).await;
    host.tasks.spawn("mirror", |stop| async move {
        mirror.run(stop.clone()).await;
        // The work may end first; the stop follows.
        stop.cancelled().await;
    });
    sender
}

/// The next messages; ends when the bus has stopped.
async fn next_batch(subscription: &mut Subscription) -> Result<Vec<Delivery>, Stopped> {
    let batch = subscription.recv_many(BATCH_MAX).await;
    if batch.is_empty() {
        return Err(Stopped);
    }
    Ok(batch)
}

/// Comes at a moment, or never.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => pending().await,
    }
}

/// Ticks now and then once a period.
fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// The component cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal cannot be opened.
    #[error("cannot open the journal")]
    Journal(#[source] JournalError),
    /// The clock of the hotel is not known here.
    #[error("wrong configuration")]
    Zone(#[source] NoZone),
    /// The journal cannot be understood.
    #[error("cannot read the journal")]
    Load(#[source] sqlx::Error),
}
