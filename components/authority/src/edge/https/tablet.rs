//! What a tablet asks for itself: its name, its tokens.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kit::credential::{Caller, digits, nonce, sign_token, verified};
use kit::digest::sha256;
use kit::ids;
use wire::authority::{Bearer, Challenged, Enrol, Present};
use wire::credential::{BEARER_LIFE_S, BEARER_TYPE, Claims, Credential, label, proof};
use wire::{Code, Integer, Problem, PublicKey, TokenId};

use super::read::{Body, answer, role};
use super::{Https, lock};
use crate::act::{Act, Asker, Challenge};
use crate::edge::scribe::Answer;

/// `POST /enrol`.
pub(super) async fn enrol(
    State(https): State<Arc<Https>>,
    Body(Enrol {
        v: _,
        code,
        key,
        proof: signature,
    }): Body<Enrol>,
) -> Response {
    let signed = proof(label::ENROL, &[&code.0, &key.0]);
    if !verified(&key, &signed, &signature) {
        let detail = "the signature was not made with the key over the code and the key";
        return answer::<Answer>(Err(Problem::new(Code::Forbidden, detail).at("proof")));
    }
    // Drawn now that the key is known: nobody can have looked for one with the same digits.
    let nonce = nonce();
    let digits = digits(&nonce, &key);
    let act = Act::Enrol {
        code: sha256(&code.0),
        key,
        token: ids::new(https.now()),
        challenge: Challenge { nonce, digits },
    };
    let outcome = https.desk.ask(Asker::Stranger, act).await;
    let waits = matches!(outcome, Ok(Answer::Pending(_)));
    let mut response = answer(outcome);
    if waits {
        *response.status_mut() = StatusCode::ACCEPTED;
    }
    response
}

/// `POST /challenge`.
pub(super) async fn challenge(State(https): State<Arc<Https>>) -> Response {
    let nonce = nonce();
    let given = lock(&https.nonces).give(https.clock.monotonic(), nonce);
    answer(if given {
        Ok(Challenged { nonce })
    } else {
        Err(Problem::new(Code::Busy, "too many challenges are out"))
    })
}

/// `POST /bearer`.
pub(super) async fn bearer(
    State(https): State<Arc<Https>>,
    Body(present): Body<Present>,
) -> Response {
    answer(https.bearer(&present))
}

/// `POST /token`.
pub(super) async fn token(
    State(https): State<Arc<Https>>,
    Body(present): Body<Present>,
) -> Response {
    answer(https.next_token(&present).await)
}

impl Https {
    fn bearer(&self, present: &Present) -> Result<Bearer, Problem> {
        let (caller, token, _) = self.presented(present, label::BEARER)?;
        let identity = self.identity.borrow().clone();
        let realm = identity.spiffe.realm();
        let now = whole_seconds(self.now());
        let life = Integer::new(now.value() + u64::from(BEARER_LIFE_S)).unwrap_or(now);
        let exp = life
            .min(whole_seconds(caller.expires_at))
            .min(whole_seconds(identity.not_after));
        let claims = Claims {
            tenant: realm.tenant,
            property: realm.property,
            role: role(&caller)?,
            sub: caller.principal,
            jti: token,
            iat: now,
            exp,
            cnf: None,
            sitting: caller.sitting,
            table: caller.table,
        };
        Ok(Bearer {
            bearer: sign_token(&identity, BEARER_TYPE, &claims),
            expires_at: Integer::new(exp.value().saturating_mul(1_000)).unwrap_or(now),
        })
    }

    async fn next_token(&self, present: &Present) -> Result<Answer, Problem> {
        let (caller, token, key) = self.presented(present, label::RENEW)?;
        let asker = Asker::Person(caller.principal.clone(), role(&caller)?);
        let act = Act::RenewToken {
            present: token,
            key,
            next: ids::new(self.now()),
        };
        self.desk.ask(asker, act).await
    }

    /// Whoever holds a token and its key, with a signature made for this purpose just now.
    fn presented(
        &self,
        present: &Present,
        label: &str,
    ) -> Result<(Caller, TokenId, PublicKey), Problem> {
        let Present {
            v: _,
            token,
            nonce,
            proof: signature,
        } = present;
        self.spend(nonce)?;
        let credential = Credential::Token(token.clone());
        let caller = self.verifier.credential(&credential, self.now());
        let caller = self.admit(caller.map_err(|refused| refused.problem().at("token"))?)?;
        let signed = proof(label, &[&nonce.0, &sha256(token.as_bytes()).0]);
        if !caller.proves(&signed, signature) {
            let detail = "the signature was not made with the token's key over nonce and token";
            return Err(Problem::new(Code::Forbidden, detail).at("proof"));
        }
        let unnamed = || Problem::new(Code::Malformed, "the token has no name or key").at("token");
        let (token, key) = (caller.token, caller.key);
        let (token, key) = token.zip(key).ok_or_else(unnamed)?;
        Ok((caller, token, key))
    }
}

fn whole_seconds(ms: Integer) -> Integer {
    Integer::new(ms.value() / 1_000).expect("a thousandth of an integer is one")
}
