use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use wire::audit::Ended;
use wire::credential::{Role, Standing};
use wire::door::CHALLENGE;
use wire::gateway::{Executed, Outcome};
use wire::{Octets, PublicKey, Sha256, Signature};

use super::*;
use crate::doors::policy::{Day, LocalTime};
use crate::doors::turn::{Happened, Step};
use crate::doors::wish::What;
use crate::effect::{Asker, Saying};
use crate::person::{People, Person};

/// All doors of a hotel, with a clock.
struct Scene {
    doors: Doors,
    now: Moment,
    asked: u32,
}

fn id(number: u32) -> ExecutionId {
    format!("01941f29-7c00-7000-8000-{number:012}")
        .parse()
        .unwrap()
}

fn policy() -> Policy {
    let rows = json!([{
        "operations": ["unlock", "lock"], "roles": ["front-desk", "manager"], "rooms": ["*"],
    }]);
    serde_json::from_value(rows).unwrap()
}

fn person(name: &str, role: Role) -> Person {
    let (key, signature) = (PublicKey([4; 65]), Signature([7; 64]));
    Person::vouched(name.parse().unwrap(), Standing::Role(role), key, signature)
}

fn ack(execution: ExecutionId, status: AckStatus, challenge: bool) -> Ack {
    Ack {
        v: wire::Version,
        execution,
        status,
        problem: None,
        challenge: challenge.then(|| Octets::new(vec![7; 32]).unwrap()),
    }
}

#[expect(clippy::disallowed_methods, reason = "any fixed moment will do")]
fn start() -> Moment {
    Moment {
        wall: 100_000_000_u32.into(),
        monotonic: Instant::now(),
    }
}

impl Scene {
    fn new() -> Self {
        let (doors, ended) = Doors::resume(start(), policy(), vec![]);
        assert_eq!(ended, []);
        Self {
            doors,
            now: start(),
            asked: 0,
        }
    }

    fn pass(&mut self, by: Duration) {
        self.now.monotonic += by;
        let wall = self.now.wall.value() + u64::try_from(by.as_millis()).unwrap();
        self.now.wall = Integer::new(wall).unwrap();
    }

    /// A petition of the front desk for a room; the question for a challenge has its number and 500.
    fn wish(&mut self, room: u32) -> Wish {
        self.asked += 1;
        let expires_at = Integer::new(self.now.wall.value() + 15_000).unwrap();
        Wish {
            asker: Asker {
                principal: "device-proxy".parse().unwrap(),
                id: id(self.asked).to_string().parse().unwrap(),
            },
            deadline: expires_at,
            what: What {
                execution: id(self.asked),
                device: format!("room-{room}-lock").parse().unwrap(),
                operation: UNLOCK.parse().unwrap(),
                arguments: wire::device::State::default(),
                expires_at,
            },
            request: Sha256([7; 32]),
            people: Ok(People {
                actor: person("front-desk-1", Role::FrontDesk),
                approver: None,
            }),
            is_repeated: false,
            challenge: id(self.asked + 500),
            local: LocalTime {
                day: Day::Mon,
                minute: 0,
            },
        }
    }

    fn feed(&mut self, wish: &Wish) -> Answer {
        let room = wish
            .what
            .device
            .as_str()
            .trim_matches(|letter: char| !letter.is_ascii_digit());
        let lock = Lock {
            kind: Kind::Lock,
            room: Some(room.to_owned()),
            boot: Some(3_u32.into()),
        };
        self.doors.wish(self.now, Some(lock), false, wish)
    }

    fn hear(&mut self, room: u32, ack: &Ack) -> Option<Happened> {
        let device = format!("room-{room}-lock").parse().unwrap();
        self.doors.acknowledge(self.now, &device, ack).flatten()
    }

    /// Turns a bolt from beginning to end.
    fn turn(&mut self, room: u32) {
        let wish = self.wish(room);
        let (execution, question) = (wish.what.execution, wish.challenge);
        assert!(matches!(self.feed(&wish), Answer::Later(_)));
        let sent = self.hear(room, &ack(question, AckStatus::Succeeded, true));
        assert!(matches!(sent.unwrap().step, Step::Send(_)));
        let ended = self.hear(room, &ack(execution, AckStatus::Succeeded, false));
        assert!(matches!(ended.unwrap().step, Step::Ended(_)));
    }

    /// Compares why a wish is refused.
    #[track_caller]
    fn check(&mut self, wish: &Wish, code: Code, field: Option<&str>) {
        match self.feed(wish) {
            Answer::Later(effects) => panic!("{effects:?}"),
            Answer::No(problem, effects) => {
                assert_eq!(
                    (problem.code, problem.field.as_deref()),
                    (code, field),
                    "{problem}"
                );
                let is_written = |effect: &Effect| {
                    matches!(effect, Effect::Store(Change::Audit(_, Fact::Refused(_))))
                };
                assert!(effects.iter().any(is_written), "{effects:?}");
            }
        }
    }
}

