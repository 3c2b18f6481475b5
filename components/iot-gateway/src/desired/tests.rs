use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

#[expect(clippy::disallowed_methods, reason = "any fixed moment will do")]
fn epoch() -> Instant {
    Instant::now()
}

fn state(value: Value) -> State {
    serde_json::from_value(value).unwrap()
}

fn target(celsius: u32) -> State {
    state(json!({ "target_celsius": celsius }))
}

fn report(seq: u32, version: u32, state: State) -> Input {
    Input::Reported(Report {
        boot: 1_u32.into(),
        seq: seq.into(),
        at: 0_u32.into(),
        version: version.into(),
        state,
    })
}

/// Plays a story, inputs with the second at which they come, and compares the deltas: second,
/// version and state.
#[track_caller]
fn check(story: impl IntoIterator<Item = (u64, Input)>, expected: &[(u64, u64, State)]) -> Shadow {
    let (epoch, mut shadow) = (epoch(), Shadow::default());
    let mut sent = Vec::new();
    for (second, input) in story {
        for effect in shadow.handle(epoch + Duration::from_secs(second), input) {
            if let Effect::Send(delta) = effect {
                sent.push((second, delta.version.value(), delta.state));
            }
        }
    }
    assert_eq!(sent, expected);
    shadow
}

// iot-gateway-4.1
#[test]
fn a_wish_is_sent_at_once_and_again_until_it_is_reported() {
    let story = [
        (0, Input::Came),
        (1, Input::Set(target(19))),
        (10, Input::Elapsed),
        (11, Input::Elapsed),
        (12, report(0, 1, target(19))),
        (22, Input::Elapsed),
    ];
    let shadow = check(story, &[(1, 1, target(19)), (11, 1, target(19))]);
    assert_eq!(shadow.wake_at(), None);
}

// iot-gateway-4.2
#[test]
fn a_wish_waits_for_a_device_that_is_away() {
    let story = [
        (0, Input::Set(target(19))),
        (60, Input::Elapsed),
        (90, Input::Came),
    ];
    check(story, &[(90, 1, target(19))]);
}

#[test]
fn a_device_that_goes_is_told_nothing() {
    let story = [
        (0, Input::Came),
        (0, Input::Went),
        (1, Input::Set(target(19))),
        (20, Input::Elapsed),
    ];
    check(story, &[]);
}

// iot-gateway-4.3
#[test]
fn a_chatty_device_hears_a_delta_every_ten_seconds_at_most() {
    let story = [
        (0, Input::Came),
        (0, Input::Set(target(19))),
        (3, report(0, 1, target(25))),
        (6, report(1, 1, target(25))),
        (10, report(2, 1, target(25))),
    ];
    check(story, &[(0, 1, target(19)), (10, 1, target(19))]);
}

#[test]
fn a_device_that_comes_back_hears_its_delta_without_waiting() {
    let story = [
        (0, Input::Came),
        (0, Input::Set(target(19))),
        (2, Input::Went),
        (3, Input::Came),
        (3, Input::Came),
    ];
    check(story, &[(0, 1, target(19)), (3, 1, target(19))]);
}

// iot-gateway-4.3
#[test]
fn an_empty_delta_goes_only_to_a_device_that_reports_a_lower_version() {
    let story = [
        (0, report(0, 0, target(19))),
        (0, Input::Came),
        (1, Input::Set(target(19))),
        (2, report(1, 1, target(19))),
        (20, Input::Came),
    ];
    check(story, &[(1, 1, State::default())]);
}

#[test]
fn a_new_wish_does_not_wait_for_the_old_one() {
    let story = [
        (0, Input::Came),
        (0, Input::Set(target(19))),
        (1, Input::Set(target(20))),
    ];
    check(story, &[(0, 1, target(19)), (1, 2, target(20))]);
}

