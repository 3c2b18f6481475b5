//! Carries the records of a property to S3, in batches, through days without the cloud.
//!
//! Components hand records over on the bus; what is confirmed is on the disk, and stays there until
//! S3 has it. Each stream is packed and uploaded by itself, in order, under names that say what is
//! inside, so that a repetition after any accident lands on the object that is already there.
//! What it promises, one by one: `docs/spec/uplink.md`.
//!
//! Nothing leaves that nobody named (`policy`), nothing fills the room of alarms (`quota`), and
//! what was dropped is told in the bucket, in its place. Deliberately left out: reading the bucket,
//! which is for operators with rights of their own.
//!
//! ```text
//! record ──▶ intake ──▶ policy ──▶ spool ──▶ batch ──▶ upload ──▶ S3
//!               └── recorded ◀──────────────┘             └── forget ──▶ spool
//! file ────▶ handover ─▶ spool ──▶ file, in parts ──▶ S3 ──▶ removed
//! ```

pub mod config;

mod batch;
mod card;
mod edge;
mod file;
mod intake;
mod link;
mod meter;
mod object;
mod policy;
mod quota;
mod service;
mod upload;

pub use config::Config;
pub use edge::probe::{Packed, Probe, ProbeError};
pub use service::{StartError, run};
