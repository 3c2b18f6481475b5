//! The same server over HTTP: one offer, one answer.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use kit::clock::Clock;
use kit::credential::nonce;
use kit::digest::sha256;
use tokio::sync::mpsc;
use wire::Integer;
use wire::credential::{label, proof};
use wire::octets::from_base64url;
use wire::signaling::{
    CREDENTIAL_HEADER, Candidate, ClientMessage, Exchange, Health, NONCE_HEADER, PROOF_HEADER, Sdp,
    ServerMessage,
};
use wire::{Principal, Signature};

use super::House;

pub(super) async fn health() -> Json<Health> {
    Json(Health {
        status: "ok".to_owned(),
        device: "device-proxy".parse().unwrap(),
        nonce: nonce(),
    })
}

pub(super) async fn offer(
    State(house): State<House>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Exchange>, StatusCode> {
    let me = house.signer(&headers, &body).ok_or(StatusCode::FORBIDDEN)?;
    let exchange = wire::decode(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let answered = house.exchange(me, exchange).await;
    answered.map(Json).ok_or(StatusCode::NOT_FOUND)
}

impl House {
    fn signer(&self, headers: &HeaderMap, body: &[u8]) -> Option<Principal> {
        let octets = |name| from_base64url(headers.get(name)?.to_str().ok()?);
        let credential = wire::decode(&octets(CREDENTIAL_HEADER)?).ok()?;
        let verifier = self.verifier.get()?;
        let now = Clock::system().wall();
        let caller = verifier.credential(&credential, now).ok()?;
        let (nonce, signature) = (octets(NONCE_HEADER)?, octets(PROOF_HEADER)?);
        let parts: [&[u8]; 3] = [&nonce, b"/offer", &sha256(body).0];
        let signed = proof(label::SIGNALING_POST, &parts);
        let signature = Signature(signature.try_into().ok()?);
        caller
            .proves(&signed, &signature)
            .then_some(caller.principal)
    }

    async fn exchange(&self, me: Principal, asked: Exchange) -> Option<Exchange> {
        let (sender, mut inbox) = mpsc::unbounded_channel();
        self.present.lock().unwrap().insert(me.clone(), sender);
        for message in messages(asked) {
            self.pass(&me, message)?;
        }
        let (mut answer, mut ice_candidates) = (None, Vec::new());
        loop {
            match inbox.recv().await? {
                ServerMessage::Answer(sdp) => answer = Some(sdp),
                ServerMessage::IceCandidate(Candidate {
                    candidate: Some(candidate),
                    ..
                }) => ice_candidates.push(candidate),
                ServerMessage::IceCandidate(_) => break,
                _ => {}
            }
        }
        self.present.lock().unwrap().remove(&me);
        let answer = answer?;
        Some(Exchange {
            from: answer.from,
            to: Some(me),
            connection: answer.connection,
            sdp: answer.sdp,
            ice_candidates,
        })
    }
}

/// What the offer is, said over a WebSocket.
fn messages(asked: Exchange) -> Vec<ClientMessage> {
    let (to, connection) = (asked.to, asked.connection);
    let offer = ClientMessage::Offer(Sdp {
        to: to.clone(),
        from: None,
        connection,
        negotiation: Integer::default(),
        sdp: asked.sdp,
        queued_ms: None,
    });
    let candidate = |candidate| {
        ClientMessage::IceCandidate(Candidate {
            to: to.clone(),
            from: None,
            connection,
            negotiation: Integer::default(),
            candidate: Some(candidate),
        })
    };
    let candidates = asked.ice_candidates.into_iter().map(candidate);
    [offer].into_iter().chain(candidates).collect()
}
