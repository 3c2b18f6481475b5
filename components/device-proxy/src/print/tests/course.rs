//! The course of a job.

use super::*;

// device-proxy-2.1, device-proxy-2.2
#[test]
fn a_job_is_done_when_the_printer_has_proved_it_and_not_before() {
    let mut rig = Rig::ready("ask");
    rig.submit(submit(1, "kitchen")).unwrap();
    rig.check(1, &JobState::Dispatching);
    let order = rig.printing();
    assert_eq!((order.printer.as_str(), order.marked), ("pass", false));
    rig.hear("pass", LinkEvent::Begun(order.token));
    rig.check(1, &JobState::Printing);
    rig.hear("pass", LinkEvent::Proved((*b"none").into()));
    rig.check(1, &JobState::Printing);
    rig.hear("pass", LinkEvent::Proved(order.token));
    rig.check(1, &JobState::Done);
    let told: Vec<_> = rig.told.iter().map(|job| job.state.clone()).collect();
    assert_eq!(
        told,
        [JobState::Dispatching, JobState::Printing, JobState::Done]
    );
}

// device-proxy-2.1
#[test]
fn an_attempt_is_on_the_disk_with_its_token_before_it_is_handed_to_the_printer() {
    let mut rig = Rig::ready("ask");
    let new = submit(1, "kitchen");
    let content = digest(&new);
    let admitted = rig.spooler.admit(rig.now, &pos(), new, content, 1).unwrap();
    let Admission::New(entry) = admitted else {
        panic!("it is new");
    };
    let effects = rig.spooler.accept(rig.now, *entry);
    let kept = effects.iter().rposition(|effect| match effect {
        Effect::Keep(entry) => entry.open_attempt().is_some(),
        _ => false,
    });
    let printed = effects
        .iter()
        .position(|effect| matches!(effect, Effect::Print(_)));
    assert!(kept.unwrap() < printed.unwrap(), "{effects:?}");
}

// device-proxy-2.3
#[test]
fn jobs_wait_for_what_keeps_their_printer_and_go_on_by_themselves() {
    for reason in [Held::Paper, Held::Cover, Held::Offline, Held::Error] {
        let mut rig = Rig::new("ask");
        rig.submit(submit(1, "bar")).unwrap();
        rig.check(1, &JobState::Accepted);
        rig.hear("bar", LinkEvent::Is(held(reason)));
        rig.check(1, &JobState::Held { reason });
        assert_eq!(rig.prints, []);
        rig.hear("bar", LinkEvent::Is(READY));
        rig.check(1, &JobState::Dispatching);
    }
}

// device-proxy-2.4
#[test]
fn a_printer_has_one_attempt_at_a_time_in_the_order_of_acceptance() {
    let mut rig = Rig::ready("ask");
    for number in 1..=3 {
        rig.submit(submit(number, "bar")).unwrap();
    }
    let reason = Held::Queue;
    rig.check(2, &JobState::Held { reason });
    for number in 1..=3 {
        let order = rig.printing();
        rig.check(number, &JobState::Dispatching);
        rig.hear("bar", LinkEvent::Begun(order.token));
        rig.hear("bar", LinkEvent::Proved(order.token));
        rig.check(number, &JobState::Done);
    }
}

// device-proxy-2.5
#[test]
fn an_attempt_that_ends_before_its_first_byte_is_made_again_without_a_mark() {
    let mut rig = Rig::ready("ask");
    rig.submit(submit(1, "bar")).unwrap();
    let order = rig.printing();
    rig.hear("bar", LinkEvent::Is(held(Held::Offline)));
    rig.hear("bar", LinkEvent::Untouched(order.token));
    let reason = Held::Offline;
    rig.check(1, &JobState::Held { reason });
    rig.hear("bar", LinkEvent::Is(READY));
    let again = rig.printing();
    assert!(!again.marked && again.token != order.token);
    assert_eq!(rig.spooler.job(&pos(), &of(1)).unwrap().attempts, 2);
}

