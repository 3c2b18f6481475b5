//! What is granted and what is not.
//!
//! Pure: [`decide`] looks at the books and says what changes; a refusal changes nothing. Invariants:
//! a code enrols one key and no second, and that key gets nothing before somebody has compared it; no token outlives the sitting it is for, nor the leaf that
//! signs it; at most one sitting is open at a table, with at most [`guest::GUESTS_MAX`] guests; the
//! number of the revocation list grows with every change of the list and never falls.

use wire::{Integer, Problem};

use crate::act::{Act, Asker, Granted};
use crate::books::{Books, Change, Entry};
use crate::rights;

mod comparison;
mod guest;
mod invitation;
mod principals;
mod revocation;
mod sitting;
mod sweep;
mod token;

pub(crate) use invitation::GUEST;
pub(crate) use revocation::{first_number, inherit};
pub(crate) use sweep::sweep;

/// What the rules are told of the world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Present {
    /// The time, in Unix milliseconds.
    pub(crate) now: Integer,
    /// Until when the leaf that signs tokens is valid, in Unix milliseconds.
    pub(crate) leaf_until: Integer,
}

impl Present {
    /// The time in Unix seconds.
    fn seconds(self) -> Integer {
        whole_seconds(self.now)
    }
}

/// What is granted, and what must be on the disk before anybody hears of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Done {
    /// The answer.
    pub(crate) granted: Granted,
    /// In their order.
    pub(crate) changes: Vec<Change>,
}

impl Done {
    fn looked(granted: Granted) -> Self {
        let changes = Vec::new();
        Self { granted, changes }
    }
}

/// Decides about an act.
pub(crate) fn decide(
    books: &Books,
    present: Present,
    asker: &Asker,
    act: Act,
) -> Result<Done, Problem> {
    rights::check(books, asker, &act)?;
    match act {
        Act::Invite(invite, code) => invitation::invite(books, present, asker, invite, code),
        Act::Enrol {
            code,
            key,
            token,
            challenge,
        } => invitation::enrol(books, present, (code, key), challenge, token),
        Act::Enrolments => Ok(Done::looked(Granted::Enrolments(comparison::list(
            books, present, asker,
        )))),
        Act::Confirm(confirm) => comparison::confirm(books, present, asker, confirm),
        Act::Withdraw(principal) => comparison::withdraw(books, present, asker, &principal),
        Act::RenewToken {
            present: old,
            key,
            next,
        } => token::renew(books, present, asker, old, key, next),
        Act::MintGuest {
            table,
            key,
            guest,
            token,
        } => guest::mint(books, present, asker, &table, key, (guest, token)),
        Act::RenewLeaf { csr } => renew_leaf(present, asker, csr),
        Act::OpenSitting {
            table,
            life_ms,
            sitting,
        } => sitting::open(books, present, asker, table, life_ms, sitting),
        Act::CloseSitting(sitting) => sitting::close(books, present, asker, sitting),
        Act::Sittings => Ok(Done::looked(Granted::Sittings(sitting::list(
            books,
            present.now,
        )))),
        Act::Revoke(revoke) => revocation::revoke(books, present, asker, revoke),
        Act::Principals => Ok(Done::looked(Granted::Principals(principals::list(books)))),
    }
}

/// Whoever may ask for a leaf gets the one that provisioning set aside for them, and no other.
fn renew_leaf(present: Present, asker: &Asker, csr: String) -> Result<Done, Problem> {
    let principal = asker.principal()?.clone();
    let changes = vec![audit(present, asker, "renew-leaf", &principal)];
    Ok(Done {
        granted: Granted::Leaf(principal, csr),
        changes,
    })
}

fn audit(
    present: Present,
    asker: &Asker,
    act: &'static str,
    object: &impl std::fmt::Display,
) -> Change {
    Change::Audit(Entry {
        at: present.now,
        actor: asker.name().to_owned(),
        act,
        object: object.to_string(),
    })
}

/// Milliseconds as seconds, rounded down.
fn whole_seconds(ms: Integer) -> Integer {
    Integer::new(ms.value() / 1_000).expect("a thousandth of an integer is one")
}

/// The time `by` milliseconds after another; stays where it is at the end of all calendars.
fn after(ms: Integer, by: u64) -> Integer {
    Integer::new(ms.value().saturating_add(by)).unwrap_or(ms)
}

#[cfg(test)]
mod tests;
