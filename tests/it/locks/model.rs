//! A gateway, a lock and everything between them that can go wrong, in one thread: the rules of the
//! gateway as they are, the simulated lock as it is, real signatures; disk, network and clocks are
//! chance.
//!
//! The oracle: no bolt is drawn back without an intent on the disk, none twice for one petition, none
//! after the petition's time, none for a petition that was not signed like this; and what is said in
//! the end is true.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use hotel_tests::doors::petition;
use hotel_tests::faults::{Chance, seeds};
use hotel_tests::page::passport;
use hotel_tests::sim::device::{self as lock, Device};
use hotel_tests::sim::lock::{Arrival, is_warranted};
use iot_gateway::doors::policy::{Day, LocalTime, Policy};
use iot_gateway::doors::turn::Turn;
use iot_gateway::effect::{Asker, Change, Effect, Saying};
use iot_gateway::gateway::{Gateway, Input, Memory, Said};
use iot_gateway::moment::Moment;
use iot_gateway::presence::{self, Origin};
use iot_gateway::requests::Request;
use iot_gateway::{Believer, sealed};
use kit::audit::{BEGINNING, entry, verify};
use kit::ca::files::{write_open, write_secret};
use kit::ca::{Key, PropertyCa, ServerNames};
use kit::clock::{Clock, later};
use kit::credential::{Passport, Refusals, Verifier};
use kit::identity::{CA_FILE, CERT_FILE, Holder, Identity, KEY_FILE, Realm};
use kit::ids;
use serde_json::json;
use wire::audit::Fact;
use wire::credential::Role;
use wire::device::{Ack, Command, Kind};
use wire::door::{CHALLENGE, LOCK_OPERATION, Petition};
use wire::gateway::Outcome;
use wire::registry::RegisteredDevice;
use wire::request::Request as Body;
use wire::{Component, DeviceId, ExecutionId, Integer, Octets, Version};

/// Steps of one run.
const STEPS: u32 = 160;
const LOCK: &str = "room-101-lock";

/// The hotel's people and keys, the same for all runs.
struct House {
    gateway: Identity,
    /// Another component of the same property.
    uplink: Identity,
    desk: Passport,
    kitchen: Passport,
    verifier: Verifier,
}

impl House {
    fn new() -> Self {
        let realm = Realm {
            trust_domain: "hotel.internal".parse().unwrap(),
            tenant: "acme".parse().unwrap(),
            property: "seaside".parse().unwrap(),
        };
        let seconds = Clock::system().wall().value() / 1_000;
        let today = time::OffsetDateTime::from_unix_timestamp(seconds.try_into().unwrap()).unwrap();
        let ca = PropertyCa::create(realm, Key::generate(), today).unwrap();
        let issue = |component| {
            let (dir, key) = (tempfile::tempdir().unwrap(), Key::generate());
            let holder = Holder::Component(component);
            let leaf = ca.issue(&holder, &ServerNames::default(), &key, today);
            write_open(&dir.path().join(CA_FILE), ca.certificate().as_bytes()).unwrap();
            write_secret(&dir.path().join(KEY_FILE), key.secret_pem().as_bytes()).unwrap();
            write_open(&dir.path().join(CERT_FILE), leaf.unwrap().as_bytes()).unwrap();
            Identity::load(dir.path()).unwrap()
        };
        let authority = issue(Component::Authority);
        Self {
            gateway: issue(Component::IotGateway),
            uplink: issue(Component::Uplink),
            desk: passport(&authority, "front-desk-1", Role::FrontDesk, None),
            kitchen: passport(&authority, "kitchen-1", Role::Kitchen, None),
            verifier: Verifier::of(&authority),
        }
    }
}

/// What survives a kill of the gateway.
#[derive(Default)]
struct Disk {
    turns: BTreeMap<ExecutionId, Turn>,
    answers: BTreeMap<Asker, Vec<u8>>,
    trail: Vec<(Integer, Fact)>,
}

impl Disk {
    fn keep(&mut self, change: Change) {
        match change {
            Change::Turn(turn) => drop(self.turns.insert(turn.execution, turn)),
            Change::Audit(at, fact) => self.trail.push((at, fact)),
            Change::Answer(asker, _, body) => drop(self.answers.entry(asker).or_insert(body)),
            Change::Birth(..)
            | Change::Mark(..)
            | Change::Digest(..)
            | Change::Lost(..)
            | Change::Report(..)
            | Change::Desired(..)
            | Change::Execution(_)
            | Change::Record(..)
            | Change::Forget(_) => {}
        }
    }

