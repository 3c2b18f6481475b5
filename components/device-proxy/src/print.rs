//! Print jobs: never lost, and never printed twice without a mark.
//!
//! ```text
//! accepted ─▶ held{paper|cover|offline|error|queue|unconfirmed} ─▶ dispatching ─▶ printing ─▶ done
//!     └──────────────┴─▶ expired, cancelled            │              │   └─▶ sent-unverified
//!     ▲                                                │ no byte left │ no proof
//!     └────────────────────────────────────────────────┘              ▼
//!     ▲────────── printed again, marked ◀── route or person ── unconfirmed ─▶ done, failed
//! ```
//!
//! Pure: [`Spooler`] takes what happens and says what follows; whatever it says to keep is on the
//! disk before anything that comes after it is done. Invariants: one attempt at a time on a printer;
//! an attempt is on the disk with its token before its first byte; after the first byte only the
//! printer's proof, the route or a person ends it; a copy that may lie on a printer already is
//! printed again only with the mark.

pub mod config;
mod job;
pub mod profile;
mod spooler;
mod standing;
mod token;

pub use config::PrintConfig;
pub(crate) use job::{Attempt, End, Entry, Key, Stage};
pub(crate) use profile::{Barrier, CodePage, Profile};
pub(crate) use spooler::{Admission, Effect, LinkEvent, Order, Spooler};
pub(crate) use standing::Condition;
pub(crate) use token::Token;

pub(crate) use crate::edge::journal::MIGRATIONS;
pub(crate) use crate::edge::spooler::Printing;

#[cfg(test)]
mod tests;
