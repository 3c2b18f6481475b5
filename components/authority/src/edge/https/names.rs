//! `GET /server-names`: what leaves carry that are issued now. It is no secret: every handshake shows it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kit::error::Chain;
use wire::authority::ServerNames;
use wire::{Code, Problem};

use super::Https;
use super::read::answer;

pub(super) async fn server_names(State(https): State<Arc<Https>>) -> Response {
    answer(https.server_names())
}

impl Https {
    fn server_names(&self) -> Result<ServerNames, Problem> {
        let names = self.ca.server_names().map_err(|error| {
            tracing::error!(error = %Chain(&error), "cannot tell the names of the box");
            Problem::new(Code::Unavailable, "the names of the box cannot be read")
        })?;
        let names = names.to_strings().into_iter().map(|name| {
            let text = name.try_into();
            text.expect(
                "names of servers are shorter than 254 characters, none of them a control one",
            )
        });
        Ok(ServerNames {
            names: names.collect(),
        })
    }
}
