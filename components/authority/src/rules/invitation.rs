//! One-time codes, and the names that they give away.

use wire::authority::{INVITATION_MS, Invite, Pending};
use wire::{Code as ProblemCode, Component, Principal, Problem, PublicKey, Sha256, TokenId};

use super::{Done, Present, after, audit, token};
use crate::act::{Asker, Challenge, Code, Granted};
use crate::books::{Books, Change, Invitation, Uptake};

/// Most invitations that wait at the same time: a hotel fits out a handful of tablets an hour.
const INVITATIONS_MAX: usize = 100;
/// Most enrolled tablets that were ever given a name; what one message can list.
const PEOPLE_MAX: usize = 900;
/// How names of guests begin; nobody else's does.
pub(crate) const GUEST: &str = "guest-";

/// Several codes may wait for one name, as after a repeated question; the first ends the others.
pub(super) fn invite(
    books: &Books,
    present: Present,
    asker: &Asker,
    invite: Invite,
    code: Code,
) -> Result<Done, Problem> {
    let Invite {
        principal,
        role,
        name,
    } = invite;
    if !role.is_staff() {
        let detail = "guests are not invited, they sit down at a table";
        return Err(Problem::new(ProblemCode::Invalid, detail).at("role"));
    }
    refuse_taken(books, &principal)?;
    let waits = |invitation: &&Invitation| present.now < invitation.expires_at;
    if books.invitations.values().filter(waits).count() >= INVITATIONS_MAX {
        let detail = format!("{INVITATIONS_MAX} invitations wait");
        return Err(Problem::new(ProblemCode::Busy, detail));
    }
    if books.people.len() >= PEOPLE_MAX {
        let detail = format!("{PEOPLE_MAX} tablets were enrolled");
        return Err(Problem::new(ProblemCode::StorageFull, detail));
    }
    let expires_at = after(present.now, INVITATION_MS.into());
    let audit = audit(present, asker, "invite", &principal);
    let invitation = Invitation {
        principal: principal.clone(),
        role,
        name,
        invited_by: Some(asker.principal()?.clone()),
        expires_at,
        uptake: Uptake::Open,
    };
    Ok(Done {
        granted: Granted::Invitation(principal, code, expires_at),
        changes: vec![Change::Invitation(code.sha256, invitation), audit],
    })
}

/// The first key that comes with a code waits to be compared; the same key may come again, to ask
/// whether it is active and for its token.
///
/// The code is looked up by its digest, so that the time it takes says nothing about another code.
pub(super) fn enrol(
    books: &Books,
    present: Present,
    (code, key): (Sha256, PublicKey),
    challenge: Challenge,
    token: TokenId,
) -> Result<Done, Problem> {
    let refuse = |code, detail: &str| Problem::new(code, detail).at("code");
    let invitation = books
        .invitations
        .get(&code)
        .ok_or_else(|| refuse(ProblemCode::NotFound, "nobody was invited with this code"))?;
    if invitation.expires_at <= present.now {
        return Err(refuse(ProblemCode::Expired, "the invitation has expired"));
    }
    let (principal, role) = (invitation.principal.clone(), invitation.role);
    if books.refuses(&principal) {
        return Err(refuse(
            ProblemCode::Forbidden,
            "the rights of the principal have ended",
        ));
    }
    match &invitation.uptake {
        Uptake::Open => take_up(books, present, (code, invitation), key, challenge),
        Uptake::Taken(first, challenge) if *first == key => {
            Ok(Done::looked(pending(invitation, challenge)))
        }
        Uptake::Confirmed(first) if *first == key => {
            let (mint, changes) = token::give(books, present, &principal, role, key, token)?;
            Ok(Done {
                granted: Granted::Token(mint),
                changes,
            })
        }
        Uptake::Taken(..) | Uptake::Confirmed(_) => {
            Err(refuse(ProblemCode::Conflict, "the code was used before"))
        }
    }
}

fn take_up(
    books: &Books,
    present: Present,
    (code, invitation): (Sha256, &Invitation),
    key: PublicKey,
    challenge: Challenge,
) -> Result<Done, Problem> {
    let principal = &invitation.principal;
    refuse_taken(books, principal)?;
    let rival = |other: &&Invitation| {
        other.principal == *principal
            && present.now < other.expires_at
            && matches!(other.uptake, Uptake::Taken(..))
    };
    if books.invitations.values().any(|other| rival(&other)) {
        let detail = format!("another tablet waits to be {principal}");
        return Err(Problem::new(ProblemCode::Conflict, detail).at("principal"));
    }
    let granted = pending(invitation, &challenge);
    let taken = Invitation {
        uptake: Uptake::Taken(key, challenge),
        ..invitation.clone()
    };
    let changes = vec![
        audit(present, &Asker::Stranger, "enrol", principal),
        Change::Invitation(code, taken),
    ];
    Ok(Done { granted, changes })
}

fn pending(invitation: &Invitation, challenge: &Challenge) -> Granted {
    Granted::Pending(Pending {
        principal: invitation.principal.clone(),
        role: invitation.role,
        nonce: challenge.nonce,
        expires_at: invitation.expires_at,
    })
}

/// A name is given once: to a component, to whoever provisioning gave it, to one tablet.
pub(super) fn refuse_taken(books: &Books, principal: &Principal) -> Result<(), Problem> {
    let word = principal.as_str();
    let why = if word.parse::<Component>().is_ok() {
        "is the name of a component"
    } else if word.starts_with(GUEST) {
        "begins like the names of guests"
    } else if books.provisioned.contains_key(principal)
        || books.people.contains_key(principal)
        || books.refuses(principal)
    {
        "was given away before"
    } else {
        return Ok(());
    };
    let detail = format!("{word} {why}");
    Err(Problem::new(ProblemCode::Conflict, detail).at("principal"))
}
