use proptest::prelude::*;
use serde_json::json;
use wire::device::AckStatus;
use wire::door::{CHALLENGE, Warrant};
use wire::registry::RegisteredDevice;
use wire::{Signature, Version};

use super::*;
use crate::sim::device::{Device, Effect, Input, Memory};

fn seen(door_open: bool) -> Surroundings {
    Surroundings {
        celsius: 20.0,
        humidity_percent: 50.0,
        occupied: true,
        door_open,
        window_open: false,
        battery_percent: 80.0,
    }
}

fn id(number: u32) -> ExecutionId {
    format!("01941f29-7c00-7000-8000-{number:012}")
        .parse()
        .unwrap()
}

/// What a lock tells when its door opens or closes, in short.
fn told(lock: &mut Lock, door_open: bool) -> Option<String> {
    let Happening { data, .. } = lock.sense(&seen(door_open))?;
    let word = |name| data.0.get(name)?.as_str().map(str::to_owned);
    Some(format!("{} by {}", word("operation")?, word("source")?))
}

#[test]
fn a_lock_tells_when_its_door_opens_and_closes() {
    let mut lock = Lock::default();
    let told = [false, true, true, false].map(|door_open| told(&mut lock, door_open));
    let expected = [None, Some("unlock by card"), None, Some("lock by auto")];
    assert_eq!(told.each_ref().map(Option::as_deref), expected);
}

#[test]
fn a_bolt_that_was_drawn_back_in_vain_shuts_by_itself() {
    let mut lock = Lock::default();
    lock.unlock(id(1));
    let told = [false, false, false, false].map(|door_open| told(&mut lock, door_open));
    let expected = [None, None, Some("lock by auto"), None];
    assert_eq!(told.each_ref().map(Option::as_deref), expected);
}

/// A lock with a clock, and a gateway that it believes.
struct Scene {
    device: Device,
    at: Instant,
    chance: u8,
}

const BOOT: u32 = 3;

impl Scene {
    #[expect(clippy::disallowed_methods, reason = "any fixed moment will do")]
    fn new() -> Self {
        let registered = RegisteredDevice {
            device: "room-101-lock".parse().unwrap(),
            kind: wire::device::Kind::Lock,
            room: Some("101".to_owned()),
            capabilities: [].into(),
        };
        Self {
            device: Device::new(BOOT.into(), &registered, Memory::default()),
            at: Instant::now(),
            chance: 0,
        }
    }

    fn hear(&mut self, command: Command, change: impl FnOnce(&mut Arrival)) -> Vec<Effect> {
        self.chance += 1;
        let mut arrival = Arrival {
            retained: false,
            at: self.at,
            chance: [self.chance; CHALLENGE_MAX],
            warranted: command.warrant.is_some(),
        };
        change(&mut arrival);
        // The lock's clock of day is anywhere.
        let input = Input::Command(Box::new(command), arrival);
        self.device.handle(7_u32.into(), input)
    }

    fn challenge(&mut self) -> Octets<CHALLENGE_MAX> {
        let said = self.hear(command(CHALLENGE, id(99), None), |_| {});
        let [Effect::Ack(ack)] = &said[..] else {
            panic!("{said:?}")
        };
        assert_eq!(ack.status, AckStatus::Succeeded);
        ack.challenge.clone().unwrap()
    }

    fn unlock(&mut self, number: u32, challenge: &Octets<CHALLENGE_MAX>) -> String {
        let command = command(UNLOCK, id(number), Some(challenge));
        outcome(&self.hear(command, |_| {}))
    }

    fn is_locked(&self) -> bool {
        let Effect::Report { state, .. } =
            &self.device.clone().handle(0_u32.into(), Input::Birth)[0]
        else {
            panic!("a device reports at birth")
        };
        state.0["locked"] == json!(true)
    }
}

fn command(
    operation: &str,
    execution: ExecutionId,
    challenge: Option<&Octets<CHALLENGE_MAX>>,
) -> Command {
    Command {
        v: Version,
        execution,
        boot: BOOT.into(),
        operation: operation.parse().unwrap(),
        arguments: State::default(),
        expires_at: 1_u32.into(),
        warrant: challenge.map(|challenge| Warrant {
            challenge: challenge.clone(),
            within_ms: 4_000,
            certificate: Octets::default(),
            signature: Signature([0; 64]),
        }),
    }
}

/// The last thing that is said of a command, and the field at fault.
fn outcome(said: &[Effect]) -> String {
    let mut acks = said.iter().filter_map(|effect| match effect {
        Effect::Ack(ack) => Some(ack),
        Effect::Report { .. } | Effect::Telemetry(..) | Effect::Event(_) => None,
    });
    let ack = acks.next_back().expect("a command is answered");
    let field = ack
        .problem
        .as_ref()
        .and_then(|problem| problem.field.clone());
    format!("{:?} {}", ack.status, field.unwrap_or_default())
        .trim()
        .to_owned()
}

// iot-gateway-8.6
#[test]
fn a_lock_opens_for_its_own_challenge_once() {
    let mut scene = Scene::new();
    let challenge = scene.challenge();
    assert_eq!(scene.unlock(1, &challenge), "Succeeded");
    assert!(!scene.is_locked());
    // The same again is told again, and does nothing; another with the same challenge is refused.
    assert_eq!(scene.unlock(1, &challenge), "Succeeded");
    assert_eq!(scene.unlock(2, &challenge), "Rejected warrant.challenge");
}

// iot-gateway-8.6
#[test]
fn a_lock_ignores_what_is_forged_kept_or_for_another_life_and_refuses_what_is_late() {
    let mut scene = Scene::new();
    let challenge = scene.challenge();
    let order = || command(UNLOCK, id(1), Some(&challenge));
    assert_eq!(scene.hear(order(), |arrival| arrival.warranted = false), []);
    assert_eq!(scene.hear(order(), |arrival| arrival.retained = true), []);
    let mut other_life = order();
    other_life.boot = 2_u32.into();
    assert_eq!(scene.hear(other_life, |_| {}), []);
    let bare = command(UNLOCK, id(1), None);
    assert_eq!(scene.hear(bare, |_| {}), []);
    scene.at += Duration::from_secs(4);
    let late = scene.hear(order(), |_| {});
    assert_eq!(outcome(&late), "Rejected warrant.within_ms");
    assert!(scene.is_locked());
}

// iot-gateway-8.6
#[test]
fn a_newer_challenge_voids_the_earlier_one() {
    let mut scene = Scene::new();
    let first = scene.challenge();
    let second = scene.challenge();
    assert_eq!(scene.unlock(1, &first), "Rejected warrant.challenge");
    assert_eq!(scene.unlock(2, &second), "Succeeded");
}

#[test]
fn a_lock_does_not_shut_its_bolt_on_an_open_door() {
    let mut lock = Lock::default();
    lock.sense(&seen(true));
    assert_eq!(lock.lock(id(1)).unwrap_err().code, Code::Conflict);
    lock.sense(&seen(false));
    lock.lock(id(2)).unwrap();
}

proptest! {
    #[test]
    fn without_a_warrant_a_lock_is_unlocked_only_while_its_door_is_open(doors: Vec<bool>) {
        let mut lock = Lock::default();
        for door_open in doors {
            lock.sense(&seen(door_open));
            prop_assert_eq!(lock.state(), state([("locked", (!door_open).into())]));
        }
    }
}
