//! The trail of everything that was done, or refused, at doors: a chain of entries in which nothing
//! can be changed, taken out or put in unnoticed.
//!
//! `sha256` of an entry is that of the `sha256` before it and the canonical text of its body
//! ([`crate::door::canonical`]); before the first stand 32 zero octets. Signed [`Head`]s that are kept
//! elsewhere show also a chain that was cut off or written anew.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{Integer, Version};
use crate::credential::{CERTIFICATE_MAX, Standing, label, proof};
use crate::device::State;
use crate::digest::Sha256;
use crate::gateway::Outcome;
use crate::id::{DeviceId, ExecutionId, Operation, Principal, PropertyId, Word};
use crate::octets::{Octets, PublicKey, Signature};
use crate::problem::Problem;

/// Kind of the records that carry an [`Entry`] to `uplink`.
pub const ENTRY_RECORD: &str = "audit-entry";
/// Kind of the records that carry a [`Head`] to `uplink`.
pub const HEAD_RECORD: &str = "audit-head";

/// Most entries of one page of the trail: with a head each they fit a body.
pub const PAGE_MAX: u32 = 64;
/// Most entries between two heads.
pub const HEAD_ENTRIES: u32 = 64;
/// Longest time an entry waits for its head, in milliseconds.
pub const HEAD_MS: u32 = 60_000;

/// Body of an `audit` request: a page of the whole trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct PageOf {
    /// Begin after this place; 0 for the beginning.
    pub after: Integer,
}

/// Reply to `audit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    /// At most [`PAGE_MAX`] entries, in order.
    pub entries: Vec<Entry>,
    /// The heads of these entries.
    pub heads: Vec<Head>,
    /// Where the next page begins after; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Integer>,
}

/// Body of a `trail` request, and of `door-trail` on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrailOf {
    /// The lock.
    pub device: DeviceId,
}

/// Reply to `trail`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trail {
    /// The newest [`PAGE_MAX`] entries at most of one lock, the newest first.
    pub entries: Vec<Entry>,
}

/// One link of the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// A [`Body`], with whatever members a later release has added.
    pub body: Map<String, Value>,
    /// Over the link before and the body.
    pub sha256: Sha256,
}

impl Entry {
    /// What the entry says.
    pub fn read(&self) -> Result<Body, Problem> {
        crate::decode(&crate::door::canonical(&self.body))
    }
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    /// Version of this form.
    pub v: Version<1>,
    /// Its place, from 1 without gaps.
    pub seq: Integer,
    /// When, in Unix milliseconds of the gateway's clock; for people, never for order.
    pub at: Integer,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What happened at a door.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fact {
    /// Somebody may turn a bolt, and it is about to be tried. On the disk before anything is sent.
    Intent(Box<Intent>),
    /// How it ended.
    Outcome(Ended),
    /// What the lock told of one that had ended as `timed_out`.
    Late(Ended),
    /// Somebody wanted it in vain; nothing was sent.
    Refused(Refusal),
    /// A lock tells that its bolt was moved, by whatever means.
    LockOperation(Moved),
}

impl Fact {
    /// The lock that it is about.
    pub fn device(&self) -> &DeviceId {
        match self {
            Self::Intent(intent) => &intent.device,
            Self::Outcome(ended) | Self::Late(ended) => &ended.device,
            Self::Refused(refusal) => &refusal.device,
            Self::LockOperation(moved) => &moved.device,
        }
    }
}

/// What is about to be tried, and who answers for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Intent {
    /// Its name.
    pub execution: ExecutionId,
    /// The lock.
    pub device: DeviceId,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// What.
    pub operation: Operation,
    /// How.
    pub arguments: State,
    /// Not to be done after this, in Unix milliseconds.
    pub expires_at: Integer,
    /// Who carried the petition to the gateway.
    pub asker: Principal,
    /// Digest of what the people signed.
    pub request: Sha256,
    /// Who wanted it.
    pub actor: Witness,
    /// Who agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<Witness>,
}

/// Somebody who signed, as the gateway knew them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Witness {
    /// Who.
    pub principal: Principal,
    /// What they were allowed by.
    pub role: Standing,
    /// Their key.
    pub key: PublicKey,
    /// Theirs, over [`crate::door::Wanted`].
    pub signature: Signature,
}

/// How something ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ended {
    /// The name of the intent.
    pub execution: ExecutionId,
    /// The lock.
    pub device: DeviceId,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// What was wanted.
    pub operation: Operation,
    /// How; `timed_out` is unknown.
    pub outcome: Outcome,
    /// Why, when it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// What was refused, to whom and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// Its name.
    pub execution: ExecutionId,
    /// The lock.
    pub device: DeviceId,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// What was wanted.
    pub operation: Operation,
    /// Who carried it to the gateway.
    pub asker: Principal,
    /// Who wanted it; absent when that was not proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Principal>,
    /// Why it was refused.
    pub problem: Problem,
}

/// A bolt that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Moved {
    /// The lock.
    pub device: DeviceId,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The message that told it: boot and place.
    pub boot: Integer,
    /// See `boot`.
    pub place: Integer,
    /// When, in Unix milliseconds of the lock's clock.
    pub moved_at: Integer,
    /// `unlock` or `lock`; absent when the lock did not say it in a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Word>,
    /// By what: `remote`, `card`, `auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Word>,
    /// For which execution, when it was `remote`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<ExecutionId>,
}

/// The end of the chain at a moment, signed by the gateway; kept elsewhere it is an anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    /// Version of this form.
    pub v: Version<1>,
    /// The hotel.
    pub property: PropertyId,
    /// The place of the last entry.
    pub seq: Integer,
    /// Its link.
    pub sha256: Sha256,
    /// When, in Unix milliseconds.
    pub at: Integer,
    /// The gateway's leaf, DER.
    pub certificate: Octets<CERTIFICATE_MAX>,
    /// By the key of the leaf, over [`Head::text`].
    pub signature: Signature,
}

impl Head {
    /// What is signed.
    pub fn text(property: &PropertyId, seq: Integer, sha256: &Sha256, at: Integer) -> Vec<u8> {
        let (seq, at) = (seq.to_string(), at.to_string());
        proof(
            label::AUDIT_HEAD,
            &[
                property.as_str().as_bytes(),
                seq.as_bytes(),
                &sha256.0,
                at.as_bytes(),
            ],
        )
    }
}
