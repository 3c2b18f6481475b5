//! Who asks over HTTPS: by a bearer token, or by the certificate of the connection.
//!
//! Promises: a token that is there decides, whatever the certificate; what cannot be believed is
//! refused in one form (401: other credentials may help), whoever is on the revocation list in
//! another (403); both name the header.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use tokio::sync::watch;
use tokio::time::timeout;
use wire::{Code, Integer, Problem};

use super::Remote;
use crate::Host;
use crate::clock::Clock;
use crate::credential::{Caller, Refusals, Verifier};
use crate::identity::Identity;

/// How a bearer token is introduced (RFC 6750 §2.1).
const BEARER: &str = "Bearer ";
/// The field that refusals name.
const FIELD: &str = "authorization";

/// Knows everybody of one property; cloned freely.
#[derive(Debug, Clone)]
pub struct Guard {
    identity: watch::Receiver<Arc<Identity>>,
    refusals: Refusals,
    clock: Clock,
}

impl Guard {
    /// Believes whom the host's property believes, but those on the list.
    pub fn new(host: &Host, refusals: &Refusals) -> Self {
        Self::of(host.identity.clone(), refusals, host.clock.clone())
    }

    /// The same from its parts.
    pub fn of(identity: watch::Receiver<Arc<Identity>>, refusals: &Refusals, clock: Clock) -> Self {
        Self {
            identity,
            refusals: refusals.clone(),
            clock,
        }
    }

    /// Whom not to believe any more.
    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Whom the token names; without one, whom the certificate of the connection names.
    pub fn caller(&self, headers: &HeaderMap, remote: Option<&Remote>) -> Result<Caller, Problem> {
        if headers.contains_key(AUTHORIZATION) {
            return self.holder(headers);
        }
        let spiffe = remote.and_then(|remote| remote.spiffe.as_ref());
        let nobody = || needed("a client certificate or a bearer token is needed");
        let caller = spiffe.map(Caller::certified).ok_or_else(nobody)?;
        self.admit(&caller)?;
        Ok(caller)
    }

    /// Whom the token names; a certificate does not count.
    pub fn holder(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let verifier = Verifier::of(&self.identity.borrow());
        let caller = bearer(headers, &verifier, self.clock.wall())?;
        self.admit(&caller)?;
        Ok(caller)
    }

    /// Returns when the rights of the caller end: they are revoked, or their credential expires.
    pub async fn ended(&self, caller: &Caller) {
        let (end, now) = (caller.expires_at.value(), self.clock.wall().value());
        let life = Duration::from_millis(end.saturating_sub(now));
        drop(timeout(life, self.refusals.refused(caller)).await);
    }

    /// Refuses whoever is on the revocation list.
    pub fn admit(&self, caller: &Caller) -> Result<(), Problem> {
        if self.refusals.refuses(caller) {
            Err(Problem::new(Code::Forbidden, "these rights have ended").at(FIELD))
        } else {
            Ok(())
        }
    }
}

/// Whom the bearer token of a request names; whether their rights have ended is another question.
pub fn bearer(headers: &HeaderMap, verifier: &Verifier, now: Integer) -> Result<Caller, Problem> {
    let value = headers.get(AUTHORIZATION);
    let token = value
        .and_then(|value| value.to_str().ok()?.strip_prefix(BEARER))
        .ok_or_else(|| needed("a bearer token is needed"))?;
    verifier
        .bearer(token, now)
        .map_err(|refused| unauthorised(refused.problem()))
}

fn needed(detail: &str) -> Problem {
    unauthorised(Problem::new(Code::Forbidden, detail))
}

/// Other credentials may help (RFC 9110 §15.5.2).
fn unauthorised(problem: Problem) -> Problem {
    Problem {
        status: StatusCode::UNAUTHORIZED.as_u16(),
        ..problem.at(FIELD)
    }
}
