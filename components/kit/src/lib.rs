//! What every component needs of the world: its configuration, identity, bus, journal, clock and
//! the order of its start and stop.
//!
//! Domain code stays free of all this: it takes moments, digests and messages as arguments and
//! returns what it wants done. What kit promises its components is written at each module.

pub mod answers;
pub mod audit;
pub mod backoff;
pub mod bus;
pub mod ca;
pub mod clock;
pub mod cloud;
pub mod config;
pub mod credential;
pub mod digest;
pub mod error;
pub mod fault;
pub mod health;
pub mod http;
pub mod identity;
pub mod ids;
pub mod journal;
pub mod lifecycle;
pub mod notify;
pub(crate) mod nucleus;
pub mod outbox;
pub mod policy;
pub mod signing;
pub mod supervise;
pub mod telemetry;
pub mod tls;

pub use lifecycle::{Host, main};
