//! Named tasks with one owner.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Longest time a component may take to put its work down.
pub const DRAIN: Duration = Duration::from_secs(10);

/// The tasks of one component; cloned freely, stopped once.
#[derive(Debug, Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    broken: watch::Sender<Option<&'static str>>,
}

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self {
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
            broken: watch::Sender::new(None),
        }
    }

    /// Starts a named task; `task` must return soon after the token is cancelled, and not before.
    pub fn spawn<F>(&self, name: &'static str, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.watched(name, task(self.stop.child_token()));
    }

    /// Starts a named task that ends by itself when those who feed it have ended.
    pub fn spawn_draining(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.watched(name, task);
    }

    fn watched(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let (stop, broken) = (self.stop.clone(), self.broken.clone());
        let running = self.tracker.spawn(task);
        self.tracker.spawn(async move {
            let ended = running.await;
            if let Err(error) = &ended {
                tracing::error!(task = name, %error, "task panicked");
            }
            if ended.is_err() || !stop.is_cancelled() {
                broken.send_replace(Some(name));
            }
            tracing::debug!(task = name, "task ended");
        });
    }

    /// Waits until a task ends that was not asked to, and names it.
    pub async fn broken(&self) -> &'static str {
        let mut broken = self.broken.subscribe();
        let name = broken.wait_for(Option::is_some).await.map(|name| *name);
        name.ok()
            .flatten()
            .expect("the sender lives in self, and the wait is for a name")
    }

    /// A token that is cancelled when the tasks are asked to stop.
    pub fn stop(&self) -> CancellationToken {
        self.stop.child_token()
    }

    /// Asks every task to stop, without waiting.
    pub fn cancel(&self) {
        self.stop.cancel();
    }

    /// Asks every task to stop and waits for them, at most [`DRAIN`].
    pub async fn drain(self) -> Result<(), StillBusy> {
        self.stop.cancel();
        self.tracker.close();
        timeout(DRAIN, self.tracker.wait())
            .await
            .map_err(|_| StillBusy {
                tasks: self.tracker.len(),
            })
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

/// Some tasks did not stop in time and were abandoned.
#[derive(Debug, thiserror::Error)]
#[error("{tasks} tasks were still busy after {DRAIN:?}")]
pub struct StillBusy {
    tasks: usize,
}

#[cfg(test)]
mod tests;
