//! `POST /renew-leaf`: the next leaf for whoever signs with the key of the present one, also when
//! that one has lapsed and nobody else talks to its holder any more.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kit::digest::sha256;
use kit::identity::Particulars;
use rustls::pki_types::CertificateDer;
use wire::authority::RenewByProof;
use wire::credential::{Credential, label, proof};
use wire::{Code, Integer, Principal, Problem};

use super::Https;
use super::read::{Body, answer};
use crate::act::{Act, Asker};
use crate::edge::scribe::Answer;

/// For how long after its end, or before its begin, a leaf may ask for the next one.
const LAPSED_MS: u64 = 400 * 24 * 60 * 60 * 1_000;

pub(super) async fn renew_leaf(
    State(https): State<Arc<Https>>,
    Body(asked): Body<RenewByProof>,
) -> Response {
    answer(https.renew_leaf(asked).await)
}

impl Https {
    async fn renew_leaf(&self, asked: RenewByProof) -> Result<Answer, Problem> {
        self.spend(&asked.nonce)?;
        let principal = self.holder(&asked)?;
        let act = Act::RenewLeaf { csr: asked.csr };
        self.desk.ask(Asker::Holder(principal), act).await
    }

    /// Whose leaf it is, and whose key signed.
    fn holder(&self, asked: &RenewByProof) -> Result<Principal, Problem> {
        let at = believed_at(asked.certificate.as_slice(), self.now())?;
        let credential = Credential::Certificate(asked.certificate.clone());
        let caller = match self.verifier.credential(&credential, at) {
            Ok(caller) => caller,
            Err(refused) => self
                .succession
                .borrow()
                .holder(asked, at)
                .unwrap_or_else(|| Err(refused.problem().at("certificate")))?,
        };
        let caller = self.admit(caller)?;
        let parts = [
            &asked.nonce.0,
            &sha256(asked.certificate.as_slice()).0,
            &sha256(asked.csr.as_bytes()).0,
        ];
        let signed = proof(label::RENEW_LEAF, &parts.map(|part| &part[..]));
        if caller.proves(&signed, &asked.proof) {
            Ok(caller.principal)
        } else {
            let detail = "the signature was not made with the certificate's key";
            Err(Problem::new(Code::Forbidden, detail).at("proof"))
        }
    }
}

/// The moment at which a leaf is judged: now, its last second when it lapsed not too long ago, or
/// its first one when it begins not too far ahead, as a clock that was ahead leaves it.
fn believed_at(certificate: &[u8], now: Integer) -> Result<Integer, Problem> {
    let refuse = |code, detail: String| Problem::new(code, detail).at("certificate");
    let leaf = CertificateDer::from(certificate);
    let particulars =
        Particulars::of(&leaf).map_err(|error| refuse(Code::Malformed, error.to_string()))?;
    let (begin, end) = (particulars.not_before, particulars.not_after);
    let nearest = now.max(begin).min(end);
    if nearest.value().abs_diff(now.value()) <= LAPSED_MS {
        Ok(nearest)
    } else if now < begin {
        let detail = "the certificate begins more than 400 days from now";
        Err(refuse(Code::Forbidden, detail.to_owned()))
    } else {
        let detail = "the certificate lapsed more than 400 days ago";
        Err(refuse(Code::Expired, detail.to_owned()))
    }
}
