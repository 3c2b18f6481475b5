use proptest::collection::vec;
use proptest::prelude::*;
use wire::gateway::Outcome::{Failed, Rejected, Succeeded, TimedOut};

use super::*;

fn turn() -> Turn {
    Turn {
        execution: "01941f29-7c00-7000-8000-0123456789ab".parse().unwrap(),
        asker: "device-proxy".parse().unwrap(),
        actor: "front-desk-1".parse().unwrap(),
        device: "room-101-lock".parse().unwrap(),
        room: Some("101".to_owned()),
        operation: "unlock".parse().unwrap(),
        arguments: Arguments::default(),
        boot: 1_u32.into(),
        at: 1_u32.into(),
        expires_at: 2_u32.into(),
        state: State::Asking,
    }
}

fn challenge(octets: usize, within_ms: u64) -> Input {
    Input::Challenge {
        challenge: Octets::new(vec![7; octets]).unwrap(),
        within: Duration::from_millis(within_ms),
    }
}

fn ack(status: AckStatus) -> Input {
    Input::Ack(status, None)
}

/// Compares what comes of a row of inputs, in short.
#[track_caller]
fn check(inputs: impl IntoIterator<Item = Input>, expected: &[&str]) {
    let mut turn = turn();
    let happened = inputs.into_iter().filter_map(|input| turn.handle(input));
    let told: Vec<_> = happened.map(|happened| short_of(&happened.step)).collect();
    assert_eq!(told, expected);
}

fn short_of(step: &Step) -> String {
    match step {
        Step::Send(Saying::Turn { within_ms, .. }) => format!("send {within_ms}"),
        Step::Send(other) => panic!("{other:?}"),
        Step::Ended(executed) => format!("{:?}", executed.outcome),
        Step::Late(outcome) => format!("late {outcome:?}"),
    }
}

// iot-gateway-8.5
#[test]
fn a_bolt_is_turned_by_the_locks_own_challenge() {
    check(
        [
            challenge(32, 6_500),
            ack(AckStatus::Accepted),
            ack(AckStatus::Succeeded),
        ],
        &["send 6500", "Succeeded"],
    );
    check(
        [challenge(16, 1), ack(AckStatus::Rejected)],
        &["send 1", "Rejected"],
    );
}

// iot-gateway-8.7
#[test]
fn without_a_challenge_nothing_was_sent_and_that_is_said() {
    check([Input::Expired], &["Failed"]);
    check([Input::NoChallenge(None)], &["Failed"]);
    check([challenge(15, 6_500)], &["Failed"]);
    check([challenge(32, 0)], &["Failed"]);
}

// iot-gateway-8.7
#[test]
fn a_silent_lock_leaves_the_outcome_unknown_and_its_late_word_is_kept() {
    check(
        [
            challenge(32, 10),
            Input::Expired,
            ack(AckStatus::Succeeded),
            ack(AckStatus::Failed),
        ],
        &["send 10", "TimedOut", "late Succeeded"],
    );
}

#[test]
fn what_a_lock_says_is_kept_in_bounded_length() {
    let mut turn = turn();
    turn.handle(challenge(32, 10));
    let problem = Problem::new(Code::Internal, "x".repeat(100_000)).at("y".repeat(100_000));
    let happened = turn
        .handle(Input::Ack(AckStatus::Failed, Some(problem)))
        .unwrap();
    let fact = happened.turn.fact(&happened.step).unwrap();
    assert!(wire::encode(&fact).len() < 1_000);
}

fn any_input() -> impl Strategy<Value = Input> {
    let status = prop_oneof![
        Just(AckStatus::Accepted),
        Just(AckStatus::InProgress),
        Just(AckStatus::Succeeded),
        Just(AckStatus::Failed),
        Just(AckStatus::Rejected),
    ];
    prop_oneof![
        status.prop_map(ack),
        (10..=32_usize, 0..100_u64).prop_map(|(octets, ms)| challenge(octets, ms)),
        Just(Input::NoChallenge(None)),
        Just(Input::Expired),
    ]
}

proptest! {
    // iot-gateway-8.5
    #[test]
    fn a_command_is_sent_at_most_once_and_an_end_comes_at_most_once(inputs in vec(any_input(), 0..12)) {
        let mut turn = turn();
        let steps: Vec<_> = inputs.into_iter().filter_map(|input| turn.handle(input)).collect();
        let sent = steps.iter().filter(|it| matches!(it.step, Step::Send(_))).count();
        let ends: Vec<_> = steps
            .iter()
            .filter_map(|it| match &it.step {
                Step::Ended(executed) => Some(executed.outcome),
                Step::Send(_) | Step::Late(_) => None,
            })
            .collect();
        prop_assert!(sent <= 1 && ends.len() <= 1);
        prop_assert_eq!(ends.is_empty(), turn.is_open());
        // What was never sent is never unknown, and never done.
        if sent == 0 {
            prop_assert!(ends.iter().all(|end| *end == Failed));
        }
        prop_assert!(ends.iter().all(|end| [Succeeded, Failed, Rejected, TimedOut].contains(end)));
    }
}
