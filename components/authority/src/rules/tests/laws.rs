//! Whatever is asked in whatever order, the invariants hold.

use proptest::prelude::*;
use wire::TokenId;

use super::*;
use crate::books::Uptake;
use crate::rules::guest::GUESTS_MAX;

/// Something that may happen, with small numbers so that it meets others.
#[derive(Debug, Clone)]
enum Step {
    Invite(u8, u8),
    TakeUp(u8, u8),
    Enrol(u8, u8),
    Renew(u8),
    Open(u8, u64),
    Close(u8),
    Seat(u8, u8),
    RevokePerson(u8),
    RevokeToken(u8),
    Wait(u64),
    Sweep,
    NewLeaf(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_u8, 0..6_u8).prop_map(|(name, code)| Step::Invite(name, code)),
        (0..6_u8, 0..4_u8).prop_map(|(code, key)| Step::TakeUp(code, key)),
        (0..6_u8, 0..4_u8).prop_map(|(code, key)| Step::Enrol(code, key)),
        (0..4_u8).prop_map(Step::Renew),
        (0..3_u8, 1_000..DAY).prop_map(|(table, life)| Step::Open(table, life)),
        any::<u8>().prop_map(Step::Close),
        (0..3_u8, 0..30_u8).prop_map(|(table, key)| Step::Seat(table, key)),
        (0..4_u8).prop_map(Step::RevokePerson),
        any::<u8>().prop_map(Step::RevokeToken),
        (0..DAY).prop_map(Step::Wait),
        Just(Step::Sweep),
        (MINUTE..90 * DAY).prop_map(Step::NewLeaf),
    ]
}

impl House {
    /// Does it, and returns the token that came of it.
    fn step(&mut self, step: &Step) -> Option<Mint> {
        match *step {
            Step::Invite(name, code) => drop(self.invite(&format!("tablet-{name}"), code)),
            Step::TakeUp(code, key) => {
                if let Ok(Granted::Token(mint)) = self.take_up(code, key) {
                    return Some(mint);
                }
            }
            Step::Enrol(code, key) => return self.enrol(code, key).ok(),
            Step::Renew(name) => {
                let name = format!("tablet-{name}");
                let tokens = self.books.tokens.iter();
                let mut tokens = tokens.filter(|(_, token)| token.principal.as_str() == name);
                let token = tokens.next().map(|(id, _)| *id)?;
                return self.renew(&name, token).ok();
            }
            Step::Open(table, life) => drop(self.open(&format!("t-{table}"), Some(life))),
            Step::Close(which) => {
                let sittings: Vec<_> = self.books.sittings.keys().copied().collect();
                let sitting = sittings.get(usize::from(which) % sittings.len().max(1))?;
                self.close(*sitting).unwrap();
            }
            Step::Seat(table, key) => return self.seat(&format!("t-{table}"), key).ok(),
            Step::RevokePerson(name) => drop(self.revoke(&format!("tablet-{name}"))),
            Step::RevokeToken(which) => {
                let tokens: Vec<TokenId> = self.books.tokens.keys().copied().collect();
                let token = tokens.get(usize::from(which) % tokens.len().max(1))?;
                let revoke = Act::Revoke(Revoke::Token(*token));
                self.ask(&operator(), revoke).unwrap();
            }
            Step::Wait(time) => self.now += time,
            Step::Sweep => {
                let changes = sweep(&self.books, integer(self.now));
                self.books.apply_all(&changes);
            }
            Step::NewLeaf(life) => self.leaf_until = self.now + life,
        }
        None
    }

    fn uphold(&self) {
        for token in self.books.tokens.values() {
            let guest = token.principal.as_str().starts_with("guest-");
            assert!(guest || self.books.people.contains_key(&token.principal));
        }
        for sitting in self.books.sittings.values() {
            let open = self.books.sittings.values();
            let open = open
                .filter(|other| other.table == sitting.table && other.is_open(integer(self.now)));
            assert!(open.count() <= 1, "two sittings at {}", sitting.table);
        }
        for guests in self.books.guests.values() {
            assert!(guests.len() <= GUESTS_MAX);
        }
    }
}

proptest! {
    // authority-2.1, authority-2.7, authority-3.1, authority-4.2, authority-5.3
    #[test]
    fn the_invariants_hold_whatever_is_asked(steps in prop::collection::vec(step(), 1..120)) {
        let mut house = house();
        for step in steps {
            let before = house.books.clone();
            let mint = house.step(&step);
            if let (Step::Enrol(code, _) | Step::TakeUp(code, _), Some(mint)) = (&step, &mint) {
                let first = match &before.invitations[&super::code(*code).sha256].uptake {
                    Uptake::Open => None,
                    Uptake::Taken(key, _) | Uptake::Confirmed(key) => Some(*key),
                };
                prop_assert!(first.is_none_or(|first| first == mint.key), "a second key");
            }
            if let (Step::TakeUp(code, _), Some(_)) = (&step, &mint) {
                let was = &before.invitations[&super::code(*code).sha256].uptake;
                prop_assert!(matches!(was, Uptake::Confirmed(_)), "a key that nobody compared");
            }
            if let Some(mint) = &mint {
                let ends = mint.exp.value() * 1_000;
                prop_assert!(ends <= house.leaf_until);
                prop_assert!(mint.exp.value() - mint.iat.value() <= u64::from(POP_LIFE_MAX_S));
                if let Some((sitting, _)) = &mint.seat {
                    prop_assert!(ends <= house.books.sittings[sitting].expires_at.value());
                }
            }
            let (old, new) = (&before.refusals, &house.books.refusals);
            let grown = house.books.number > before.number;
            prop_assert!(house.books.number >= before.number);
            prop_assert!(grown || old == new, "the list changed under its old number");
            house.uphold();
        }
    }
}
