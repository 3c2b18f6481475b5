//! Who may ask for what: one table for the bus and for HTTPS.
//!
//! The broker's policy says the same again for the bus; whoever gets past one does not get past
//! the other.

use wire::credential::{Role, Standing};
use wire::{Code, Problem};

use crate::act::{Act, Asker};
use crate::books::Books;

const OPERATOR: Standing = Standing::Operator;
const MANAGER: Standing = Standing::Role(Role::Manager);
const FRONT_DESK: Standing = Standing::Role(Role::FrontDesk);
const POS: Standing = Standing::Role(Role::Pos);
const KITCHEN: Standing = Standing::Role(Role::Kitchen);

/// Everybody to whom a table of the hotel is their work.
const HOSTS: &[Standing] = &[OPERATOR, FRONT_DESK, POS, MANAGER];
/// Everybody who holds a token, but guests, whose token ends with their sitting.
const STAFF: &[Standing] = &[
    FRONT_DESK,
    Standing::Role(Role::Housekeeping),
    KITCHEN,
    POS,
    Standing::Role(Role::Engineering),
    MANAGER,
];

/// Who may do it; nothing when the act carries its own right, as an invitation's code does.
fn entitled(act: &Act) -> Option<&'static [Standing]> {
    match act {
        Act::Enrol { .. } => None,
        Act::Invite(..) | Act::Enrolments | Act::Confirm(_) | Act::Withdraw(_) => {
            Some(&[OPERATOR, MANAGER])
        }
        Act::RenewToken { .. } => Some(STAFF),
        Act::MintGuest { .. } => Some(&[OPERATOR, Standing::Component]),
        Act::RenewLeaf { .. } => Some(&[Standing::Component, Standing::Device, OPERATOR]),
        Act::OpenSitting { .. } | Act::CloseSitting(_) => Some(HOSTS),
        Act::Sittings => Some(&[OPERATOR, FRONT_DESK, POS, KITCHEN, MANAGER]),
        Act::Revoke(_) | Act::Principals => Some(&[OPERATOR]),
    }
}

/// Refuses whoever may not do it, and whoever has no rights any more.
pub(crate) fn check(books: &Books, asker: &Asker, act: &Act) -> Result<(), Problem> {
    let Some(entitled) = entitled(act) else {
        return Ok(());
    };
    let principal = asker.principal()?;
    let standing = match asker {
        Asker::Stranger | Asker::Holder(_) => books.provisioned.get(principal).copied(),
        Asker::Person(_, role) => Some(Standing::Role(*role)),
    };
    let standing = standing.ok_or_else(|| unknown(asker))?;
    if books.refuses(principal) {
        Err(refused("the rights of the principal have ended"))
    } else if entitled.contains(&standing) {
        Ok(())
    } else {
        Err(refused("the principal's role does not allow it"))
    }
}

fn unknown(asker: &Asker) -> Problem {
    let detail = format!("provisioning gave nobody the name {}", asker.name());
    Problem::new(Code::NotFound, detail).at("principal")
}

fn refused(detail: &str) -> Problem {
    Problem::new(Code::Forbidden, detail).at("principal")
}

#[cfg(test)]
mod tests;
