//! Tells the nucleus how the program is, and learns whether the nucleus still knows us.

use std::future::pending;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::backoff::Backoff;
use crate::error::Chain;
use crate::nucleus::{Greengrass, Meeting, Nucleus, State, meet};

/// How long one attempt to reach the nucleus may take.
const REACH: Duration = Duration::from_secs(10);
/// Waits between attempts: first and longest ceiling.
const WAITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// How long the last word may take.
const LAST_WORD: Duration = Duration::from_secs(3);

/// The one who speaks to the nucleus; silent where there is none.
#[derive(Debug)]
pub(super) struct Herald {
    say: watch::Sender<Option<State>>,
    heard: watch::Receiver<Heard>,
    task: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heard {
    /// What the nucleus was told last.
    told: Option<State>,
    /// Whether it does not know us.
    orphaned: bool,
}

impl Herald {
    pub(super) fn start() -> Self {
        let (say, said) = watch::channel(None);
        let (hear, heard) = watch::channel(Heard {
            told: None,
            orphaned: false,
        });
        let task = tokio::spawn(speak(said, hear));
        Self { say, heard, task }
    }

    pub(super) fn running(&self) {
        self.say.send_replace(Some(State::Running));
    }

    pub(super) fn errored(&self) {
        self.say.send_replace(Some(State::Errored));
    }

    /// Returns when the nucleus refuses us.
    pub(super) async fn orphaned(&self) {
        let mut heard = self.heard.clone();
        if heard.wait_for(|heard| heard.orphaned).await.is_err() {
            pending::<()>().await;
        }
    }

    /// Waits until the last word is said.
    pub(super) async fn finish(&self) {
        let last = *self.say.borrow();
        let mut heard = self.heard.clone();
        let said = heard.wait_for(|heard| heard.told == last || heard.orphaned);
        drop(timeout(LAST_WORD, said).await);
        self.task.abort();
    }
}

async fn speak(mut said: watch::Receiver<Option<State>>, hear: watch::Sender<Heard>) {
    let mut backoff = Backoff::new(WAITS.0, WAITS.1);
    loop {
        match meet(REACH).await {
            Meeting::Nowhere => {
                let told = |state: &Option<State>| {
                    hear.send_modify(|heard| heard.told = *state);
                    false
                };
                // Nobody to tell, so everything is told at once; ends with the watch.
                drop(said.wait_for(told).await);
                return;
            }
            Meeting::Known(nucleus) => {
                backoff.reset();
                converse(&nucleus, &mut said, &hear).await;
                tracing::warn!("the connection to the nucleus is lost");
            }
            Meeting::Refused(error) => {
                tracing::error!(error = %Chain(&error), "this process belongs to an earlier start");
                hear.send_modify(|heard| heard.orphaned = true);
                return;
            }
            Meeting::Away(error) => {
                tracing::warn!(error = %Chain(&error), "the nucleus is away");
            }
        }
        sleep(backoff.wait()).await;
    }
}

/// Tells each state until the connection is lost.
async fn converse(
    nucleus: &Greengrass,
    said: &mut watch::Receiver<Option<State>>,
    hear: &watch::Sender<Heard>,
) {
    loop {
        let state = *said.borrow_and_update();
        if let Some(state) = state {
            match nucleus.tell(state).await {
                Ok(()) => {
                    tracing::info!(?state, "the nucleus is told");
                    hear.send_modify(|heard| heard.told = Some(state));
                }
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), ?state, "the nucleus is not told");
                }
            }
        }
        tokio::select! {
            () = nucleus.lost() => return,
            changed = said.changed() => if changed.is_err() {
                return;
            },
        }
    }
}
