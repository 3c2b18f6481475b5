//! What people ask with a bearer token: tables, and invitations.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use wire::authority::{Confirm, Invite, OpenSitting, Withdraw};
use wire::{Code, Problem, SittingId};

use super::Https;
use super::read::{Body, Person, answer};
use crate::act::Act;
use crate::edge::scribe::Answer;
use crate::service::{code, open_sitting as open};

/// `GET /sittings`.
pub(super) async fn sittings(State(https): State<Arc<Https>>, Person(asker): Person) -> Response {
    answer(https.desk.ask(asker, Act::Sittings).await)
}

/// `POST /sittings`.
pub(super) async fn open_sitting(
    State(https): State<Arc<Https>>,
    Person(asker): Person,
    Body(wish): Body<OpenSitting>,
) -> Response {
    answer(https.desk.ask(asker, open(wish, https.now())).await)
}

/// `POST /sittings/{sitting}/close`.
pub(super) async fn close_sitting(
    State(https): State<Arc<Https>>,
    Person(asker): Person,
    Path(sitting): Path<String>,
) -> Response {
    let Ok(sitting) = sitting.parse::<SittingId>() else {
        let problem = Problem::new(Code::NotFound, "there is no such sitting").at("sitting");
        return answer::<Answer>(Err(problem));
    };
    answer(https.desk.ask(asker, Act::CloseSitting(sitting)).await)
}

/// `POST /invitations`.
pub(super) async fn invite(
    State(https): State<Arc<Https>>,
    Person(asker): Person,
    Body(invite): Body<Invite>,
) -> Response {
    answer(https.desk.ask(asker, Act::Invite(invite, code())).await)
}

/// `GET /invitations`.
pub(super) async fn enrolments(State(https): State<Arc<Https>>, Person(asker): Person) -> Response {
    answer(https.desk.ask(asker, Act::Enrolments).await)
}

/// `POST /invitations/confirm`.
pub(super) async fn confirm(
    State(https): State<Arc<Https>>,
    Person(asker): Person,
    Body(confirm): Body<Confirm>,
) -> Response {
    answer(https.desk.ask(asker, Act::Confirm(confirm)).await)
}

/// `POST /invitations/withdraw`.
pub(super) async fn withdraw(
    State(https): State<Arc<Https>>,
    Person(asker): Person,
    Body(Withdraw { principal }): Body<Withdraw>,
) -> Response {
    answer(https.desk.ask(asker, Act::Withdraw(principal)).await)
}
