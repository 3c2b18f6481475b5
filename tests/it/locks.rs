//! Bolts, from a signed petition to the simulated lock and its trail: real broker, gateway and locks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hotel_tests::client::{Client, next};
use hotel_tests::doors::{approved, petition};
use hotel_tests::faults::{Chance, seeds};
use hotel_tests::hotel::LIMIT;
use hotel_tests::page::{Page, passport};
use hotel_tests::{Hotel, Plan, eventually};
use kit::bus::{RequestError, Retain};
use kit::clock::{Clock, later};
use kit::credential::Passport;
use kit::identity::Identity;
use kit::ids;
use serde_json::{Value, json};
use tokio::time::timeout;
use wire::audit::{Body, Fact, Trail};
use wire::channel::about;
use wire::credential::Role;
use wire::device::{Ack, AckStatus, Command, State};
use wire::door::{CHALLENGE, Door, Doors, LOCK_OPERATION, Petition, Warrant, warrant_text};
use wire::gateway::{DeviceState, Executed, Outcome, STATE, StateOf, TRAIL, UNLOCK};
use wire::topic::{DeviceSubject, DeviceWord};
use wire::{
    Code, Component, DeviceId, ExecutionId, Filter, Integer, Octets, Problem, Signature, Topic,
    Version,
};

mod model;
mod points;

const LOCK: &str = "room-101-lock";
/// How long a petition of these tests is good.
const GOOD: Duration = Duration::from_secs(15);
/// What doors need.
const PARTS: &[&str] = &["broker", "iot-gateway", "hotel-sim"];

fn soon() -> Integer {
    later(Clock::system().wall(), GOOD)
}

/// A hotel, somebody who carries petitions, and the people who sign them.
struct Scene {
    hotel: Hotel,
    carrier: Client,
    authority: Identity,
    desk: Passport,
}

impl Scene {
    async fn new(rooms: u32) -> Self {
        Self::of(Hotel::up(Plan { rooms, only: PARTS }), rooms).await
    }

    async fn of(hotel: Hotel, rooms: u32) -> Self {
        let carrier = hotel.client("device-proxy").await;
        let authority = Identity::load(&hotel.identity_dir("authority")).unwrap();
        let desk = passport(&authority, "front-desk-1", Role::FrontDesk, None);
        let scene = Self {
            hotel,
            carrier,
            authority,
            desk,
        };
        scene.locks_are_online(rooms).await;
        scene
    }

    fn person(&self, name: &str, role: Role) -> Passport {
        passport(&self.authority, name, role, None)
    }

    async fn locks_are_online(&self, rooms: u32) {
        eventually("the locks are online", LIMIT, || async {
            for room in 101..101 + rooms {
                let device = format!("room-{room}-lock").parse().unwrap();
                let (operation, of) = (STATE.parse().unwrap(), StateOf { device });
                let state: DeviceState = self
                    .carrier
                    .bus
                    .request(Component::IotGateway, &operation, of, LIMIT)
                    .await
                    .ok()?;
                state.online.then_some(())?;
            }
            Some(())
        })
        .await;
    }

    /// Carries a petition to the gateway under its own name.
    async fn carry(&self, petition: &Petition) -> Result<Executed, Problem> {
        match self.try_carry(petition).await {
            Ok(executed) => Ok(executed),
            Err(RequestError::Problem(problem)) => Err(problem),
            Err(error) => panic!("{error}"),
        }
    }

    async fn try_carry(&self, petition: &Petition) -> Result<Executed, RequestError> {
        let id = petition.execution.to_string().parse().unwrap();
        let gateway = Component::IotGateway;
        let operation = &petition.operation;
        let bus = &self.carrier.bus;
        bus.request_as(id, gateway, operation, petition, LIMIT)
            .await
    }

    /// Compares what the gateway says to a petition: an outcome, or the field at fault.
    #[track_caller]
    fn check(said: &Result<Executed, Problem>, code: Code, field: Option<&str>) {
        match said {
            Ok(executed) => panic!("{executed:?}"),
            Err(problem) => {
                let at = problem.field.as_deref();
                assert_eq!((problem.code, at), (code, field), "{problem}");
            }
        }
    }

