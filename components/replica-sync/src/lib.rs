//! The hotel's database and its synchronisation: with the tablets of the house, and with the hub.
//!
//! PostgreSQL holds the rows; triggers keep the state of each beside them: when it was written, and
//! by whom, column by column. States travel, not steps, so that whatever arrives late, twice or in
//! another order leads to the same rows everywhere. Tablets speak the replication protocol of
//! RxDB; the hub of the cloud is the same program. What it promises, one by one:
//! `docs/spec/replica-sync.md`.
//!
//! Every night it is dumped, sealed for a key that the box does not hold, and handed to `uplink`.
//!
//! Deliberately left out so far: evictions of rows that leave a scope, moves of a guest between
//! hotels, a new epoch after a restore, several boxes of one property, and the choice of people
//! between both sides of a conflict.
//!
//! ```text
//! tablets ──pull, push, stream──▶ rxdb ──▶ ┌──────────┐ ◀── link ──batches, NDJSON + zstd──▶ hub
//!                                          │ database │
//! components ──────records──────▶ intake ▶ └──────────┘ ──▶ feed ──▶ tablets, link
//!                                               └── backup, sealed ──▶ uplink ──▶ S3
//! ```

pub mod backup;
pub mod config;

mod change;
mod document;
mod edge;
mod image;
mod intake;
mod place;
mod push;
mod relation;
mod service;
mod version;

pub use config::Config;
pub use edge::archive;
pub use service::{StartError, run};
