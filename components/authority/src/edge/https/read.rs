//! What requests carry, read within bounds, and how answers leave.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use kit::credential::Caller;
use kit::http::Refusal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::credential::{Role, Standing};
use wire::{Code, Problem};

use super::{BODY_MAX, Https};
use crate::act::Asker;

/// A body of `wire`.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Https>> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, https: &Arc<Https>) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, https).await.map_err(|_| {
            let detail = format!("the body is larger than {BODY_MAX} bytes, or was cut off");
            Refusal(Problem::new(Code::TooLarge, detail))
        })?;
        wire::decode(&bytes).map(Self).map_err(Refusal)
    }
}

/// The person who carries a bearer token.
pub(super) struct Person(pub(super) Asker);

impl FromRequestParts<Arc<Https>> for Person {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, https: &Arc<Https>) -> Result<Self, Refusal> {
        let caller = https.guard.holder(&parts.headers).map_err(Refusal)?;
        let role = role(&caller).map_err(Refusal)?;
        Ok(Self(Asker::Person(caller.principal, role)))
    }
}

/// The role in a token; a certificate has none.
pub(super) fn role(caller: &Caller) -> Result<Role, Problem> {
    match caller.standing {
        Standing::Role(role) => Ok(role),
        Standing::Component | Standing::Device | Standing::Operator => {
            let detail = "only people have roles";
            Err(Problem::new(Code::Forbidden, detail).at("token"))
        }
    }
}

/// An answer, or the refusal.
pub(super) fn answer<T: Serialize>(outcome: Result<T, Problem>) -> Response {
    match outcome {
        Ok(body) => {
            let kind = [(CONTENT_TYPE, "application/json")];
            (kind, wire::encode(&body)).into_response()
        }
        Err(problem) => Refusal(problem).into_response(),
    }
}
