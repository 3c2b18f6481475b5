//! Brings the peers of a hotel together: who is here, and what they say to each other until they
//! have a connection of their own.
//!
//! One program, two roles: on the box for the hotel's own network, and in the cloud for many hotels
//! when a peer cannot reach the box. A peer is who its credential says, in the property of its
//! credential, after it has signed a nonce; nothing crosses from one property to another; guests
//! never reach guests. Descriptions and candidates are checked for form and passed on unread; they
//! wait a minute for a peer that is away, in memory and within bounds.
//! What it promises, one by one: `docs/spec/signaling.md`.
//!
//! Deliberately left out so far: rooms shared by several instances in the cloud. Deliberately
//! absent: any look into what peers say to each other, and anything that outlives a restart.
//!
//! ```text
//! socket ──▶ admission ──▶ house (rooms, rights, queue) ──▶ socket of the addressee
//! POST   ──▶ signed    ──▶   │                          ──▶ the poster
//! mDNS   ──▶ neighbours      └── tick: silent, expired, revoked
//! ```

pub mod config;

mod bucket;
mod closing;
mod dialect;
mod edge;
mod entry;
mod hotel;
mod house;
mod ice;
mod known;
mod moment;
mod neighbours;
mod nonces;
mod queue;
mod rights;
mod service;
mod signal;
mod syntax;

pub use config::Config;
pub use service::{StartError, run};
