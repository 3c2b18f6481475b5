//! Letting people in: whose credential is believed, and who proved to hold its key.

use kit::clock::Clock;
use kit::credential::{Caller, Verifier};
use kit::identity::Realm;
use tokio::sync::watch;
use wire::credential::{Credential, label, proof};
use wire::signaling::Join;
use wire::{Code, Nonce, Problem, Signature};

use crate::entry::Entry;
use crate::hotel::{Hotel, Member};

/// Believes credentials of the hotels that are served now.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    /// The present.
    pub(crate) clock: Clock,
    /// Whose credentials are believed.
    pub(crate) verifier: watch::Receiver<Verifier>,
}

impl Admission {
    /// Believes a join that is signed over `nonce`.
    pub(crate) fn join(&self, join: Join, nonce: &Nonce) -> Result<Admitted, Problem> {
        let caller = self.caller(&join.credential)?;
        let property = caller.realm.property.as_str().as_bytes();
        let message = proof(label::SIGNALING_JOIN, &[&nonce.0, property]);
        let caller = proven(caller, &message, &join.proof)?;
        let entry = Entry::of(member(&caller), join)?;
        Ok(Admitted { caller, entry })
    }

    /// Believes a request that is signed as `message`.
    pub(crate) fn request(
        &self,
        credential: &Credential,
        message: &[u8],
        signature: &Signature,
    ) -> Result<Caller, Problem> {
        proven(self.caller(credential)?, message, signature)
    }

    fn caller(&self, credential: &Credential) -> Result<Caller, Problem> {
        self.verifier
            .borrow()
            .credential(credential, self.clock.wall())
            .map_err(|refused| refused.problem())
    }
}

/// Somebody who joins, with the credential's words, which a revocation list counts by.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) caller: Caller,
    pub(crate) entry: Entry,
}

fn proven(caller: Caller, message: &[u8], signature: &Signature) -> Result<Caller, Problem> {
    if caller.proves(message, signature) {
        return Ok(caller);
    }
    let detail = "not signed by the key of the credential over this nonce";
    Err(Problem::new(Code::Forbidden, detail).at("proof"))
}

/// The same as rules see it.
pub(crate) fn member(caller: &Caller) -> Member {
    Member {
        hotel: hotel(&caller.realm),
        principal: caller.principal.clone(),
        standing: caller.standing,
        expires_at: caller.expires_at,
        token: caller.token,
        sitting: caller.sitting,
    }
}

/// The same as rules see it.
pub(crate) fn hotel(realm: &Realm) -> Hotel {
    Hotel {
        domain: realm.trust_domain.as_str().to_owned(),
        tenant: realm.tenant.clone(),
        property: realm.property.clone(),
    }
}
