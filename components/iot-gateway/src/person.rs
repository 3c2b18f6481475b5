//! Somebody whose signature on a petition was proven.

use wire::audit::Witness;
use wire::credential::{Role, Standing};
use wire::{Principal, PublicKey, Signature};

/// A person who has signed what they want.
///
/// Invariant: one comes only from `edge::people`, which has verified the credential under the
/// property's CA, the revocation list and the signature. Nothing turns a bolt without one, so no rule
/// and no timer can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person(Witness);

impl Person {
    /// Takes the word of whoever has verified all that.
    pub(crate) fn vouched(
        principal: Principal,
        role: Standing,
        key: PublicKey,
        signature: Signature,
    ) -> Self {
        Self(Witness {
            principal,
            role,
            key,
            signature,
        })
    }

    /// Who.
    pub fn principal(&self) -> &Principal {
        &self.0.principal
    }

    /// What they are allowed by.
    pub fn standing(&self) -> Standing {
        self.0.role
    }

    /// Whether their agreement counts.
    pub fn may_approve(&self) -> bool {
        matches!(
            self.standing(),
            Standing::Role(Role::Manager | Role::FrontDesk)
        )
    }

    /// For the trail.
    pub fn witness(&self) -> Witness {
        self.0.clone()
    }
}

/// Those who answer for a petition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// Who wants it.
    pub actor: Person,
    /// Who agrees.
    pub approver: Option<Person>,
}
