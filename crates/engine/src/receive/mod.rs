//! What comes in from the network, before and around the script.

mod gates;
mod reply;
mod request;
mod sender;

pub(crate) use gates::Passage;

use crate::desk::Desk;
use bytes::Bytes;
use module_api::{Arriving, Env, Proto, ReplyContent, ReplyExtras, Routing, SocketId, Source, ViaHandling};
use sip::{Message, Method, Offence, ParseError};
use std::net::SocketAddr;
use std::sync::Arc;

/// A datagram, or one message from a stream.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its bytes.
    pub bytes: Bytes,
    /// The socket it came by.
    pub socket: SocketId,
    /// Its transport.
    pub proto: Proto,
    /// Who sent it.
    pub peer: SocketAddr,
    /// Where it arrived.
    pub local: SocketAddr,
    /// The connection, for streams.
    pub connection: Option<u64>,
}

impl Received {
    fn source(&self, env: &Env<'_>, number: u32) -> Source {
        let Received { socket, proto, peer, local, connection, .. } = *self;
        Source { socket, proto, peer, local, connection, received_at: env.now, number }
    }
}

impl Desk<'_> {
    /// Handles what came in; `number` counts this worker's messages.
    pub(crate) fn receive(&self, env: &mut Env<'_>, received: Received, number: u32) {
        self.read(env, received, number, Self::request_in);
    }

    /// The same when there is no time for what would begin something.
    pub(crate) fn receive_late(&self, env: &mut Env<'_>, received: Received, number: u32) {
        self.read(env, received, number, Self::late_request_in);
    }

    fn read(
        &self,
        env: &mut Env<'_>,
        received: Received,
        number: u32,
        request_in: fn(&Self, &mut Env<'_>, Arc<Message>, Source),
    ) {
        let source = received.source(env, number);
        let bytes = received.bytes;
        let is_reply = begins_a_reply(&bytes);
        match Message::parse(bytes, &self.core.limits) {
            Ok(message) if message.is_request() => request_in(self, env, Arc::new(message), source),
            Ok(message) => self.measured_reply_in(env, Arc::new(message), source),
            Err(error) => self.refuse(env, error, source, is_reply),
        }
    }

    /// Answers the headers of a message whose end cannot be found.
    pub(crate) fn unframed(&self, env: &mut Env<'_>, head: Received, offence: Offence, number: u32) {
        let source = head.source(env, number);
        let is_reply = begins_a_reply(&head.bytes);
        let error = ParseError::unframed(head.bytes, offence, &self.core.limits);
        self.refuse(env, error, source, is_reply);
    }

    /// What cannot be read passes the gates too, where there are any for everything.
    fn refuse(&self, env: &mut Env<'_>, error: ParseError, source: Source, is_reply: bool) {
        if !self.has_gates(Arriving::Everything) {
            return self.malformed(env, &error, &source, is_reply);
        }
        let mut msg = Box::new(Routing::new(Arc::clone(&self.core.no_message), source));
        msg.vars = self.core.initial_vars();
        self.pass_gates(env, msg, Passage::of_malformed(error, is_reply));
    }

    /// What cannot be read is answered where it can be, with a reason that names the wrong header, and counted.
    fn malformed(&self, env: &mut Env<'_>, error: &ParseError, source: &Source, is_reply: bool) {
        let counters = &self.core.counters.core;
        if error.header().is_some() {
            counters.bad_headers.increment();
        }
        if matches!(error.offence, Offence::RequestUri(_)) {
            counters.bad_uris.increment();
        }
        if is_reply {
            counters.err_replies.increment();
            return counters.drop_replies.increment();
        }
        counters.err_requests.increment();
        let request = error.answerable().filter(|request| request.is_request() && request.method() != Method::Ack);
        let Some(request) = request else { return counters.drop_requests.increment() };
        let reply = ReplyContent::new(error.code(), error.reason().into_owned());
        let (via, extras) = (ViaHandling::default(), ReplyExtras::default());
        if self.send_stateless(env, request, source, &via, &extras, false, &reply).is_err() {
            counters.drop_requests.increment();
        }
    }
}

/// Whether this is a reply, readable or not.
fn begins_a_reply(bytes: &[u8]) -> bool {
    bytes.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"))
}
