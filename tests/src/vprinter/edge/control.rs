//! Handles on the printer by HTTP, on loopback.
//!
//! ```text
//! GET /tickets                    [{"number": 1, "end": "cut", "lines": […], "qr_codes": […]}]
//! GET /tickets/1.png
//! GET /state                      {"powered": true, "paper": "enough", …}
//! PUT /paper   {"state": "out"}   enough | near_end | out; or {"lines": 10}
//! PUT /cover   {"state": "open"}  closed | open
//! PUT /online  {"state": "offline"}
//! PUT /fault   {"state": "cutter"}
//! PUT /power   {"state": "off"}   on | off | cycle
//! PUT /budget  {"bytes": 100}     dies after them; null takes it back
//! ```

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::device::Device;
use crate::vprinter::machine::{Change, Cover, Fault, Paper, Switch};
use crate::vprinter::ticket::Ticket;

type Shared = State<Arc<Device>>;

/// The handles.
pub(in crate::vprinter) fn router(device: Arc<Device>) -> Router {
    Router::new()
        .route("/tickets", get(tickets))
        .route("/tickets/{file}", get(image))
        .route("/state", get(state))
        .route("/paper", put(paper))
        .route("/cover", put(set::<Cover>))
        .route("/online", put(set::<Switch>))
        .route("/fault", put(set::<Fault>))
        .route("/power", put(power))
        .route("/budget", put(budget))
        .with_state(device)
}

async fn tickets(State(device): Shared) -> Json<Vec<Value>> {
    let kept = |number| Some(describe(number, &device.ticket(number)?));
    Json(device.numbers().filter_map(kept).collect())
}

fn describe(number: usize, ticket: &Ticket) -> Value {
    json!({
        "number": number,
        "end": ticket.end,
        "lines": ticket.lines(),
        "qr_codes": ticket.qr_codes(),
    })
}

async fn image(State(device): Shared, Path(file): Path<String>) -> Response {
    let number = file
        .strip_suffix(".png")
        .and_then(|stem| stem.parse::<usize>().ok());
    match number.and_then(|number| device.ticket(number)) {
        Some(ticket) => ([(header::CONTENT_TYPE, "image/png")], ticket.png()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn state(State(device): Shared) -> Json<Value> {
    Json(device.look(|machine| {
        let condition = machine.condition();
        json!({
            "powered": condition.powered,
            "paper": condition.paper,
            "cover": condition.cover,
            "online": condition.switch,
            "fault": condition.fault,
            "drawer_open": condition.drawer_open,
            "kicks": machine.kicks(),
            "sessions": machine.sessions(),
            "unfinished": machine.unfinished(),
        })
    }))
}

/// A part that has states.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part<T> {
    state: T,
}

impl From<Cover> for Change {
    fn from(cover: Cover) -> Self {
        Self::Cover(cover)
    }
}

impl From<Switch> for Change {
    fn from(switch: Switch) -> Self {
        Self::Switch(switch)
    }
}

impl From<Fault> for Change {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

async fn set<T: Into<Change>>(State(device): Shared, Json(part): Json<Part<T>>) -> StatusCode {
    device.change(part.state.into());
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Roll {
    State { state: Paper },
    Lines { lines: u32 },
}

async fn paper(State(device): Shared, Json(roll): Json<Roll>) -> StatusCode {
    device.change(match roll {
        Roll::State { state } => Change::Paper(state),
        Roll::Lines { lines } => Change::Roll(Some(lines)),
    });
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Power {
    On,
    Off,
    Cycle,
}

async fn power(State(device): Shared, Json(power): Json<Part<Power>>) -> StatusCode {
    if matches!(power.state, Power::Off | Power::Cycle) {
        device.change(Change::PowerOff);
    }
    if matches!(power.state, Power::On | Power::Cycle) {
        device.change(Change::PowerOn);
    }
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    bytes: Option<u64>,
}

async fn budget(State(device): Shared, Json(budget): Json<Budget>) -> StatusCode {
    device.change(Change::DieAfter(budget.bytes));
    StatusCode::NO_CONTENT
}
