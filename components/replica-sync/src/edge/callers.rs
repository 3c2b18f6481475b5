//! Who asks over HTTPS: tablets by a bearer token, boxes by their certificate.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use kit::credential::Caller;
use kit::http::{Refusal, Remote};
use kit::identity::{PrincipalKind, SpiffeId};
use wire::{Code, Component, Problem};

use super::rxdb::Tablets;

/// A tablet that has shown who it is.
pub(crate) struct Known(pub(crate) Caller);

impl FromRequestParts<Arc<Tablets>> for Known {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        tablets: &Arc<Tablets>,
    ) -> Result<Self, Refusal> {
        let holder = tablets.guard.holder(&parts.headers);
        holder.map(Self).map_err(Refusal)
    }
}

/// The replica of a hotel, by the certificate of its connection.
pub(crate) struct Replica(pub(crate) SpiffeId);

impl<S: Sync> FromRequestParts<S> for Replica {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let remote = Remote::of(&parts.extensions);
        let spiffe = remote.and_then(|remote| remote.spiffe.clone());
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
