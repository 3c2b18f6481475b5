//! Who asks over HTTPS: tablets by a bearer token, boxes by their certificate.

use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use kit::clock::Clock;
use kit::credential::{Caller, Refusals, Verifier};
use kit::http::{Refusal, Remote};
use kit::identity::{Identity, PrincipalKind, SpiffeId};
use tokio::sync::watch;
use wire::{Code, Component, Problem};

use super::rxdb::Tablets;

/// How a bearer token is introduced (RFC 6750 §2.1).
const BEARER: &str = "Bearer ";

/// Believes bearer tokens of the property.
#[derive(Debug, Clone)]
pub(crate) struct Callers {
    pub(crate) identity: watch::Receiver<Arc<Identity>>,
    pub(crate) refusals: Refusals,
    pub(crate) clock: Clock,
}

impl Callers {
    /// Whom the token names.
    fn caller(&self, parts: &Parts) -> Result<Caller, Problem> {
        let header = parts.headers.get(AUTHORIZATION);
        let token = header.and_then(|value| value.to_str().ok()?.strip_prefix(BEARER));
        let Some(token) = token else {
            let detail = "a bearer token is needed";
            return Err(unauthorised(Problem::new(Code::Forbidden, detail)));
        };
        let verifier = Verifier::of(&self.identity.borrow());
        let caller = verifier
            .bearer(token, self.clock.wall())
            .map_err(|refused| unauthorised(refused.problem()))?;
        self.admit(&caller)?;
        Ok(caller)
    }

    /// Refuses whoever is on the revocation list, also in the middle of a stream.
    pub(crate) fn admit(&self, caller: &Caller) -> Result<(), Problem> {
        if self.refusals.refuses(caller) {
            let detail = "these rights have ended";
            Err(Problem::new(Code::Forbidden, detail).at("authorization"))
        } else {
            Ok(())
        }
    }
}

/// Another token may help: 403 would make RxDB give the replication up for good.
fn unauthorised(problem: Problem) -> Problem {
    Problem {
        status: StatusCode::UNAUTHORIZED.as_u16(),
        ..problem.at("authorization")
    }
}

/// A tablet that has shown who it is.
pub(crate) struct Known(pub(crate) Caller);

impl FromRequestParts<Arc<Tablets>> for Known {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        tablets: &Arc<Tablets>,
    ) -> Result<Self, Refusal> {
        tablets.callers.caller(parts).map(Self).map_err(Refusal)
    }
}

/// The replica of a hotel, by the certificate of its connection.
pub(crate) struct Replica(pub(crate) SpiffeId);

impl<S: Sync> FromRequestParts<S> for Replica {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let remote = parts.extensions.get::<ConnectInfo<Remote>>();
        let spiffe = remote.and_then(|ConnectInfo(remote)| remote.spiffe.clone());
        let is_replica = |spiffe: &SpiffeId| {
            spiffe.role == PrincipalKind::Component
                && spiffe.id.as_str() == Component::ReplicaSync.as_str()
        };
        spiffe.filter(is_replica).map(Self).ok_or_else(|| {
            let detail = "only the replica of a hotel is served, by its certificate";
            Refusal(Problem::new(Code::Forbidden, detail).at("certificate"))
        })
    }
}
