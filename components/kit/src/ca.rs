//! The property's certificate authority, and the chain root that vouches for it to the cloud.
//!
//! ```text
//! chain root ──cross-signs──▶ property CA key ◀──self-signed── property CA
//!     │                                                            │ the only anchor in the hotel
//!     └─▶ cloud server leaves                                      └─▶ leaves of the property
//! ```
//!
//! Promises: a property CA signs no other CA (path length 0); a leaf says what the registry says,
//! never what its request says; component names go to components only (the caller keeps the
//! registry, [`Holder`] keeps the kinds apart). Time is an argument. Deliberately not here:
//! revocation and renewal over the bus, which belong to `authority`.
//!
//! [`Holder`]: crate::identity::Holder

use time::Duration;

pub mod files;
mod key;
mod leaf;
mod property;
mod registration;
mod replacement;
mod request;
mod root;

pub use key::Key;
pub use leaf::ServerNames;
pub use property::PropertyCa;
pub use registration::{Registration, RegistrationError};
pub use replacement::{KnownKey, Predecessors, Whereabouts, public_sha256, requested_sha256};
pub use request::CrossSignRequest;
pub use root::ChainRoot;

/// Life of a leaf.
pub const LEAF_LIFE: Duration = Duration::days(90);
/// How far back a certificate begins, for clocks that are late.
pub const BACKDATED: Duration = Duration::days(1);
/// Life of a CA; replacing one means visiting every device, so it outlives the hardware.
const CA_LIFE: Duration = Duration::days(20 * 365);

/// A certificate cannot be issued, or an authority not be used.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// No key in PKCS #8 PEM, or one that is not on P-256.
    #[error("not a P-256 private key in PKCS #8 PEM")]
    Key(#[source] rcgen::Error),
    /// No certificate in PEM, or one without authority.
    #[error("not the certificate of a certificate authority in PEM")]
    Certificate,
    /// Certificate and key are not of one pair.
    #[error("key does not belong to the certificate of the authority")]
    OtherKey,
    /// A path length of the chain root that allows no property CA below.
    #[error("chain root may not sign a certificate authority (path length 0)")]
    ChainTooShort,
    /// Somebody else vouches for the property.
    #[error("the property's certificate authority is not vouched for by this chain root")]
    OtherRoot,
    /// Neither a DNS name nor an address.
    #[error("{name:?} is neither a DNS name nor an IP address")]
    ServerName {
        /// What was given.
        name: String,
    },
    /// A server leaf that no client could find.
    #[error("server leaf carries no name")]
    NoServerName,
    /// Not PKCS #10, or longer than any of ours.
    #[error("not a certificate signing request in PEM")]
    Request,
    /// Somebody else's public key.
    #[error("signature of the certificate signing request is not of its own key")]
    RequestSignature,
    /// A key that the property does not use.
    #[error("key of the certificate signing request is not on P-256")]
    RequestKey,
    /// The signature could not be made.
    #[error("cannot sign certificate")]
    Sign(#[source] rcgen::Error),
}

#[cfg(test)]
pub(crate) mod specimen;
#[cfg(test)]
mod tests;