// iot-gateway-8.4
#[test]
fn the_intent_is_kept_before_the_lock_is_asked() {
    let mut scene = Scene::new();
    let wish = scene.wish(101);
    let Answer::Later(effects) = scene.feed(&wish) else {
        panic!("it may")
    };
    let [
        Effect::Store(Change::Turn(turn)),
        Effect::Store(Change::Audit(_, Fact::Intent(intent))),
        Effect::Say(Saying::Command(_, command)),
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!(intent.actor.principal.as_str(), "front-desk-1");
    assert_eq!(turn.execution, intent.execution);
    assert_eq!(command.operation.as_str(), CHALLENGE);
    assert_ne!(command.execution, intent.execution);
}

// greengrass-5.2
#[test]
fn a_turn_is_in_flight_from_the_question_to_its_end() {
    let mut scene = Scene::new();
    assert_eq!(scene.doors.in_flight(), 0);
    let wish = scene.wish(101);
    assert!(matches!(scene.feed(&wish), Answer::Later(_)));
    assert_eq!(scene.doors.in_flight(), 1);
    scene.hear(101, &ack(wish.challenge, AckStatus::Succeeded, true));
    assert_eq!(scene.doors.in_flight(), 1);
    let execution = wish.what.execution;
    scene.hear(101, &ack(execution, AckStatus::Succeeded, false));
    assert_eq!(scene.doors.in_flight(), 0);
}

// iot-gateway-8.4
#[test]
fn a_petition_is_begun_once() {
    let mut scene = Scene::new();
    let wish = scene.wish(101);
    assert!(matches!(scene.feed(&wish), Answer::Later(effects) if effects.len() == 3));
    // While it is under way whoever asks again waits with it.
    assert_eq!(scene.feed(&wish), Answer::Later(vec![]));
    let mut foreign = wish.clone();
    foreign.asker.principal = "edgectl".parse().unwrap();
    scene.check(&foreign, Code::Conflict, Some("execution"));
    scene.pass(LONGEST);
    scene.doors.expire(scene.now.monotonic);
    let mut fresh = wish.clone();
    fresh.deadline = Integer::new(fresh.deadline.value() + 60_000).unwrap();
    scene.check(&fresh, Code::Conflict, Some("execution"));
    let mut known = scene.wish(102);
    known.is_repeated = true;
    scene.check(&known, Code::Conflict, Some("execution"));
    let mut renamed = scene.wish(102);
    renamed.asker.id = id(77).to_string().parse().unwrap();
    scene.check(&renamed, Code::Invalid, Some("execution"));
}

// iot-gateway-8.5
#[test]
fn what_is_left_is_counted_from_the_locks_challenge() {
    let mut scene = Scene::new();
    let wish = scene.wish(101);
    let question = wish.challenge;
    scene.feed(&wish);
    scene.pass(Duration::from_millis(1_500));
    let happened = scene
        .hear(101, &ack(question, AckStatus::Succeeded, true))
        .unwrap();
    let Step::Send(Saying::Turn { within_ms, .. }) = happened.step else {
        panic!("{happened:?}")
    };
    assert_eq!(within_ms, 5_500);
    // Its answer comes again: nothing is sent again, and it is not taken for the command's.
    assert_eq!(
        scene.hear(101, &ack(question, AckStatus::Succeeded, true)),
        None
    );
    assert!(!scene.doors.expire(scene.now.monotonic + LONGEST).is_empty());
}

// iot-gateway-8.6
#[test]
fn another_lock_can_say_nothing_about_a_turn() {
    let mut scene = Scene::new();
    let wish = scene.wish(101);
    let (question, execution) = (wish.challenge, wish.what.execution);
    scene.feed(&wish);
    assert_eq!(
        scene.hear(102, &ack(question, AckStatus::Succeeded, true)),
        None
    );
    assert_eq!(
        scene.hear(102, &ack(execution, AckStatus::Succeeded, false)),
        None
    );
    // Nor can the lock itself say that it is done before anything was sent.
    assert_eq!(
        scene.hear(101, &ack(execution, AckStatus::Succeeded, false)),
        None
    );
}

// iot-gateway-8.8
#[test]
fn what_was_under_way_at_a_kill_is_unknown_and_never_sent_again() {
    let mut scene = Scene::new();
    let wish = scene.wish(101);
    let Answer::Later(effects) = scene.feed(&wish) else {
        panic!("it may")
    };
    let turns = effects.into_iter().filter_map(|effect| match effect {
        Effect::Store(Change::Turn(turn)) => Some(turn),
        Effect::Store(_) | Effect::Say(_) | Effect::Note(_) => None,
    });
    let (doors, ended) = Doors::resume(scene.now, policy(), turns.collect());
    let [happened] = &ended[..] else {
        panic!("{ended:?}")
    };
    let Step::Ended(Executed { outcome, .. }) = &happened.step else {
        panic!("{happened:?}")
    };
    assert_eq!(*outcome, Outcome::TimedOut);
    let fact = happened.turn.fact(&happened.step);
    assert!(matches!(
        fact,
        Some(Fact::Outcome(Ended {
            outcome: Outcome::TimedOut,
            ..
        }))
    ));
    assert_eq!(doors.wake_at(), None);
}

// iot-gateway-8.9
#[test]
fn more_than_five_rooms_in_ten_minutes_take_somebody_else() {
    let mut scene = Scene::new();
    (101..=105).for_each(|room| scene.turn(room));
    (101..=105).for_each(|room| scene.turn(room));
    let sixth = scene.wish(106);
    scene.check(&sixth, Code::Forbidden, Some("approver"));
    let approved = |scene: &mut Scene, approver| {
        let mut wish = scene.wish(106);
        wish.people.as_mut().unwrap().approver = Some(approver);
        wish
    };
    let own = approved(&mut scene, person("front-desk-1", Role::Manager));
    scene.check(&own, Code::Forbidden, Some("approver"));
    let maid = approved(&mut scene, person("maid-1", Role::Housekeeping));
    scene.check(&maid, Code::Forbidden, Some("approver"));
    let manager = approved(&mut scene, person("manager-1", Role::Manager));
    assert!(matches!(scene.feed(&manager), Answer::Later(_)));
    // Shutting bolts takes nobody else, and ten minutes later opening does not either.
    let mut shut = scene.wish(107);
    shut.what.operation = LOCK.parse().unwrap();
    assert!(matches!(scene.feed(&shut), Answer::Later(_)));
    scene.pass(MASS_WINDOW);
    scene.doors.expire(scene.now.monotonic);
    scene.turn(108);
}

// iot-gateway-8.9
#[test]
fn a_restart_does_not_forget_which_rooms_somebody_opened() {
    let mut scene = Scene::new();
    let mut kept = Vec::new();
    for room in 101..=105 {
        scene.turn(room);
        kept.extend(scene.doors.turns.values().map(|timed| timed.turn.clone()));
    }
    scene.doors = Doors::resume(scene.now, policy(), kept).0;
    let sixth = scene.wish(106);
    scene.check(&sixth, Code::Forbidden, Some("approver"));
}

// iot-gateway-8.12
#[test]
fn one_bolt_is_turned_by_one_at_a_time_and_nothing_without_room_for_the_trail() {
    let mut scene = Scene::new();
    let first = scene.wish(101);
    scene.feed(&first);
    let second = scene.wish(101);
    scene.check(&second, Code::Busy, None);
    let other = scene.wish(102);
    let lock = Lock {
        kind: Kind::Lock,
        room: None,
        boot: Some(3_u32.into()),
    };
    let full = scene
        .doors
        .wish(scene.now, Some(lock.clone()), true, &other);
    assert!(matches!(full, Answer::No(problem, _) if problem.code == Code::StorageFull));
    let offline = Lock { boot: None, ..lock };
    let answer = scene.doors.wish(scene.now, Some(offline), false, &other);
    assert!(matches!(answer, Answer::No(problem, _) if problem.code == Code::Unavailable));
    let unknown = scene.doors.wish(scene.now, None, false, &other);
    assert!(matches!(unknown, Answer::No(problem, _) if problem.code == Code::NotFound));
}

// iot-gateway-9.5
#[test]
fn a_flood_of_refusals_is_counted_and_does_not_fill_the_trail() {
    let mut scene = Scene::new();
    let mut written = 0;
    for _ in 0..REFUSALS_MAX * 3 {
        let mut wish = scene.wish(101);
        wish.people = Err(Problem::new(Code::Forbidden, "not signed"));
        let Answer::No(problem, effects) = scene.feed(&wish) else {
            panic!("nobody answers for it")
        };
        let is_written = effects.iter().any(|it| matches!(it, Effect::Store(_)));
        written += u32::from(is_written);
        assert_eq!(problem.code == Code::Busy, !is_written);
    }
    assert_eq!(written, REFUSALS_MAX);
    scene.pass(MINUTE);
    let mut wish = scene.wish(101);
    wish.people = Err(Problem::new(Code::Forbidden, "not signed"));
    scene.check(&wish, Code::Forbidden, None);
}

proptest! {
    // iot-gateway-8.5
    #[test]
    fn a_petition_is_good_for_a_minute_at_most_and_never_longer_than_it_says(
        skew in -100_000_i64..100_000, waits in vec(0..4_000_u64, 0..3),
    ) {
        let mut scene = Scene::new();
        let mut wish = scene.wish(101);
        let expires_at = wish.what.expires_at.value().saturating_add_signed(skew);
        wish.what.expires_at = Integer::new(expires_at).unwrap();
        wish.deadline = Integer::new(expires_at + 100_000).unwrap();
        let question = wish.challenge;
        let left = expires_at.saturating_sub(scene.now.wall.value());
        let begun = matches!(scene.feed(&wish), Answer::Later(_));
        prop_assert_eq!(begun, (1..=60_000).contains(&left));
        let mut passed = 0;
        for wait in waits {
            passed += wait;
            scene.pass(Duration::from_millis(wait));
        }
        if let Some(happened) = scene.hear(101, &ack(question, AckStatus::Succeeded, true))
            && let Step::Send(Saying::Turn { within_ms, .. }) = happened.step
        {
            prop_assert!(passed + u64::from(within_ms) <= left.min(7_000));
        }
    }
}
