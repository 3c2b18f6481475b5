//! Believing the notice of another CA.
//!
//! Pure, and all that a device has to verify; `docs/spec/authority.md` says the same for other
//! languages, with vectors in `vectors/ca-replacement.json`.

use rustls::pki_types::CertificateDer;
use wire::replacement::{
    CA_REPLACEMENT_MAX, CA_REPLACEMENT_TYPE, CaReplacement, SignedCaReplacement,
};
use wire::{Integer, Problem, PropertyId, TenantId};
use x509_parser::certificate::X509Certificate;

use super::token::Parts;
use super::verifier::public_key;
use super::{Refused, verified};
use crate::identity::Realm;

/// Believes a notice for a device of `realm` that has `root` pinned and took number `last` before.
pub fn verify_replacement(
    body: &[u8],
    root: &CertificateDer<'_>,
    realm: &Realm,
    last: Integer,
) -> Result<CaReplacement, NotAReplacement> {
    let signed: SignedCaReplacement = wire::decode(body).map_err(NotAReplacement::Body)?;
    let parts = parts(&signed.notice)?;
    let pinned = public_key(root).map_err(NotAReplacement::Root)?;
    if public_key(&parts.signer).map_err(NotAReplacement::Notice)? != pinned {
        return Err(NotAReplacement::OtherRoot);
    }
    if !verified(&pinned, parts.signed, &parts.signature) {
        return Err(NotAReplacement::Signature);
    }
    let notice: CaReplacement = parts.payload().map_err(NotAReplacement::Notice)?;
    refuse_other(&notice, realm)?;
    if notice.number <= last {
        let number = notice.number;
        return Err(NotAReplacement::Number { number, last });
    }
    Ok(notice)
}

/// What a notice says of a property, without a look at its signature: for whoever passes it on.
pub fn claimed_replacement(body: &[u8], realm: &Realm) -> Result<CaReplacement, NotAReplacement> {
    let signed: SignedCaReplacement = wire::decode(body).map_err(NotAReplacement::Body)?;
    let notice: CaReplacement = parts(&signed.notice)?
        .payload()
        .map_err(NotAReplacement::Notice)?;
    refuse_other(&notice, realm)?;
    Ok(notice)
}

fn parts(notice: &str) -> Result<Parts<'_>, NotAReplacement> {
    Parts::of(notice, CA_REPLACEMENT_TYPE, CA_REPLACEMENT_MAX).map_err(NotAReplacement::Notice)
}

/// Refuses the notice of another hotel, and what is no CA of a property.
fn refuse_other(notice: &CaReplacement, realm: &Realm) -> Result<(), NotAReplacement> {
    if notice.tenant != realm.tenant {
        let found = notice.tenant.clone();
        return Err(NotAReplacement::Tenant { found });
    }
    if notice.property != realm.property {
        let found = notice.property.clone();
        return Err(NotAReplacement::Property { found });
    }
    let (rest, ca) = x509_parser::parse_x509_certificate(notice.ca.as_slice())
        .map_err(|_| NotAReplacement::Ca)?;
    if rest.is_empty() && is_authority(&ca) {
        Ok(())
    } else {
        Err(NotAReplacement::Ca)
    }
}

/// Whether it is signed by itself, and allows no authority below.
fn is_authority(ca: &X509Certificate<'_>) -> bool {
    let constraints = ca.basic_constraints().ok().flatten();
    let below_none = constraints
        .is_some_and(|basic| basic.value.ca && basic.value.path_len_constraint == Some(0));
    below_none && ca.verify_signature(None).is_ok()
}

/// A notice is not believed.
#[derive(Debug, thiserror::Error)]
pub enum NotAReplacement {
    /// It is none at all, or longer than any.
    #[error("not a notice of a certificate authority")]
    Body(#[source] Problem),
    /// Its parts cannot be read.
    #[error("field notice cannot be read")]
    Notice(#[source] Refused),
    /// Whoever verifies has pinned what is no certificate of ours.
    #[error("the pinned chain root cannot be read")]
    Root(#[source] Refused),
    /// Another root signs, or says so.
    #[error("the notice is signed by another chain root than the pinned one")]
    OtherRoot,
    /// The signature is of something else.
    #[error("the signature of the notice is wrong")]
    Signature,
    /// Somebody else's.
    #[error("field tenant of the notice is {found}, another company")]
    Tenant {
        /// Whose.
        found: TenantId,
    },
    /// Another hotel's.
    #[error("field property of the notice is {found}, another hotel")]
    Property {
        /// Whose.
        found: PropertyId,
    },
    /// It, or a later one, was taken before.
    #[error("field number of the notice is {number}, not higher than {last}")]
    Number {
        /// What it says.
        number: Integer,
        /// What was taken before.
        last: Integer,
    },
    /// Its certificate is none of a property's CA.
    #[error("field ca of the notice is not the certificate of a property's authority")]
    Ca,
}

#[cfg(test)]
mod tests;
