use std::fmt::Debug;

use wire::authority::{Digits, INVITATION_MS, Invite, Revoke};
use wire::credential::{POP_LIFE_MAX_S, Role, Standing};
use wire::{Code as ProblemCode, Nonce, Principal, PublicKey, Sha256, SittingId, TokenId};

use super::*;
use crate::act::{Challenge, Code, Mint};
use crate::books::Refusal;

mod comparing;
mod inheriting;
mod laws;

const START: u64 = 1_800_000_000_500;
const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// The books, and a clock that the test moves.
#[derive(Debug, Clone)]
struct House {
    books: Books,
    now: u64,
    leaf_until: u64,
    ids: u32,
}

fn house() -> House {
    let provisioned = [
        ("console", Standing::Component),
        ("uplink", Standing::Component),
        ("authority", Standing::Component),
        ("edgectl", Standing::Operator),
        ("lock-1", Standing::Device),
    ];
    let provisioned = provisioned.map(|(name, standing)| (name.parse().unwrap(), standing));
    House {
        books: Books {
            provisioned: provisioned.into(),
            ..Books::default()
        },
        now: START,
        leaf_until: START + 60 * DAY,
        ids: 0,
    }
}

fn integer(value: u64) -> Integer {
    Integer::new(value).unwrap()
}

fn key(number: u8) -> PublicKey {
    PublicKey([number; 65])
}

fn code(number: u8) -> Code {
    Code {
        code: Nonce([number; 32]),
        sha256: Sha256([number; 32]),
    }
}

fn digits(key: u8) -> Digits {
    format!("{key:06}").parse().unwrap()
}

fn operator() -> Asker {
    Asker::Holder("edgectl".parse().unwrap())
}

fn console() -> Asker {
    Asker::Holder("console".parse().unwrap())
}

fn person(name: &str, role: Role) -> Asker {
    Asker::Person(name.parse().unwrap(), role)
}

impl House {
    fn present(&self) -> Present {
        Present {
            now: integer(self.now),
            leaf_until: integer(self.leaf_until),
        }
    }

    fn id<T: std::str::FromStr<Err: Debug>>(&mut self) -> T {
        self.ids += 1;
        format!("01941f29-7c00-7000-8000-{:012x}", self.ids)
            .parse()
            .unwrap()
    }

    fn ask(&mut self, asker: &Asker, act: Act) -> Result<Granted, Problem> {
        let done = decide(&self.books, self.present(), asker, act)?;
        self.books.apply_all(&done.changes);
        Ok(done.granted)
    }

    fn invite(&mut self, name: &str, number: u8) -> Result<Granted, Problem> {
        let invite = Invite {
            principal: name.parse().unwrap(),
            role: Role::Kitchen,
            name: "Pass".parse().unwrap(),
        };
        self.ask(&operator(), Act::Invite(invite, code(number)))
    }

    fn take_up(&mut self, number: u8, key_number: u8) -> Result<Granted, Problem> {
        let act = Act::Enrol {
            code: code(number).sha256,
            key: key(key_number),
            token: self.id(),
            challenge: Challenge {
                nonce: Nonce([key_number; 32]),
                digits: digits(key_number),
            },
        };
        self.ask(&Asker::Stranger, act)
    }

    /// The whole way: a tablet takes a code up, and is confirmed where it waits for that.
    fn enrol(&mut self, number: u8, key_number: u8) -> Result<Mint, Problem> {
        match self.take_up(number, key_number)? {
            Granted::Pending(pending) => {
                self.confirm(pending.principal.as_str(), key_number)?;
                self.take_up(number, key_number).map(mint)
            }
            granted => Ok(mint(granted)),
        }
    }

    fn open(&mut self, table: &str, life_ms: Option<u64>) -> Result<SittingId, Problem> {
        let act = Act::OpenSitting {
            table: table.parse().unwrap(),
            life_ms: life_ms.map(integer),
            sitting: self.id(),
        };
        match self.ask(&operator(), act)? {
            Granted::Sitting(sitting) => Ok(sitting.sitting),
            other => panic!("{other:?}"),
        }
    }

    fn close(&mut self, sitting: SittingId) -> Result<Granted, Problem> {
        self.ask(&operator(), Act::CloseSitting(sitting))
    }

