use wire::credential::Revocations;

use super::*;

const SECONDS: u64 = START / 1_000;

fn revoked(names: &[&str]) -> Vec<Principal> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// What another box has signed at the start.
fn list(house: &mut House) -> Revocations {
    Revocations {
        number: integer(77),
        iat: integer(SECONDS),
        principals: revoked(&["guest-4711", "lock-1", "reception-1"]),
        tokens: vec![house.id()],
        sittings: vec![house.id()],
    }
}

impl House {
    fn inherit(&mut self, list: &Revocations) -> Vec<Change> {
        let changes = inherit(&self.books, integer(self.now), list);
        self.books.apply_all(&changes);
        changes
    }

    fn sweep(&mut self) -> Revocations {
        let changes = sweep(&self.books, integer(self.now));
        self.books.apply_all(&changes);
        self.books.revocations(integer(SECONDS))
    }
}

// authority-5.8
#[test]
fn whom_another_box_refused_is_refused_as_long_as_what_they_hold_may_last() {
    let mut house = house();
    let theirs = list(&mut house);
    let written = house.inherit(&theirs);
    let ours = house.books.revocations(theirs.iat);
    assert!(
        ours.number >= integer(SECONDS),
        "it has a number of its own"
    );
    let number = ours.number;
    assert_eq!(
        ours,
        Revocations {
            number,
            ..theirs.clone()
        }
    );
    let lines = written
        .iter()
        .filter(|change| matches!(change, Change::Audit(_)));
    assert_eq!(lines.count(), 5);

    // No guest sits longer than half a day, and no token lasts longer than 30 days.
    house.now += DAY;
    let left = house.sweep();
    assert_eq!(left.principals, revoked(&["lock-1", "reception-1"]));
    assert_eq!((left.sittings.len(), left.tokens.len()), (0, 1));
    house.now += 30 * DAY;
    let left = house.sweep();
    assert_eq!(left.principals, revoked(&["lock-1", "reception-1"]));
    assert!(left.tokens.is_empty());
    // Those whom this box did not know have no name to get here, either.
    check_refused(
        house.invite("reception-1", 1),
        ProblemCode::Conflict,
        "principal",
    );
}

// authority-5.8
#[test]
fn what_was_inherited_before_or_has_expired_since_changes_nothing() {
    let mut house = house();
    house.revoke("lock-1").unwrap();
    let theirs = list(&mut house);
    let written = house.inherit(&theirs);
    assert!(!written.contains(&Change::Refusal(
        Refusal::Principal("lock-1".parse().unwrap()),
        None
    )));
    assert_eq!(house.inherit(&theirs), []);
    house.now += 31 * DAY;
    house.sweep();
    assert_eq!(house.inherit(&theirs), []);
}
