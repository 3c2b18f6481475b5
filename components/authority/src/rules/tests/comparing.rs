//! A tablet that took a code up, and the one in hand.

use wire::authority::{Confirm, Enrolments};

use super::*;

impl House {
    fn confirm_as(&mut self, asker: &Asker, name: &str, key: u8) -> Result<Granted, Problem> {
        let confirm = Confirm {
            principal: name.parse().unwrap(),
            digits: digits(key),
        };
        self.ask(asker, Act::Confirm(confirm))
    }

    pub(super) fn confirm(&mut self, name: &str, key: u8) -> Result<Granted, Problem> {
        self.confirm_as(&operator(), name, key)
    }

    fn withdraw(&mut self, asker: &Asker, name: &str) -> Result<Granted, Problem> {
        self.ask(asker, Act::Withdraw(name.parse().unwrap()))
    }

    fn enrolments(&mut self, asker: &Asker) -> Enrolments {
        match self.ask(asker, Act::Enrolments).unwrap() {
            Granted::Enrolments(enrolments) => enrolments,
            other => panic!("{other:?}"),
        }
    }
}

// authority-2.7
#[test]
fn a_tablet_gets_nothing_before_it_was_compared() {
    let mut house = house();
    house.invite("kitchen-1", 7).unwrap();
    assert_eq!(house.enrolments(&operator()).enrolments[0].digits, None);
    let refused = house.confirm("kitchen-1", 1);
    check_refused(refused, ProblemCode::NotFound, "principal");

    let waits = house.take_up(7, 1).unwrap();
    assert!(matches!(waits, Granted::Pending(_)), "{waits:?}");
    assert_eq!(
        house.take_up(7, 1).unwrap(),
        waits,
        "asking changes nothing"
    );
    assert!(house.books.tokens.is_empty() && house.books.people.is_empty());
    let shown = house.enrolments(&operator()).enrolments.remove(0);
    assert_eq!(shown.digits, Some(digits(1)));

    let refused = house.confirm("kitchen-1", 2);
    check_refused(refused, ProblemCode::Forbidden, "digits");
    assert_eq!(
        house.take_up(7, 1).unwrap(),
        waits,
        "wrong digits change nothing"
    );
    house.confirm("kitchen-1", 1).unwrap();
    house.confirm("kitchen-1", 1).unwrap();
    assert_eq!(house.enrolments(&operator()).enrolments, []);
    assert_eq!(mint(house.take_up(7, 1).unwrap()).key, key(1));
}

// authority-2.8
#[test]
fn of_two_tablets_with_one_code_the_second_is_refused_and_the_first_is_not_taken_for_it() {
    let mut house = house();
    house.invite("kitchen-1", 7).unwrap();
    house.invite("kitchen-1", 8).unwrap();
    // Somebody else has photographed the code and is quicker.
    house.take_up(7, 66).unwrap();
    check_refused(house.take_up(7, 1), ProblemCode::Conflict, "code");
    check_refused(house.take_up(8, 1), ProblemCode::Conflict, "principal");
    let refused = house.confirm("kitchen-1", 1);
    check_refused(refused, ProblemCode::Forbidden, "digits");

    house.withdraw(&operator(), "kitchen-1").unwrap();
    check_refused(house.take_up(7, 66), ProblemCode::NotFound, "code");
    let refused = house.withdraw(&operator(), "kitchen-1");
    check_refused(refused, ProblemCode::NotFound, "principal");
    house.invite("kitchen-1", 9).unwrap();
    house.enrol(9, 1).unwrap();
    let refused = house.withdraw(&operator(), "kitchen-1");
    check_refused(refused, ProblemCode::NotFound, "principal");
}

// authority-2.2, authority-2.7
#[test]
fn a_comparison_that_comes_too_late_is_worth_nothing() {
    let mut house = house();
    house.invite("kitchen-1", 7).unwrap();
    house.take_up(7, 1).unwrap();
    house.now += u64::from(INVITATION_MS) - 1;
    let mut in_time = house.clone();
    in_time.confirm("kitchen-1", 1).unwrap();
    in_time.now += u64::from(INVITATION_MS) - 1;
    in_time.take_up(7, 1).map(mint).unwrap();

    house.now += 1;
    let refused = house.confirm("kitchen-1", 1);
    check_refused(refused, ProblemCode::NotFound, "principal");
    check_refused(house.take_up(7, 1), ProblemCode::Expired, "code");
    let changes = sweep(&house.books, integer(house.now));
    house.books.apply_all(&changes);
    house.invite("kitchen-1", 8).unwrap();
    house.enrol(8, 2).unwrap();
}

// authority-2.7, authority-6.1
#[test]
fn only_whoever_invited_compares_or_an_operator() {
    let mut house = house();
    let (one, other) = (
        person("office-1", Role::Manager),
        person("office-2", Role::Manager),
    );
    let invite = Invite {
        principal: "kitchen-1".parse().unwrap(),
        role: Role::Kitchen,
        name: "Pass".parse().unwrap(),
    };
    house.ask(&one, Act::Invite(invite, code(7))).unwrap();
    house.take_up(7, 1).unwrap();
    assert_eq!(house.enrolments(&other).enrolments, []);
    let refused = house.confirm_as(&other, "kitchen-1", 1);
    check_refused(refused, ProblemCode::NotFound, "principal");
    let refused = house.withdraw(&other, "kitchen-1");
    check_refused(refused, ProblemCode::NotFound, "principal");
    for stranger in [person("kitchen-9", Role::Kitchen), console()] {
        let refused = house.confirm_as(&stranger, "kitchen-1", 1);
        check_refused(refused, ProblemCode::Forbidden, "principal");
    }
    house.clone().confirm("kitchen-1", 1).unwrap();
    house.confirm_as(&one, "kitchen-1", 1).unwrap();
}

// authority-2.5
#[test]
fn whoever_is_revoked_while_waiting_does_not_become_active() {
    let mut house = house();
    house.invite("kitchen-1", 7).unwrap();
    house.take_up(7, 1).unwrap();
    house.revoke("kitchen-1").unwrap();
    let refused = house.confirm("kitchen-1", 1);
    check_refused(refused, ProblemCode::NotFound, "principal");
    check_refused(house.take_up(7, 1), ProblemCode::NotFound, "code");
}
