//! How the components are, for staff.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use kit::http::Refusal;
use serde::Serialize;
use wire::credential::Standing;
use wire::status::Status;
use wire::{Code, Component, Problem, Version};

use super::Console;

/// What staff see.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Statuses {
    v: Version<1>,
    components: Vec<Row>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Row {
    component: Component,
    status: Status,
}

pub(super) async fn status(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
) -> Result<Json<Statuses>, Refusal> {
    console.require_staff(&headers).map_err(Refusal)?;
    let board = console.board.borrow();
    let row = |(component, status): (Component, &Status)| Row {
        component,
        status: status.clone(),
    };
    Ok(Json(Statuses {
        v: Version,
        components: board.rows().map(row).collect(),
    }))
}

impl Console {
    /// Lets staff in, by a bearer token (RFC 6750 §2.1).
    fn require_staff(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let refused = |detail: &str| Problem::new(Code::Forbidden, detail).at("authorization");
        let header = headers.get(header::AUTHORIZATION);
        let token = header
            .and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "))
            .ok_or_else(|| refused("a bearer token is needed"))?;
        let caller = self.verifier.bearer(token, self.clock.wall());
        let caller = caller.map_err(|error| error.problem())?;
        if self.refusals.refuses(&caller) {
            return Err(refused("the rights of this token have ended"));
        }
        match caller.standing {
            Standing::Role(role) if role.is_staff() => Ok(()),
            Standing::Role(_) | Standing::Component | Standing::Device | Standing::Operator => {
                Err(refused("this is for staff"))
            }
        }
    }
}
