//! What can go wrong with a property.

use std::io;
use std::path::PathBuf;

use kit::ca::files::WriteError;
use kit::ca::{CaError, RegistrationError};
use kit::credential::NotAReplacement;
use kit::identity::{IdentityError, ReplacementError};
use wire::{Principal, Sha256};

use super::{StoreError, Taken};

/// A property cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PropertyError {
    /// Nothing was created there.
    #[error("there is no property in {}, see `edgectl property create`", dir.display())]
    Missing {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// It exists and is another.
    #[error("the property exists with {field} {existing:?}, not {wanted:?}")]
    Conflict {
        /// What differs.
        field: &'static str,
        /// What it is.
        existing: String,
        /// What was asked for.
        wanted: String,
    },
    /// The id belongs to somebody else.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// A name of the box that no certificate can carry.
    #[error("wrong server name")]
    ServerName(#[source] CaError),
    /// Files of an authority that are damaged or do not belong together.
    #[error("cannot use the certificate authority in {}", file.display())]
    Authority {
        /// Its certificate.
        file: PathBuf,
        /// What is wrong with it.
        source: CaError,
    },
    /// A request that is not the one a box showed.
    #[error("this is of CA {found}, not {wanted}: it is not that box's")]
    OtherCa {
        /// Whose it is.
        found: Sha256,
        /// Whose it was to be.
        wanted: Sha256,
    },
    /// A record for the cloud that cannot be used.
    #[error("cannot use the record in {}", file.display())]
    Registration {
        /// The record.
        file: PathBuf,
        /// What is wrong with it.
        source: RegistrationError,
    },
    /// A notice that is none of this property.
    #[error("cannot use the notice in {}", file.display())]
    Notice {
        /// The notice, or where it would be kept.
        file: PathBuf,
        /// What is wrong with it.
        source: Box<NotAReplacement>,
    },
    /// A roster with nobody who has to come over.
    #[error("the roster is of this very authority: there is nobody to come over")]
    OwnRoster,
    /// The number of the last notice cannot be left beside a device's identity.
    #[error("cannot note the number of the last notice")]
    Number(#[source] Box<ReplacementError>),
    /// A certificate cannot be made.
    #[error("cannot issue a certificate to {principal}")]
    Issue {
        /// For whom.
        principal: Principal,
        /// Why not.
        source: CaError,
    },
    /// It would have two keys.
    #[error("the key of {principal} was made here: no other is signed")]
    KeyIsHere {
        /// Whose.
        principal: Principal,
    },
    /// It would have two keys.
    #[error("{principal} keeps its own key: name its signing request by --csr")]
    KeyIsElsewhere {
        /// Whose.
        principal: Principal,
    },
    /// A new leaf does not load; a fault of ours.
    #[error("the new identity of {principal} cannot be used")]
    Unusable {
        /// Whose.
        principal: Principal,
        /// What is wrong with it.
        source: IdentityError,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file cannot be left to whom it belongs.
    #[error("cannot give {} to the owner of its directory", file.display())]
    Owner {
        /// The file.
        file: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
    /// Another run cannot be waited for.
    #[error("cannot lock {}", file.display())]
    Lock {
        /// The lock file.
        file: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
}