    fn intents(&self) -> impl Iterator<Item = ExecutionId> {
        self.trail.iter().filter_map(|(_, fact)| match fact {
            Fact::Intent(intent) => Some(intent.execution),
            Fact::Outcome(_) | Fact::Late(_) | Fact::Refused(_) | Fact::LockOperation(_) => None,
        })
    }

    fn outcomes(&self, of: ExecutionId) -> Vec<Outcome> {
        let outcome = |(_, fact): &(Integer, Fact)| match fact {
            Fact::Outcome(ended) if ended.execution == of => Some(ended.outcome),
            Fact::Intent(_)
            | Fact::Outcome(_)
            | Fact::Late(_)
            | Fact::Refused(_)
            | Fact::LockOperation(_) => None,
        };
        self.trail.iter().filter_map(outcome).collect()
    }
}

struct World<'a> {
    house: &'a House,
    chance: Chance,
    /// The only true clock.
    monotonic: Instant,
    /// The gateway's clock of day; it may jump.
    wall: Integer,
    disk: Disk,
    gateway: Gateway,
    believer: Believer,
    /// What the gateway has decided and not kept yet, then not said yet.
    changes: Vec<Change>,
    sayings: VecDeque<Saying>,
    requests: Vec<Request>,
    to_lock: Vec<Command>,
    to_gateway: Vec<Ack>,
    lock: Device,
    boot: u32,
    /// Petitions that may open the door, as they were signed.
    genuine: BTreeSet<ExecutionId>,
    /// Until when, by the true clock, each petition that was taken is good.
    limits: BTreeMap<ExecutionId, Instant>,
    opened: BTreeSet<ExecutionId>,
}

fn registered() -> RegisteredDevice {
    RegisteredDevice {
        device: LOCK.parse().unwrap(),
        kind: Kind::Lock,
        room: Some("101".to_owned()),
        capabilities: [].into(),
    }
}

fn policy() -> Policy {
    let rule =
        json!([{ "operations": ["unlock", "lock"], "roles": ["front-desk"], "rooms": ["1*"] }]);
    serde_json::from_value(rule).unwrap()
}

fn device() -> DeviceId {
    LOCK.parse().unwrap()
}

