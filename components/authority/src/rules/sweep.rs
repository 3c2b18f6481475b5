//! Forgetting what is of no more use.

use wire::Integer;

use super::{after, revocation};
use crate::books::{Books, Change, Sitting, Stale};

/// How long a sitting that is over can be looked at, in milliseconds: a repeated close finds it.
const KEPT_MS: u64 = 24 * 60 * 60 * 1_000;

/// What can be forgotten now; the revocation list gets a number when it becomes shorter.
pub(crate) fn sweep(books: &Books, now: Integer) -> Vec<Change> {
    let invitations = books.invitations.iter();
    let invitations = invitations
        .filter(|(_, invitation)| invitation.expires_at <= now)
        .map(|(code, _)| Stale::Invitation(*code));
    let tokens = books.tokens.iter();
    let tokens = tokens
        .filter(|(_, token)| token.until() <= now)
        .map(|(id, _)| Stale::Token(*id));
    let over = |sitting: &Sitting| after(sitting.expires_at, KEPT_MS) <= now;
    let sittings = books.sittings.iter();
    let sittings = sittings
        .filter(|(_, sitting)| over(sitting))
        .map(|(id, _)| Stale::Sitting(*id));
    let stale = invitations.chain(tokens).chain(sittings);
    let mut changes: Vec<_> = stale.map(Change::Forgotten).collect();
    let listed: Vec<_> = refusals(books, now).collect();
    if !listed.is_empty() {
        changes.extend(listed);
        changes.push(Change::Number(revocation::next_number(books, now)));
    }
    changes
}

/// Refusals of what has expired by itself.
fn refusals(books: &Books, now: Integer) -> impl Iterator<Item = Change> {
    let refusals = books.refusals.iter();
    refusals
        .filter(move |(_, until)| until.is_some_and(|until| until <= now))
        .map(|(refusal, _)| Change::Forgotten(Stale::Refusal(refusal.clone())))
}
