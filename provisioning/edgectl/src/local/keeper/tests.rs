use super::*;
use Effect::{Kill, Spawn, Terminate, WakeAt};
use Input::{Elapsed, Ended, Ready, Stop};

const STARTUP: Duration = Duration::from_secs(30);

fn epoch() -> Instant {
    kit::clock::Clock::manual(wire::Integer::default()).monotonic()
}

/// Plays a story, each input one second after the other, and compares what the last one asked for.
#[track_caller]
fn check(story: &[Input], expected: &[Effect]) {
    let (mut keeper, mut asked) = Keeper::new(epoch(), STARTUP);
    for (input, second) in story.iter().zip(1..) {
        asked = keeper.handle(at(second), *input);
    }
    assert_eq!(asked, expected);
}

fn at(second: u64) -> Instant {
    epoch_once() + Duration::from_secs(second)
}

/// One moment for a whole test run; comparisons are relative to it.
fn epoch_once() -> Instant {
    static EPOCH: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *EPOCH.get_or_init(epoch)
}

/// How long it rests after the last of `failures` ended starts.
fn rest_after(failures: usize, up: Duration) -> Duration {
    let (mut keeper, _) = Keeper::new(epoch_once(), STARTUP);
    let mut rest = Duration::ZERO;
    for _ in 0..failures {
        keeper.handle(epoch_once(), Ready);
        let ended = epoch_once() + up;
        match keeper.handle(ended, Ended)[..] {
            [WakeAt(moment)] => rest = moment - ended,
            ref other => panic!("{other:?}"),
        }
        keeper.handle(ended, Elapsed);
    }
    rest
}

#[test]
fn a_process_is_started_at_once_and_must_be_ready_in_time() {
    let (_, asked) = Keeper::new(epoch_once(), STARTUP);
    assert_eq!(asked, [WakeAt(epoch_once() + STARTUP), Spawn]);
}

#[test]
fn a_process_that_is_not_ready_in_time_is_ended() {
    check(&[Elapsed], &[Terminate, WakeAt(at(1) + GRACE)]);
}

#[test]
fn a_process_that_does_not_end_is_killed() {
    check(&[Elapsed, Elapsed], &[Kill]);
    check(&[Ready, Stop, Elapsed], &[Kill]);
}

#[test]
fn a_ready_process_is_not_ended_by_its_startup_time() {
    check(&[Ready, Elapsed], &[]);
}

#[test]
fn a_process_that_ended_is_started_again_after_its_rest() {
    check(&[Ready, Ended, Elapsed], &[WakeAt(at(3) + STARTUP), Spawn]);
}

#[test]
fn a_stopped_process_is_not_started_again() {
    check(&[Ready, Stop, Ended], &[]);
    check(&[Ready, Ended, Stop, Elapsed], &[]);
}

#[test]
fn each_unasked_end_counts_as_a_restart() {
    let (mut keeper, _) = Keeper::new(epoch_once(), STARTUP);
    for input in [Ended, Elapsed, Ready, Ended, Elapsed, Stop, Ended] {
        keeper.handle(at(1), input);
    }
    assert_eq!((keeper.restarts(), keeper.state()), (2, State::Stopped));
}

#[test]
fn rests_grow_to_ten_seconds_and_no_further() {
    assert!(rest_after(1, Duration::ZERO) <= REST_FIRST);
    assert!(rest_after(40, Duration::ZERO) <= REST_LONGEST);
}

#[test]
fn a_minute_of_health_forgets_earlier_failures() {
    assert!(rest_after(40, HEALTHY) <= REST_FIRST);
}
