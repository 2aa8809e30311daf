//! One connection: two ordered streams of bytes, and what each of its ends knows of it.

use super::Side;
use bytes::{Bytes, BytesMut};
use module_api::Time;
use sip::framing::{Frame, Framer};
use sip::{Limits, Offence};
use std::collections::VecDeque;
use std::net::SocketAddr;

/// A connection between the proxy and somebody.
#[derive(Debug)]
pub struct Connection {
    /// Its number, which no other has had in any life of the proxy.
    pub number: u64,
    /// The other end as the proxy sees it.
    pub far: SocketAddr,
    /// Who is there.
    pub party: Party,
    /// In which life of the proxy it was begun.
    pub boot: u32,
    /// Who began it.
    pub opener: Side,
    /// When.
    pub began: Time,
    /// Whether it is open yet.
    pub is_open: bool,
    /// When something last passed at the proxy's end.
    pub active: Time,
    /// Ports of the other end that it stands for besides its own (RFC 5923).
    pub aliases: Vec<u16>,
    /// What its opener has to say once it is open.
    pub waiting: Vec<Bytes>,
    ends: [End; 2],
}

/// Who is at the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A phone, in this life.
    Phone { place: usize, life: u32 },
    /// A stranger, who reads nothing.
    Stranger,
}

/// One end, and what is on its way to it.
#[derive(Debug)]
struct End {
    arriving: VecDeque<(Time, Piece)>,
    framer: Framer,
    /// Since when a message is not whole.
    partial_since: Option<Time>,
    /// Whether it is over for this end: it reads and writes no more.
    is_closed: bool,
}

/// What arrives.
#[derive(Debug)]
enum Piece {
    Data(Bytes),
    /// The other end closes, or something on the way says that there is nobody.
    End,
}

/// What an end reads.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// A message.
    Message(Bytes),
    /// Headers of a message whose end cannot be found; the stream is over.
    Unframed(Option<Bytes>, Offence),
    /// It is over.
    Ended,
}

impl Connection {
    /// One that is being opened.
    pub fn new(number: u64, far: SocketAddr, party: Party, opener: Side, boot: u32, now: Time) -> Connection {
        Connection {
            number,
            far,
            party,
            boot,
            opener,
            began: now,
            is_open: false,
            active: now,
            aliases: Vec::new(),
            waiting: Vec::new(),
            ends: [End::new(), End::new()],
        }
    }

    /// Whether an end has closed it.
    pub fn is_closed(&self, side: Side) -> bool {
        self.end(side).is_closed
    }

    /// Whether an end has closed it, or will when it has read what is on the way.
    pub fn is_ending(&self, side: Side) -> bool {
        let end = self.end(side);
        end.is_closed || end.arriving.iter().any(|(_, piece)| matches!(piece, Piece::End))
    }

    /// An end closes it, or has found that it is over.
    pub fn close(&mut self, side: Side) {
        let end = self.end_mut(side);
        end.is_closed = true;
        end.arriving.clear();
    }

    /// Whether nobody has it any more.
    pub fn is_over(&self) -> bool {
        self.is_closed(Side::Proxy) && self.is_closed(Side::Far)
    }

    /// Bytes are on their way to an end: they arrive at this time, or after what is on the way already.
    pub fn carry(&mut self, to: Side, at: Time, bytes: Bytes) -> Time {
        self.push(to, at, Piece::Data(bytes))
    }

    /// The end of it is on its way to an end, after what is.
    pub fn carry_end(&mut self, to: Side, at: Time) -> Time {
        self.push(to, at, Piece::End)
    }

    /// What is on its way to an end is lost, and it is told so.
    pub fn break_for(&mut self, to: Side, at: Time) -> Time {
        self.end_mut(to).arriving.clear();
        self.push(to, at, Piece::End)
    }

    fn push(&mut self, to: Side, at: Time, piece: Piece) -> Time {
        let arriving = &mut self.end_mut(to).arriving;
        let at = arriving.back().map_or(at, |(last, _)| at.max(*last));
        arriving.push_back((at, piece));
        at
    }

    /// What an end reads now: all that has arrived at once, cut into messages by the server's own framer.
    pub fn read(&mut self, side: Side, now: Time) -> Vec<Read> {
        let end = self.end_mut(side);
        if end.is_closed {
            return Vec::new();
        }
        let (mut data, mut has_ended) = (BytesMut::new(), false);
        // What comes after the end is nobody's.
        while !has_ended && end.arriving.front().is_some_and(|(at, _)| *at <= now) {
            match end.arriving.pop_front() {
                Some((_, Piece::Data(bytes))) => data.extend_from_slice(&bytes),
                _ => has_ended = true,
            }
        }
        let mut reads = end.frames(&data, now);
        if has_ended {
            reads.push(Read::Ended);
        }
        reads
    }

    /// Since when an end waits for the rest of a message.
    pub fn partial_since(&self, side: Side) -> Option<Time> {
        self.end(side).partial_since
    }

    /// How many bytes are held: parts of messages, what is on the way, what waits.
    pub fn held(&self) -> usize {
        let waiting: usize = self.waiting.iter().map(Bytes::len).sum();
        let open = self.ends.iter().filter(|end| !end.is_closed);
        waiting + open.map(|end| end.framer.pending() + end.arriving.len()).sum::<usize>()
    }

    const fn end(&self, side: Side) -> &End {
        match side {
            Side::Proxy => &self.ends[0],
            Side::Far => &self.ends[1],
        }
    }

    const fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Proxy => &mut self.ends[0],
            Side::Far => &mut self.ends[1],
        }
    }
}

impl End {
    fn new() -> End {
        let framer = Framer::new(Limits::default());
        End { arriving: VecDeque::new(), framer, partial_since: None, is_closed: false }
    }

    fn frames(&mut self, data: &[u8], now: Time) -> Vec<Read> {
        let (mut rest, mut reads) = (data, Vec::new());
        loop {
            match self.framer.next(&mut rest) {
                Ok(Some(Frame::Message(bytes))) => {
                    self.partial_since = None;
                    reads.push(Read::Message(bytes));
                }
                Ok(Some(Frame::KeepAlive)) => {}
                Ok(None) => break,
                Err(error) => {
                    reads.push(Read::Unframed(error.head, error.offence));
                    break;
                }
            }
        }
        if self.framer.pending() > 0 {
            self.partial_since.get_or_insert(now);
        }
        reads
    }
}
