//! Whether the tablet that took an invitation up is the one in hand: six digits, compared by whoever
//! invited it.

use wire::authority::{Confirm, Enrolment, Enrolments, INVITATION_MS};
use wire::credential::Standing;
use wire::{Code, Principal, Problem, PublicKey, Sha256};

use super::{Done, Present, after, audit, invitation};
use crate::act::{Asker, Granted};
use crate::books::{Books, Change, Invitation, Person, Stale, Uptake};

/// The tablet becomes active, if it shows the digits of the key that came. Wrong ones change nothing:
/// whoever asks may look again, or withdraw.
pub(super) fn confirm(
    books: &Books,
    present: Present,
    asker: &Asker,
    confirm: Confirm,
) -> Result<Done, Problem> {
    let Confirm { principal, digits } = confirm;
    let own = own(books, present, asker).filter(|(_, own)| own.principal == principal);
    let (code, invitation) = own
        .max_by_key(|(_, own)| stage(own))
        .ok_or_else(|| nobody(&principal))?;
    match &invitation.uptake {
        Uptake::Open => {
            let detail = format!("no tablet has taken up the invitation of {principal}");
            Err(Problem::new(Code::NotFound, detail).at("principal"))
        }
        Uptake::Confirmed(_) => Ok(Done::looked(Granted::Done)),
        Uptake::Taken(_, challenge) if challenge.digits != digits => {
            let detail = "the tablet that took the invitation up shows other digits";
            Err(Problem::new(Code::Forbidden, detail).at("digits"))
        }
        Uptake::Taken(key, _) => {
            invitation::refuse_taken(books, &principal)?;
            Ok(Done {
                granted: Granted::Done,
                changes: activate(present, asker, (code, invitation), *key),
            })
        }
    }
}

fn activate(
    present: Present,
    asker: &Asker,
    (code, invitation): (Sha256, &Invitation),
    key: PublicKey,
) -> Vec<Change> {
    let principal = invitation.principal.clone();
    let confirmed = Invitation {
        // Time to fetch the token.
        expires_at: after(present.now, INVITATION_MS.into()),
        uptake: Uptake::Confirmed(key),
        ..invitation.clone()
    };
    let person = Person {
        role: invitation.role,
        name: invitation.name.clone(),
    };
    vec![
        audit(present, asker, "confirm", &principal),
        Change::Invitation(code, confirmed),
        Change::Person(principal, person),
    ]
}

/// The name is free again; whoever took it up gets nothing.
pub(super) fn withdraw(
    books: &Books,
    present: Present,
    asker: &Asker,
    principal: &Principal,
) -> Result<Done, Problem> {
    let own = own(books, present, asker).filter(|(_, own)| own.principal == *principal);
    let waiting = own.filter(|(_, own)| !matches!(own.uptake, Uptake::Confirmed(_)));
    let mut changes: Vec<_> = waiting
        .map(|(code, _)| Change::Forgotten(Stale::Invitation(code)))
        .collect();
    if changes.is_empty() {
        return Err(nobody(principal));
    }
    changes.push(audit(present, asker, "withdraw", principal));
    Ok(Done {
        granted: Granted::Done,
        changes,
    })
}

/// Open invitations, by name.
pub(super) fn list(books: &Books, present: Present, asker: &Asker) -> Enrolments {
    let mut open: Vec<_> = own(books, present, asker)
        .map(|(_, own)| own)
        .filter(|own| !matches!(own.uptake, Uptake::Confirmed(_)))
        .collect();
    // Of several codes for one name the one that was taken up.
    open.sort_by(|left, right| {
        let by_name = left.principal.cmp(&right.principal);
        by_name.then_with(|| stage(right).cmp(&stage(left)))
    });
    open.dedup_by(|later, first| later.principal == first.principal);
    let shown = |own: &Invitation| Enrolment {
        principal: own.principal.clone(),
        role: own.role,
        name: own.name.clone(),
        digits: match &own.uptake {
            Uptake::Taken(_, challenge) => Some(challenge.digits.clone()),
            Uptake::Open | Uptake::Confirmed(_) => None,
        },
        expires_at: own.expires_at,
    };
    Enrolments {
        enrolments: open.into_iter().map(shown).collect(),
    }
}

/// Invitations that the asker may decide about: its own, and an operator's all.
fn own<'a>(
    books: &'a Books,
    present: Present,
    asker: &'a Asker,
) -> impl Iterator<Item = (Sha256, &'a Invitation)> {
    let principal = asker.principal().ok();
    let standing = principal.and_then(|principal| books.provisioned.get(principal));
    let operates = standing == Some(&Standing::Operator);
    books
        .invitations
        .iter()
        .filter(move |(_, own)| present.now < own.expires_at)
        .filter(move |(_, own)| operates || own.invited_by.as_ref() == principal)
        .map(|(code, own)| (*code, own))
}

/// Of several codes for one name, which counts.
fn stage(invitation: &Invitation) -> u8 {
    match invitation.uptake {
        Uptake::Open => 0,
        Uptake::Confirmed(_) => 1,
        Uptake::Taken(..) => 2,
    }
}

fn nobody(principal: &Principal) -> Problem {
    let detail = format!("you have no open invitation of {principal}");
    Problem::new(Code::NotFound, detail).at("principal")
}
