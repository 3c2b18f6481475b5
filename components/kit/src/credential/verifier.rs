//! Believing a credential.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use wire::credential::{
    BEARER_LIFE_S, BEARER_TYPE, Claims, Credential, POP_LIFE_MAX_S, POP_TYPE, REVOCATIONS_MAX,
    REVOCATIONS_TYPE, Revocations, Standing, TOKEN_MAX,
};
use wire::{Component, Integer, PublicKey};

use super::token::{self, Parts};
use super::{Caller, Refused, SKEW_MS, verified};
use crate::identity::{Identity, Particulars, Realm, SpiffeId};

/// Believes the credentials of one property, or of several in the cloud; cloned freely.
#[derive(Clone)]
pub struct Verifier(Arc<BTreeMap<Realm, Arc<dyn ClientCertVerifier>>>);

impl Verifier {
    /// Believes the property that `identity` belongs to.
    pub fn of(identity: &Identity) -> Self {
        let path = path(identity.roots());
        Self(Arc::new([(identity.spiffe.realm(), path)].into()))
    }

    /// Believes several properties, each under its own CA; one without a usable certificate is
    /// believed nothing.
    pub fn of_properties(
        properties: impl IntoIterator<Item = (Realm, Vec<CertificateDer<'static>>)>,
    ) -> Self {
        let trusted = |(realm, anchors): (Realm, Vec<_>)| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(anchors);
            (!roots.is_empty()).then(|| (realm, path(Arc::new(roots))))
        };
        Self(Arc::new(
            properties.into_iter().filter_map(trusted).collect(),
        ))
    }

    /// Believes a credential that is worth something together with a proof.
    pub fn credential(&self, credential: &Credential, now: Integer) -> Result<Caller, Refused> {
        match credential {
            Credential::Token(token) => {
                let claims = self.claims(token, POP_TYPE, POP_LIFE_MAX_S, now)?;
                let confirmation = claims.1.cnf.as_ref();
                let bound = confirmation.ok_or(Refused::Token { what: "cnf" })?;
                let key = token::key(&bound.jwk)?;
                Ok(of_claims(claims, Some(key)))
            }
            Credential::Certificate(der) => {
                let leaf = CertificateDer::from(der.as_slice());
                let (spiffe, particulars) = self.leaf(&leaf, now)?;
                Ok(of_certificate(&spiffe, &particulars, public_key(&leaf)?))
            }
        }
    }

    /// Whether anybody of this property is believed.
    pub fn believes(&self, realm: &Realm) -> bool {
        self.0.contains_key(realm)
    }

    /// Who verifies certificates of a property.
    pub(crate) fn path_of(&self, realm: &Realm) -> Option<Arc<dyn ClientCertVerifier>> {
        self.0.get(realm).map(Arc::clone)
    }

    /// Believes a bearer token; over TLS only.
    pub fn bearer(&self, token: &str, now: Integer) -> Result<Caller, Refused> {
        let claims = self.claims(token, BEARER_TYPE, BEARER_LIFE_S, now)?;
        Ok(of_claims(claims, None))
    }

    /// Believes a revocation list, however old: a stale list is better than none.
    pub fn revocations(&self, list: &str, now: Integer) -> Result<Revocations, Refused> {
        let (_, list) = self.signed(list, (REVOCATIONS_TYPE, REVOCATIONS_MAX), now)?;
        Ok(list)
    }

    fn claims(
        &self,
        token: &str,
        typ: &str,
        life_max_s: u32,
        now: Integer,
    ) -> Result<(Realm, Claims), Refused> {
        let (realm, claims): (Realm, Claims) = self.signed(token, (typ, TOKEN_MAX), now)?;
        let (iat, exp) = (seconds(claims.iat), seconds(claims.exp));
        if (&claims.tenant, &claims.property) != (&realm.tenant, &realm.property) {
            Err(Refused::OtherProperty)
        } else if claims.sub.as_str().parse::<Component>().is_ok() {
            Err(Refused::Token { what: "sub" })
        } else if iat > now.value() + SKEW_MS {
            Err(Refused::Early)
        } else if exp.saturating_sub(iat) > u64::from(life_max_s) * 1_000 {
            Err(Refused::Token { what: "exp" })
        } else if exp <= now.value() {
            Err(Refused::Expired)
        } else {
            Ok((realm, claims))
        }
    }

    fn signed<T: serde::de::DeserializeOwned>(
        &self,
        token: &str,
        (typ, most): (&str, usize),
        now: Integer,
    ) -> Result<(Realm, T), Refused> {
        let parts = Parts::of(token, typ, most)?;
        let (signer, _) = self.leaf(&parts.signer, now)?;
        let realm = signer.realm();
        if signer != realm.spiffe(&crate::identity::Holder::Component(Component::Authority)) {
            return Err(Refused::Issuer);
        }
        if !verified(&public_key(&parts.signer)?, parts.signed, &parts.signature) {
            return Err(Refused::Signature);
        }
        Ok((realm, parts.payload()?))
    }

    /// A leaf that is valid now under the CA of the property it names.
    fn leaf(
        &self,
        leaf: &CertificateDer<'_>,
        now: Integer,
    ) -> Result<(SpiffeId, Particulars), Refused> {
        let particulars = Particulars::of(leaf).map_err(Refused::Certificate)?;
        let realm = particulars.spiffe.realm();
        let path = self.0.get(&realm).ok_or(Refused::OtherProperty)?;
        let moment = UnixTime::since_unix_epoch(Duration::from_millis(now.value()));
        path.verify_client_cert(leaf, &[], moment)
            .map_err(Refused::Path)?;
        Ok((particulars.spiffe.clone(), particulars))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn path(roots: Arc<RootCertStore>) -> Arc<dyn ClientCertVerifier> {
    WebPkiClientVerifier::builder_with_provider(roots, Arc::new(default_provider()))
        .build()
        .expect("there is at least one anchor")
}

fn of_claims((realm, claims): (Realm, Claims), key: Option<PublicKey>) -> Caller {
    Caller {
        realm,
        principal: claims.sub,
        standing: Standing::Role(claims.role),
        component: None,
        key,
        expires_at: Integer::new(seconds(claims.exp)).unwrap_or_default(),
        token: Some(claims.jti),
        sitting: claims.sitting,
        table: claims.table,
    }
}

fn of_certificate(spiffe: &SpiffeId, particulars: &Particulars, key: PublicKey) -> Caller {
    Caller {
        key: Some(key),
        expires_at: particulars.not_after,
        ..Caller::certified(spiffe)
    }
}

/// Seconds as milliseconds; beyond every calendar when they are too many.
fn seconds(seconds: Integer) -> u64 {
    seconds.value().saturating_mul(1_000)
}

pub(super) fn public_key(leaf: &CertificateDer<'_>) -> Result<PublicKey, Refused> {
    let wrong = || Refused::Token { what: "key" };
    let (_, leaf) = x509_parser::parse_x509_certificate(leaf).map_err(|_| wrong())?;
    let point: &[u8] = &leaf.public_key().subject_public_key.data;
    point.try_into().map(PublicKey).map_err(|_| wrong())
}