    async fn trail(&self, device: &str) -> Vec<Body> {
        let (operation, of) = (TRAIL.parse().unwrap(), json!({ "device": device }));
        let asked = self
            .carrier
            .bus
            .request(Component::IotGateway, &operation, of, LIMIT);
        let trail: Trail = asked.await.unwrap();
        trail
            .entries
            .iter()
            .map(|entry| entry.read().unwrap())
            .collect()
    }

    /// How often each execution has moved a bolt, as the locks wrote it down themselves.
    async fn moved(&self) -> BTreeMap<ExecutionId, u32> {
        let mut moved = BTreeMap::new();
        for event in events(&self.hotel).await {
            let data = &event["data"];
            if event["kind"] == LOCK_OPERATION && data["source"] == "remote" {
                let execution: ExecutionId = data["execution"].as_str().unwrap().parse().unwrap();
                *moved.entry(execution).or_default() += 1;
            }
        }
        moved
    }
}

/// The events that devices wrote into their ledger.
async fn events(hotel: &Hotel) -> Vec<Value> {
    hotel_tests::sim::ledger::bodies(&hotel.places.sim.ledger, "event")
        .await
        .unwrap()
        .iter()
        .map(|body| serde_json::from_slice(body).unwrap())
        .collect()
}

// iot-gateway-8.1, iot-gateway-8.2, iot-gateway-8.4, iot-gateway-9.5
#[tokio::test]
async fn a_bolt_is_turned_for_those_who_may_once_and_the_trail_tells() {
    let scene = Scene::new(2).await;
    let wanted = petition(&scene.desk, LOCK, "unlock", soon());
    let executed = scene.carry(&wanted).await.unwrap();
    assert_eq!(executed.outcome, Outcome::Succeeded);
    // The same again is the same: the first answer, and no second turn.
    assert_eq!(scene.carry(&wanted).await.unwrap(), executed);

    // The carrier may not change anything, nor use it twice.
    let mut altered = petition(&scene.desk, LOCK, "unlock", soon());
    altered.device = "room-102-lock".parse().unwrap();
    let said = scene.carry(&altered).await;
    Scene::check(&said, Code::Forbidden, Some("actor.signature"));
    let id = ids::new(Clock::system().wall());
    let operation = UNLOCK.parse().unwrap();
    let again: Result<Executed, _> = scene
        .carrier
        .bus
        .request_as(id, Component::IotGateway, &operation, &wanted, LIMIT)
        .await;
    let Err(RequestError::Problem(problem)) = again else {
        panic!("{again:?}")
    };
    assert_eq!(problem.field.as_deref(), Some("execution"));

    let late = petition(&scene.desk, LOCK, "unlock", Clock::system().wall());
    Scene::check(&scene.carry(&late).await, Code::Expired, Some("expires_at"));
    let far = later(Clock::system().wall(), Duration::from_mins(2));
    let far = petition(&scene.desk, LOCK, "unlock", far);
    Scene::check(&scene.carry(&far).await, Code::Invalid, Some("expires_at"));
    let cook = scene.person("kitchen-1", Role::Kitchen);
    let cook = petition(&cook, LOCK, "unlock", soon());
    Scene::check(&scene.carry(&cook).await, Code::Forbidden, None);
    let guest = scene.person("guest-1", Role::Guest);
    let guest = petition(&guest, LOCK, "unlock", soon());
    Scene::check(&scene.carry(&guest).await, Code::Forbidden, None);
    let own = petition(&scene.desk, LOCK, "unlock", soon());
    let own = approved(own, &scene.desk);
    Scene::check(&scene.carry(&own).await, Code::Forbidden, Some("approver"));
    let thermostat = petition(&scene.desk, "room-101-thermostat", "unlock", soon());
    let said = scene.carry(&thermostat).await;
    Scene::check(&said, Code::Unsupported, Some("operation"));

    assert_eq!(scene.moved().await, [(wanted.execution, 1)].into());
    let facts = scene.trail(LOCK).await;
    let count = |is: fn(&Fact) -> bool| facts.iter().filter(|body| is(&body.fact)).count();
    assert_eq!(count(|fact| matches!(fact, Fact::Intent(_))), 1);
    assert_eq!(count(|fact| matches!(fact, Fact::Outcome(_))), 1);
    assert_eq!(count(|fact| matches!(fact, Fact::Refused(_))), 6);
    let sound = scene.hotel.edgectl(&["audit", "verify"]);
    assert!(sound.contains(" 0 without an outcome"), "{sound}");
}

