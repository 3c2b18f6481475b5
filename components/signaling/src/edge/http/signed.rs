//! Requests that are signed by the credential of whoever makes them.

use std::sync::{MutexGuard, PoisonError};

use axum::http::HeaderMap;
use kit::credential::Caller;
use kit::digest::{random, sha256};
use wire::credential::{Credential, label, proof};
use wire::octets::from_base64url;
use wire::signaling::{CREDENTIAL_HEADER, NONCE_HEADER, PROOF_HEADER};
use wire::{Code, Nonce, Problem, Signature};

use super::Office;
use crate::nonces::{Nonces, Unusable};

impl Office {
    /// A nonce for the next request of whoever asks.
    pub(super) fn nonce(&self) -> Nonce {
        let now = self.admission.clock.wall();
        self.lock().give(now, random())
    }

    /// Believes who made a request: the credential holds, its key signed this path and body over
    /// a nonce of ours, and never did before.
    pub(super) fn signed(
        &self,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Caller, Problem> {
        let credential: Credential = wire::decode(&octets(headers, CREDENTIAL_HEADER)?)
            .map_err(|problem| problem.at(CREDENTIAL_HEADER))?;
        let nonce = Nonce(exact(headers, NONCE_HEADER)?);
        let signature = Signature(exact(headers, PROOF_HEADER)?);
        let now = self.admission.clock.wall();
        // Looked at before anything is computed, used only by whoever turns out to be believed.
        self.lock().look(now, &nonce).map_err(unusable)?;
        let digest = sha256(body);
        let parts: &[&[u8]] = &[&nonce.0, path.as_bytes(), &digest.0];
        let message = proof(label::SIGNALING_POST, parts);
        let caller = self.admission.request(&credential, &message, &signature)?;
        self.lock().spend(now, &nonce).map_err(unusable)?;
        self.switchboard.refused(&caller)?;
        Ok(caller)
    }

    fn lock(&self) -> MutexGuard<'_, Nonces> {
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn octets(headers: &HeaderMap, name: &'static str) -> Result<Vec<u8>, Problem> {
    let text = headers.get(name).and_then(|value| value.to_str().ok());
    text.and_then(from_base64url).ok_or_else(|| {
        let detail = "the header is missing or not base64url";
        Problem::new(Code::Malformed, detail).at(name)
    })
}

fn exact<const N: usize>(headers: &HeaderMap, name: &'static str) -> Result<[u8; N], Problem> {
    octets(headers, name)?.try_into().map_err(|_| {
        let detail = format!("not {N} octets");
        Problem::new(Code::Malformed, detail).at(name)
    })
}

fn unusable(why: Unusable) -> Problem {
    let (code, detail) = match why {
        Unusable::Foreign => (Code::Forbidden, "not a nonce of this server"),
        Unusable::Spent => (
            Code::Expired,
            "the nonce was used or is older than a minute",
        ),
        Unusable::TooMany => (Code::Busy, "too many requests within a minute"),
    };
    Problem::new(code, detail).at(NONCE_HEADER)
}
