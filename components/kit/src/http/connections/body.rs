//! A request's body that has to come at a walking pace at least.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::count;

/// What each of its bytes adds: 1 KiB a second is less than any line that a hotel has.
const A_BYTE: Duration = Duration::from_nanos(1_000_000_000 / 1_024);

/// The body; an error for whoever reads it when it is late.
pub(super) struct Prompt {
    body: Incoming,
    late: Pin<Box<Sleep>>,
}

impl Prompt {
    /// A body that may take that long whatever its length.
    pub(super) fn new(body: Incoming, grace: Duration) -> Self {
        Self {
            body,
            late: Box::pin(sleep(grace)),
        }
    }
}

impl Body for Prompt {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            ready!(self.late.as_mut().poll(cx));
            count("slow");
            let error = io::Error::new(io::ErrorKind::TimedOut, "the body came too slowly");
            return Poll::Ready(Some(Err(error.into())));
        };
        let frame = frame.transpose()?;
        if let Some(data) = frame.as_ref().and_then(Frame::data_ref) {
            let bytes = u32::try_from(data.len()).unwrap_or(u32::MAX);
            let until = self.late.deadline() + A_BYTE * bytes;
            self.late.as_mut().reset(until);
        }
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
