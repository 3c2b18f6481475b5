use proptest::prelude::*;

use super::Effect::{Kill, Prove, Spawn, TellErrored, TellReadyAgain, TellRunning, Terminate};
use super::Input::{Elapsed, Orphaned, Ready, Stop};
use super::*;
use crate::clock::Clock;

const WITHIN: Duration = Duration::from_secs(80);
const CRASH: Input = Input::Ended(Ended::Killed);

fn epoch() -> Instant {
    static EPOCH: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *EPOCH.get_or_init(|| Clock::manual(wire::Integer::default()).monotonic())
}

fn ended(code: u8) -> Input {
    Input::Ended(Ended::Code(code))
}

/// Plays a story; an elapsed moment comes when it is due, everything else a second later.
fn play(proven: bool, story: &[Input]) -> (Keeper, Vec<Effect>) {
    let mut keeper = Keeper::new(epoch(), WITHIN, proven);
    let (mut now, mut asked) = (epoch(), vec![]);
    for input in story {
        now = match (input, keeper.wake_at()) {
            (Elapsed, Some(due)) => due.max(now),
            _ => now + Duration::from_secs(1),
        };
        asked = keeper.handle(now, *input);
    }
    (keeper, asked)
}

#[track_caller]
fn check(story: &[Input], expected: &[Effect]) {
    assert_eq!(play(false, story).1, expected);
}

#[track_caller]
fn check_done(story: &[Input], code: u8) {
    assert_eq!(play(false, story).0.state(), State::Done(code));
}

#[test]
fn the_first_readiness_is_told_to_the_nucleus_and_later_ones_are_not() {
    check(&[Ready], &[TellRunning, Prove]);
    check(&[Ready, CRASH, Elapsed, Ready], &[TellReadyAgain, Prove]);
}

#[test]
fn a_crash_is_followed_by_a_start() {
    check(&[Ready, CRASH, Elapsed], &[Spawn]);
    check(&[CRASH, Elapsed], &[Spawn]);
    check(&[ended(1), Elapsed], &[Spawn]);
    check(&[ended(0), Elapsed], &[Spawn]);
}

#[test]
fn whoever_wants_to_start_again_after_working_rests_not_at_all() {
    let (keeper, _) = play(false, &[Ready, ended(exit::AGAIN)]);
    let State::Resting { until } = keeper.state() else {
        panic!("{:?}", keeper.state());
    };
    assert_eq!(until, epoch() + Duration::from_secs(2));
}

// greengrass-3.4
#[test]
fn what_cannot_be_helped_ends_the_start() {
    check(&[ended(exit::CONFIGURATION)], &[TellErrored]);
    check_done(&[ended(exit::CONFIGURATION)], exit::CONFIGURATION);
    check_done(&[Input::Ended(Ended::NotStarted)], exit::CONFIGURATION);
    check_done(&[ended(exit::ORPHANED)], exit::ORPHANED);
}

#[test]
fn a_stop_is_passed_on_and_enforced() {
    check(&[Ready, Stop], &[Terminate]);
    check(&[Ready, Stop, Elapsed], &[Kill]);
    check_done(&[Ready, Stop, ended(7)], exit::STOPPED);
    check_done(&[CRASH, Stop], exit::STOPPED);
    check_done(&[Ready, Orphaned, CRASH], exit::ORPHANED);
}

// greengrass-3.5
#[test]
fn a_new_version_that_is_never_ready_fails_its_start() {
    check(&[Elapsed], &[TellErrored, Terminate]);
    check_done(&[Elapsed, CRASH], exit::FAILED);
}

// greengrass-3.5
#[test]
fn a_version_that_worked_before_goes_on_trying() {
    let (keeper, asked) = play(true, &[Elapsed]);
    assert_eq!(asked, [TellRunning]);
    assert_eq!(keeper.state(), State::Running { ready: None });
}

proptest! {
    #[test]
    fn a_program_is_started_only_when_none_is_left(
        story in prop::collection::vec(
            prop_oneof![
                Just(Ready), Just(CRASH), Just(Elapsed), Just(ended(exit::AGAIN)), Just(ended(1)),
            ],
            0..60,
        ),
        proven: bool,
    ) {
        let mut keeper = Keeper::new(epoch(), WITHIN, proven);
        let (mut now, mut runs) = (epoch(), true);
        for input in story {
            now = keeper.wake_at().unwrap_or(now).max(now);
            if matches!(input, Input::Ended(_)) && !runs {
                continue;
            }
            let asked = keeper.handle(now, input);
            runs &= !matches!(input, Input::Ended(_));
            if asked.contains(&Spawn) {
                prop_assert!(!runs);
                runs = true;
            }
            if let State::Resting { until } = keeper.state() {
                prop_assert!(until <= now + REST_LONGEST);
            }
            // Without a stop only a version without proof may end.
            prop_assert!(!proven || !matches!(keeper.state(), State::Done(_)));
        }
    }
}
