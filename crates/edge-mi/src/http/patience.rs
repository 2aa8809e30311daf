//! A connection whose other side must read what it asked for: who does not, holds no place for ever.

use module_api::Counter;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// A connection, and how long it may take to go on.
pub struct Patience {
    stream: TcpStream,
    /// Without bound where there is none.
    within: Option<Duration>,
    /// Runs while the other side does not take what is written.
    running: Option<Pin<Box<Sleep>>>,
    /// What it has taken meanwhile.
    taken: usize,
    stalled: Counter,
}

/// This much must be taken each time: byte by byte would take for ever, too.
const TAKEN_LEAST: usize = 16 * 1024;

impl Patience {
    /// `stalled` counts the connections given up.
    pub fn new(stream: TcpStream, within: Option<Duration>, stalled: Counter) -> Patience {
        Patience { stream, within, running: None, taken: 0, stalled }
    }

    fn judge(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(count)) = &written {
            self.taken = self.taken.saturating_add(*count);
            if self.taken >= TAKEN_LEAST {
                self.rest();
            }
        }
        let Some(within) = self.within.filter(|_| written.is_pending()) else { return written };
        let running = self.running.get_or_insert_with(|| Box::pin(sleep(within)));
        if running.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.stalled.increment();
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }

    fn rest(&mut self) {
        self.running = None;
        self.taken = 0;
    }
}

impl AsyncRead for Patience {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            // The next request: the answer to the one before has been read.
            self.rest();
        }
        read
    }
}

impl AsyncWrite for Patience {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.judge(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
