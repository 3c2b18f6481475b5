//! A channel within one process, for tests: with whatever fingerprints they want.

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::{Closed, Path, Transport};
use crate::handshake::Fingerprints;

/// Frames on their way; a sender that is further ahead waits.
const AHEAD: usize = 16;

/// One end.
#[derive(Debug)]
pub struct Memory {
    fingerprints: Fingerprints,
    sender: mpsc::Sender<Bytes>,
    receiver: Mutex<mpsc::Receiver<Bytes>>,
    closed: CancellationToken,
}

/// Two ends of one channel; each sees the fingerprints it is given.
pub fn pair(one: Fingerprints, other: Fingerprints) -> (Memory, Memory) {
    let (there, from_there) = mpsc::channel(AHEAD);
    let (back, from_back) = mpsc::channel(AHEAD);
    let closed = CancellationToken::new();
    let end = |fingerprints, sender, receiver| Memory {
        fingerprints,
        sender,
        receiver: Mutex::new(receiver),
        closed: closed.clone(),
    };
    (end(one, there, from_back), end(other, back, from_there))
}

#[async_trait]
impl Transport for Memory {
    async fn send(&self, frame: Vec<u8>) -> Result<(), Closed> {
        let sent = self
            .closed
            .run_until_cancelled(self.sender.send(frame.into()));
        match sent.await {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(Closed),
        }
    }

    async fn recv(&self) -> Option<Bytes> {
        let mut receiver = self.receiver.lock().await;
        tokio::select! {
            biased;
            frame = receiver.recv() => frame,
            () = self.closed.cancelled() => None,
        }
    }

    async fn close(&self) {
        self.closed.cancel();
    }

    fn fingerprints(&self) -> Fingerprints {
        self.fingerprints
    }

    async fn path(&self) -> Option<Path> {
        None
    }
}
