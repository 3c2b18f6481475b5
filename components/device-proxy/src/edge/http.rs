//! Printing over HTTPS, for programs and tools: by client certificate, or by a bearer token.
//!
//! ```text
//! PUT  /print/jobs/{id}             Submit → Job; the same again is the same job
//! GET  /print/jobs/{id}?principal=  Job            GET  /print/jobs  Jobs
//! POST /print/jobs/{id}/cancel      Job            POST /print/jobs/{id}/resolve  Resolve → Job
//! GET  /printers                    Printers       POST /print/preview  Preview → image/png
//! ```

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use kit::http::{Guard, Refusal, Remote};
use wire::bound::BODY_MAX;
use wire::print::{Job, JobOf, Jobs, Printers, Resolve};
use wire::{Code, JobId, Principal, Problem};

use super::asker;
use crate::order::Asker;
use crate::service::Desk;

/// What the handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    pub(crate) desk: Arc<Desk>,
    pub(crate) guard: Guard,
}

/// Everything that is served.
pub(crate) fn router(counter: Counter) -> Router {
    Router::new()
        .route("/print/jobs", get(jobs))
        .route("/print/jobs/{id}", put(submit).get(job))
        .route("/print/jobs/{id}/cancel", post(cancel))
        .route("/print/jobs/{id}/resolve", post(resolve))
        .route("/print/preview", post(preview))
        .route("/printers", get(printers))
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(counter)
}

type Answer<T> = Result<Json<T>, Refusal>;

async fn submit(
    State(counter): State<Counter>,
    Known(asker): Known,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer<Job> {
    let submit: wire::print::Submit = decode(&body)?;
    if submit.job != job_id(&id)? {
        let problem = Problem::new(Code::Invalid, "the path names another job").at("job");
        return Err(Refusal(problem));
    }
    answer(counter.desk.submit(&asker, submit).await)
}

async fn job(
    State(counter): State<Counter>,
    Known(asker): Known,
    Path(id): Path<String>,
    whose: Whose,
) -> Answer<Job> {
    let job = whose.job(&id)?;
    answer(counter.desk.job(&asker, job).await)
}

async fn jobs(State(counter): State<Counter>, Known(asker): Known) -> Answer<Jobs> {
    answer(counter.desk.jobs(&asker).await)
}

async fn cancel(
    State(counter): State<Counter>,
    Known(asker): Known,
    Path(id): Path<String>,
    whose: Whose,
) -> Answer<Job> {
    let job = whose.job(&id)?;
    answer(counter.desk.cancel(&asker, job).await)
}

async fn resolve(
    State(counter): State<Counter>,
    Known(asker): Known,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer<Job> {
    let resolve: Resolve = decode(&body)?;
    if resolve.job.job != job_id(&id)? {
        let problem = Problem::new(Code::Invalid, "the path names another job").at("job");
        return Err(Refusal(problem));
    }
    answer(counter.desk.resolve(&asker, resolve).await)
}

async fn printers(State(counter): State<Counter>, Known(asker): Known) -> Answer<Printers> {
    answer(counter.desk.printers(&asker))
}

async fn preview(
    State(counter): State<Counter>,
    Known(asker): Known,
    body: Bytes,
) -> Result<Response, Refusal> {
    let preview = decode(&body)?;
    let picture = counter.desk.preview(&asker, preview).map_err(Refusal)?;
    let kind = [(CONTENT_TYPE, "image/png")];
    Ok((kind, picture.png.as_slice().to_vec()).into_response())
}

async fn nowhere() -> Refusal {
    Refusal(Problem::new(Code::NotFound, "nothing is served there"))
}

/// Whose job is meant, by `?principal=`; the asker's own when nobody is named.
#[derive(Debug)]
struct Whose {
    principal: Option<Principal>,
}

impl<S: Sync> FromRequestParts<S> for Whose {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let mut pairs = parts.uri.query().unwrap_or_default().split('&');
        let named = pairs.find_map(|pair| pair.strip_prefix("principal="));
        let principal = named.map(str::parse).transpose().map_err(|error| {
            Refusal(Problem::new(Code::Malformed, format!("{error}")).at("principal"))
        })?;
        Ok(Self { principal })
    }
}

impl Whose {
    fn job(self, id: &str) -> Result<JobOf, Refusal> {
        Ok(JobOf {
            job: job_id(id)?,
            principal: self.principal,
        })
    }
}

fn job_id(text: &str) -> Result<JobId, Refusal> {
    let malformed = |error: wire::id::NotAnId| {
        Refusal(Problem::new(Code::Malformed, error.to_string()).at("job"))
    };
    text.parse().map_err(malformed)
}

fn decode<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    wire::decode(body).map_err(Refusal)
}

fn answer<T>(answer: Result<T, Problem>) -> Answer<T> {
    answer.map(Json).map_err(Refusal)
}

/// Somebody who has shown who they are.
struct Known(Asker);

impl FromRequestParts<Counter> for Known {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, counter: &Counter) -> Result<Self, Refusal> {
        let remote = Remote::of(&parts.extensions);
        let caller = counter.guard.caller(&parts.headers, remote);
        Ok(Self(asker(&caller.map_err(Refusal)?)))
    }
}

#[cfg(test)]
mod tests;
