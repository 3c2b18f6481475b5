//! Tells pages what concerns them.
//!
//! Each page has a short queue of its own: one that is slow misses news, which are counted, and
//! holds up nobody else. What it missed it finds when it asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use wire::print::Job;

use super::Desk;
use super::news::News;
use crate::order::{Asker, Effect};

/// News that wait for one page: a screen full of orders that change at once.
const WAITING: usize = 128;

/// The pages that are connected; cloned freely.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hearers(Arc<Mutex<Circle>>);

#[derive(Debug, Default)]
struct Circle {
    last: u64,
    hearers: BTreeMap<u64, Hearer>,
}

#[derive(Debug)]
struct Hearer {
    who: Asker,
    queue: mpsc::Sender<News>,
}

/// The news of one page, until this is dropped.
#[derive(Debug)]
pub(crate) struct Hearing {
    place: u64,
    hearers: Hearers,
    news: mpsc::Receiver<News>,
}

impl Hearers {
    /// Lets a page hear what concerns it.
    pub(crate) fn join(&self, who: Asker) -> Hearing {
        let (queue, news) = mpsc::channel(WAITING);
        let mut circle = self.lock();
        circle.last += 1;
        let place = circle.last;
        circle.hearers.insert(place, Hearer { who, queue });
        Hearing {
            place,
            hearers: self.clone(),
            news,
        }
    }

    /// Tells each page what it is to hear, if anything.
    fn tell(&self, of: impl Fn(&Asker) -> Option<News>) {
        for Hearer { who, queue } in self.lock().hearers.values() {
            if let Some(news) = of(who)
                && queue.try_send(news).is_err()
            {
                metrics::counter!("device_proxy_news_dropped_total").increment(1);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Circle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hearing {
    /// The next news.
    pub(crate) async fn next(&mut self) -> News {
        match self.news.recv().await {
            Some(news) => news,
            // The sender stays in the circle for as long as this lives.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        self.hearers.lock().hearers.remove(&self.place);
    }
}

/// Tells pages of orders and jobs until the stop.
pub(super) async fn run(
    desk: Arc<Desk>,
    hearers: Hearers,
    mut orders: mpsc::Receiver<Effect>,
    mut jobs: broadcast::Receiver<Job>,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(effect) = orders.recv() => {
                hearers.tell(|who| News::of_order(&desk, who, &effect));
            }
            job = jobs.recv() => match job {
                Ok(job) => hearers.tell(|who| News::of_job(who, &job)),
                Err(RecvError::Lagged(count)) => {
                    metrics::counter!("device_proxy_news_dropped_total").increment(count);
                }
                // Printing stops together with this task.
                Err(RecvError::Closed) => return stop.cancelled().await,
            },
        }
    }
}
