//! What peers and signaling servers say to each other: JSON over WebSocket and HTTP.
//!
//! ```text
//! server ──▶ challenge                                     client ──▶ join (credential, proof)
//! server ──▶ welcome (who is here)                         … peer-joined, peer-left
//! client ──▶ offer | answer | ice-candidate {to}           server ──▶ the same {from}, to that one
//! server ──▶ undeliverable {to, reason}                    client ──▶ ping, server ──▶ pong
//! ```
//!
//! The server writes `from`; what a client writes there is ignored. Field names of earlier
//! clients are read as well (`targetPeerId`, `tenantId`, `deviceId` …), never written, except to a
//! client that began with them ([`Dialect`]).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Integer, Version};
use crate::credential::{Credential, Standing};
use crate::id::{ConnectionId, Principal, PropertyId, Word};
use crate::octets::{Nonce, Signature};
use crate::problem::Problem;
use crate::text::Text;

/// Longest message, in bytes; the set-up of a connection takes about 1 KB.
pub const MESSAGE_MAX: usize = 16 * 1024;
/// Longest session description, in bytes.
pub const SDP_MAX: usize = 8 * 1024;
/// Longest candidate, in characters.
pub const CANDIDATE_MAX: usize = 512;
/// Most candidates of one HTTP offer or answer.
pub const CANDIDATES_MAX: usize = 32;
/// Most capabilities that a peer names.
pub const CAPABILITIES_MAX: usize = 32;
/// How long a message waits for a peer that is away, in milliseconds; an older offer is worthless.
pub const QUEUE_LIFE_MS: u32 = 60_000;
/// How often a client pings, in milliseconds; after three silent intervals it is gone.
pub const HEARTBEAT_MS: u32 = 5_000;
/// DNS-SD service of peers.
pub const SERVICE: &str = "_webrtc-peer._tcp.local.";

/// What a client says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ClientMessage {
    /// Comes in; the first message.
    #[serde(alias = "device-registered")]
    Join(Box<Join>),
    /// Proposes a connection.
    Offer(Sdp),
    /// Accepts one.
    Answer(Sdp),
    /// A way to be reached (trickle ICE, RFC 8838).
    #[serde(alias = "iceCandidate")]
    IceCandidate(Candidate),
    /// Asks for STUN and TURN servers.
    #[serde(alias = "getIceServers")]
    GetIceServers,
    /// Is still there.
    Ping(Ping),
    /// Goes.
    Leave,
}

/// Closing code of a session whose peer joined again elsewhere (RFC 6455 §7.4.2): two that came back at once
/// would push each other out for ever.
pub const REPLACED: u16 = 4001;

/// What a server says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ServerMessage {
    /// What to sign; the first message.
    Challenge(Challenge),
    /// Joined; who else is here.
    Welcome(Box<Welcome>),
    /// Somebody came, or says something new about themselves.
    PeerJoined {
        /// Who.
        peer: Peer,
    },
    /// Somebody went.
    PeerLeft {
        /// Who.
        peer: Principal,
        /// Why.
        reason: Departure,
    },
    /// A proposal, `from` a peer.
    Offer(Sdp),
    /// An acceptance, `from` a peer.
    Answer(Sdp),
    /// A way to be reached, `from` a peer.
    IceCandidate(Candidate),
    /// STUN and TURN servers.
    IceServers(IceServers),
    /// A message that found nobody.
    Undeliverable(Undeliverable),
    /// Still there.
    Pong(Ping),
    /// The last message was refused; the session goes on unless the server closes it.
    Problem {
        /// Why.
        problem: Problem,
    },
    /// The server goes down soon; come back, here or elsewhere.
    GoAway {
        /// How long to wait before, in milliseconds.
        reconnect_after_ms: Integer,
    },
}

/// First word of a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Challenge {
    /// Version of the protocol.
    pub v: Version<1>,
    /// To be signed within ten seconds, on this connection.
    pub nonce: Nonce,
    /// Whether the server stands in the hotel or in the cloud.
    pub mode: Mode,
}

