//! The authority's door for leaves: HTTPS, where a signature counts and no certificate is asked for.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::de::DeserializeOwned;
use wire::authority::{Challenged, Leaf, RenewByProof, ServerNames};
use wire::credential::{label, proof};
use wire::{Code, Component, Octets, Problem, Version};

use crate::config::Address;
use crate::digest::sha256;
use crate::http::{AskError, Question, ask};
use crate::identity::Identity;
use crate::tls;

/// Where the authority is asked for leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// Where it serves HTTPS.
    pub address: Address,
    /// The own address to ask from; the system chooses when none.
    pub from: Option<IpAddr>,
}

impl Door {
    /// The authority at `address`.
    pub fn at(address: Address) -> Self {
        Self {
            address,
            from: None,
        }
    }

    /// The next leaf of `current` for the key of `csr`, PEM.
    pub(in crate::identity) async fn next_leaf(
        &self,
        current: &Identity,
        csr: &str,
    ) -> Result<String, DoorError> {
        let Challenged { nonce } = self.ask(current, Question::post("/challenge", &[])).await?;
        let leaf = current.chain[0].as_ref();
        let certificate = Octets::new(leaf.to_vec()).ok_or(DoorError::Large)?;
        let (leaf, request) = (sha256(leaf), sha256(csr.as_bytes()));
        let signed = proof(label::RENEW_LEAF, &[&nonce.0, &leaf.0, &request.0]);
        let body = RenewByProof {
            v: Version,
            certificate,
            csr: csr.to_owned(),
            nonce,
            proof: current.sign(&signed),
        };
        let body = wire::encode(&body);
        let leaf: Leaf = self
            .ask(current, Question::post("/renew-leaf", &body))
            .await?;
        Ok(leaf.certificate)
    }

    /// What the leaf of a component carries that is issued now.
    pub(super) async fn server_names(
        &self,
        current: &Identity,
    ) -> Result<BTreeSet<String>, DoorError> {
        let asked = Question::get("/server-names");
        let ServerNames { names } = self.ask(current, asked).await?;
        Ok(names.into_iter().map(String::from).collect())
    }

    /// The notice of another CA of the property, as whoever answers there gives it; nothing when there
    /// is none. It is worth what its signature is worth.
    pub async fn notice(&self) -> Result<Option<Vec<u8>>, DoorError> {
        let tls = tls::unverified_client_config();
        let question = Question::get("/ca-replacement");
        let answer = ask(&self.address, self.from, tls, question).await?;
        if answer.succeeded() {
            return Ok(Some(answer.body));
        }
        match wire::decode::<Problem>(&answer.body) {
            Ok(problem) if problem.code == Code::NotFound => Ok(None),
            Ok(problem) => Err(DoorError::Refused(problem)),
            Err(_) => Err(DoorError::Status(answer.status)),
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        current: &Identity,
        question: Question<'_>,
    ) -> Result<T, DoorError> {
        let authority = current.spiffe.sibling(Component::Authority);
        let tls = tls::unnamed_client_config(current, &authority);
        let answer = ask(&self.address, self.from, tls, question).await?;
        if answer.succeeded() {
            wire::decode(&answer.body).map_err(DoorError::Answer)
        } else {
            Err(match wire::decode(&answer.body) {
                Ok(problem) => DoorError::Refused(problem),
                Err(_) => DoorError::Status(answer.status),
            })
        }
    }
}

/// The authority gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// It cannot be reached, or is somebody else.
    #[error("cannot ask the authority")]
    Post(#[from] AskError),
    /// It says no.
    #[error("the authority refuses: {0}")]
    Refused(Problem),
    /// It says no, and not why.
    #[error("the authority answers with status {0}")]
    Status(u16),
    /// It says something else.
    #[error("the authority's answer cannot be read: {0}")]
    Answer(Problem),
    /// Our leaf is longer than any of a property.
    #[error("the present leaf is too large to be shown")]
    Large,
}