// iot-gateway-8.9
#[tokio::test]
async fn many_rooms_take_a_second_person() {
    let scene = Scene::new(6).await;
    for room in 101..106 {
        let device = format!("room-{room}-lock");
        let wanted = petition(&scene.desk, &device, "unlock", soon());
        let executed = scene.carry(&wanted).await.unwrap();
        assert_eq!(executed.outcome, Outcome::Succeeded, "{device}");
    }
    // The same five again are still five; through a kill as well.
    scene.hotel.kill_and_wait("iot-gateway").await;
    scene.locks_are_online(6).await;
    let again = petition(&scene.desk, LOCK, "unlock", soon());
    assert_eq!(
        scene.carry(&again).await.unwrap().outcome,
        Outcome::Succeeded
    );
    let sixth = || petition(&scene.desk, "room-106-lock", "unlock", soon());
    let alone = scene.carry(&sixth()).await;
    Scene::check(&alone, Code::Forbidden, Some("approver"));
    let maid = scene.person("housekeeping-1", Role::Housekeeping);
    let said = scene.carry(&approved(sixth(), &maid)).await;
    Scene::check(&said, Code::Forbidden, Some("approver"));
    let manager = scene.person("manager-1", Role::Manager);
    let executed = scene.carry(&approved(sixth(), &manager)).await.unwrap();
    assert_eq!(executed.outcome, Outcome::Succeeded);
    scene.hotel.edgectl(&["audit", "verify"]);
}

// iot-gateway-8.10, iot-gateway-9.3, iot-gateway-9.5
#[tokio::test]
async fn an_operator_opens_by_hand_and_the_trail_stands_against_its_anchor() {
    let scene = Scene::new(1).await;
    let hotel = &scene.hotel;
    let said = hotel.edgectl(&["gateway", "unlock", LOCK]);
    assert!(said.contains("succeeded"), "{said}");
    // The end of the trail is signed after 64 entries, whatever they say.
    let late = Clock::system().wall();
    for _ in 0..64 {
        let late = petition(&scene.desk, LOCK, "unlock", late);
        Scene::check(&scene.carry(&late).await, Code::Expired, Some("expires_at"));
    }
    let anchor = hotel.dir().join("anchor.ndjson");
    eventually("the trail has a head", LIMIT, || async {
        let export = hotel.edgectl(&["audit", "export"]);
        let head = export.lines().find(|line| line.starts_with("{\"head\""))?;
        std::fs::write(&anchor, head).ok()
    })
    .await;
    let anchor = anchor.to_str().unwrap();
    let sound = hotel.edgectl(&["audit", "verify", "--anchor", anchor]);
    assert!(sound.contains(" 1 anchors"), "{sound}");
    let file = hotel.dir().join("trail.ndjson");
    let export = hotel.edgectl(&["audit", "export"]);
    let cut: Vec<_> = export
        .lines()
        .filter(|line| !line.contains("\"seq\":1,"))
        .collect();
    std::fs::write(&file, cut.join("\n")).unwrap();
    let output = hotel.try_edgectl(&[
        "audit",
        "verify",
        file.to_str().unwrap(),
        "--anchor",
        anchor,
    ]);
    assert!(!output.status.success());
}