/// Where a signaling server stands, and by what kind of server a peer was reached.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// In the hotel.
    Local,
    /// In the cloud.
    Cloud,
    /// No server was reached.
    None,
}

/// First word of a client. Property, id and standing come from the credential alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Join {
    /// Version of the protocol.
    pub v: Version<1>,
    /// Must be the credential's, if given.
    #[serde(
        default,
        alias = "propertyId",
        alias = "tenantId",
        skip_serializing_if = "Option::is_none"
    )]
    pub property: Option<PropertyId>,
    /// Must be the credential's, if given.
    #[serde(default, alias = "deviceId", skip_serializing_if = "Option::is_none")]
    pub peer: Option<Principal>,
    /// Who.
    pub credential: Credential,
    /// [`crate::credential::label::SIGNALING_JOIN`] over the nonce and the property.
    pub proof: Signature,
    /// What people call it: `Front Desk iPad`.
    #[serde(default)]
    pub name: Text<63>,
    /// What sort of thing it is: `tablet`, `kitchen-display`, `box`.
    #[serde(default, alias = "deviceType", skip_serializing_if = "Option::is_none")]
    pub device_type: Option<Word>,
    /// What it can do for others: `orders`, `printing`.
    #[serde(default)]
    pub capabilities: Vec<Word>,
}

/// Who is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Peer {
    /// Who.
    #[serde(alias = "deviceId")]
    pub id: Principal,
    /// What they are allowed by what they are.
    pub standing: Standing,
    /// What people call it; empty for guests, who are nobody's business.
    pub name: Text<63>,
    /// What sort of thing it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_type: Option<Word>,
    /// What it can do for others.
    pub capabilities: Vec<Word>,
}

/// Joined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Welcome {
    /// The client as the server knows it.
    pub you: Peer,
    /// The hotel.
    pub property: PropertyId,
    /// Everybody the client may call or be called by, itself excluded.
    pub peers: Vec<Peer>,
    /// How often to ping, in milliseconds.
    pub heartbeat_ms: Integer,
    /// STUN and TURN servers.
    #[serde(flatten)]
    pub ice: IceServers,
    /// Whether a session of the same peer ended with this one.
    pub resumed: bool,
}

/// STUN and TURN servers, in the form of `RTCConfiguration` (W3C WebRTC §4.2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct IceServers {
    /// The servers; none are needed inside a hotel.
    #[serde(alias = "iceServers")]
    pub ice_servers: Vec<IceServer>,
}

/// One STUN or TURN server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IceServer {
    /// `stun:` or `turn:` addresses (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// Name for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password for TURN, short-lived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// A session description on its way (RFC 8866).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sdp {
    /// To whom.
    #[serde(
        default,
        alias = "targetPeerId",
        alias = "toDeviceId",
        skip_serializing_if = "Option::is_none"
    )]
    pub to: Option<Principal>,
    /// From whom; written by the server.
    #[serde(
        default,
        alias = "fromDeviceId",
        skip_serializing_if = "Option::is_none"
    )]
    pub from: Option<Principal>,
    /// Which attempt it belongs to.
    #[serde(alias = "connectionId")]
    pub connection: ConnectionId,
    /// Counts the negotiations of the connection from 0: set-up, ICE restarts. A late answer to
    /// an earlier one is ignored.
    #[serde(default)]
    pub negotiation: Integer,
    /// The description, at most [`SDP_MAX`] bytes.
    #[serde(alias = "sdi")]
    pub sdp: String,
    /// How long it waited for the addressee, in milliseconds; written by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued_ms: Option<Integer>,
}

