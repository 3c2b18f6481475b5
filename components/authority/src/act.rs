//! What is asked of the authority, by whom, and what is granted.
//!
//! Chance comes in with the act: ids and codes are made before it is known whether they are
//! needed.

use wire::authority::{
    Confirm, Digits, Enrolments, Invite, Pending, Principals, Revoke, Sitting, Sittings,
};
use wire::credential::Role;
use wire::{Integer, Nonce, Principal, Problem, PublicKey, Sha256, SittingId, TokenId, Word};

/// Whoever asks, as far as they have proved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asker {
    /// Nobody we know: the act itself carries what it takes.
    Stranger,
    /// The holder of a leaf: proved by the broker, or by a signature with the leaf's key.
    Holder(Principal),
    /// A person with one of our tokens.
    Person(Principal, Role),
}

impl Asker {
    /// Under which name the act is written down.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Stranger => "stranger",
            Self::Holder(principal) | Self::Person(principal, _) => principal.as_str(),
        }
    }

    /// Who it is; strangers are refused.
    pub(crate) fn principal(&self) -> Result<&Principal, Problem> {
        match self {
            Self::Stranger => {
                let detail = "nobody is named";
                Err(Problem::new(wire::Code::Forbidden, detail).at("principal"))
            }
            Self::Holder(principal) | Self::Person(principal, _) => Ok(principal),
        }
    }
}

/// A one-time code, and the only form in which it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code {
    /// What the tablet is shown.
    pub(crate) code: Nonce,
    /// Its SHA-256.
    pub(crate) sha256: Sha256,
}

/// What a tablet and whoever invited it compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Drawn when the key was known.
    pub(crate) nonce: Nonce,
    /// Of nonce and key.
    pub(crate) digits: Digits,
}

/// What is asked. Proofs of keys are verified before an act is made of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    /// Let somebody enrol a tablet, with this code.
    Invite(Invite, Code),
    /// Take up an invitation with a key that is at hand.
    Enrol {
        /// SHA-256 of the code.
        code: Sha256,
        /// The tablet's key.
        key: PublicKey,
        /// Name of the token, should there be one.
        token: TokenId,
        /// What is to be compared, should this be the first key.
        challenge: Challenge,
    },
    /// Which invitations are open.
    Enrolments,
    /// The tablet in hand shows these digits.
    Confirm(Confirm),
    /// An invitation is for nobody any more.
    Withdraw(Principal),
    /// The next token for the key of the present one.
    RenewToken {
        /// The present token.
        present: TokenId,
        /// Its key.
        key: PublicKey,
        /// Name of the next token.
        next: TokenId,
    },
    /// A guest's token.
    MintGuest {
        /// Where the guest sits.
        table: Word,
        /// The page's key.
        key: PublicKey,
        /// Name of the guest, if this is a new one.
        guest: Principal,
        /// Name of the token, if there is none.
        token: TokenId,
    },
    /// The asker's next leaf, for the key of a signing request.
    RenewLeaf {
        /// The request, PEM.
        csr: String,
    },
    /// A party sits down.
    OpenSitting {
        /// Where.
        table: Word,
        /// For how long at most, in milliseconds.
        life_ms: Option<Integer>,
        /// Name of the sitting.
        sitting: SittingId,
    },
    /// A party leaves.
    CloseSitting(SittingId),
    /// Which parties sit.
    Sittings,
    /// Ends rights.
    Revoke(Revoke),
    /// Who was ever given a name.
    Principals,
}

impl Act {
    /// How it is counted.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Invite(..) => "invite",
            Self::Enrol { .. } => "enrol",
            Self::RenewToken { .. } => "renew-token",
            Self::MintGuest { .. } => "mint-guest",
            Self::RenewLeaf { .. } => "renew-leaf",
            Self::OpenSitting { .. } => "open-sitting",
            Self::CloseSitting(_) => "close-sitting",
            Self::Sittings => "sittings",
            Self::Revoke(_) => "revoke",
            Self::Principals => "principals",
            Self::Enrolments => "enrolments",
            Self::Confirm(_) => "confirm",
            Self::Withdraw(_) => "withdraw",
        }
    }
}

/// What is granted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Granted {
    /// An invitation of a principal, until a Unix time in milliseconds.
    Invitation(Principal, Code, Integer),
    /// A place among those who wait to be compared.
    Pending(Pending),
    /// Open invitations.
    Enrolments(Enrolments),
    /// A token with these contents.
    Token(Mint),
    /// A leaf for a principal, for the key of a signing request.
    Leaf(Principal, String),
    /// A sitting as it is now.
    Sitting(Sitting),
    /// Open sittings.
    Sittings(Sittings),
    /// Who was ever given a name.
    Principals(Principals),
    /// It is done.
    Done,
}

/// What a token says, besides the property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mint {
    /// Whom it is for.
    pub(crate) principal: Principal,
    /// What they do.
    pub(crate) role: Role,
    /// Its name.
    pub(crate) token: TokenId,
    /// From when, in Unix seconds.
    pub(crate) iat: Integer,
    /// Until when, in Unix seconds.
    pub(crate) exp: Integer,
    /// The key it is bound to.
    pub(crate) key: PublicKey,
    /// A guest's sitting and its table.
    pub(crate) seat: Option<(SittingId, Word)>,
}
