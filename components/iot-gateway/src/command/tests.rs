use proptest::prelude::*;

use super::*;
use AckStatus::{Accepted, Failed, InProgress, Rejected, Succeeded};

fn sent() -> Execution {
    Execution {
        id: "01941f29-7c00-7000-8000-0123456789ab".parse().unwrap(),
        principal: "night-porter".parse().unwrap(),
        device: "room-101-lock".parse().unwrap(),
        boot: 3_u32.into(),
        operation: "identify".parse().unwrap(),
        arguments: Arguments::default(),
        expires_at: 10_000_u32.into(),
        state: State::Sent,
    }
}

fn ack(status: AckStatus) -> Input {
    Input::Ack(status, None)
}

/// Plays a story and compares how it ended, and how often.
#[track_caller]
fn check(story: &[Input], expected: &[Outcome]) -> Execution {
    let mut execution = sent();
    let ends: Vec<_> = story
        .iter()
        .filter_map(|input| match execution.handle(input.clone())? {
            Effect::Ended(executed) => Some(executed.outcome),
            Effect::Advanced | Effect::Late(_) => None,
        })
        .collect();
    assert_eq!(ends, expected);
    execution
}

#[test]
fn a_command_goes_through_its_steps_to_success() {
    let story = [ack(Accepted), ack(InProgress), ack(Succeeded)];
    check(&story, &[Outcome::Succeeded]);
}

#[test]
fn a_final_word_needs_no_steps_before_it() {
    check(&[ack(Rejected)], &[Outcome::Rejected]);
    check(&[ack(Failed)], &[Outcome::Failed]);
}

// iot-gateway-5.1
#[test]
fn without_a_final_word_in_time_the_outcome_is_unknown() {
    check(&[Input::Expired], &[Outcome::TimedOut]);
    check(
        &[ack(Accepted), ack(InProgress), Input::Expired],
        &[Outcome::TimedOut],
    );
}

// iot-gateway-5.3
#[test]
fn a_late_word_is_noted_and_changes_nothing() {
    let story = [Input::Expired, ack(Accepted), ack(Succeeded), ack(Failed)];
    let execution = check(&story, &[Outcome::TimedOut]);
    let late = Some(Outcome::Succeeded);
    assert_eq!(execution.state, State::TimedOut { late });
}

#[test]
fn a_step_never_goes_back() {
    let execution = check(&[ack(InProgress), ack(Accepted)], &[]);
    assert_eq!(execution.state, State::InProgress);
}

fn any_input() -> impl Strategy<Value = Input> {
    let status = prop::sample::select(vec![Accepted, InProgress, Succeeded, Failed, Rejected]);
    prop_oneof![4 => status.prop_map(ack), 1 => Just(Input::Expired)]
}

proptest! {
    // iot-gateway-5.3
    #[test]
    fn a_command_ends_exactly_once(story in prop::collection::vec(any_input(), 0..20)) {
        let mut execution = sent();
        let mut ends = 0;
        for input in story.into_iter().chain([Input::Expired]) {
            match execution.handle(input) {
                Some(Effect::Ended(_)) => ends += 1,
                Some(Effect::Advanced) => prop_assert_eq!(ends, 0),
                Some(Effect::Late(_)) => prop_assert_eq!(ends, 1),
                None => {}
            }
            prop_assert_eq!(execution.is_open(), ends == 0);
        }
        prop_assert_eq!(ends, 1);
    }
}
