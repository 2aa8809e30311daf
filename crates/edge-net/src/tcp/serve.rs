//! The task of a connection: reads, writes on where the peer did not take everything at once, and knows when it is over.

use super::batch::Batch;
use super::connection::Connection;
use super::outgoing::{Ending, Standing};
use super::{Streams, scratch};
use crate::Received;
use bytes::Bytes;
use module_api::{Proto, Sending};
use sip::framing::{Frame, FrameError, Framer};
use socket2::SockRef;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::Sleep;

/// How many reads in a row before other connections have their turn.
const READS_A_TURN: usize = 4;
/// How long a peer that does not read is not read from; not for good, for it may be waiting for us to do so.
const UNREAD_FOR: Duration = Duration::from_millis(100);
/// How long an orderly end may take.
const ENDING_WITHIN: Duration = Duration::from_secs(1);

/// Serves a connection to its end.
pub(super) async fn serve(streams: Arc<Streams>, connection: Arc<Connection>, stream: TcpStream) {
    // Small messages should leave at once; a system that cannot do that sends them later.
    let _ = stream.set_nodelay(true);
    if let Some(keepalive) = streams.common.options.keepalive {
        // A system that cannot ask leaves it to the idle timeout.
        let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive.parameters());
    }
    let local = stream.local_addr().unwrap_or(streams.local);
    let (reader, writer) = stream.into_split();
    connection.outgoing().open(writer);
    Service::new(&streams, &connection, reader).await;
    forget(&streams, &connection);
    streams.common.counters.watch.closed(Proto::Tcp, connection.peer, local);
}

/// A connection has ended: nobody finds it any more, and what waited for it goes back.
pub(super) fn forget(streams: &Streams, connection: &Arc<Connection>) {
    streams.table.remove(connection);
    streams.common.places.is_heard(connection.number);
    for bytes in connection.take_unsent() {
        streams.common.counters.dropped.increment();
        let (socket, to, connection) = (streams.socket, connection.peer, Some(connection.number));
        streams.common.handler.unsent(Sending { socket, to, connection, reuse_only: false, bytes, otherwise: None });
    }
}

/// An open connection being served; done when it has ended.
struct Service<'a> {
    streams: &'a Streams,
    connection: &'a Arc<Connection>,
    reader: OwnedReadHalf,
    framer: Framer,
    /// Whether a message has come.
    is_heard: bool,
    /// When the message that is not whole yet has to be: a peer that sends a byte now and then must not hold a place.
    message_due: Option<Instant>,
    /// In how many reads that message has come so far.
    message_reads: u32,
    /// Until when nothing is read, because the peer does not read either.
    unread_until: Option<Instant>,
    /// Since when the peer took nothing, when this was last looked at.
    stalled_since: Option<Instant>,
    /// How far an orderly end has come.
    closing: Option<Closing>,
    /// Wakes the task not later than at the first of all deadlines.
    timer: Pin<Box<Sleep>>,
}

/// An orderly end: what waits is written, the peer is told that nothing more comes, and what it still sends is thrown
/// away until it has closed too. Without that, the system would tear down what we have written as well.
struct Closing {
    until: Instant,
    writer: Option<OwnedWriteHalf>,
}

/// What became of a read.
enum Step {
    Read,
    Ended,
}

