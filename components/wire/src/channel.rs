//! What peers say on a data channel: handshake, frames and envelopes (`docs/spec/peer.md`).
//!
//! Every message of the channel is one frame, and its first octet says which:
//!
//! ```text
//! 1 hello    MessagePack of Hello
//! 2 proof    MessagePack of Proof
//! 3 chunk    flags u8, reserved u16, message u32, index u32, total u32, then octets of the message
//! 4 ping     u64 of the sender's choice          5 pong     the same u64
//! 6 close    MessagePack of Problem
//! ```
//!
//! Numbers are big-endian. A message is the `MessagePack` of an [`Envelope`], deflated (RFC 1951) as
//! a whole when flag bit 0 is set, cut into chunks of one size; `total` is the length of what was
//! cut, the same in every chunk.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Integer, Version};
use crate::credential::Credential;
use crate::digest::Sha256;
use crate::id::{ConnectionId, MessageId, Principal, PropertyId, Word};
use crate::octets::{Nonce, PublicKey, Signature};

/// Label of the data channel; reliable and ordered, protocol [`PROTOCOL`].
pub const LABEL: &str = "hotel";
/// Sub-protocol of the data channel (RFC 8832 §5.1).
pub const PROTOCOL: &str = "hotel-peer-v1";
/// Longest frame, in bytes, header included.
pub const FRAME_MAX: usize = 16 * 1024;
/// Header of a chunk, in bytes, the first octet included.
pub const CHUNK_HEADER: usize = 16;
/// Flag of a chunk: the message is deflated.
pub const DEFLATED: u8 = 1;
/// Longest message, in bytes, before and after inflation.
pub const MESSAGE_MAX: usize = 8 * 1024 * 1024;
/// Messages above this many bytes are deflated unless their first chunk gains under a tenth.
pub const DEFLATE_ABOVE: usize = 2 * 1024;
/// Most messages that one side may have begun and not finished.
pub const UNFINISHED_MAX: usize = 16;
/// How long both proofs may take after the channel opened, in milliseconds.
pub const HANDSHAKE_MS: u32 = 5_000;
/// How often a silent side pings, in milliseconds; three unanswered pings end the connection.
pub const KEEPALIVE_MS: u32 = 2_250;
/// How long a request waits for its reply unless its sender says otherwise, in milliseconds.
pub const REQUEST_MS: u32 = 10_000;

/// First octet of a frame: [`Hello`].
pub const HELLO: u8 = 1;
/// First octet of a frame: [`Proof`].
pub const PROOF: u8 = 2;
/// First octet of a frame: a piece of an [`Envelope`].
pub const CHUNK: u8 = 3;
/// First octet of a frame: are you there?
pub const PING: u8 = 4;
/// First octet of a frame: I am.
pub const PONG: u8 = 5;
/// First octet of a frame: the sender ends the connection, and why.
pub const CLOSE: u8 = 6;

/// First word of each side: who it is, whom it means, and over which DTLS certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// Version of the protocol.
    pub v: Version<1>,
    /// The hotel of both.
    pub property: PropertyId,
    /// The connection, as in the signaling.
    pub connection: ConnectionId,
    /// Who speaks.
    pub from: Principal,
    /// Who is meant.
    pub to: Principal,
    /// What the speaker can do for the other.
    pub capabilities: Vec<Word>,
    /// SHA-256 of the speaker's own DTLS certificate.
    pub fingerprint: Sha256,
    /// Random.
    pub nonce: Nonce,
    /// Proves `from`.
    pub credential: Credential,
    /// Made for this connection; relayed envelopes are sealed under it.
    pub ephemeral: PublicKey,
}

/// Second word of each side: [`crate::credential::label::PEER_HANDSHAKE`], signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// By the key of the credential.
    pub signature: Signature,
}

/// One application message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Envelope<T> {
    /// Version of this form.
    pub v: Version<1>,
    /// The message; a reply has the id of its request.
    pub id: MessageId,
    /// What it expects.
    pub kind: Kind,
    /// Department or property it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Word>,
    /// What it is about: the words of [`about`].
    #[serde(rename = "type")]
    pub about: Word,
    /// Who wrote it; the proven principal of the connection unless it was relayed.
    pub from: Principal,
    /// When, in Unix milliseconds of the writer's clock.
    pub timestamp: Integer,
    /// The content.
    #[serde(alias = "data")]
    pub body: T,
}

/// What a message expects.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nothing.
    Event,
    /// A reply or a problem.
    Request,
    /// Nothing; it is what a request asked for.
    Reply,
    /// Nothing; it is why a request failed. The body is a [`crate::Problem`].
    Problem,
}

/// What messages are about, and what their bodies are.
pub mod about {
    /// Request: what can be ordered; [`crate::order::Menu`].
    pub const MENU: &str = "menu";
    /// Request: place an order; [`crate::order::Place`] → [`crate::order::Order`].
    pub const ORDER: &str = "order";
    /// Request: move an order on; [`crate::order::SetStatus`] → [`crate::order::Order`].
    /// Event: an order changed; [`crate::order::Order`].
    pub const ORDER_STATUS: &str = "order-status";
    /// Request: orders that concern the asker; [`crate::order::Orders`].
    pub const ORDERS: &str = "orders";
    /// Request: print; [`crate::print::Submit`] → [`crate::print::Job`].
    pub const PRINT: &str = "print";
    /// Request: how a job stands; [`crate::print::JobOf`] → [`crate::print::Job`].
    /// Event: a job changed; [`crate::print::Job`].
    pub const PRINT_STATUS: &str = "print-status";
    /// Request: end a job that waits; [`crate::print::JobOf`] → [`crate::print::Job`].
    pub const PRINT_CANCEL: &str = "print-cancel";
    /// Request: decide a job that may have printed; [`crate::print::Resolve`] → [`crate::print::Job`].
    pub const PRINT_RESOLVE: &str = "print-resolve";
    /// Request: the picture of a document; [`crate::print::Preview`] → [`crate::print::Picture`].
    pub const PRINT_PREVIEW: &str = "print-preview";
    /// Request: printers and how they are; [`crate::print::Printers`].
    pub const PRINTERS: &str = "printers";
    /// Request: climate of the rooms; [`crate::request::Nothing`] → [`crate::climate::Rooms`].
    pub const CLIMATE: &str = "climate";
    /// Request: set a room's target; [`crate::climate::SetTarget`] → [`crate::climate::Room`].
    pub const SET_CLIMATE: &str = "set-climate";
    /// Request: the doors; [`crate::request::Nothing`] → [`crate::door::Doors`].
    pub const DOORS: &str = "doors";
    /// Request: draw a bolt back; [`crate::door::Petition`] → [`crate::gateway::Executed`].
    pub const UNLOCK: &str = crate::door::UNLOCK;
    /// Request: shut a bolt; [`crate::door::Petition`] → [`crate::gateway::Executed`].
    pub const LOCK: &str = crate::door::LOCK;
    /// Request: what happened at a door; [`crate::audit::TrailOf`] → [`crate::audit::Trail`].
    pub const DOOR_TRAIL: &str = "door-trail";
    /// Event: something for people to know; [`crate::chat::Notification`].
    pub const NOTIFICATION: &str = "notification";
    /// Request: a guest says something to the house; [`crate::chat::GuestMessage`] →
    /// [`crate::chat::Noted`].
    pub const GUEST_MESSAGE: &str = "guest-message";
    /// Event: what somebody says; [`crate::chat::Chat`].
    pub const CHAT: &str = "chat";
}