    fn seat(&mut self, table: &str, key_number: u8) -> Result<Mint, Problem> {
        let guest = format!("guest-{}", self.ids);
        let act = Act::MintGuest {
            table: table.parse().unwrap(),
            key: key(key_number),
            guest: guest.parse().unwrap(),
            token: self.id(),
        };
        self.ask(&console(), act).map(mint)
    }

    fn renew(&mut self, name: &str, old: TokenId) -> Result<Mint, Problem> {
        let act = Act::RenewToken {
            present: old,
            key: key(1),
            next: self.id(),
        };
        self.ask(&person(name, Role::Kitchen), act).map(mint)
    }

    fn revoke(&mut self, name: &str) -> Result<Granted, Problem> {
        let principal = name.parse().unwrap();
        self.ask(&operator(), Act::Revoke(Revoke::Principal(principal)))
    }
}

fn mint(granted: Granted) -> Mint {
    match granted {
        Granted::Token(mint) => mint,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_refused<T: Debug>(outcome: Result<T, Problem>, code: ProblemCode, field: &str) {
    let problem = outcome.unwrap_err();
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (code, Some(field)),
        "{problem}"
    );
}

// authority-2.1
#[test]
fn a_tablet_enrols_once_with_the_code_of_its_invitation() {
    let mut house = house();
    house.invite("kitchen-1", 7).unwrap();
    let mint = house.enrol(7, 1).unwrap();
    assert_eq!(
        (mint.principal.as_str(), mint.role, mint.key),
        ("kitchen-1", Role::Kitchen, key(1))
    );
    check_refused(house.enrol(7, 2), ProblemCode::Conflict, "code");
    check_refused(house.enrol(8, 1), ProblemCode::NotFound, "code");
    assert_ne!(house.enrol(7, 1).unwrap().token, mint.token);
}

// authority-2.2
#[test]
fn a_code_ends_after_ten_minutes() {
    let mut house = house();
    house.invite("kitchen-1", 7).unwrap();
    house.now += u64::from(INVITATION_MS) - 1;
    house.clone().enrol(7, 1).unwrap();
    house.now += 1;
    check_refused(house.enrol(7, 1), ProblemCode::Expired, "code");
}

// authority-2.3
#[test]
fn a_name_is_given_once() {
    let mut house = house();
    house.invite("kitchen-1", 7).unwrap();
    house.invite("kitchen-1", 8).unwrap();
    house.enrol(7, 1).unwrap();
    check_refused(house.enrol(8, 2), ProblemCode::Conflict, "principal");
    for taken in ["kitchen-1", "signaling", "edgectl", "lock-1", "guest-1"] {
        check_refused(house.invite(taken, 9), ProblemCode::Conflict, "principal");
    }
    house.revoke("kitchen-1").unwrap();
    check_refused(
        house.invite("kitchen-1", 9),
        ProblemCode::Conflict,
        "principal",
    );
}

// authority-2.5
#[test]
fn a_withdrawn_invitation_is_worth_nothing() {
    let mut house = house();
    house.invite("kitchen-1", 7).unwrap();
    house.revoke("kitchen-1").unwrap();
    check_refused(house.enrol(7, 1), ProblemCode::NotFound, "code");
}

#[test]
fn guests_are_not_invited() {
    let invite = Invite {
        principal: "phone-1".parse().unwrap(),
        role: Role::Guest,
        name: "".parse().unwrap(),
    };
    let outcome = house().ask(&operator(), Act::Invite(invite, code(1)));
    check_refused(outcome, ProblemCode::Invalid, "role");
}

// authority-3.1
#[test]
fn a_token_lasts_thirty_days_or_until_the_leaf_that_signs_it_ends() {
    let mut house = house();
    house.invite("kitchen-1", 7).unwrap();
    let mint = house.clone().enrol(7, 1).unwrap();
    let life = mint.exp.value() - mint.iat.value();
    assert_eq!(life, u64::from(POP_LIFE_MAX_S));
    house.leaf_until = START + 5 * MINUTE;
    let mint = house.enrol(7, 1).unwrap();
    assert_eq!(mint.exp.value(), (START + 5 * MINUTE) / 1_000);
}

// authority-3.2
#[test]
fn a_token_is_renewed_for_its_key_until_its_person_or_itself_is_revoked() {
    let mut house = house();
    house.invite("kitchen-1", 7).unwrap();
    let first = house.enrol(7, 1).unwrap();
    house.now += 20 * DAY;
    let second = house.renew("kitchen-1", first.token).unwrap();
    assert!(second.exp > first.exp && second.token != first.token);
    let revoke = Act::Revoke(Revoke::Token(first.token));
    house.ask(&operator(), revoke).unwrap();
    let refused = house.renew("kitchen-1", first.token);
    check_refused(refused, ProblemCode::Forbidden, "token");
    house.renew("kitchen-1", second.token).unwrap();
    house.revoke("kitchen-1").unwrap();
    let refused = house.renew("kitchen-1", second.token);
    check_refused(refused, ProblemCode::Forbidden, "principal");
}

#[test]
fn a_person_holds_a_bounded_number_of_tokens() {
    let mut house = house();
    house.invite("kitchen-1", 7).unwrap();
    let first = house.enrol(7, 1).unwrap().token;
    for _ in 1..64 {
        house.renew("kitchen-1", first).unwrap();
    }
    let refused = house.renew("kitchen-1", first).unwrap_err();
    assert_eq!(refused.code, ProblemCode::Busy);
    house.now += 31 * DAY;
    house.leaf_until += 31 * DAY;
    house.renew("kitchen-1", first).unwrap();
}

// authority-4.1
#[test]
fn one_sitting_is_open_at_a_table() {
    let mut house = house();
    let first = house.open("t-4", None).unwrap();
    house.open("t-5", None).unwrap();
    check_refused(house.open("t-4", None), ProblemCode::Conflict, "table");
    house.close(first).unwrap();
    house.open("t-4", Some(MINUTE)).unwrap();
    house.now += MINUTE;
    house.open("t-4", None).unwrap();
}

#[test]
fn a_sitting_lasts_at_most_twelve_hours() {
    let mut house = house();
    for life_ms in [0, 999, DAY] {
        let refused = house.open("t-4", Some(life_ms));
        check_refused(refused, ProblemCode::Invalid, "life_ms");
    }
    house.open("t-4", Some(DAY / 2)).unwrap();
}

// authority-4.2
#[test]
fn a_guest_gets_a_token_for_an_open_sitting_until_its_end() {
    let mut house = house();
    check_refused(house.seat("t-4", 1), ProblemCode::NotFound, "table");
    let sitting = house.open("t-4", Some(10 * MINUTE)).unwrap();
    let mint = house.seat("t-4", 1).unwrap();
    assert_eq!(mint.role, Role::Guest);
    assert_eq!(mint.seat, Some((sitting, "t-4".parse().unwrap())));
    assert_eq!(mint.exp.value(), (START + 10 * MINUTE) / 1_000);
    house.now += MINUTE;
    assert_eq!(house.seat("t-4", 1).unwrap(), mint);
    assert_ne!(house.seat("t-4", 2).unwrap().principal, mint.principal);
    house.now += 9 * MINUTE;
    check_refused(house.seat("t-4", 1), ProblemCode::NotFound, "table");
}

// authority-4.3
#[test]
fn a_sitting_has_twenty_guests_and_no_more() {
    let mut house = house();
    house.open("t-4", None).unwrap();
    for number in 0..20 {
        house.seat("t-4", number).unwrap();
    }
    check_refused(house.seat("t-4", 20), ProblemCode::Forbidden, "table");
    house.seat("t-4", 19).unwrap();
}

// authority-4.4
#[test]
fn closing_a_sitting_revokes_the_tokens_of_its_guests() {
    let mut house = house();
    let sitting = house.open("t-4", None).unwrap();
    house.seat("t-4", 1).unwrap();
    let before = house.books.number;
    house.close(sitting).unwrap();
    let list = house.books.revocations(Integer::default());
    assert_eq!(list.sittings, [sitting]);
    assert!(list.number > before);
    check_refused(house.seat("t-4", 1), ProblemCode::NotFound, "table");
    let again = house.close(sitting).unwrap();
    assert!(matches!(again, Granted::Sitting(sitting) if !sitting.open));
    assert_eq!(house.books.number, list.number);
}

#[test]
fn closing_a_sitting_without_guests_leaves_the_list_alone() {
    let mut house = house();
    let sitting = house.open("t-4", None).unwrap();
    let before = house.books.number;
    house.close(sitting).unwrap();
    assert_eq!(house.books.number, before);
}

// authority-5.1
#[test]
fn revoking_puts_on_the_list_and_a_repetition_changes_nothing() {
    let mut house = house();
    house.revoke("lock-1").unwrap();
    let list = house.books.revocations(Integer::default());
    let lock: Principal = "lock-1".parse().unwrap();
    assert_eq!(list.principals, [lock]);
    house.revoke("lock-1").unwrap();
    assert_eq!(house.books.revocations(Integer::default()), list);
    check_refused(house.revoke("lock-2"), ProblemCode::NotFound, "principal");
    let refused = house.revoke("authority");
    check_refused(refused, ProblemCode::Invalid, "principal");
}

// authority-5.7
#[test]
fn what_does_not_fit_the_list_is_refused_but_closing_never_is() {
    let mut house = house();
    let full_up = ProblemCode::StorageFull;
    let full = |kind: fn(&mut House) -> Refusal, house: &mut House| {
        for _ in 0..900 {
            let refusal = kind(house);
            house.books.refusals.insert(refusal, None);
        }
    };
    let sitting = house.open("t-4", None).unwrap();
    house.seat("t-4", 1).unwrap();
    full(|house| Refusal::Sitting(house.id()), &mut house);
    assert_eq!(house.open("t-5", None).unwrap_err().code, full_up);
    house.close(sitting).unwrap();
    house.revoke("lock-1").unwrap();

    full(|house| Refusal::Token(house.id()), &mut house);
    assert_eq!(house.revoke("uplink").unwrap_err().code, full_up);
    house.revoke("lock-1").unwrap();
}

// authority-5.2
#[test]
fn what_has_expired_leaves_the_list_under_a_new_number() {
    let mut house = house();
    let sitting = house.open("t-4", Some(MINUTE)).unwrap();
    house.seat("t-4", 1).unwrap();
    house.close(sitting).unwrap();
    house.revoke("lock-1").unwrap();
    let before = house.books.number;
    house.now += 3 * DAY;
    let changes = sweep(&house.books, integer(house.now));
    house.books.apply_all(&changes);
    let list = house.books.revocations(Integer::default());
    assert_eq!((list.sittings.len(), list.principals.len()), (0, 1));
    assert!(list.number > before);
    assert!(house.books.tokens.is_empty() && house.books.guests.is_empty());
    assert_eq!(sweep(&house.books, integer(house.now)), []);
}

// authority-5.3
#[test]
fn the_first_list_after_the_loss_of_the_disk_is_newer_than_those_before() {
    let mut house = house();
    house.revoke("lock-1").unwrap();
    let before = house.books.number;
    house.now += MINUTE;
    let change = first_number(&Books::default(), integer(house.now));
    assert!(matches!(change, Some(Change::Number(number)) if number > before));
    assert_eq!(first_number(&house.books, integer(house.now)), None);
}

// authority-1.1
#[test]
fn a_leaf_is_for_whoever_provisioning_gave_the_name_to() {
    let mut house = house();
    let ask = |house: &mut House, asker| {
        let csr = "request".to_owned();
        house.ask(&asker, Act::RenewLeaf { csr })
    };
    let lock: Principal = "lock-1".parse().unwrap();
    let granted = ask(&mut house, Asker::Holder(lock.clone())).unwrap();
    assert_eq!(granted, Granted::Leaf(lock.clone(), "request".to_owned()));
    let unknown = Asker::Holder("lock-2".parse().unwrap());
    check_refused(ask(&mut house, unknown), ProblemCode::NotFound, "principal");
    house.revoke("lock-1").unwrap();
    let refused = ask(&mut house, Asker::Holder(lock));
    check_refused(refused, ProblemCode::Forbidden, "principal");
}

#[test]
fn everybody_who_was_given_a_name_is_listed_but_guests() {
    let mut house = house();
    house.invite("kitchen-1", 7).unwrap();
    house.enrol(7, 1).unwrap();
    house.open("t-4", None).unwrap();
    house.seat("t-4", 1).unwrap();
    house.revoke("kitchen-1").unwrap();
    let Granted::Principals(list) = house.ask(&operator(), Act::Principals).unwrap() else {
        panic!("not a list");
    };
    let shown = |principal: &wire::authority::RegisteredPrincipal| {
        (principal.principal.to_string(), principal.revoked)
    };
    let shown: Vec<_> = list.principals.iter().map(shown).collect();
    let expected = [
        ("authority", false),
        ("console", false),
        ("edgectl", false),
        ("kitchen-1", true),
        ("lock-1", false),
        ("uplink", false),
    ];
    assert_eq!(shown, expected.map(|(name, gone)| (name.to_owned(), gone)));
}
