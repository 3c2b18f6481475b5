use wire::credential::Role;

use super::*;

const GUEST: Standing = Standing::Role(Role::Guest);
const KITCHEN: Standing = Standing::Role(Role::Kitchen);
const DESK: Standing = Standing::Role(Role::FrontDesk);

#[track_caller]
fn check(caller: Standing, other: Standing, expected: bool) {
    assert_eq!(may_call(caller, other), expected, "{caller:?} to {other:?}");
}

// signaling-3.3
#[test]
fn components_reach_everybody() {
    for other in [
        GUEST,
        KITCHEN,
        Standing::Component,
        Standing::Device,
        Standing::Operator,
    ] {
        check(Standing::Component, other, true);
    }
}

// signaling-3.3
#[test]
fn people_reach_components_and_the_hotels_people_but_no_guest() {
    for caller in [GUEST, KITCHEN, DESK] {
        check(caller, Standing::Component, true);
        check(caller, KITCHEN, true);
        check(caller, GUEST, false);
        check(caller, Standing::Device, false);
    }
}

// signaling-3.3
#[test]
fn machines_and_operators_reach_components_only() {
    for caller in [Standing::Device, Standing::Operator] {
        check(caller, Standing::Component, true);
        check(caller, KITCHEN, false);
        check(caller, GUEST, false);
        check(caller, Standing::Device, false);
    }
}

// signaling-2.2
#[test]
fn guests_do_not_know_of_guests() {
    assert!(!may_meet(GUEST, GUEST));
    assert!(may_meet(GUEST, KITCHEN) && may_meet(KITCHEN, GUEST));
}
