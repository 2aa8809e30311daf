//! Replies to requests of our own, and the route that hears of our own replies.

use crate::desk::Desk;
use crate::transaction;
use bytes::Bytes;
use module_api::{Env, Kind, Routing, Sending};
use script::vm::Start;
use sip::{HeaderName, Message};
use std::sync::Arc;

impl Desk<'_> {
    /// A branch of a request of our own has been chosen.
    pub(super) fn own_answered(&self, env: &mut Env<'_>, msg: &mut Routing, branch: usize) {
        let Some(transaction) = transaction::of(msg) else { return };
        let Some(outcome) = transaction.clients.get(branch).and_then(|client| client.outcome.as_ref()) else { return };
        let code = outcome.code;
        let reply = outcome.reply().map(|(reply, _)| Arc::clone(reply));
        if let Some(reply) = reply.as_ref().filter(|_| transaction.is_invite() && (200..300).contains(&code)) {
            // Each time it comes, for the ACK before may have been lost.
            let sent = transaction.clients.get(branch).map(|client| client.sent.clone());
            sent.into_iter().for_each(|sent| acknowledge(env, &sent, reply));
        }
        self.own_finished(env, msg, code, reply.map_or_else(Bytes::new, |reply| reply.bytes().clone()));
    }

    /// `local_reply_route`: hears of each reply of our own, as it was sent.
    pub(super) fn run_local_reply_route(&self, env: &mut Env<'_>, msg: &mut Routing) {
        let Some(route) = self.program.local_reply else { return };
        let sent = transaction::of(msg).and_then(|transaction| transaction.server()?.last_reply());
        let Some(Ok(reply)) = sent.map(|sent| Message::parse(sent.bytes, &sip::Limits::OWN)) else { return };
        let mut heard = Box::new(Routing::new(Arc::new(reply), msg.source));
        heard.counterpart = Some(Arc::clone(&msg.message));
        heard.flags = msg.flags;
        heard.dialog = msg.dialog.clone();
        heard.avps = msg.avps.clone();
        heard.vars = self.core.initial_vars();
        self.run_detached(env, heard, Kind::Reply, route, Start::default());
    }
}

/// The ACK to a 2xx is a request of its own (RFC 3261 section 13.2.2.4), on the way of the INVITE.
fn acknowledge(env: &mut Env<'_>, invite: &Sending, reply: &Message) {
    let Ok(sent) = Message::parse(invite.bytes.clone(), &sip::Limits::OWN) else { return };
    let (Ok(via), Ok(cseq)) = (sent.top_via(), sent.cseq()) else { return };
    let (mut via_line, mut routes) = (Vec::new(), Vec::new());
    via_line.extend_from_slice(b"SIP/2.0/");
    via_line.extend_from_slice(via.transport);
    via_line.push(b' ');
    via_line.extend_from_slice(via.host);
    let branch = env.random.next_u64();
    via_line.extend_from_slice(format!(":{};branch=z9hG4bK{branch:016x}", via.effective_port()).as_bytes());
    sent.headers_named(HeaderName::Route).for_each(|route| routes.extend_from_slice(route.line));
    let is_strict =
        sent.address(HeaderName::Route).is_ok_and(|first| first.parsed_uri().is_ok_and(|uri| !uri.params.has(b"lr")));
    let contact = reply.address(HeaderName::Contact).ok().map(|contact| contact.uri);
    let uri = contact.filter(|_| !is_strict).unwrap_or(sent.request_uri());
    let value = |message: &'_ Message, name| message.value(name).map(<[u8]>::to_vec).unwrap_or_default();
    let mut bytes = Vec::new();
    sip::build::Request {
        method: b"ACK",
        uri,
        via: &via_line,
        from: &value(&sent, HeaderName::From),
        to: &value(reply, HeaderName::To),
        call_id: &value(&sent, HeaderName::CallId),
        cseq: cseq.number,
        headers: &routes,
        ..sip::build::Request::default()
    }
    .write(&mut bytes);
    env.out.send(Sending { bytes: bytes.into(), otherwise: None, ..invite.clone() });
}
