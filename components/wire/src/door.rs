//! Turning the bolt of a door over the bus: who wants it, and what its lock is shown.
//!
//! ```text
//! page ─petition─▶ device-proxy ─petition, unchanged─▶ iot-gateway ─challenge─▶ lock
//!                                                                  ◀─32 octets─
//!                                                                  ─command, warrant─▶
//! ```
//!
//! A petition is signed by the person who wants it, a warrant by the gateway; each signature is over a
//! [`crate::credential::proof`], so whoever carries them in between can change nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::Integer;
use crate::credential::{CERTIFICATE_MAX, Credential, label, proof};
use crate::device::{Command, State};
use crate::id::{DeviceId, ExecutionId, Operation, PropertyId};
use crate::octets::{Octets, Signature};

/// Operation of a lock, and of the gateway: draw the bolt back.
pub const UNLOCK: &str = "unlock";
/// Operation of a lock, and of the gateway: shut the bolt.
pub const LOCK: &str = "lock";
/// Operation of a lock: give a challenge, good once and for [`CHALLENGE_MS`].
pub const CHALLENGE: &str = "challenge";
/// Kind of the event by which a lock tells that its bolt moved. Members of its data: `operation`
/// (`unlock` or `lock`), `source` (`remote`, `card`, `key`, `keypad`, `inside`, `auto`), and
/// `execution` when the source is `remote`; never a PIN, a card's number or a name.
pub const LOCK_OPERATION: &str = "lock-operation";

/// How long a lock's challenge is good, in milliseconds of the lock's own monotonic clock.
pub const CHALLENGE_MS: u32 = 10_000;
/// Fewest octets of a challenge.
pub const CHALLENGE_MIN: usize = 16;
/// Most octets of a challenge.
pub const CHALLENGE_MAX: usize = 32;
/// How far ahead a petition may expire, in milliseconds.
pub const PETITION_MAX_MS: u32 = 60_000;

/// Body of an [`UNLOCK`] or [`LOCK`] request to the gateway, and of the request of the same name on a
/// channel: somebody wants a bolt turned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Petition {
    /// The lock.
    pub device: DeviceId,
    /// [`UNLOCK`] or [`LOCK`]; the same as the request's own.
    pub operation: Operation,
    /// How; both operations take nothing so far.
    #[serde(default)]
    pub arguments: State,
    /// Its name, chosen by whoever signs; on the bus also the id of the request.
    pub execution: ExecutionId,
    /// Not to be done after this, in Unix milliseconds; at most [`PETITION_MAX_MS`] ahead.
    pub expires_at: Integer,
    /// Who wants it.
    pub actor: Signed,
    /// Who agrees; somebody else than the actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<Signed>,
}

/// Somebody who answers for a petition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signed {
    /// Who they are.
    pub credential: Credential,
    /// By the key of the credential, over [`Petition::text`].
    pub signature: Signature,
}

impl Petition {
    /// What actor and approver sign each: the property, and everything that is wanted.
    pub fn text(&self, property: &PropertyId) -> Vec<u8> {
        let Self {
            device,
            operation,
            arguments,
            execution,
            expires_at,
            actor: _,
            approver: _,
        } = self;
        let what = Wanted {
            property,
            execution: *execution,
            device,
            operation,
            arguments,
            expires_at: *expires_at,
        };
        what.text()
    }
}

/// Everything that a petition's signatures are over; found again in the audit trail.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The hotel.
    pub property: &'a PropertyId,
    /// The name of what is wanted.
    pub execution: ExecutionId,
    /// The lock.
    pub device: &'a DeviceId,
    /// What.
    pub operation: &'a Operation,
    /// How.
    pub arguments: &'a State,
    /// Until when, in Unix milliseconds.
    pub expires_at: Integer,
}

impl Wanted<'_> {
    /// What is signed.
    pub fn text(&self) -> Vec<u8> {
        let parts = [
            self.property.as_str().as_bytes(),
            self.execution.to_string().as_bytes(),
            self.device.as_str().as_bytes(),
            self.operation.as_str().as_bytes(),
            &canonical(&self.arguments.0),
            self.expires_at.to_string().as_bytes(),
        ]
        .map(<[u8]>::to_vec);
        proof(label::DOOR_PETITION, &parts.each_ref().map(Vec::as_slice))
    }
}

/// What shows a lock that a command is its gateway's, made for this lock, now and once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warrant {
    /// The lock's own challenge.
    pub challenge: Octets<CHALLENGE_MAX>,
    /// Not to be done later than this after the challenge was given, in milliseconds of the lock's
    /// monotonic clock: the lock needs to know no time of day.
    pub within_ms: u32,
    /// The gateway's leaf, DER; the lock holds the property's CA.
    pub certificate: Octets<CERTIFICATE_MAX>,
    /// By the key of the leaf, over [`warrant_text`].
    pub signature: Signature,
}

/// What the gateway signs for a lock.
pub fn warrant_text(
    property: &PropertyId,
    device: &DeviceId,
    command: &Command,
    challenge: &[u8],
    within_ms: u32,
) -> Vec<u8> {
    let parts = [
        property.as_str().as_bytes(),
        device.as_str().as_bytes(),
        command.boot.to_string().as_bytes(),
        command.execution.to_string().as_bytes(),
        command.operation.as_str().as_bytes(),
        &canonical(&command.arguments.0),
        command.expires_at.to_string().as_bytes(),
        challenge,
        within_ms.to_string().as_bytes(),
    ]
    .map(<[u8]>::to_vec);
    proof(label::DOOR_COMMAND, &parts.each_ref().map(Vec::as_slice))
}

/// The doors of the hotel, as staff see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Doors {
    /// The box's time, in Unix milliseconds: what an expiry is counted by.
    pub at: Integer,
    /// By room, then by lock.
    pub doors: Vec<Door>,
}

/// One door, by its lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Door {
    /// The lock.
    pub device: DeviceId,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Whether it is connected.
    pub online: bool,
    /// Whether the bolt is shut, as the lock said last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked: Option<bool>,
}

/// An object as its only text: members sorted by name, nothing between them (RFC 8785, for objects
/// whose numbers are integers).
pub fn canonical(object: &Map<String, Value>) -> Vec<u8> {
    let mut text = Vec::new();
    write_object(object, &mut text);
    text
}

fn write(value: &Value, text: &mut Vec<u8>) {
    match value {
        Value::Object(members) => write_object(members, text),
        Value::Array(items) => {
            text.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(b',');
                }
                write(item, text);
            }
            text.push(b']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.extend(value.to_string().into_bytes());
        }
    }
}

fn write_object(members: &Map<String, Value>, text: &mut Vec<u8>) {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    text.push(b'{');
    for (place, (name, value)) in sorted.into_iter().enumerate() {
        if place > 0 {
            text.push(b',');
        }
        text.extend(Value::from(name.as_str()).to_string().into_bytes());
        text.push(b':');
        write(value, text);
    }
    text.push(b'}');
}
