//! The notice that a property has another certificate authority, for devices that nobody can visit.
//!
//! A device believes it by the signature of the chain root, whose certificate it was given when it
//! was enrolled and which counts for nothing else. How it reached the device does not matter.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Integer, Version};
use crate::credential::CERTIFICATE_MAX;
use crate::id::{PropertyId, TenantId};
use crate::octets::Octets;

/// Event of `authority`, retained: [`SignedCaReplacement`]; the answer of `GET /ca-replacement` as well.
pub const CA_REPLACEMENT_EVENT: &str = "ca-replacement";
/// `typ` of the notice.
pub const CA_REPLACEMENT_TYPE: &str = "hotel-ca-replacement+jwt";
/// Longest notice, in characters; two certificates take about 2,500.
pub const CA_REPLACEMENT_MAX: usize = 16 * 1024;

/// What a notice says: from now on this is the property's certificate authority, and no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaReplacement {
    /// Version of this body.
    pub v: Version<1>,
    /// The company.
    pub tenant: TenantId,
    /// The hotel; nobody else's devices take it.
    pub property: PropertyId,
    /// Grows with every notice of the property; one that is not higher than the last is not taken.
    pub number: Integer,
    /// The property's CA from now on, DER.
    pub ca: Octets<CERTIFICATE_MAX>,
    /// When it was signed, in Unix milliseconds; for people, because a device's clock may be wrong.
    pub issued_at: Integer,
}

/// The notice, signed by the chain root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedCaReplacement {
    /// Version of this body.
    pub v: Version<1>,
    /// JWS compact serialisation; type [`CA_REPLACEMENT_TYPE`], algorithm `ES256`, `x5c` the chain
    /// root, payload [`CaReplacement`].
    pub notice: String,
}