// device-proxy-3.1, device-proxy-3.2
#[test]
fn without_proof_after_a_byte_the_route_says_what_becomes_of_it() {
    let lost = |unconfirmed| {
        let mut rig = Rig::ready(unconfirmed);
        rig.submit(submit(1, "bar")).unwrap();
        let order = rig.printing();
        rig.hear("bar", LinkEvent::Begun(order.token));
        rig.hear("bar", LinkEvent::Is(held(Held::Offline)));
        rig.hear("bar", LinkEvent::Lost(order.token));
        rig.hear("bar", LinkEvent::Is(READY));
        rig
    };
    let mut rig = lost("ask");
    rig.check(1, &JobState::Unconfirmed);
    assert_eq!(rig.prints, []);
    rig = lost("reprint-marked");
    assert!(rig.printing().marked);
    assert!(rig.spooler.job(&pos(), &of(1)).unwrap().marked);
    rig = lost("drop");
    assert!(matches!(rig.state(1), JobState::Failed { problem } if problem.code == Code::TimedOut));
    assert_eq!(rig.prints, []);
}

// device-proxy-3.2
#[test]
fn nothing_is_reprinted_for_ever() {
    let mut rig = Rig::ready("reprint-marked");
    rig.submit(submit(1, "bar")).unwrap();
    for _ in 0..=REPRINTS_MAX {
        let order = rig.printing();
        rig.hear("bar", LinkEvent::Begun(order.token));
        rig.hear("bar", LinkEvent::Lost(order.token));
    }
    rig.check(1, &JobState::Unconfirmed);
}

// device-proxy-3.3
#[test]
fn a_late_proof_on_the_same_link_lands() {
    let mut rig = Rig::ready("reprint-marked");
    rig.submit(submit(1, "bar")).unwrap();
    rig.submit(submit(2, "bar")).unwrap();
    let order = rig.printing();
    rig.hear("bar", LinkEvent::Begun(order.token));
    rig.hear("bar", LinkEvent::Overdue(order.token));
    rig.check(1, &JobState::Unconfirmed);
    let reason = Held::Unconfirmed;
    rig.check(2, &JobState::Held { reason });
    assert_eq!(rig.prints, []);
    rig.hear("bar", LinkEvent::Proved(order.token));
    rig.check(1, &JobState::Done);
    rig.check(2, &JobState::Dispatching);
}

// device-proxy-3.4
#[test]
fn an_unconfirmed_job_keeps_others_no_longer_than_its_link_is_open() {
    let mut rig = Rig::ready("ask");
    rig.submit(submit(1, "bar")).unwrap();
    rig.submit(submit(2, "bar")).unwrap();
    let order = rig.printing();
    rig.hear("bar", LinkEvent::Begun(order.token));
    rig.hear("bar", LinkEvent::Overdue(order.token));
    rig.hear("bar", LinkEvent::Lost(order.token));
    rig.check(1, &JobState::Unconfirmed);
    rig.check(2, &JobState::Dispatching);
}

// device-proxy-3.5
#[test]
fn somebody_decides_what_may_have_printed() {
    let decided = |decision| {
        let mut rig = Rig::ready("ask");
        rig.submit(submit(1, "bar")).unwrap();
        let undecidable = rig
            .spooler
            .resolve(rig.now, &pos(), &of(1), decision)
            .unwrap_err();
        assert_eq!(undecidable.code, Code::Conflict);
        let order = rig.printing();
        rig.hear("bar", LinkEvent::Begun(order.token));
        rig.hear("bar", LinkEvent::Lost(order.token));
        let effects = rig.spooler.resolve(rig.now, &pos(), &of(1), decision);
        rig.carry_out(effects.unwrap());
        rig
    };
    decided(Decision::Printed).check(1, &JobState::Done);
    assert!(matches!(
        decided(Decision::Drop).state(1),
        JobState::Failed { .. }
    ));
    assert!(decided(Decision::Reprint).printing().marked);
}

