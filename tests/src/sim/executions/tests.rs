use proptest::prelude::*;
use wire::device::State;

use super::*;

/// Executions by number.
fn execution(number: u32) -> ExecutionId {
    format!("01941f29-7c00-7000-8000-{number:012x}")
        .parse()
        .unwrap()
}

fn command(number: u32, boot: u32, expires_at: u32) -> Command {
    Command {
        v: Version,
        execution: execution(number),
        boot: boot.into(),
        operation: "identify".parse().unwrap(),
        arguments: State::default(),
        warrant: None,
        expires_at: expires_at.into(),
    }
}

/// Judges commands, given as (now, number, boot, expires at), on boot 3; compares the last verdict.
#[track_caller]
fn check(commands: &[(u32, u32, u32, u32)], expected: &Result<Verdict, Code>) {
    let mut executions = Executions::default();
    let judge = |&(now, number, boot, expires_at): &(u32, u32, u32, u32)| {
        executions.judge(now.into(), 3_u32.into(), &command(number, boot, expires_at))
    };
    let verdict = match commands.iter().map(judge).last().unwrap() {
        Verdict::Refuse(problem) => Err(problem.code),
        verdict => Ok(verdict),
    };
    assert_eq!(verdict, *expected);
}

#[test]
fn a_new_command_is_carried_out() {
    check(&[(10, 1, 3, 20)], &Ok(Verdict::Do));
}

#[test]
fn a_repeated_command_gets_the_same_answer_even_after_its_time() {
    check(&[(10, 1, 3, 20), (11, 1, 3, 20)], &Ok(Verdict::Repeat));
    check(&[(10, 1, 3, 20), (21, 1, 3, 20)], &Ok(Verdict::Repeat));
}

#[test]
fn a_late_command_is_refused() {
    check(&[(20, 1, 3, 20)], &Err(Code::Expired));
}

#[test]
fn a_command_for_another_boot_is_refused() {
    check(&[(10, 1, 2, 20)], &Err(Code::Conflict));
    check(&[(10, 1, 4, 20)], &Err(Code::Conflict));
}

#[test]
fn too_many_commands_at_once_are_refused_and_room_comes_with_time() {
    let mut crowd: Vec<_> = (0..=64).map(|number| (10, number, 3, 20)).collect();
    check(&crowd, &Err(Code::Busy));
    crowd.push((20, 65, 3, 30));
    check(&crowd, &Ok(Verdict::Do));
}

proptest! {
    #[test]
    fn an_execution_is_done_at_most_once_through_any_restarts(
        story in prop::collection::vec((0..90_u32, 0..3_u32, any::<bool>()), 1..400)
    ) {
        let mut executions = Executions::default();
        let mut done = std::collections::BTreeSet::new();
        let mut now = 0;
        for (number, passed, restart) in story {
            now += passed;
            if restart {
                let memory = serde_json::to_string(&executions).unwrap();
                executions = serde_json::from_str(&memory).unwrap();
            }
            // The gateway fixes the expiry with the execution.
            let verdict = executions.judge(now.into(), 3_u32.into(), &command(number, 3, number * 4));
            if verdict == Verdict::Do {
                prop_assert!(done.insert(number), "{number} was done twice");
            }
        }
    }
}