/// A candidate on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// To whom.
    #[serde(
        default,
        alias = "targetPeerId",
        alias = "toDeviceId",
        skip_serializing_if = "Option::is_none"
    )]
    pub to: Option<Principal>,
    /// From whom; written by the server.
    #[serde(
        default,
        alias = "fromDeviceId",
        skip_serializing_if = "Option::is_none"
    )]
    pub from: Option<Principal>,
    /// Which attempt it belongs to.
    #[serde(alias = "connectionId")]
    pub connection: ConnectionId,
    /// Which negotiation of the connection it belongs to.
    #[serde(default)]
    pub negotiation: Integer,
    /// The candidate; absent when there are no more.
    #[serde(default)]
    pub candidate: Option<IceCandidate>,
}

/// A candidate in the form of `RTCIceCandidateInit` (W3C WebRTC §4.8.1); its names are the standard's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IceCandidate {
    /// `candidate:…` (RFC 8839 §5.1), at most [`CANDIDATE_MAX`] characters.
    pub candidate: String,
    /// Media section by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// Media section by number.
    #[serde(
        default,
        rename = "sdpMLineIndex",
        skip_serializing_if = "Option::is_none"
    )]
    pub sdp_m_line_index: Option<u16>,
    /// Fragment of the ICE session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

/// A heartbeat; the answer repeats the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Ping {
    /// Any number.
    #[serde(default)]
    pub number: Integer,
}

/// A message that found nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undeliverable {
    /// For whom it was.
    pub to: Principal,
    /// Which attempt it belonged to.
    pub connection: ConnectionId,
    /// Why.
    pub reason: Undelivered,
}

/// Why a message found nobody.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Undelivered {
    /// Nobody of that name in this hotel that the sender may know of.
    UnknownPeer,
    /// The sender may not call them.
    NotAllowed,
    /// They did not come back in time.
    Expired,
    /// Too much waits for them already.
    QueueFull,
    /// They are away, and such a message does not wait.
    Offline,
}

/// Why somebody went.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Departure {
    /// Said so, or closed the connection.
    Left,
    /// Fell silent.
    Silent,
    /// Is not let in any more.
    Revoked,
}

/// Answer of `GET /health`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: String,
    /// Who answers.
    #[serde(rename = "deviceId")]
    pub device: Principal,
    /// To be signed by the next POST, once, within a minute.
    pub nonce: Nonce,
}

/// HTTP header of a POST: the [`Credential`] as base64url of its JSON.
pub const CREDENTIAL_HEADER: &str = "x-hotel-credential";
/// HTTP header of a POST: the nonce, base64url.
pub const NONCE_HEADER: &str = "x-hotel-nonce";
/// HTTP header of a POST: [`crate::credential::label::SIGNALING_POST`] signed, base64url.
pub const PROOF_HEADER: &str = "x-hotel-proof";

/// Body of `POST /offer` and its answer, and of `POST /answer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// From whom; the credential decides.
    #[serde(
        default,
        alias = "fromDeviceId",
        skip_serializing_if = "Option::is_none"
    )]
    pub from: Option<Principal>,
    /// To whom; the box itself when absent.
    #[serde(default, alias = "toDeviceId", skip_serializing_if = "Option::is_none")]
    pub to: Option<Principal>,
    /// Which attempt it belongs to.
    #[serde(alias = "connectionId")]
    pub connection: ConnectionId,
    /// The description.
    #[serde(alias = "sdi")]
    pub sdp: String,
    /// All candidates; none when they are in the description.
    #[serde(default)]
    pub ice_candidates: Vec<IceCandidate>,
}

/// Answer of `GET /stats`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// Peers of all properties.
    pub total_peers: u32,
    /// How many properties have peers here.
    pub properties: u32,
    /// How many peers each has.
    pub peers_per_property: std::collections::BTreeMap<PropertyId, u32>,
}

/// In whose words a client is spoken to: those it began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// The words of this module.
    Canonical,
    /// The words of earlier clients: `device-online`, `iceCandidate`, `fromDeviceId`, `sdi` ….
    Earlier,
}
