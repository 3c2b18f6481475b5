//! Sets the component up and keeps its tasks: taking records in, carrying each stream and the files
//! out, answering questions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kit::Host;
use kit::clock::Clock;
use kit::error::Chain;
use kit::health::{Health, Probe};
use kit::journal::JournalError;
use tokio::sync::{Notify, watch};
use wire::record::Stream;
use wire::{Component, Filter};

use crate::batch::Limits;
use crate::config::Config;
use crate::edge::handover::Handover;
use crate::edge::s3::Bucket;
use crate::edge::spool::{Floor, Spool};
use crate::link::{Link, Rules};
use crate::meter::Prices;
use crate::object::Origin;
use crate::policy::Policy;

mod answer;
mod carry;
mod desk;
mod drain;
mod figures;
mod files;
mod gate;
mod lane;
mod letters;
mod receive;

use files::Post;
use lane::Lane;

/// File of the spool in the data directory.
const SPOOL_FILE: &str = "spool.db";
/// Most bytes of the disk that only `p0` may use.
const FLOOR_MAX: u64 = 1024 * 1024 * 1024;
/// How often old digests and answers are swept out.
const SWEEP: Duration = Duration::from_hours(1);

/// What the tasks share.
#[derive(Debug)]
struct Uplink {
    clock: Clock,
    health: Health,
    /// Whether the spool takes records in.
    journal: Probe,
    spool: Spool,
    bucket: Bucket,
    origin: Origin,
    limits: Limits,
    policy: Policy,
    prices: Prices,
    lanes: BTreeMap<Stream, Lane>,
    post: Post,
    link: Mutex<Link>,
    /// The link is used in another way now.
    turned: watch::Sender<()>,
    outlook: watch::Sender<Outlook>,
    /// Counters of the spool have changed.
    counted: Notify,
}

/// How the last upload went.
#[derive(Debug, Clone, Default)]
struct Outlook {
    /// Whether it reached the cloud; unknown before the first.
    cloud: Option<bool>,
    /// Why it failed; empty when it did not.
    last_error: String,
}

/// Starts the component; it works until the host's tasks are stopped.
pub async fn run(config: Config, host: Host) -> Result<(), StartError> {
    let journal = host.health.need("journal");
    let quotas = config.spool.quotas();
    let floor = Floor {
        percent: config.spool.free_percent,
        most: FLOOR_MAX,
    };
    let spool = Spool::open(&host.data(SPOOL_FILE), quotas, floor, &host.tasks)
        .await
        .map_err(StartError::Spool)?;
    let totals = spool.totals().await.map_err(StartError::Count)?;
    let rules = Rules {
        mode: config.link.mode,
        day_bytes: config.link.metered_day_bytes,
        bytes_per_s: config.link.metered_bytes_per_s,
    };
    let link = gate::link(&spool, rules, &host.clock)
        .await
        .map_err(StartError::Count)?;
    journal.there();
    let bucket = Bucket::new(&config.s3).await;
    let of_files = config.files.bucket.as_ref();
    let post = Post {
        handover: config.files.directory.map(Handover::at),
        bucket: bucket.named(of_files.unwrap_or(&config.s3.bucket)),
        news: Notify::new(),
        hurry: Notify::new(),
    };
    let uplink = Arc::new(Uplink {
        clock: host.clock.clone(),
        health: host.health.clone(),
        journal,
        spool,
        bucket,
        origin: Origin {
            property: host.common.property.clone(),
            box_id: host.common.box_id.clone(),
        },
        limits: Limits {
            bytes: config.batch.bytes,
            age: Duration::from_millis(config.batch.age_ms),
        },
        policy: Policy::new(&config.fields.allow),
        prices: Prices {
            thousand_requests: config.cost.thousand_requests_microdollars,
            gb_month: config.cost.gb_month_microdollars,
            kept_days: config.cost.kept_days,
        },
        lanes: totals.iter().map(Lane::of).collect(),
        post,
        link: Mutex::new(link),
        turned: watch::Sender::default(),
        outlook: watch::Sender::default(),
        counted: Notify::new(),
    });
    uplink.start(&host).await;
    Ok(())
}

impl Uplink {
    async fn start(self: Arc<Self>, host: &Host) {
        let (bus, property) = (&host.bus, host.bus.property());
        let records = Filter::records(property, Component::Uplink, None, None);
        let records = bus.subscribe([records]).await;
        let requests = Filter::requests(property, Component::Uplink, None, None);
        let requests = bus.subscribe([requests]).await;
        let this = || Arc::clone(&self);
        host.tasks.spawn("receive", |stop| {
            receive::run(this(), bus.clone(), records, stop)
        });
        host.tasks.spawn("answer", |stop| {
            answer::run(this(), bus.clone(), requests, stop)
        });
        host.tasks
            .spawn("figures", |stop| figures::run(this(), stop));
        for (stream, name) in CARRIERS {
            host.tasks
                .spawn(name, |stop| carry::run(this(), *stream, stop));
        }
        host.tasks.spawn("files", |stop| files::run(this(), stop));
        host.tasks.spawn("sweep", |stop| async move {
            stop.run_until_cancelled(self.sweep()).await;
        });
    }

    async fn sweep(&self) {
        let mut retention = self.spool.retention(&self.clock);
        loop {
            let swept = async { self.spool.sweep(retention.present().await?).await };
            if let Err(error) = swept.await {
                tracing::warn!(error = %Chain(&error), "cannot sweep the spool");
            }
            tokio::time::sleep(SWEEP).await;
        }
    }

    fn lane(&self, stream: Stream) -> &Lane {
        self.lanes.get(&stream).expect("every stream has a lane")
    }
}

/// The tasks that carry streams out.
const CARRIERS: &[(Stream, &str)] = &[
    (Stream::P0, "carry-p0"),
    (Stream::P1, "carry-p1"),
    (Stream::P2, "carry-p2"),
    (Stream::P3, "carry-p3"),
];

/// The component cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The spool cannot be opened.
    #[error("cannot open the spool")]
    Spool(#[source] JournalError),
    /// The spool cannot be read.
    #[error("cannot count what waits in the spool")]
    Count(#[source] sqlx::Error),
}

#[cfg(test)]
mod tests;
