//! What one stream's carrier and the other tasks tell each other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use wire::record::Stream;

use crate::edge::spool::Totals;

/// The way of one stream to the cloud.
#[derive(Debug)]
pub(super) struct Lane {
    /// Records have arrived, or a drain was asked for.
    news: Notify,
    /// A rest is over before its time.
    hurry: Notify,
    /// Everything up to this place leaves without waiting for a full batch.
    drain_through: AtomicU64,
    /// The last place that is uploaded.
    uploaded: watch::Sender<u64>,
}

impl Lane {
    pub(super) fn of(totals: &Totals) -> (Stream, Self) {
        let lane = Self {
            news: Notify::new(),
            hurry: Notify::new(),
            drain_through: AtomicU64::new(0),
            uploaded: watch::Sender::new(totals.uploaded_through()),
        };
        (totals.stream, lane)
    }

    /// Tells that records have arrived.
    pub(super) fn arrived(&self) {
        self.news.notify_one();
    }

    /// Asks for everything up to a place, now.
    pub(super) fn drain(&self, through: u64) {
        self.drain_through.fetch_max(through, Ordering::Relaxed);
        self.news.notify_one();
        self.hurry();
    }

    /// Ends a rest, the current one or the next.
    pub(super) fn hurry(&self) {
        self.hurry.notify_one();
    }

    /// Up to which place nothing waits for a full batch.
    pub(super) fn drain_through(&self) -> u64 {
        self.drain_through.load(Ordering::Relaxed)
    }

    /// Waits for news, at most so long.
    pub(super) async fn wait(&self, most: Option<Duration>) {
        match most {
            None => self.news.notified().await,
            // News or none: the stream is looked at again.
            Some(most) => drop(timeout(most, self.news.notified()).await),
        }
    }

    /// Rests so long, unless somebody is in a hurry.
    pub(super) async fn rest(&self, wait: Duration) {
        drop(timeout(wait, self.hurry.notified()).await);
    }

    /// Tells that everything up to a place is uploaded.
    pub(super) fn uploaded(&self, through: u64) {
        // One that was set aside and tried again is older than what went by.
        self.uploaded.send_if_modified(|uploaded| {
            let is_news = through > *uploaded;
            *uploaded = through.max(*uploaded);
            is_news
        });
    }

    /// Waits until everything up to a place is uploaded.
    pub(super) async fn uploaded_through(&self, place: u64) {
        let mut uploaded = self.uploaded.subscribe();
        let reached = uploaded.wait_for(|through| *through >= place).await;
        drop(reached.expect("the sender lives in self"));
    }
}