impl Future for Service<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let service = self.get_mut();
        loop {
            let now = Instant::now();
            if service.step(context, now).is_ready() {
                return Poll::Ready(());
            }
            let due = tokio::time::Instant::from_std(service.due());
            if service.timer.is_elapsed() || due < service.timer.deadline() {
                service.timer.as_mut().reset(due);
            }
            // It may have been set for an earlier time than is due by now: then the loop sets it anew.
            if service.timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl<'a> Service<'a> {
    fn new(streams: &'a Streams, connection: &'a Arc<Connection>, reader: OwnedReadHalf) -> Service<'a> {
        Service {
            streams,
            connection,
            reader,
            framer: Framer::new(sip::Limits::default()),
            is_heard: false,
            message_due: None,
            message_reads: 0,
            unread_until: None,
            stalled_since: None,
            closing: None,
            timer: Box::pin(tokio::time::sleep(streams.common.options.idle)),
        }
    }

    /// Does what can be done now; ready when the connection has ended.
    fn step(&mut self, context: &mut Context<'_>, now: Instant) -> Poll<()> {
        let mut standing = self.connection.outgoing().poll_flush(context);
        self.note_stall(standing, now);
        if standing.ending.is_none() {
            // First what has come: this task may be late, and the peer not.
            if !self.is_unread(standing, now) {
                self.receive(context, now);
            }
            standing = self.connection.outgoing().standing();
        }
        if standing.ending.is_none()
            && let Some(ending) = self.overdue(standing, now)
        {
            self.connection.outgoing().end(ending);
            standing = self.connection.outgoing().standing();
        }
        match standing.ending {
            None => Poll::Pending,
            Some(Ending::Abrupt) => Poll::Ready(()),
            Some(Ending::Orderly) => self.poll_close(context, now),
        }
    }

    /// A write that had to wait has taken as long as that.
    fn note_stall(&mut self, standing: Standing, now: Instant) {
        let before = std::mem::replace(&mut self.stalled_since, standing.stalled_since);
        if let Some(since) = before.filter(|_| standing.stalled_since != before) {
            let took = now.saturating_duration_since(since);
            self.streams.common.counters.watch.took(self.connection.peer, took);
        }
    }

    /// How the connection ends because something took too long.
    fn overdue(&self, standing: Standing, now: Instant) -> Option<Ending> {
        let counters = &self.streams.common.counters;
        if self.message_due().is_some_and(|due| due <= now) {
            counters.garbled.increment();
            return Some(Ending::Orderly);
        }
        if self.stall_due(standing).is_some_and(|due| due <= now) {
            counters.stalled.increment();
            return Some(Ending::Abrupt);
        }
        (self.idle_due() <= now).then_some(Ending::Orderly)
    }

    /// The first of all deadlines.
    fn due(&self) -> Instant {
        if let Some(closing) = &self.closing {
            return closing.until;
        }
        let standing = self.connection.outgoing().standing();
        let others = [self.message_due(), self.stall_due(standing), self.unread_until];
        others.into_iter().flatten().fold(self.idle_due(), Instant::min)
    }

    /// While the peer is not read from, its message is not late.
    fn message_due(&self) -> Option<Instant> {
        self.message_due.filter(|_| self.unread_until.is_none())
    }

    fn idle_due(&self) -> Instant {
        let common = &self.streams.common;
        let idle_at = self.connection.idle_at(common.options.idle);
        // A time that no clock reaches never comes.
        common.started.checked_add(idle_at).unwrap_or_else(|| Instant::now() + common.options.idle)
    }

    fn stall_due(&self, standing: Standing) -> Option<Instant> {
        let since = standing.stalled_since?;
        since.checked_add(self.streams.common.options.stalled_within)
    }

    /// Whether the peer is not read from, because so much waits for it already.
    fn is_unread(&mut self, standing: Standing, now: Instant) -> bool {
        if !standing.is_half_full {
            self.unread_until = None;
            return false;
        }
        match self.unread_until {
            Some(until) if until <= now => {
                self.unread_until = None;
                false
            }
            Some(_) => true,
            None => {
                self.unread_until = now.checked_add(UNREAD_FOR);
                true
            }
        }
    }

    /// Reads what is there, and has it handled.
    fn receive(&mut self, context: &mut Context<'_>, now: Instant) {
        for _ in 0..READS_A_TURN {
            match self.poll_read(context, |service, read| service.take(read, now)) {
                Poll::Pending => return,
                Poll::Ready(Step::Ended) => return self.connection.close(),
                Poll::Ready(Step::Read) => {}
            }
            if self.connection.has_ended() {
                return;
            }
        }
        context.waker().wake_by_ref();
    }

    /// Reads once.
    fn poll_read(&mut self, context: &mut Context<'_>, take: impl FnOnce(&mut Self, &[u8])) -> Poll<Step> {
        scratch::with(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            match Pin::new(&mut self.reader).poll_read(context, &mut buffer) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    take(self, buffer.filled());
                    Poll::Ready(Step::Read)
                }
                // The peer has closed, or is gone.
                Poll::Ready(_) => Poll::Ready(Step::Ended),
            }
        })
    }

    /// Cuts what was read into messages and has them handled.
    fn take(&mut self, mut read: &[u8], now: Instant) {
        let common = &self.streams.common;
        self.connection.touch(now.saturating_duration_since(common.started));
        let was_pending = self.framer.pending() > 0;
        let (mut batch, mut messages) = (Batch::default(), 0_u32);
        loop {
            match self.framer.next(&mut read) {
                Ok(Some(Frame::Message(bytes))) => {
                    messages += 1;
                    batch.next(read.is_empty() && self.framer.pending() == 0);
                    self.is_heard();
                    common.handler.message(self.received(bytes));
                    // The script may have closed it: what else came is no longer wanted.
                    if self.connection.has_ended() {
                        return;
                    }
                }
                Ok(Some(Frame::KeepAlive)) => self.pong(),
                Ok(None) => break,
                Err(error) => return self.unframed(error),
            }
        }
        if common.options.drops_single_crlf {
            self.framer.forget_line_end();
        }
        self.wait_for_rest(was_pending && messages == 0, now);
    }

    /// Notes how long a message that is not whole yet may take; `is_same`: it was there before this read.
    fn wait_for_rest(&mut self, is_same: bool, now: Instant) {
        if self.framer.pending() == 0 {
            self.message_due = None;
            return;
        }
        let options = &self.streams.common.options;
        if !is_same {
            self.message_reads = 0;
            self.message_due = now.checked_add(options.message_within);
        }
        self.message_reads += 1;
        if options.message_reads_max.is_some_and(|max| self.message_reads >= max) {
            self.streams.common.counters.garbled.increment();
            self.connection.close();
        }
    }

    fn is_heard(&mut self) {
        if !self.is_heard {
            self.is_heard = true;
            self.streams.common.places.is_heard(self.connection.number);
        }
    }

    /// Answers a keep-alive (RFC 5626 section 3.5.1). A peer that does not read gets no answer either.
    fn pong(&mut self) {
        self.is_heard();
        if self.streams.common.options.pingpong && self.connection.outgoing().is_empty() {
            // If it has ended meanwhile, that shows soon.
            let _ = self.connection.outgoing().send(Bytes::from_static(b"\r\n"));
        }
    }

    /// The stream cannot be followed any further: what came of the message is answered if it can be, and that is all.
    fn unframed(&self, error: FrameError) {
        self.streams.common.counters.garbled.increment();
        if let Some(head) = error.head {
            self.streams.common.handler.unframed(self.received(head), error.offence);
        }
        self.connection.close();
    }

    fn received(&self, bytes: Bytes) -> Received {
        let Streams { socket, local, .. } = self.streams;
        let Connection { number, peer, .. } = self.connection.as_ref();
        Received { socket: *socket, peer: *peer, local: *local, connection: Some(*number), bytes }
    }

    /// Ends it in good order.
    fn poll_close(&mut self, context: &mut Context<'_>, now: Instant) -> Poll<()> {
        let until = now + ENDING_WITHIN;
        let closing = self.closing.get_or_insert(Closing { until, writer: None });
        if closing.until <= now {
            return Poll::Ready(());
        }
        if closing.writer.is_none() {
            let mut outgoing = self.connection.outgoing();
            outgoing.flush();
            if !outgoing.is_empty() {
                return Poll::Pending;
            }
            let Some(mut writer) = outgoing.take_writer() else { return Poll::Ready(()) };
            // Shutting down a TCP socket never waits; if it fails, the peer is gone.
            let _ = Pin::new(&mut writer).poll_shutdown(context);
            closing.writer = Some(writer);
        }
        for _ in 0..READS_A_TURN {
            match self.poll_read(context, |_, _| ()) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Step::Ended) => return Poll::Ready(()),
                Poll::Ready(Step::Read) => {}
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
