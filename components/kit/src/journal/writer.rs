//! The one task that writes: takes what waits, does it in one transaction, then tells everybody.

use futures_util::future::BoxFuture;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Executor};
use tokio::sync::{mpsc, oneshot};

use super::JournalError;

/// Most writes that share one commit; bounds how long the first of them waits.
const SHARED: usize = 256;

/// A write on its way to the disk.
pub(super) trait Job: Send {
    /// Does the work inside the shared transaction.
    fn run<'c>(
        &'c mut self,
        connection: &'c mut SqliteConnection,
    ) -> BoxFuture<'c, Result<(), sqlx::Error>>;

    /// Tells the writer how the commit went.
    fn settle(self: Box<Self>, commit: Result<(), JournalError>);
}

/// A write with the one who waits for its answer.
pub(super) struct Write<T, F> {
    work: Option<F>,
    answer: Option<T>,
    done: oneshot::Sender<Result<T, JournalError>>,
}

impl<T, F> Write<T, F> {
    pub(super) fn new(work: F, done: oneshot::Sender<Result<T, JournalError>>) -> Self {
        Self {
            work: Some(work),
            answer: None,
            done,
        }
    }
}

impl<T, F> Job for Write<T, F>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
{
    fn run<'c>(
        &'c mut self,
        connection: &'c mut SqliteConnection,
    ) -> BoxFuture<'c, Result<(), sqlx::Error>> {
        let work = self.work.take().expect("a job runs once");
        Box::pin(async move {
            self.answer = Some(work(connection).await?);
            Ok(())
        })
    }

    fn settle(self: Box<Self>, commit: Result<(), JournalError>) {
        let Self { answer, done, .. } = *self;
        // Nobody waits any more when the caller's own deadline passed; the write stands.
        drop(done.send(commit.map(|()| answer.expect("a committed job has run"))));
    }
}

/// Writes until every sender is gone.
pub(super) async fn run(mut connection: SqliteConnection, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    let mut waiting = Vec::with_capacity(SHARED);
    while jobs.recv_many(&mut waiting, SHARED).await > 0 {
        let (shared, commit) = commit(&mut connection, waiting.drain(..)).await;
        let reason = commit.err();
        if let Some(error) = &reason {
            tracing::error!(error, writes = shared.len(), "journal commit failed");
        }
        for job in shared {
            job.settle(match &reason {
                None => Ok(()),
                Some(reason) => Err(JournalError::Commit {
                    reason: reason.clone(),
                }),
            });
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "journal closed uncleanly");
    }
}

/// Runs the jobs in one transaction; a job that fails is undone and settled alone. Returns those
/// whose fate is that of the commit, and why it failed.
async fn commit(
    connection: &mut SqliteConnection,
    mut jobs: impl Iterator<Item = Box<dyn Job>>,
) -> (Vec<Box<dyn Job>>, Result<(), String>) {
    let mut shared = Vec::with_capacity(SHARED);
    let told = |error: sqlx::Error| error.to_string();
    let outcome = async {
        connection.execute("BEGIN IMMEDIATE").await.map_err(told)?;
        for mut job in jobs.by_ref() {
            connection.execute("SAVEPOINT job").await.map_err(told)?;
            match job.run(connection).await {
                Ok(()) => shared.push(job),
                Err(source) => {
                    let reason = source.to_string();
                    job.settle(Err(JournalError::Write { source }));
                    let undone = connection.execute("ROLLBACK TO job").await;
                    // A full disk has undone all of it; then that is why the others failed.
                    undone.map_err(|_| reason)?;
                }
            }
            connection.execute("RELEASE job").await.map_err(told)?;
        }
        let committed = connection.execute("COMMIT").await;
        committed.map(|_| ()).map_err(told)
    }
    .await;
    if outcome.is_err() {
        shared.extend(jobs);
        // Already rolled back by SQLite for some errors; then there is nothing to undo.
        drop(connection.execute("ROLLBACK").await);
    }
    (shared, outcome)
}
