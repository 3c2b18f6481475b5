//! Tokens for guests, whose pages cannot reach the authority: they are plain, it is not.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, header};
use kit::bus::RequestError;
use kit::error::Chain;
use kit::http::Refusal;
use wire::authority::{MINT_GUEST, MintGuest, Minted};
use wire::{Code, Component, Operation, Problem};

use super::guard::{Came, Visitor};
use super::{BODY_MAX, Console};
use crate::network::household;

/// How long a guest waits for the authority, which answers in some milliseconds.
const WAIT: Duration = Duration::from_secs(5);

pub(super) async fn token(
    State(console): State<Arc<Console>>,
    visitor: Came,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Minted>, Refusal> {
    let minted = console.token(&visitor, &headers, body).await;
    let outcome = match &minted {
        Ok(_) => "given",
        Err(problem) => problem.code.title(),
    };
    metrics::counter!("console_guest_tokens_total", "outcome" => outcome).increment(1);
    minted.map(Json).map_err(Refusal)
}

impl Console {
    async fn token(
        &self,
        visitor: &Visitor,
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<Minted, Problem> {
        self.admit(visitor)?;
        require_json(headers)?;
        let body = body.map_err(|_| {
            Problem::new(
                Code::TooLarge,
                format!("a body has at most {BODY_MAX} bytes"),
            )
        })?;
        let asked: MintGuest = wire::decode(&body)?;
        let operation: Operation = MINT_GUEST.parse().expect("operations are words");
        self.bus
            .request(Component::Authority, &operation, asked, WAIT)
            .await
            .map_err(unanswered)
    }

    /// Lets in who is at home and does not ask too often.
    fn admit(&self, visitor: &Visitor) -> Result<(), Problem> {
        let address = visitor.address.ip();
        if !self.site.is_home(address) {
            let detail = "ordering works on the hotel's own network only";
            return Err(Problem::new(Code::Forbidden, detail).at("network"));
        }
        let now = self.clock.monotonic();
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        if rates.ask(now, household(address)) {
            Ok(())
        } else {
            let detail = "too many guests at once; try again in a minute";
            Err(Problem::new(Code::Busy, detail))
        }
    }
}

/// Other people's pages can send forms, but no JSON without our consent, which nobody has.
fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        let detail = "the body must be application/json";
        Err(Problem::new(Code::Malformed, detail).at("content-type"))
    }
}

fn unanswered(error: RequestError) -> Problem {
    if let RequestError::Problem(problem) = error {
        return problem;
    }
    tracing::warn!(error = %Chain(&error), "cannot ask the authority for a guest's token");
    match error {
        RequestError::TimedOut { .. } => Problem::new(
            Code::TimedOut,
            "the hotel did not answer in time; try again",
        ),
        RequestError::Listen(_)
        | RequestError::Publish(_)
        | RequestError::Absent { .. }
        | RequestError::Answer(_)
        | RequestError::Problem(_) => Problem::new(
            Code::Unavailable,
            "the hotel cannot take orders at the moment; please ask our staff",
        ),
    }
}
