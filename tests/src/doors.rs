//! Petitions for doors, as pages sign them.

use kit::credential::Passport;
use kit::ids;
use wire::device::State;
use wire::door::{Petition, Signed};
use wire::{Integer, Signature};

/// What somebody signs who wants a bolt turned until `expires_at`.
///
/// # Panics
///
/// When device or operation are no words.
pub fn petition(actor: &Passport, device: &str, operation: &str, expires_at: Integer) -> Petition {
    let mut petition = Petition {
        device: device.parse().expect("it is a device"),
        operation: operation.parse().expect("it is an operation"),
        arguments: State::default(),
        execution: ids::new(expires_at),
        expires_at,
        actor: unsigned(actor),
        approver: None,
    };
    let text = petition.text(actor.property());
    petition.actor.signature = actor.sign(&text);
    petition
}

/// The same, with somebody's agreement.
#[must_use]
pub fn approved(petition: Petition, approver: &Passport) -> Petition {
    let text = petition.text(approver.property());
    let signed = Signed {
        signature: approver.sign(&text),
        ..unsigned(approver)
    };
    Petition {
        approver: Some(signed),
        ..petition
    }
}

fn unsigned(passport: &Passport) -> Signed {
    Signed {
        credential: passport.credential().clone(),
        signature: Signature([0; 64]),
    }
}
