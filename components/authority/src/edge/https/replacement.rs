//! `GET /ca-replacement`: the notice of the property's CA, for devices that believe its signature and
//! cannot verify this server yet.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use wire::replacement::SignedCaReplacement;
use wire::{Code, Problem};

use super::Https;
use super::read::answer;

pub(super) async fn ca_replacement(State(https): State<Arc<Https>>) -> Response {
    let succession = Arc::clone(&https.succession.borrow());
    let notice = succession.notice.as_ref().map(|(notice, _)| notice.clone());
    answer::<SignedCaReplacement>(notice.ok_or_else(|| {
        let detail = "the property never had another certificate authority, as far as is known";
        Problem::new(Code::NotFound, detail).at("path")
    }))
}