impl<'a> World<'a> {
    #[expect(
        clippy::disallowed_methods,
        reason = "any moment will do to begin with"
    )]
    fn new(house: &'a House, seed: u32) -> Self {
        let wall = Clock::system().wall();
        let monotonic = Instant::now();
        let now = Moment { wall, monotonic };
        let registry = [(device(), registered())].into();
        let (gateway, _) = Gateway::resume(now, registry, policy(), Memory::default());
        let mut world = Self {
            house,
            chance: Chance::of(seed),
            monotonic,
            wall,
            disk: Disk::default(),
            gateway,
            believer: Believer::new(&house.gateway, Refusals::default()),
            changes: Vec::new(),
            sayings: VecDeque::new(),
            requests: Vec::new(),
            to_lock: Vec::new(),
            to_gateway: Vec::new(),
            lock: Device::new(1_u32.into(), &registered(), lock::Memory::default()),
            boot: 1,
            genuine: BTreeSet::new(),
            limits: BTreeMap::new(),
            opened: BTreeSet::new(),
        };
        world.greet();
        world
    }

    fn now(&self) -> Moment {
        Moment {
            wall: self.wall,
            monotonic: self.monotonic,
        }
    }

    fn step(&mut self) {
        match self.chance.below(20) {
            0..=2 => self.want(),
            3 => self.replay_a_request(),
            4..=6 => self.deliver_to_gateway(),
            7..=11 => self.deliver_to_lock(),
            12 => self.forge(),
            13 => self.kill(),
            14 => self.restart_the_lock(),
            15 => self.set_the_clock(),
            16 => self.pass(3_000),
            _ => self.pass(200),
        }
    }

    /// Somebody wants the door open: staff mostly, sometimes with a wrong clock.
    fn want(&mut self) {
        let honest = self.chance.below(5) > 0;
        let who = if honest {
            &self.house.desk
        } else {
            &self.house.kitchen
        };
        let skew = self.chance.below(40_000);
        let expires_at = later(self.wall, Duration::from_millis(skew.into()));
        let expires_at = Integer::new(expires_at.value() - 10_000).unwrap();
        let operation = if self.chance.below(4) > 0 {
            "unlock"
        } else {
            "lock"
        };
        let mut petition = petition(who, LOCK, operation, expires_at);
        match self.chance.below(8) {
            // The carrier changes something.
            0 => petition.expires_at = later(petition.expires_at, Duration::from_secs(20)),
            1 => petition.execution = ids::new(self.wall),
            _ if honest => drop(self.genuine.insert(petition.execution)),
            _ => {}
        }
        let deadline = later(self.wall, Duration::from_secs(8));
        self.ask(&petition, deadline, petition.execution);
    }

    fn ask(&mut self, petition: &Petition, deadline: Integer, id: ExecutionId) {
        let body = Body {
            v: Version,
            deadline,
            body: petition,
        };
        let request = Request {
            operation: petition.operation.clone(),
            asker: Asker {
                principal: "device-proxy".parse().unwrap(),
                id: id.to_string().parse().unwrap(),
            },
            body: wire::encode(&body),
        };
        self.requests.push(request.clone());
        self.take(&request);
    }

    /// An old request comes again: as it was, or under another name.
    fn replay_a_request(&mut self) {
        if self.requests.is_empty() {
            return;
        }
        let place = self.below(self.requests.len());
        let mut request = self.requests[place].clone();
        let body: Body<Petition> = wire::decode(&request.body).unwrap();
        let fresh = Body {
            deadline: later(self.wall, Duration::from_secs(8)),
            ..body
        };
        request.body = wire::encode(&fresh);
        if self.chance.below(2) == 0 {
            request.asker.principal = "edgectl".parse().unwrap();
        }
        self.take(&request);
    }

    /// As `service::intake` does.
    fn take(&mut self, request: &Request) {
        if let Some(answer) = self.disk.answers.get(&request.asker) {
            let again = Input::AskedAgain(request.clone(), answer.clone());
            return self.feed(again);
        }
        let local = LocalTime {
            day: Day::Mon,
            minute: 720,
        };
        let mut wish = self.believer.wish(self.wall, local, request).unwrap();
        let execution = wish.what.execution;
        wish.is_repeated = self.disk.intents().any(|known| known == execution);
        let expires_at = wish.what.expires_at;
        let left = expires_at.value().saturating_sub(self.wall.value());
        let limit = self.monotonic + Duration::from_millis(left);
        let known = self.disk.turns.contains_key(&execution);
        self.feed(Input::Wished(Box::new(wish)));
        let begun = self.disk.turns.contains_key(&execution);
        let deciding = self
            .changes
            .iter()
            .any(|change| matches!(change, Change::Turn(turn) if turn.execution == execution));
        if !known && (begun || deciding) {
            self.limits.entry(execution).or_insert(limit);
        }
    }

    /// Lets the gateway finish what it does, or be killed in the middle of it; then gives it the next.
    fn feed(&mut self, input: Input) {
        if !self.finish() {
            return;
        }
        let effects = self.gateway.handle(self.now(), input);
        self.decide(effects);
        // Mostly it goes on at once.
        if self.chance.below(3) > 0 {
            self.finish();
        }
    }

    fn decide(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Store(change) => self.changes.push(change),
                Effect::Say(saying) => self.sayings.push_back(saying),
                Effect::Note(_) => {}
            }
        }
    }

    /// Keeps, then says; tells whether it lived to the end.
    fn finish(&mut self) -> bool {
        if self.kill_perhaps() {
            return false;
        }
        // One write: all of it or nothing.
        for change in std::mem::take(&mut self.changes) {
            self.disk.keep(change);
        }
        while let Some(saying) = self.sayings.pop_front() {
            if self.kill_perhaps() {
                return false;
            }
            self.say(saying);
        }
        true
    }

    fn kill_perhaps(&mut self) -> bool {
        let busy = !self.changes.is_empty() || !self.sayings.is_empty();
        let kill = busy && self.chance.below(12) == 0;
        if kill {
            self.kill();
        }
        kill
    }

    fn say(&mut self, saying: Saying) {
        let command = match saying {
            Saying::Command(_, command) => command,
            Saying::Turn {
                device,
                command,
                challenge,
                within_ms,
            } => sealed(&self.house.gateway, &device, command, challenge, within_ms),
            Saying::Received(..) | Saying::Delta(..) | Saying::Reply(..) | Saying::Clear(_) => {
                return;
            }
        };
        let open = |execution| self.disk.outcomes(execution).is_empty();
        assert!(
            self.disk.intents().any(open),
            "{command:?} left without an intent on the disk"
        );
        self.to_lock.push(command);
    }

    /// Ends the gateway wherever it is, and starts it on what it kept.
    fn kill(&mut self) {
        self.changes.clear();
        self.sayings.clear();
        let memory = Memory {
            turns: self.disk.turns.values().cloned().collect(),
            ..Memory::default()
        };
        let registry = [(device(), registered())].into();
        let (gateway, effects) = Gateway::resume(self.now(), registry, policy(), memory);
        self.gateway = gateway;
        self.decide(effects);
        // It may be killed again before it has kept that.
        if self.chance.below(4) > 0 {
            for change in std::mem::take(&mut self.changes) {
                self.disk.keep(change);
            }
            self.sayings.clear();
            self.greet();
        } else {
            self.kill();
        }
    }

    /// The lock says who it is and that it is there.
    fn greet(&mut self) {
        let boot = self.boot.into();
        let birth = presence::Birth {
            boot,
            capabilities: [].into(),
            firmware: String::new(),
        };
        let online = presence::Input::Online { boot, online: true };
        for said in [Said::Birth(birth, None), Said::Presence(online)] {
            let input = Input::Said(device(), Origin::Live, said);
            let effects = self.gateway.handle(self.now(), input);
            self.decide(effects);
        }
    }

    fn deliver_to_gateway(&mut self) {
        if self.to_gateway.is_empty() {
            return;
        }
        let place = self.below(self.to_gateway.len());
        let ack = self.to_gateway[place].clone();
        match self.chance.below(4) {
            // Comes again later.
            0 => {}
            1 => {
                self.to_gateway.remove(place);
                // Lost on the way.
                if self.chance.below(2) == 0 {
                    return;
                }
            }
            _ => drop(self.to_gateway.remove(place)),
        }
        self.feed(Input::Said(device(), Origin::Live, Said::Ack(ack)));
    }

    fn deliver_to_lock(&mut self) {
        if self.to_lock.is_empty() {
            return;
        }
        let place = self.below(self.to_lock.len());
        let command = self.to_lock[place].clone();
        // What came once may come again, whenever it likes.
        if self.chance.below(3) > 0 {
            self.to_lock.remove(place);
        }
        let retained = self.chance.below(10) == 0;
        self.hear(command, retained);
    }

    fn hear(&mut self, command: Command, retained: bool) {
        let House {
            verifier, gateway, ..
        } = self.house;
        // The lock's clock of day is wrong by up to an hour.
        let now = later(
            self.wall,
            Duration::from_secs(self.chance.below(3_600).into()),
        );
        let property = &gateway.spiffe.property;
        let arrival = Arrival {
            retained,
            at: self.monotonic,
            chance: kit::digest::random(),
            warranted: is_warranted(verifier, property, &device(), now, &command),
        };
        for effect in self
            .lock
            .handle(now, lock::Input::Command(Box::new(command), arrival))
        {
            match effect {
                lock::Effect::Ack(ack) => self.to_gateway.push(ack),
                lock::Effect::Event(happening) if happening.kind.as_str() == LOCK_OPERATION => {
                    let execution = happening.data.0["execution"].as_str().unwrap();
                    self.judge(execution.parse().unwrap());
                }
                lock::Effect::Event(_)
                | lock::Effect::Report { .. }
                | lock::Effect::Telemetry(..) => {}
            }
        }
    }

    /// The oracle: a bolt has moved.
    fn judge(&mut self, execution: ExecutionId) {
        assert!(
            self.genuine.contains(&execution),
            "{execution} was never signed like this"
        );
        let intended = self.disk.intents().any(|known| known == execution);
        assert!(intended, "{execution} has no intent on the disk");
        assert!(self.opened.insert(execution), "{execution} was done twice");
        let limit = self.limits[&execution];
        assert!(
            self.monotonic < limit,
            "{execution} was done after its time"
        );
    }

    /// Somebody on the network changes a command, or signs one with another component's key.
    fn forge(&mut self) {
        if self.to_lock.is_empty() {
            return;
        }
        let place = self.below(self.to_lock.len());
        let mut command = self.to_lock[place].clone();
        match self.chance.below(6) {
            0 => command.execution = ids::new(self.wall),
            1 => command.boot = (self.boot + 1).into(),
            2 => command.warrant = None,
            3 => {
                let Some(warrant) = command.warrant.take() else {
                    return;
                };
                command = sealed(
                    &self.house.uplink,
                    &device(),
                    command,
                    warrant.challenge,
                    9_000,
                );
            }
            4 => {
                if let Some(warrant) = command.warrant.as_mut() {
                    warrant.within_ms = 10_000;
                }
            }
            _ => {
                if let Some(warrant) = command.warrant.as_mut() {
                    warrant.challenge = Octets::new(vec![7; 32]).unwrap();
                }
            }
        }
        // A question for a challenge is signed by nobody: whoever may speak as the gateway may ask.
        if command.operation.as_str() != CHALLENGE {
            self.hear(command, false);
        }
    }

    fn restart_the_lock(&mut self) {
        let memory = if self.chance.below(2) == 0 {
            self.boot += 1;
            lock::Memory::default()
        } else {
            self.lock.memory()
        };
        self.lock = Device::new(self.boot.into(), &registered(), memory);
        if self.finish() {
            self.greet();
        }
    }

    /// The gateway's clock of day is set, by up to two minutes.
    fn set_the_clock(&mut self) {
        let by = self.chance.below(240_000);
        let wall = later(self.wall, Duration::from_millis(by.into()));
        self.wall = Integer::new(wall.value() - 120_000).unwrap();
    }

    fn pass(&mut self, most_ms: u32) {
        let by = Duration::from_millis(self.chance.below(most_ms).into());
        self.monotonic += by;
        self.wall = later(self.wall, by);
        if self
            .gateway
            .wake_at()
            .is_some_and(|at| at <= self.monotonic)
        {
            self.feed(Input::Elapsed);
        }
    }

    fn below(&mut self, length: usize) -> usize {
        let length = u32::try_from(length).unwrap();
        usize::try_from(self.chance.below(length)).unwrap()
    }

    /// Everything ends, and what was said is true.
    fn settle(mut self) {
        for _ in 0..40 {
            self.pass(4_000);
            self.deliver_to_lock();
        }
        self.kill();
        let mut intents: Vec<_> = self.disk.intents().collect();
        for execution in &intents {
            let outcomes = self.disk.outcomes(*execution);
            let [outcome] = outcomes[..] else {
                panic!("{execution} ended as {outcomes:?}")
            };
            let opened = self.opened.contains(execution);
            let told_truly = match outcome {
                Outcome::Succeeded => opened,
                Outcome::Failed | Outcome::Rejected => !opened,
                Outcome::TimedOut => true,
            };
            assert!(
                told_truly,
                "{execution} ended as {outcome:?}, done: {opened}"
            );
        }
        let count = intents.len();
        intents.sort();
        intents.dedup();
        assert_eq!(intents.len(), count, "an intent is in the trail twice");
        self.check_trail();
    }

    fn check_trail(&self) {
        let mut last = (Integer::default(), BEGINNING);
        let mut entries = Vec::new();
        for (at, fact) in &self.disk.trail {
            let next = entry(last, *at, fact.clone());
            last = (last.0.next(), next.sha256);
            entries.push(next);
        }
        let property = &self.house.gateway.spiffe.property;
        let sound = verify(property, &self.house.verifier, &entries, &[], &[]).unwrap();
        assert_eq!(sound.open, 0);
    }
}

