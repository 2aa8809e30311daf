//! The body of a request, which may wait until the server wants it (`Expect: 100-continue`).

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// A body in one piece.
pub struct Outgoing {
    bytes: Option<Bytes>,
    /// What it waits for.
    gate: Option<Gate>,
}

type Gate = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How long a server may think about whether it wants a body.
const THINKING: Duration = Duration::from_secs(1);

impl Outgoing {
    /// Sent at once; none is empty.
    pub fn new(bytes: Option<Bytes>) -> Outgoing {
        Outgoing { bytes: bytes.filter(|bytes| !bytes.is_empty()), gate: None }
    }

    /// Sent when `wanted` rings, or the server has thought long enough.
    pub fn when(wanted: Arc<Notify>, bytes: Bytes) -> Outgoing {
        let gate = async move {
            // Either way the body goes now.
            let _ = timeout(THINKING, wanted.notified()).await;
        };
        Outgoing { gate: Some(Box::pin(gate)), ..Outgoing::new(Some(bytes)) }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(gate) = &mut self.gate {
            ready!(gate.as_mut().poll(context));
            self.gate = None;
        }
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.bytes.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}
