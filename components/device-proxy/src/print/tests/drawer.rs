//! Drawers: opened once, soon or not at all.

use super::*;

fn drawer(number: u32, route: &str) -> Submit {
    let pin = DrawerPin::Two;
    Submit {
        document: Document::Drawer { pin },
        ..submit(number, route)
    }
}

// device-proxy-3.8
#[test]
fn a_drawer_whose_opening_is_not_proved_is_not_opened_again_whatever_the_route_says() {
    for route_says in ["ask", "reprint-marked", "drop"] {
        let mut rig = Rig::ready(route_says);
        rig.submit(drawer(1, "kitchen")).unwrap();
        let order = rig.printing();
        rig.hear("pass", LinkEvent::Begun(order.token));
        rig.hear("pass", LinkEvent::Lost(order.token));
        assert!(matches!(rig.state(1), JobState::Failed { .. }));
        rig.hear("pass", LinkEvent::Is(READY));
        assert_eq!(rig.prints, []);
    }
}

// device-proxy-3.8
#[test]
fn a_drawer_is_not_opened_again_after_a_restart() {
    let mut rig = Rig::ready("reprint-marked");
    rig.submit(drawer(1, "kitchen")).unwrap();
    rig.restart();
    rig.hear("pass", LinkEvent::Is(READY));
    assert!(matches!(rig.state(1), JobState::Failed { .. }));
    assert_eq!(rig.prints, []);
}

// device-proxy-3.8
#[test]
fn a_drawer_is_opened_where_it_hangs_or_not_at_all() {
    let mut rig = Rig::ready("ask");
    rig.hear("pass", LinkEvent::Is(held(Held::Offline)));
    rig.submit(drawer(1, "kitchen")).unwrap();
    rig.wait(FALLBACK_AFTER_MS + 1);
    let reason = Held::Offline;
    rig.check(1, &JobState::Held { reason });
    assert_eq!(rig.prints, []);
    rig.wait(DRAWER_WAIT_MS);
    rig.check(1, &JobState::Expired);
    rig.hear("pass", LinkEvent::Is(READY));
    assert_eq!(rig.prints, []);
}

// device-proxy-3.8
#[test]
fn a_drawer_that_the_disk_kept_for_too_long_is_not_opened() {
    let mut rig = Rig::ready("ask");
    rig.submit(drawer(1, "kitchen")).unwrap();
    let order = rig.printing();
    // No tick comes while the disk refuses.
    rig.now = at(DRAWER_WAIT_MS - 1);
    assert_eq!(rig.spooler.too_late(rig.now, &order), None);
    rig.now = at(DRAWER_WAIT_MS);
    let effects = rig.spooler.too_late(rig.now, &order);
    rig.carry_out(effects.expect("its time is over"));
    rig.check(1, &JobState::Expired);
    rig.submit(submit(2, "kitchen")).unwrap();
    assert_eq!(rig.printing().printer, word("pass"), "the printer is free");
}

// device-proxy-2.8, device-proxy-3.8
#[test]
fn what_is_over_is_not_begun_before_the_tick_that_ends_it() {
    let mut rig = Rig::new("ask");
    rig.submit(drawer(1, "kitchen")).unwrap();
    rig.now = at(DRAWER_WAIT_MS);
    rig.hear("pass", LinkEvent::Is(READY));
    assert_eq!(rig.prints, []);
    rig.wait(0);
    rig.check(1, &JobState::Expired);
}

// device-proxy-2.8
#[test]
fn a_copy_that_comes_too_late_behind_another_ends_as_failed() {
    let mut rig = Rig::ready("ask");
    let twice = Submit {
        copies: 2,
        ..submit(1, "kitchen")
    };
    rig.submit(twice).unwrap();
    let first = rig.printing();
    rig.hear("pass", LinkEvent::Begun(first.token));
    rig.hear("pass", LinkEvent::Proved(first.token));
    let second = rig.printing();
    rig.now = at(3_600_000);
    let effects = rig.spooler.too_late(rig.now, &second);
    rig.carry_out(effects.expect("its time is over"));
    assert!(matches!(rig.state(1), JobState::Failed { .. }));
}

// device-proxy-3.8
#[test]
fn nobody_may_ask_that_a_drawer_opens_later() {
    let mut rig = Rig::new("ask");
    let later = Submit {
        expires_at: Some(at(3_600_000)),
        ..drawer(1, "bar")
    };
    rig.submit(later).unwrap();
    rig.wait(DRAWER_WAIT_MS - 1);
    rig.check(1, &JobState::Accepted);
    rig.wait(1);
    rig.check(1, &JobState::Expired);
}
