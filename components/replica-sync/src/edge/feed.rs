//! What moves in a property, told live to everybody who listens.
//!
//! One task per property reads what is below the horizon and hands it to all listeners. It wakes
//! when somebody here has written, and looks by itself for what other programs write: a
//! notification inside the database would make all its writers wait for one lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kit::error::Chain;
use kit::lifecycle::Tasks;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::database::{Database, Property};
use super::read::Moved;
use crate::place::Place;
use crate::relation::Relation;

/// Pages that a slow listener may be behind before it is cut off and must read anew.
const BEHIND: usize = 256;
/// Rows of one page.
const PAGE: u32 = 500;
/// How long somebody who comes to listen waits for the feed.
const WAKING: Duration = Duration::from_secs(5);
/// Pause after the database refused.
const REFUSED: Duration = Duration::from_secs(1);

/// What moved together, in order.
pub(crate) type Page = Arc<Vec<Moved>>;

/// The feeds of all properties that somebody listens to.
#[derive(Debug)]
pub(crate) struct Feeds {
    database: Database,
    relations: Arc<[Relation]>,
    tasks: Tasks,
    /// How often other programs' writes are looked for.
    look: Duration,
    of_properties: Mutex<HashMap<Property, Arc<Feed>>>,
}

#[derive(Debug)]
struct Feed {
    property: Property,
    pages: broadcast::Sender<Page>,
    written: Notify,
    /// Somebody came to listen.
    heard: Notify,
    /// Whether it tells what moves.
    awake: watch::Sender<bool>,
}

impl Feed {
    /// Nobody listens: whoever comes wakes it.
    fn falls_asleep(&self) -> bool {
        self.awake.send_if_modified(|awake| {
            let asleep = self.pages.receiver_count() == 0;
            *awake = !asleep;
            asleep
        })
    }
}

impl Feeds {
    pub(crate) fn new(
        database: Database,
        relations: Arc<[Relation]>,
        look: Duration,
        tasks: Tasks,
    ) -> Arc<Self> {
        Arc::new(Self {
            database,
            relations,
            tasks,
            look,
            of_properties: Mutex::default(),
        })
    }

    /// Everything that moves from some moment before now on.
    ///
    /// Whoever listens first and reads then misses nothing; they may hear again what they have
    /// read.
    pub(crate) async fn listen(
        self: &Arc<Self>,
        property: &Property,
    ) -> Result<broadcast::Receiver<Page>, sqlx::Error> {
        let feed = self.feed(property);
        let listener = feed.pages.subscribe();
        let mut awake = feed.awake.subscribe();
        feed.heard.notify_one();
        // The feed slept if nobody listened; what it tells begins where it wakes.
        let woken = awake.wait_for(|awake| *awake);
        match timeout(WAKING, woken).await {
            Ok(Ok(_)) => Ok(listener),
            Ok(Err(_)) | Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    fn feed(self: &Arc<Self>, property: &Property) -> Arc<Feed> {
        let mut feeds = self.lock();
        if let Some(feed) = feeds.get(property) {
            return Arc::clone(feed);
        }
        let feed = Arc::new(Feed {
            property: property.clone(),
            pages: broadcast::Sender::new(BEHIND),
            written: Notify::new(),
            heard: Notify::new(),
            awake: watch::Sender::new(false),
        });
        feeds.insert(property.clone(), Arc::clone(&feed));
        let (this, told) = (Arc::clone(self), Arc::clone(&feed));
        self.tasks
            .spawn("feed", |stop| async move { this.tell(&told, stop).await });
        feed
    }

    /// Tells that something was written.
    pub(crate) fn written(&self, property: &Property) {
        if let Some(feed) = self.lock().get(property) {
            feed.written.notify_one();
        }
    }

    /// Tells while somebody listens, and sleeps while nobody does.
    async fn tell(&self, feed: &Feed, stop: CancellationToken) {
        let telling = async {
            loop {
                feed.heard.notified().await;
                if let Err(error) = self.tell_listeners(feed).await {
                    tracing::warn!(error = %Chain(&error), "cannot read what moved");
                    // Listeners cannot know what they missed: they connect again.
                    feed.awake.send_replace(false);
                    tokio::time::sleep(REFUSED).await;
                    feed.heard.notify_one();
                }
            }
        };
        stop.run_until_cancelled(telling).await;
    }

    async fn tell_listeners(&self, feed: &Feed) -> Result<(), sqlx::Error> {
        let mut from = self.database.horizon(&feed.property).await?;
        feed.awake.send_replace(true);
        loop {
            if let Some(to) = self.read(feed, from).await? {
                from = to;
            } else if feed.falls_asleep() {
                return Ok(());
            } else {
                // Nobody wrote here: look whether somebody else did.
                drop(timeout(self.look, feed.written.notified()).await);
            }
        }
    }

    /// Tells one page; where it ended.
    async fn read(&self, feed: &Feed, from: Place) -> Result<Option<Place>, sqlx::Error> {
        let reading = self
            .database
            .page(&feed.property, &self.relations, from, PAGE);
        let page = reading.await?;
        let Some(to) = page.last().map(|moved| moved.place) else {
            return Ok(None);
        };
        // Nobody may listen just now; that is no failure.
        drop(feed.pages.send(Arc::new(page)));
        Ok(Some(to))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Property, Arc<Feed>>> {
        self.of_properties
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