// device-proxy-9.1, device-proxy-9.2, device-proxy-9.3
#[tokio::test]
async fn a_page_has_a_door_opened_and_reads_what_happened() {
    let hotel = Hotel::with_rooms(1);
    let mut page = Page::open(&hotel, "front-desk-1", Role::FrontDesk, None).await;
    page.ignore_news();
    let shown = eventually("the lock is online", LIMIT, || async {
        let shown: Doors = page.ask(about::DOORS, &json!({})).await.ok()?;
        shown.doors.iter().all(|door| door.online).then_some(shown)
    })
    .await;
    let [Door { device, room, .. }] = &shown.doors[..] else {
        panic!("{shown:?}")
    };
    assert_eq!((device.as_str(), room.as_deref()), (LOCK, Some("101")));
    let wanted = petition(&page.passport, LOCK, "unlock", later(shown.at, GOOD));
    let body = serde_json::to_value(&wanted).unwrap();
    let executed: Executed = page.ask(about::UNLOCK, &body).await.unwrap();
    assert_eq!(executed.outcome, Outcome::Succeeded);
    let refused = page.ask::<Executed>(about::LOCK, &body).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("operation"));
    let trail: Trail = page
        .ask(about::DOOR_TRAIL, &json!({ "device": LOCK }))
        .await
        .unwrap();
    let facts: Vec<_> = trail
        .entries
        .iter()
        .map(|entry| entry.read().unwrap().fact)
        .collect();
    assert!(facts.iter().any(|fact| matches!(fact, Fact::Intent(intent)
        if intent.execution == wanted.execution
            && intent.actor.principal.as_str() == "front-desk-1"
            && intent.asker.as_str() == "device-proxy")));

    let kitchen = Page::open(&hotel, "kitchen-1", Role::Kitchen, None).await;
    let refused = kitchen.ask::<Doors>(about::DOORS, &json!({})).await;
    assert_eq!(refused.unwrap_err().code, Code::Forbidden);
    kitchen.close().await;
    page.close().await;
}

/// Somebody who speaks in the gateway's name to a lock.
struct Impostor<'a> {
    client: &'a Client,
    identity: Identity,
    boot: Integer,
    acks: kit::bus::Subscription,
}

impl Impostor<'_> {
    fn command(&self, operation: &str) -> Command {
        let now = Clock::system().wall();
        Command {
            v: Version,
            execution: ids::new(now),
            boot: self.boot,
            operation: operation.parse().unwrap(),
            arguments: State::default(),
            expires_at: later(now, GOOD),
            warrant: None,
        }
    }

    fn warranted(&self, signer: &Identity, challenge: &Octets<32>) -> Command {
        let command = self.command(UNLOCK);
        let (property, lock) = (&signer.spiffe.property, LOCK.parse().unwrap());
        let text = warrant_text(property, &lock, &command, challenge.as_slice(), 5_000);
        let warrant = Warrant {
            challenge: challenge.clone(),
            within_ms: 5_000,
            certificate: Octets::new(signer.chain[0].to_vec()).unwrap(),
            signature: signer.sign(&text),
        };
        Command {
            warrant: Some(warrant),
            ..command
        }
    }

    async fn say(&mut self, command: &Command) -> Ack {
        self.say_in_vain(command, Retain::No).await;
        loop {
            let delivery = next(&mut self.acks).await;
            let ack: Ack = wire::decode(&delivery.body).unwrap();
            delivery.acknowledge();
            // Nothing was said about what was said in vain before: commands arrive in order.
            assert_eq!(ack.execution, command.execution, "{ack:?}");
            if ack.status.is_final() {
                return ack;
            }
        }
    }

    /// Says something to which a lock has no answer.
    async fn say_in_vain(&self, command: &Command, retain: Retain) {
        let bus = &self.client.bus;
        let lock: DeviceId = LOCK.parse().unwrap();
        let subject = DeviceSubject::Command(command.execution);
        let topic = Topic::device(bus.property(), &lock, subject);
        bus.publish(&topic, command, retain).await.unwrap();
    }

    async fn challenge(&mut self) -> Octets<32> {
        let question = self.command(CHALLENGE);
        self.say(&question).await.challenge.unwrap()
    }
}

