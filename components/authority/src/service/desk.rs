//! Where acts are handed in, from the bus and from HTTPS.

use std::time::Duration;

use kit::bus::Delivery;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use wire::{Code, Problem};

use crate::act::{Act, Asker};
use crate::edge::scribe::Answer;

/// Most acts that wait for the office: some seconds of its work.
const WAITING: usize = 256;
/// How long HTTPS waits for the office; its work is one write to the disk.
const WAIT: Duration = Duration::from_secs(10);

/// Something to be decided.
#[derive(Debug)]
pub(crate) enum Job {
    /// By HTTPS, which waits for the answer.
    Asked(Asker, Act, oneshot::Sender<Result<Answer, Problem>>),
    /// By a message on the bus.
    Delivered(Delivery),
}

/// The way into the office; cloned freely.
#[derive(Debug, Clone)]
pub(crate) struct Desk(mpsc::Sender<Job>);

impl Desk {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Job>) {
        let (sender, jobs) = mpsc::channel(WAITING);
        (Self(sender), jobs)
    }

    /// Hands an act in and waits for its answer; refused at once when too many wait.
    pub(crate) async fn ask(&self, asker: Asker, act: Act) -> Result<Answer, Problem> {
        let (done, answer) = oneshot::channel();
        self.0
            .try_send(Job::Asked(asker, act, done))
            .map_err(|_| Problem::new(Code::Busy, format!("{WAITING} requests wait")))?;
        match timeout(WAIT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Problem::new(Code::Unavailable, "the authority is stopping")),
            Err(_) => {
                let detail = "the authority cannot write to its journal; ask again";
                Err(Problem::new(Code::TimedOut, detail))
            }
        }
    }

    /// Hands a message in; waits for a place. False when the office is closed.
    pub(crate) async fn deliver(&self, delivery: Delivery) -> bool {
        self.0.send(Job::Delivered(delivery)).await.is_ok()
    }
}
