//! Whom everybody refuses although their credential is valid.

use wire::authority::{Revoke, SITTING_MAX_MS};
use wire::credential::{POP_LIFE_MAX_S, Revocations};
use wire::{Code, Component, Integer, Principal, Problem};

use super::{Done, GUEST, Present, after, audit, guest, whole_seconds};
use crate::act::{Asker, Granted};
use crate::books::{Books, Change, Entry, Refusal, Stale, Token};

/// Most principals and tokens that are refused at a time, and most sittings beside them: what fits a
/// list ([`wire::credential::REVOCATIONS_MAX`]).
pub(super) const REFUSALS_MAX: usize = 900;
/// Who acts when nobody asks: whoever set the box up.
const PROVISIONING: &str = "provisioning";

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

/// Takes over whom another box of the property refused when it handed the property on, unless they are
/// refused already or what they held has expired since.
pub(crate) fn inherit(books: &Books, now: Integer, list: &Revocations) -> Vec<Change> {
    let signed_at = after(Integer::default(), list.iat.value().saturating_mul(1_000));
    let token_end = after(signed_at, u64::from(POP_LIFE_MAX_S) * 1_000);
    let sitting_end = after(signed_at, u64::from(SITTING_MAX_MS));
    let principals = list.principals.iter().map(|principal| {
        let is_guest = principal.as_str().starts_with(GUEST);
        let until = is_guest.then_some(sitting_end);
        (Refusal::Principal(principal.clone()), until)
    });
    let tokens = list.tokens.iter();
    let tokens = tokens.map(|token| (Refusal::Token(*token), Some(token_end)));
    let sittings = list.sittings.iter();
    let sittings = sittings.map(|sitting| (Refusal::Sitting(*sitting), Some(sitting_end)));
    let inherited = principals.chain(tokens).chain(sittings);
    let mut changes: Vec<_> = inherited
        .filter(|(refusal, until)| {
            !books.is_refused(refusal) && until.is_none_or(|until| now < until)
        })
        .flat_map(|(refusal, until)| {
            let entry = inherited_entry(now, &refusal);
            [Change::Refusal(refusal, until), Change::Audit(entry)]
        })
        .collect();
    if !changes.is_empty() {
        changes.push(Change::Number(next_number(books, now)));
    }
    changes
}

fn inherited_entry(at: Integer, refusal: &Refusal) -> Entry {
    let (act, object) = match refusal {
        Refusal::Principal(principal) => ("inherit-revoked-principal", principal.to_string()),
        Refusal::Token(token) => ("inherit-revoked-token", token.to_string()),
        Refusal::Sitting(sitting) => ("inherit-closed-sitting", sitting.to_string()),
    };
    Entry {
        at,
        actor: PROVISIONING.to_owned(),
        act,
        object,
    }
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