// iot-gateway-8.1, iot-gateway-8.4, iot-gateway-8.5, iot-gateway-8.8
#[test]
fn whatever_goes_wrong_no_bolt_moves_without_an_intent_twice_or_late() {
    let house = House::new();
    let (mut opened, mut intents) = (0, 0);
    for seed in seeds(100, 2_000) {
        let run = std::panic::AssertUnwindSafe(|| live(&house, seed));
        match std::panic::catch_unwind(run) {
            Ok((done, wanted)) => {
                opened += done;
                intents += wanted;
            }
            Err(panic) => {
                tell(seed);
                std::panic::resume_unwind(panic);
            }
        }
    }
    // A world in which nothing ever opens would prove nothing.
    assert!(
        opened > 0 && intents > opened,
        "{opened} of {intents} opened"
    );
}

/// One run; how often a bolt was turned, and how often it was to be.
fn live(house: &House, seed: u32) -> (usize, usize) {
    let mut world = World::new(house, seed);
    for _ in 0..STEPS {
        world.step();
    }
    let counts = (world.opened.len(), world.disk.intents().count());
    world.settle();
    counts
}

#[expect(
    clippy::print_stderr,
    reason = "a failed run says how to play it again"
)]
fn tell(seed: u32) {
    eprintln!("play it again with HOTEL_SEED={seed}");
}
