//! Questions on the bus: from their topic and body to an act.

use kit::bus::{Delivery, Subscription};
use kit::credential::{nonce, verified};
use kit::digest::{random, sha256};
use kit::ids;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use wire::authority::{
    CLOSE_SITTING, CONFIRM, CloseSitting, Confirm, ENROLMENTS, INVITE, Invite, MINT_GUEST,
    MintGuest, OPEN_SITTING, OPERATIONS, OpenSitting, PRINCIPALS, RENEW_LEAF, REVOKE, RenewLeaf,
    Revoke, SITTINGS, WITHDRAW, Withdraw,
};
use wire::credential::{label, proof};
use wire::request::{Nothing, Request};
use wire::topic::{ServiceSubject, Subject};
use wire::{Code, Integer, Operation, Principal, Problem, RequestId, Word};

use super::desk::Desk;
use crate::act::{Act, Code as OneTimeCode};
use crate::rules::GUEST;

pub(super) async fn run(mut requests: Subscription, desk: Desk, stop: CancellationToken) {
    let passing_on = async {
        while let Some(delivery) = requests.recv().await {
            if !desk.deliver(delivery).await {
                return;
            }
        }
    };
    stop.run_until_cancelled(passing_on).await;
    stop.cancelled().await;
}

/// A question on the bus; the broker vouches for who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) operation: Operation,
    pub(super) principal: Principal,
    pub(super) id: RequestId,
}

impl Question {
    /// The question of a message; nothing when it is none.
    pub(super) fn of(delivery: &Delivery) -> Option<Self> {
        match &delivery.topic.subject {
            Subject::Service(_, ServiceSubject::Request(operation, principal, id)) => Some(Self {
                operation: operation.clone(),
                principal: principal.clone(),
                id: *id,
            }),
            Subject::Service(..) | Subject::Device(..) => None,
        }
    }

    /// Whether its first answer is kept. Looking is done anew each time; so is inviting, because
    /// its answer holds the code, which is on no disk: a repetition makes another code.
    pub(super) fn is_kept(&self) -> bool {
        let operation = self.operation.as_str();
        [
            MINT_GUEST,
            RENEW_LEAF,
            OPEN_SITTING,
            CLOSE_SITTING,
            REVOKE,
            CONFIRM,
            WITHDRAW,
        ]
        .contains(&operation)
    }

    /// What is asked; nothing when nobody waits for the answer any more.
    pub(super) fn read(&self, body: &[u8], now: Integer) -> Option<Result<Act, Problem>> {
        match self.operation.as_str() {
            INVITE => act(body, now, |invite: Invite| Ok(Act::Invite(invite, code()))),
            MINT_GUEST => act(body, now, |asked| mint_guest(asked, now)),
            RENEW_LEAF => act(body, now, |RenewLeaf { csr }| Ok(Act::RenewLeaf { csr })),
            OPEN_SITTING => act(body, now, |asked| Ok(open_sitting(asked, now))),
            CLOSE_SITTING => act(body, now, |CloseSitting { sitting }| {
                Ok(Act::CloseSitting(sitting))
            }),
            SITTINGS => act(body, now, |Nothing {}| Ok(Act::Sittings)),
            REVOKE => act(body, now, |revoke: Revoke| Ok(Act::Revoke(revoke))),
            ENROLMENTS => act(body, now, |Nothing {}| Ok(Act::Enrolments)),
            CONFIRM => act(body, now, |confirm: Confirm| Ok(Act::Confirm(confirm))),
            WITHDRAW => act(body, now, |Withdraw { principal }| {
                Ok(Act::Withdraw(principal))
            }),
            PRINCIPALS => act(body, now, |Nothing {}| Ok(Act::Principals)),
            _ => Some(Err(unknown(&self.operation))),
        }
    }
}

fn act<T: DeserializeOwned>(
    body: &[u8],
    now: Integer,
    read: impl FnOnce(T) -> Result<Act, Problem>,
) -> Option<Result<Act, Problem>> {
    match wire::decode::<Request<T>>(body) {
        Ok(request) if request.deadline < now => None,
        Ok(request) => Some(read(request.body)),
        Err(problem) => Some(Err(problem)),
    }
}

fn unknown(operation: &Operation) -> Problem {
    let detail = format!("{operation} is not one of {}", OPERATIONS.join(", "));
    Problem::new(Code::NotFound, detail).at("operation")
}

/// A new one-time code.
pub(crate) fn code() -> OneTimeCode {
    let code = nonce();
    let sha256 = sha256(&code.0);
    OneTimeCode { code, sha256 }
}

/// Opens a sitting under a new name.
pub(crate) fn open_sitting(asked: OpenSitting, now: Integer) -> Act {
    let OpenSitting { table, life_ms } = asked;
    Act::OpenSitting {
        table,
        life_ms,
        sitting: ids::new(now),
    }
}

/// A guest's wish, once the page has shown that it has the key.
fn mint_guest(asked: MintGuest, now: Integer) -> Result<Act, Problem> {
    let MintGuest {
        table,
        key,
        proof: signature,
    } = asked;
    let signed = proof(label::GUEST, &[table.as_str().as_bytes(), &key.0]);
    if !verified(&key, &signed, &signature) {
        let detail = "the signature was not made with the key over the table and the key";
        return Err(Problem::new(Code::Forbidden, detail).at("proof"));
    }
    Ok(Act::MintGuest {
        table,
        key,
        guest: guest(),
        token: ids::new(now),
    })
}

/// A name that nobody has: 128 random bits.
fn guest() -> Principal {
    let number = u128::from_be_bytes(random());
    let word: Word = format!("{GUEST}{number:032x}")
        .parse()
        .expect("hexadecimal digits make a word");
    word.into()
}
