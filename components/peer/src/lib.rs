//! A WebRTC peer on the hotel's network: finds others through signaling servers, connects, makes
//! sure who they are, and exchanges messages with them.
//!
//! ```text
//! Peer ── signaling (one task a server) ──▶ call (one task each) ── transport ── handshake ──▶ Connection
//! ```
//!
//! Promises, one by one: `docs/spec/peer.md`. A signaling server can keep two peers apart and can
//! do nothing else: it neither reads nor changes what they say, nor stands in for either.
//! The world is in `transport` (sockets), `signaling` (web sockets), `connection`, `call` and `peer`
//! (tasks); `framing`, `message`, `handshake`, `sdp` and `topology` are pure.
//!
//! Deliberately left out so far: several groups over one connection, relaying for others, and the
//! manager that chooses between transports.

pub mod connection;
pub mod framing;
pub mod handshake;
pub mod message;
pub mod sdp;
pub mod signaling;
pub mod topology;
pub mod transport;

mod call;
mod peer;

pub use connection::Connection;
pub use message::Message;
pub use peer::{ConnectError, Incoming, Joining, Peer, Settings};
pub use signaling::{Appearance, Server};
pub use topology::{Reach, Topology};
pub use transport::webrtc::IceSettings;

#[cfg(test)]
mod specimen;
