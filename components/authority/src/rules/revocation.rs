//! Whom everybody refuses although their credential is valid.

use wire::authority::Revoke;
use wire::{Code, Component, Integer, Principal, Problem};

use super::{Done, Present, audit, guest, whole_seconds};
use crate::act::{Asker, Granted};
use crate::books::{Books, Change, Refusal, Stale, Token};

/// Most principals and tokens that are refused at a time, and most sittings beside them: what fits a
/// list ([`wire::credential::REVOCATIONS_MAX`]).
pub(super) const REFUSALS_MAX: usize = 900;

pub(super) fn revoke(
    books: &Books,
    present: Present,
    asker: &Asker,
    revoke: Revoke,
) -> Result<Done, Problem> {
    let (refusal, until, mut changes) = match revoke {
        Revoke::Principal(principal) => {
            refuse_unknown(books, &principal)?;
            let changes = vec![audit(present, asker, "revoke-principal", &principal)];
            let until = guest::until(books, &principal);
            (Refusal::Principal(principal), until, changes)
        }
        Revoke::Token(token) => {
            let until = books.tokens.get(&token).map(Token::until).ok_or_else(|| {
                let detail = format!("there is no token {token} that has not expired");
                Problem::new(Code::NotFound, detail).at("token")
            })?;
            let changes = vec![audit(present, asker, "revoke-token", &token)];
            (Refusal::Token(token), Some(until), changes)
        }
    };
    if books.is_refused(&refusal) {
        return Ok(Done::looked(Granted::Done));
    }
    if books.refusals.len() - books.listed_sittings() >= REFUSALS_MAX {
        let detail = format!("{REFUSALS_MAX} refusals are on the list");
        return Err(Problem::new(Code::StorageFull, detail));
    }
    if let Refusal::Principal(principal) = &refusal {
        changes.extend(withdraw_invitations(books, principal));
    }
    changes.extend(refuse(books, present, refusal, until));
    Ok(Done {
        granted: Granted::Done,
        changes,
    })
}

fn refuse_unknown(books: &Books, principal: &Principal) -> Result<(), Problem> {
    if *principal == Principal::from(Component::Authority) {
        let detail = "without the authority nobody could be told";
        return Err(Problem::new(Code::Invalid, detail).at("principal"));
    }
    let invited = || {
        let mut invitations = books.invitations.values();
        invitations.any(|invitation| invitation.principal == *principal)
    };
    let known = books.people.contains_key(principal)
        || books.provisioned.contains_key(principal)
        || guest::until(books, principal).is_some()
        || invited();
    if known {
        return Ok(());
    }
    let detail = format!("nobody has the name {principal}");
    Err(Problem::new(Code::NotFound, detail).at("principal"))
}

fn withdraw_invitations(books: &Books, principal: &Principal) -> impl Iterator<Item = Change> {
    let invitations = books.invitations.iter();
    invitations
        .filter(move |(_, invitation)| invitation.principal == *principal)
        .map(|(code, _)| Change::Forgotten(Stale::Invitation(*code)))
}

/// Puts a refusal on the list, which gets its next number.
pub(super) fn refuse(
    books: &Books,
    present: Present,
    refusal: Refusal,
    until: Option<Integer>,
) -> [Change; 2] {
    [
        Change::Refusal(refusal, until),
        Change::Number(next_number(books, present.now)),
    ]
}

/// The number of the next list: at least the time in seconds, so that a list after the loss of
/// the journal is still newer than those before.
pub(super) fn next_number(books: &Books, now: Integer) -> Integer {
    books.number.next().max(whole_seconds(now))
}

/// The change that gives the very first list its number; nothing once there is one.
pub(crate) fn first_number(books: &Books, now: Integer) -> Option<Change> {
    let none = books.number == Integer::default();
    none.then(|| Change::Number(next_number(books, now)))
}
