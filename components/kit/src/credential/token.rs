//! JSON Web Signatures, compact serialisation, ES256 only (RFC 7515, RFC 7518 §3.4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::credential::{Header, Jwk};
use wire::octets::{from_base64url, to_base64url};
use wire::{Octets, PublicKey, Signature, decode, encode};

use super::Refused;
use crate::identity::Identity;

/// The only algorithm.
const ALGORITHM: &str = "ES256";

/// Signs `payload` as `identity`, whose leaf goes with it; for `authority` alone, nobody believes
/// others.
pub fn sign<T: Serialize>(identity: &Identity, typ: &str, payload: &T) -> String {
    sign_by(
        &identity.chain[0],
        |signed| identity.sign(signed),
        typ,
        payload,
    )
}

/// Signs `payload` by whoever has the key of a certificate, which goes with it.
pub(crate) fn sign_by<T: Serialize>(
    certificate: &CertificateDer<'_>,
    sign: impl FnOnce(&[u8]) -> Signature,
    typ: &str,
    payload: &T,
) -> String {
    let header = Header {
        typ: typ.to_owned(),
        alg: ALGORITHM.to_owned(),
        x5c: vec![STANDARD.encode(certificate)],
    };
    let signed = format!(
        "{}.{}",
        to_base64url(&encode(&header)),
        to_base64url(&encode(payload))
    );
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", to_base64url(&signature.0))
}

/// A token taken apart; nothing in it is believed yet.
pub(super) struct Parts<'a> {
    /// The signer's leaf.
    pub(super) signer: CertificateDer<'static>,
    /// What the signature is over.
    pub(super) signed: &'a [u8],
    /// The signature.
    pub(super) signature: Signature,
    payload: Vec<u8>,
}

impl<'a> Parts<'a> {
    /// Takes apart a token of a type, of at most so many characters.
    pub(super) fn of(token: &'a str, typ: &str, most: usize) -> Result<Self, Refused> {
        let wrong = |what| move || Refused::Token { what };
        if token.len() > most {
            return Err(Refused::Token { what: "length" });
        }
        let (signed, signature) = token.rsplit_once('.').ok_or_else(wrong("parts"))?;
        let (header, payload) = signed.split_once('.').ok_or_else(wrong("parts"))?;
        let header: Header = decode(&from_base64url(header).ok_or_else(wrong("header"))?)
            .map_err(Refused::Claims)?;
        if header.typ != typ {
            return Err(Refused::Token { what: "typ" });
        }
        if header.alg != ALGORITHM {
            return Err(Refused::Token { what: "alg" });
        }
        let [leaf] = &header.x5c[..] else {
            return Err(Refused::Token { what: "x5c" });
        };
        let certificate = STANDARD
            .decode(leaf)
            .map_err(|_| Refused::Token { what: "x5c" })?;
        let signature = from_base64url(signature)
            .and_then(|octets| octets.try_into().ok())
            .ok_or_else(wrong("signature"))?;
        Ok(Self {
            signer: certificate.into(),
            signed: signed.as_bytes(),
            signature: Signature(signature),
            payload: from_base64url(payload).ok_or_else(wrong("payload"))?,
        })
    }

    pub(super) fn payload<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        decode(&self.payload).map_err(Refused::Claims)
    }
}

/// A public key in the form of tokens.
pub fn jwk(key: &PublicKey) -> Jwk {
    let coordinate =
        |octets: &[u8]| Octets::new(octets.to_vec()).expect("a coordinate of P-256 has 32 octets");
    Jwk {
        kty: "EC".to_owned(),
        crv: "P-256".to_owned(),
        x: coordinate(&key.0[1..33]),
        y: coordinate(&key.0[33..]),
    }
}

/// A public key from the form of tokens; whether it is a point of the curve shows when a
/// signature is verified.
pub(super) fn key(jwk: &Jwk) -> Result<PublicKey, Refused> {
    let (x, y) = (jwk.x.as_slice(), jwk.y.as_slice());
    if jwk.kty != "EC" || jwk.crv != "P-256" || x.len() != 32 || y.len() != 32 {
        return Err(Refused::Token { what: "cnf.jwk" });
    }
    let mut point = [4; 65];
    point[1..33].copy_from_slice(x);
    point[33..].copy_from_slice(y);
    Ok(PublicKey(point))
}
