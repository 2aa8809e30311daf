//! A reply: the route for all replies, then the transaction whose branch our Via names.

use super::Passage;
use crate::desk::Desk;
use crate::flow::without_our_via;
use crate::outgoing::ViaBranch;
use crate::run::{After, Ending};
use crate::table::{Id, Mail};
use module_api::{Arriving, Env, Kind, Proto, Routing, Sending, Source};
use sip::{Edits, Message, Via};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

impl Desk<'_> {
    /// A reply, measured for as long as it waits for nothing.
    pub(super) fn measured_reply_in(&self, env: &mut Env<'_>, message: Arc<Message>, source: Source) {
        let Some(began) = self.stopwatch() else { return self.any_reply_in(env, message, source) };
        self.any_reply_in(env, Arc::clone(&message), source);
        self.compare(env, began, message.bytes(), &[]);
    }

    fn any_reply_in(&self, env: &mut Env<'_>, message: Arc<Message>, source: Source) {
        let counters = &self.core.counters.core;
        counters.rcv_replies.increment();
        if self.has_gates(Arriving::Everything) {
            let mut msg = Box::new(Routing::new(message, source));
            msg.vars = self.core.initial_vars();
            return self.pass_gates(env, msg, Passage::new(Arriving::Everything));
        }
        self.reply_for_us(env, message, source, None);
    }

    /// A reply has passed the gates.
    pub(super) fn reply_admitted(&self, env: &mut Env<'_>, msg: Box<Routing>) {
        let (message, source) = (Arc::clone(&msg.message), msg.source);
        self.reply_for_us(env, message, source, Some(msg));
    }

    /// `msg` is what the gates have made of it.
    fn reply_for_us(&self, env: &mut Env<'_>, message: Arc<Message>, source: Source, msg: Option<Box<Routing>>) {
        let counters = &self.core.counters.core;
        if self.core.services.settings.check_via && !self.is_our_via(&message) {
            return counters.drop_replies.increment();
        }
        let Some(route) = self.program.reply else {
            return self.match_reply(env, message, source, &Edits::default());
        };
        let msg = msg.unwrap_or_else(|| {
            let mut msg = Box::new(Routing::new(message, source));
            msg.vars = self.core.initial_vars();
            msg
        });
        if let Some((msg, ending)) = self.run_or_park(env, msg, Kind::Reply, route.0, After::AnyReply) {
            self.any_reply_routed(env, msg, ending);
        }
    }

    fn is_our_via(&self, message: &Message) -> bool {
        let Ok(via) = message.top_via() else { return false };
        self.core.services.sockets.is_myself(via.host, Some(via.effective_port()), Proto::of(via.transport))
    }

    /// The route for all replies is done.
    pub(crate) fn any_reply_routed(&self, env: &mut Env<'_>, msg: Box<Routing>, ending: Ending) {
        if ending.dropped && msg.message.status() < 200 {
            return self.core.counters.core.drop_replies.increment();
        }
        let msg = *msg;
        let Ok(message) = changed(msg.message, &msg.edits) else {
            env.log().error("the reply cannot be read after what onreply_route did to it: it is dropped");
            return self.core.counters.core.drop_replies.increment();
        };
        self.match_reply(env, message, msg.source, &Edits::default());
    }

    fn match_reply(&self, env: &mut Env<'_>, message: Arc<Message>, source: Source, edits: &Edits) {
        let branch = message.top_via().ok().and_then(|via| via.branch()).unwrap_or_default();
        let is_stateless = ViaBranch::is_stateless(branch);
        if let Some((id, branch)) = Id::of_branch(branch) {
            let mail = Mail::Reply { message: Arc::clone(&message), source, branch };
            if self.post(env, id, mail) {
                return;
            }
        }
        if is_stateless || !self.core.services.settings.disable_stateless_fwd {
            return self.forward_reply(env, &message, edits);
        }
        self.core.counters.engine.stray_replies.increment();
        self.core.counters.core.drop_replies.increment();
    }

    /// Passes a reply on by its Vias alone (RFC 3261 section 16.11).
    fn forward_reply(&self, env: &mut Env<'_>, message: &Message, edits: &Edits) {
        let counters = &self.core.counters.core;
        if !self.is_our_via(message) {
            return counters.drop_replies.increment();
        }
        let Some(Ok(next)) = message.vias().nth(1) else { return counters.drop_replies.increment() };
        let proto = Proto::of(next.transport).unwrap_or(Proto::Udp);
        let Some(to) = address_of(&next) else { return counters.drop_replies.increment() };
        let Ok(socket) = self.core.socket_for(None, None, proto, to.ip()) else {
            return counters.drop_replies.increment();
        };
        let bytes = without_our_via(message, edits);
        env.out.send(Sending { socket: socket.id, to, connection: None, reuse_only: false, bytes, otherwise: None });
        counters.fwd_replies.increment();
    }
}

/// The message with its edits done, if there are any.
fn changed(message: Arc<Message>, edits: &Edits) -> Result<Arc<Message>, sip::ParseError> {
    if edits.is_empty() { Ok(message) } else { sip::apply(&message, edits).map(Arc::new) }
}

/// Where a reply goes by its Via: RFC 3261 section 18.2.2, RFC 3581 section 4.
fn address_of(via: &Via<'_>) -> Option<SocketAddr> {
    let address = via.received_ip().or_else(|| via.host_ip())?;
    // RFC 4475 section 3.3.10: who writes such an address wants one reply to reach many.
    let reaches_many = address.is_multicast() || address == IpAddr::V4(Ipv4Addr::BROADCAST);
    if reaches_many || address.is_unspecified() {
        return None;
    }
    let port = via.rport().flatten().unwrap_or(via.effective_port());
    Some(SocketAddr::new(address, port))
}
