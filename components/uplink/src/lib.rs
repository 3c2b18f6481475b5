//! Carries the records of a property to S3, in batches, through days without the cloud.
//!
//! Components hand records over on the bus; what is confirmed is on the disk, and stays there until
//! S3 has it. Each stream is packed and uploaded by itself, in order, under names that say what is
//! inside, so that a repetition after any accident lands on the object that is already there.
//! What it promises, one by one: `docs/spec/uplink.md`.
//!
//! Deliberately left out so far: quotas a stream and the reserve of `p0` (one bound for the whole
//! spool instead), metered and offline modes, a daily byte budget and the cost meter, and the policy
//! of which fields may leave.
//!
//! ```text
//! record ──▶ intake ──▶ spool ──▶ batch ──▶ upload ──▶ S3
//!               └── recorded ◀──┘             └── forget ──▶ spool
//! file ────▶ handover ─▶ spool ──▶ file, in parts ──▶ S3 ──▶ removed
//! ```

pub mod config;

mod batch;
mod edge;
mod file;
mod intake;
mod object;
mod service;
mod upload;

pub use config::Config;
pub use service::{StartError, run};
