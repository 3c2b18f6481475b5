//! Hotels and their people, as far as credentials name them.

use wire::credential::{Revocations, Standing};
use wire::{Integer, Principal, PropertyId, SittingId, TenantId, TokenId};

/// One hotel, seen from the whole world: two companies may give two hotels one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hotel {
    /// Who vouches for the company.
    pub(crate) domain: String,
    /// The company.
    pub(crate) tenant: TenantId,
    /// The hotel's name there.
    pub(crate) property: PropertyId,
}

/// Somebody whose credential was believed and who proved to hold its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Where they belong.
    pub(crate) hotel: Hotel,
    /// Who they are.
    pub(crate) principal: Principal,
    /// What they are allowed by what they are.
    pub(crate) standing: Standing,
    /// Until when their credential is good, in Unix milliseconds.
    pub(crate) expires_at: Integer,
    /// The token they came with.
    pub(crate) token: Option<TokenId>,
    /// The sitting of a guest.
    pub(crate) sitting: Option<SittingId>,
}

impl Member {
    /// Whether a revocation list ends their rights.
    pub(crate) fn is_refused(&self, list: &Revocations) -> bool {
        list.principals.contains(&self.principal)
            || self.token.is_some_and(|token| list.tokens.contains(&token))
            || self
                .sitting
                .is_some_and(|sitting| list.sittings.contains(&sitting))
    }
}
