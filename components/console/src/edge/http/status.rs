//! How the components are, for staff.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
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
    /// Lets staff in, by a bearer token.
    fn require_staff(&self, headers: &HeaderMap) -> Result<(), Problem> {
        match self.guard.holder(headers)?.standing {
            Standing::Role(role) if role.is_staff() => Ok(()),
            Standing::Role(_) | Standing::Component | Standing::Device | Standing::Operator => {
                Err(Problem::new(Code::Forbidden, "this is for staff").at("authorization"))
            }
        }
    }
}