// iot-gateway-8.6
#[tokio::test]
async fn a_lock_believes_nothing_but_its_own_gateways_answer_to_its_own_challenge() {
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker", "hotel-sim"],
    });
    let client = hotel.client("iot-gateway").await;
    let lock: DeviceId = LOCK.parse().unwrap();
    let property = client.bus.property().clone();
    let said = |word| Filter::device(&property, Some(&lock), word);
    let mut births = client.bus.subscribe([said(DeviceWord::Birth)]).await;
    let birth: wire::device::Birth = wire::decode(&next(&mut births).await.body).unwrap();
    let acks = client.bus.subscribe([said(DeviceWord::Ack)]).await;
    let identity = |name| Identity::load(&hotel.identity_dir(name)).unwrap();
    let mut impostor = Impostor {
        client: &client,
        identity: identity("iot-gateway"),
        boot: birth.boot,
        acks,
    };
    let refused = |ack: Ack, field: &str| {
        assert_eq!(ack.status, AckStatus::Rejected);
        assert_eq!(ack.problem.unwrap().field.as_deref(), Some(field));
    };
    impostor
        .say_in_vain(&impostor.command(UNLOCK), Retain::No)
        .await;
    let made_up = Octets::new(vec![7; 32]).unwrap();
    let invented = impostor.warranted(&impostor.identity, &made_up);
    refused(impostor.say(&invented).await, "warrant.challenge");
    let challenge = impostor.challenge().await;
    let uplinks = impostor.warranted(&identity("uplink"), &challenge);
    impostor.say_in_vain(&uplinks, Retain::No).await;
    let mut altered = impostor.warranted(&impostor.identity, &challenge);
    altered.execution = ids::new(altered.expires_at);
    impostor.say_in_vain(&altered, Retain::No).await;
    let mut unsigned = impostor.warranted(&impostor.identity, &challenge);
    unsigned.warrant.as_mut().unwrap().signature = Signature([7; 64]);
    impostor.say_in_vain(&unsigned, Retain::No).await;
    let mut other_life = impostor.warranted(&impostor.identity, &challenge);
    other_life.boot = other_life.boot.next();
    impostor.say_in_vain(&other_life, Retain::No).await;
    let right = impostor.warranted(&impostor.identity, &challenge);
    assert_eq!(impostor.say(&right).await.status, AckStatus::Succeeded);
    // Again: told again, not done again. With the same challenge: refused.
    assert_eq!(impostor.say(&right).await.status, AckStatus::Succeeded);
    let second = impostor.warranted(&impostor.identity, &challenge);
    refused(impostor.say(&second).await, "warrant.challenge");
    let challenge = impostor.challenge().await;
    hotel.kill_and_wait("hotel-sim").await;
    // The retained one may come first; only a live one is of the new life.
    next(&mut births).await.acknowledge();
    let late = impostor.warranted(&impostor.identity, &challenge);
    refused(impostor.say(&late).await, "warrant.challenge");
    let moved: Vec<_> = events(&hotel).await;
    let remote = moved
        .iter()
        .filter(|event| event["data"]["source"] == "remote");
    assert_eq!(remote.count(), 1);
}

// iot-gateway-8.8, iot-gateway-9.5
#[tokio::test]
async fn a_gateway_that_is_killed_at_any_moment_opens_nothing_twice_and_leaves_a_sound_trail() {
    let scene = Scene::new(1).await;
    let mut chance = Chance::of(1);
    let mut carried = BTreeSet::new();
    for _ in seeds(4, 60) {
        let wanted = petition(&scene.desk, LOCK, "unlock", soon());
        carried.insert(wanted.execution);
        let wait = Duration::from_micros(chance.below(16_000).into());
        let told = timeout(wait, scene.try_carry(&wanted)).await;
        scene.hotel.kill_and_wait("iot-gateway").await;
        scene.locks_are_online(1).await;
        if let Ok(Ok(executed)) = told {
            assert_eq!(executed.outcome, Outcome::Succeeded);
        }
        // Whoever asks again is told how the first one ended, or that nobody knows.
        let again = scene.try_carry(&wanted).await;
        if let Ok(executed) = again {
            let known = [Outcome::Succeeded, Outcome::TimedOut];
            assert!(known.contains(&executed.outcome), "{executed:?}");
        }
    }
    let moved = scene.moved().await;
    assert!(moved.values().all(|times| *times == 1), "{moved:?}");
    assert!(moved.keys().all(|execution| carried.contains(execution)));
    let facts = scene.trail(LOCK).await;
    let intents: BTreeSet<_> = facts
        .iter()
        .filter_map(|body| match &body.fact {
            Fact::Intent(intent) => Some(intent.execution),
            Fact::Outcome(_) | Fact::Late(_) | Fact::Refused(_) | Fact::LockOperation(_) => None,
        })
        .collect();
    let short = carried.len() < 10;
    assert!(!short || moved.keys().all(|execution| intents.contains(execution)));
    let sound = scene.hotel.edgectl(&["audit", "verify"]);
    assert!(sound.contains(" 0 without an outcome"), "{sound}");
}