// device-proxy-3.6
#[test]
fn an_attempt_without_an_outcome_on_the_disk_may_have_printed() {
    let mut rig = Rig::ready("ask");
    rig.submit(submit(1, "bar")).unwrap();
    rig.restart();
    rig.check(1, &JobState::Unconfirmed);
    let mut rig = Rig::ready("reprint-marked");
    rig.submit(submit(1, "bar")).unwrap();
    rig.restart();
    rig.hear("bar", LinkEvent::Is(READY));
    assert!(rig.printing().marked);
}

// device-proxy-2.6
#[test]
fn another_printer_stands_in_only_when_the_usual_is_held_for_long() {
    let mut rig = Rig::ready("reprint-marked");
    rig.hear("pass", LinkEvent::Is(held(Held::Paper)));
    rig.submit(submit(1, "kitchen")).unwrap();
    rig.wait(FALLBACK_AFTER_MS - 1);
    assert_eq!(rig.prints, []);
    rig.wait(1);
    assert_eq!(rig.printing().printer, word("bar"));
}

// device-proxy-2.6
#[test]
fn what_may_lie_on_one_printer_is_not_printed_on_another() {
    let mut rig = Rig::ready("reprint-marked");
    rig.submit(submit(1, "kitchen")).unwrap();
    let order = rig.printing();
    rig.hear("pass", LinkEvent::Begun(order.token));
    rig.hear("pass", LinkEvent::Is(held(Held::Offline)));
    rig.hear("pass", LinkEvent::Lost(order.token));
    rig.wait(10 * FALLBACK_AFTER_MS);
    assert_eq!(rig.prints, []);
    rig.hear("pass", LinkEvent::Is(READY));
    let again = rig.printing();
    assert_eq!((again.printer, again.marked), (word("pass"), true));
}

// device-proxy-2.7
#[test]
fn each_copy_is_proved_by_itself() {
    let mut rig = Rig::ready("ask");
    let copies = 3;
    rig.submit(Submit {
        copies,
        ..submit(1, "bar")
    })
    .unwrap();
    for _ in 0..copies {
        rig.check(1, &JobState::Dispatching);
        let order = rig.printing();
        rig.hear("bar", LinkEvent::Begun(order.token));
        rig.hear("bar", LinkEvent::Proved(order.token));
    }
    rig.check(1, &JobState::Done);
}

// device-proxy-2.8
#[test]
fn a_job_expires_while_nothing_of_it_was_sent() {
    let mut rig = Rig::new("ask");
    rig.submit(submit(1, "bar")).unwrap();
    rig.wait(59_999);
    rig.check(1, &JobState::Accepted);
    rig.wait(1);
    rig.check(1, &JobState::Expired);
    let mut rig = Rig::ready("ask");
    rig.submit(submit(1, "bar")).unwrap();
    rig.wait(60_000);
    rig.check(1, &JobState::Dispatching);
}

// device-proxy-2.8
#[test]
fn a_job_that_waits_can_be_called_off_and_others_cannot() {
    let mut rig = Rig::new("ask");
    rig.submit(submit(1, "bar")).unwrap();
    for _ in 0..2 {
        let effects = rig.spooler.cancel(rig.now, &pos(), &of(1)).unwrap();
        rig.carry_out(effects);
        rig.check(1, &JobState::Cancelled);
    }
    let mut rig = Rig::ready("ask");
    rig.submit(submit(1, "bar")).unwrap();
    let refused = rig.spooler.cancel(rig.now, &pos(), &of(1)).unwrap_err();
    assert_eq!(refused.code, Code::Conflict);
}

// device-proxy-2.2
#[test]
fn a_printer_that_proves_nothing_is_told_so() {
    let mut rig = Rig::ready("ask");
    rig.submit(submit(1, "bar")).unwrap();
    let order = rig.printing();
    rig.hear("bar", LinkEvent::Begun(order.token));
    rig.hear("bar", LinkEvent::Sent(order.token));
    rig.check(1, &JobState::SentUnverified);
}
