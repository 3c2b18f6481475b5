//! The spool by itself, for those who measure it.

use std::path::Path;

use kit::digest::sha256;
use kit::journal::JournalError;
use kit::lifecycle::Tasks;
use wire::record::{Record, Stream};
use wire::{BatchId, Component, Integer};

use super::spool::{Arrival, Floor, Spool};
use crate::batch::Packing;
use crate::intake::Batch;
use crate::object::Origin;
use crate::quota::Quotas;

/// Where a measured spool says that its records come from.
const PLACE: (&str, &str) = ("seaside", "box-1");

/// A spool without bus and bucket.
#[derive(Debug)]
pub struct Probe {
    spool: Spool,
    tasks: Tasks,
    batch_bytes: u64,
}

/// What a batch holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Its lines.
    pub lines: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The same, compressed.
    pub packed: u64,
}

impl Probe {
    /// Opens or makes a spool that is never full.
    pub async fn open(path: &Path, batch_bytes: u64) -> Result<Self, JournalError> {
        let tasks = Tasks::new();
        let quotas = Quotas::new(1 << 40, None, None, None);
        let floor = Floor {
            percent: 0,
            most: 0,
        };
        let spool = Spool::open(path, quotas, floor, &tasks).await?;
        Ok(Self {
            spool,
            tasks,
            batch_bytes,
        })
    }

    /// Keeps batches of measurements in one commit, as those are that arrive together.
    pub async fn append(&self, batches: Vec<Vec<Record>>, at: Integer) -> Result<(), JournalError> {
        let arrivals = batches.into_iter().map(|records| Arrival {
            batch: Batch {
                stream: Stream::P2,
                principal: Component::IotGateway.into(),
                id: kit::ids::new::<BatchId>(at),
                records,
            },
            sha256: sha256(&[]),
        });
        let verdicts = self.spool.keep(arrivals.collect(), at).await?;
        assert!(
            verdicts.iter().all(Result::is_ok),
            "a spool that is never full keeps all"
        );
        Ok(())
    }

    /// Makes a batch of the oldest measurements, and takes it for uploaded; none when none waits.
    pub async fn carry(&self) -> Result<Option<Packed>, ProbeError> {
        let dropped = self.spool.dropped(Stream::P2).await?;
        let Some(front) = self.spool.front(Stream::P2, self.batch_bytes).await? else {
            return Ok(None);
        };
        let body = front.pack(Packing::Quick);
        let packed = u64::try_from(body.len()).expect("memory is smaller than 2^64 bytes");
        let origin = Origin {
            property: PLACE.0.parse().expect("it is a word"),
            box_id: PLACE.1.parse().expect("it is a word"),
        };
        let sealed = front.seal(&origin, Stream::P2, sha256(&body), packed);
        let told = Packed {
            lines: sealed.lines,
            bytes: sealed.bytes,
            packed,
        };
        self.spool.seal(sealed.clone(), body, dropped).await?;
        self.spool.forget(sealed).await?;
        Ok(Some(told))
    }

    /// Closes it.
    pub async fn close(self) {
        let Self { spool, tasks, .. } = self;
        drop(spool);
        tasks.drain().await.expect("a spool closes in time");
    }
}

/// The spool cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It cannot be read.
    #[error("cannot read the spool")]
    Read(#[from] sqlx::Error),
    /// It cannot be written.
    #[error("cannot write the spool")]
    Write(#[from] JournalError),
}
