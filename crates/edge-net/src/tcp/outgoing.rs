//! What goes out by a connection: written at once by who sends it, else kept in order until the peer takes it.

use super::room::Room;
use bytes::Bytes;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;
use tokio::net::tcp::OwnedWriteHalf;

/// The sending side of a connection.
pub(super) struct Outgoing {
    /// Where it is written to, once the connection is open.
    writer: Option<OwnedWriteHalf>,
    room: Arc<Room>,
    /// What waits.
    chunks: VecDeque<Bytes>,
    /// How much of the first chunk has been written.
    written: usize,
    /// The bytes of all chunks.
    bytes: usize,
    /// Since when the peer takes nothing of what waits.
    stalled_since: Option<Instant>,
    /// How the connection is to end, once that is known.
    ending: Option<Ending>,
    /// The connection's task, to be woken when there is something for it to do.
    task: Option<Waker>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It has been written or waits.
    Taken,
    /// Too much waits already.
    Full,
    /// The connection has ended.
    Closed,
}

/// How things stand for the connection's task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// How the connection is to end, once that is known.
    pub(super) ending: Option<Ending>,
    /// Since when the peer takes nothing of what waits.
    pub(super) stalled_since: Option<Instant>,
    /// Whether so much waits that the peer should read before it asks for more.
    pub(super) is_half_full: bool,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// What waits is written first.
    Orderly,
    /// At once.
    Abrupt,
}

/// How many chunks are written together.
const TOGETHER_MAX: usize = 64;

impl Outgoing {
    /// Of a connection that is not open yet.
    pub(super) const fn new(room: Arc<Room>) -> Outgoing {
        Outgoing {
            writer: None,
            room,
            chunks: VecDeque::new(),
            written: 0,
            bytes: 0,
            stalled_since: None,
            ending: None,
            task: None,
        }
    }

    /// The connection is open.
    pub(super) fn open(&mut self, writer: OwnedWriteHalf) {
        self.writer = Some(writer);
    }

    pub(super) const fn is_opening(&self) -> bool {
        self.writer.is_none()
    }

    pub(super) const fn ending(&self) -> Option<Ending> {
        self.ending
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// How things stand.
    pub(super) fn standing(&self) -> Standing {
        let is_half_full = self.chunks.len() > self.room.chunks_max() / 2 || self.bytes > self.room.bytes_least() / 2;
        Standing { ending: self.ending, stalled_since: self.stalled_since, is_half_full }
    }

    /// Writes a message, or keeps what the peer does not take of it.
    pub(super) fn send(&mut self, message: Bytes) -> Sent {
        if self.ending.is_some() {
            return Sent::Closed;
        }
        if !self.chunks.is_empty() {
            let kept = self.keep(message);
            // The task would do it too, but may be late.
            self.flush();
            return kept;
        }
        let written = match self.writer.as_ref().map(|writer| writer.try_write(&message)) {
            Some(Ok(written)) => written,
            Some(Err(error)) if is_broken(&error) => {
                self.end(Ending::Abrupt);
                return Sent::Closed;
            }
            _ => 0,
        };
        if written == message.len() {
            return Sent::Taken;
        }
        let kept = self.keep(message);
        self.written = written;
        self.has_stalled();
        kept
    }

    /// Keeps a message to be written with others.
    pub(super) fn keep(&mut self, message: Bytes) -> Sent {
        if self.ending.is_some() {
            return Sent::Closed;
        }
        if self.is_full(message.len()) {
            self.flush();
            if self.is_full(message.len()) {
                return Sent::Full;
            }
        }
        self.bytes += message.len();
        self.room.take(message.len());
        self.chunks.push_back(message);
        Sent::Taken
    }

    /// Writes what waits, as far as the peer takes it.
    pub(super) fn flush(&mut self) {
        while !self.chunks.is_empty() {
            let Some(writer) = &self.writer else { return };
            let mut parts = [IoSlice::new(&[]); TOGETHER_MAX];
            let mut count = 0;
            for (part, chunk) in parts.iter_mut().zip(&self.chunks) {
                let start = if count == 0 { self.written } else { 0 };
                *part = IoSlice::new(chunk.get(start..).unwrap_or_default());
                count += 1;
            }
            match writer.try_write_vectored(parts.get(..count).unwrap_or_default()) {
                Ok(length) => self.has_written(length),
                Err(error) if is_broken(&error) => return self.end(Ending::Abrupt),
                Err(_) => return self.has_stalled(),
            }
        }
        self.stalled_since = None;
    }

    /// Writes what waits; the task is woken when the peer takes more, and when there is more to do for it.
    pub(super) fn poll_flush(&mut self, context: &mut Context<'_>) -> Standing {
        if !self.task.as_ref().is_some_and(|task| task.will_wake(context.waker())) {
            self.task = Some(context.waker().clone());
        }
        loop {
            self.flush();
            let Some(writer) = self.writer.as_ref().filter(|_| !self.chunks.is_empty()) else { break };
            match writer.as_ref().poll_write_ready(context) {
                Poll::Pending => break,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => {
                    self.end(Ending::Abrupt);
                    break;
                }
            }
        }
        self.standing()
    }

    /// The connection is to end; an orderly end may still become an abrupt one.
    pub(super) fn end(&mut self, ending: Ending) {
        if self.ending != Some(Ending::Abrupt) {
            self.ending = Some(ending);
        }
        self.wake();
    }

    /// What did not leave, and never will: nothing is written any more.
    pub(super) fn take_unsent(&mut self) -> VecDeque<Bytes> {
        self.writer = None;
        self.room.give_back(self.bytes);
        self.bytes = 0;
        self.written = 0;
        std::mem::take(&mut self.chunks)
    }

    /// The writing half, to say to the peer that nothing more comes.
    pub(super) fn take_writer(&mut self) -> Option<OwnedWriteHalf> {
        self.writer.take()
    }

    fn is_full(&self, more: usize) -> bool {
        let has_many = !self.is_opening() && self.chunks.len() >= self.room.chunks_max();
        has_many || self.bytes.saturating_add(more) > self.room.bytes_max()
    }

    /// So much has been written.
    fn has_written(&mut self, length: usize) {
        let mut left = length;
        while let Some(chunk) = self.chunks.front() {
            let rest = chunk.len() - self.written;
            if left < rest {
                self.written += left;
                break;
            }
            left -= rest;
            self.written = 0;
            self.bytes -= chunk.len();
            self.room.give_back(chunk.len());
            self.chunks.pop_front();
        }
        if length > 0 {
            self.stalled_since = None;
        }
    }

    /// The peer takes nothing more at present: the task writes on when it does.
    fn has_stalled(&mut self) {
        if self.stalled_since.is_none() {
            self.stalled_since = Some(Instant::now());
            self.wake();
        }
    }

    fn wake(&mut self) {
        if let Some(task) = self.task.take() {
            task.wake();
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.room.give_back(self.bytes);
    }
}

/// Whether nothing can be written any more; else it can later.
fn is_broken(error: &io::Error) -> bool {
    !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