// iot-gateway-4.5
#[test]
fn a_wish_that_changes_nothing_keeps_its_version() {
    let story = [(0, Input::Set(target(19))), (1, Input::Set(target(19)))];
    let shadow = check(story, &[]);
    assert_eq!(shadow.desired().version.value(), 1);
}

// iot-gateway-4.5
#[test]
fn a_wish_made_for_another_version_is_a_conflict() {
    let shadow = check([(0, Input::Set(target(19)))], &[]);
    assert_eq!(shadow.check_version(Some(1_u32.into())), Ok(()));
    assert_eq!(shadow.check_version(None), Ok(()));
    let refused = shadow.check_version(Some(0_u32.into())).unwrap_err();
    assert_eq!(
        (refused.code, refused.field.as_deref()),
        (Code::Conflict, Some("version"))
    );
}

// iot-gateway-4.6
#[test]
fn a_report_that_comes_late_does_not_replace_a_newer_one() {
    let story = [(0, report(5, 0, target(21))), (1, report(4, 0, target(18)))];
    let shadow = check(story, &[]);
    assert_eq!(shadow.report().unwrap().state, target(21));
}

#[test]
fn a_wish_taken_back_is_no_longer_sent() {
    let take_back = state(json!({ "target_celsius": null }));
    let story = [
        (0, Input::Set(target(19))),
        (1, Input::Set(take_back)),
        (2, report(0, 2, target(25))),
        (3, Input::Came),
    ];
    check(story, &[]);
}

#[derive(Debug, Clone)]
enum Act {
    Come,
    Go,
    Wish(u32),
    /// The device applies the last delta it heard and reports.
    Obey,
    /// Somebody turns the knob.
    Turn(u32),
    Wait(u64),
}

fn any_acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        Just(Act::Come),
        Just(Act::Go),
        (5..8_u32).prop_map(Act::Wish),
        Just(Act::Obey),
        (5..8_u32).prop_map(Act::Turn),
        (0..15_u64).prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 0..60)
}

proptest! {
    // iot-gateway-4.1, iot-gateway-4.3
    #[test]
    fn an_obedient_device_converges_and_then_hears_nothing_more(acts in any_acts()) {
        let (mut shadow, mut now) = (Shadow::default(), epoch());
        let (mut device, mut applied, mut seq) = (State::default(), 0, 0);
        let mut heard: Option<Delta> = None;
        let tail = [Act::Come, Act::Wait(20), Act::Obey, Act::Wait(20), Act::Obey];
        for act in acts.into_iter().chain(tail) {
            let mut inputs = Vec::new();
            match act {
                Act::Come => inputs.push(Input::Came),
                Act::Go => inputs.push(Input::Went),
                Act::Wish(celsius) => inputs.push(Input::Set(target(celsius))),
                Act::Wait(seconds) => {
                    now += Duration::from_secs(seconds);
                    inputs.push(Input::Elapsed);
                }
                Act::Obey => {
                    if let Some(delta) = heard.take() {
                        device.merge(&delta.state);
                        applied = applied.max(u32::try_from(delta.version.value()).unwrap());
                    }
                    inputs.push(report(seq, applied, device.clone()));
                    seq += 1;
                }
                Act::Turn(celsius) => {
                    device.merge(&target(celsius));
                    inputs.push(report(seq, applied, device.clone()));
                    seq += 1;
                }
            }
            for input in inputs {
                let version = shadow.desired().version;
                for effect in shadow.handle(now, input) {
                    if let Effect::Send(delta) = effect {
                        prop_assert!(!shadow.is_settled());
                        heard = Some(delta);
                    }
                }
                prop_assert!(version <= shadow.desired().version);
            }
        }
        prop_assert!(shadow.is_settled());
        prop_assert_eq!(shadow.wake_at(), None);
        let later = now + Duration::from_mins(1);
        prop_assert!(shadow.handle(later, Input::Elapsed).is_empty());
        prop_assert!(shadow.handle(later, Input::Came).is_empty());
    }
}
