//! A request: what belongs to a transaction goes there, the rest to the script.

use super::Passage;
use crate::desk::Desk;
use crate::run::After;
use crate::table::{Mail, Match};
use module_api::{Arriving, Env, Kind, ReplyContent, ReplyExtras, Routing, Source, ViaHandling, Whose};
use sip::{Message, Method};
use std::sync::Arc;

impl Desk<'_> {
    pub(super) fn request_in(&self, env: &mut Env<'_>, message: Arc<Message>, source: Source) {
        self.core.counters.core.rcv_requests.increment();
        if self.has_gates(Arriving::Everything) {
            let mut msg = Box::new(Routing::new(message, source));
            msg.vars = self.core.initial_vars();
            return self.pass_gates(env, msg, Passage::new(Arriving::Everything));
        }
        let Incoming::ForScript { invite } = self.absorb(env, &message, &source) else { return };
        self.accept_alias(env, &message, &source);
        let mut msg = Box::new(Routing::new(message, source));
        msg.vars = self.core.initial_vars();
        self.request_for_script(env, msg, invite);
    }

    /// A request has passed the gates that everything goes through.
    pub(super) fn request_admitted(&self, env: &mut Env<'_>, msg: Box<Routing>) {
        let message = Arc::clone(&msg.message);
        let Incoming::ForScript { invite } = self.absorb(env, &message, &msg.source) else { return };
        self.accept_alias(env, &message, &msg.source);
        self.request_for_script(env, msg, invite);
    }

    fn request_for_script(&self, env: &mut Env<'_>, mut msg: Box<Routing>, invite: Option<u64>) {
        msg.invite = invite;
        msg.via.reply_to_via = env.services.settings.reply_to_via;
        if self.has_gates(Arriving::Requests) {
            return self.pass_gates(env, msg, Passage::new(Arriving::Requests));
        }
        self.run_main(env, msg);
    }

    /// The script gets its request, once it is known whom the Via names.
    pub(super) fn run_main(&self, env: &mut Env<'_>, mut msg: Box<Routing>) {
        self.measure(&mut msg);
        match self.sender_question(&msg) {
            Some(question) => self.look_up_sender(env, msg, question),
            None => self.route_request(env, msg),
        }
    }

    /// Runs the main route.
    pub(super) fn route_request(&self, env: &mut Env<'_>, msg: Box<Routing>) {
        let Some(route) = self.program.main else { return self.core.counters.core.drop_requests.increment() };
        if let Some((msg, _)) = self.run_or_park(env, msg, Kind::Request, route.0, After::Request(None)) {
            self.request_routed(env, msg);
        }
    }

    /// A request that has waited too long. What belongs to a transaction or dialog goes on; what would begin one is
    /// refused without asking the script, which costs a tenth of what it would (RFC 3261 section 21.5.4).
    pub(super) fn late_request_in(&self, env: &mut Env<'_>, message: Arc<Message>, source: Source) {
        let begins = !matches!(message.method(), Method::Ack | Method::Cancel) && message.to_tag().is_none();
        if !begins {
            return self.request_in(env, message, source);
        }
        self.core.counters.core.rcv_requests.increment();
        let Incoming::ForScript { .. } = self.absorb(env, &message, &source) else { return };
        self.core.counters.engine.requests_shed.increment();
        let headers = format!("Retry-After: {}\r\n", 2 + env.random_below(9));
        let reply = ReplyContent { headers: headers.into(), ..ReplyContent::new(503, "Service Unavailable") };
        let (via, extras) = (ViaHandling::default(), ReplyExtras::default());
        if self.send_stateless(env, &message, &source, &via, &extras, false, &reply).is_err() {
            self.core.counters.core.drop_requests.increment();
        }
    }

    /// `tcp_accept_aliases`: a connection whose requests say `;alias` stands for the port of their Via too (RFC 5923).
    fn accept_alias(&self, env: &mut Env<'_>, message: &Message, source: &Source) {
        let Some(connection) = source.connection.filter(|_| self.core.services.settings.tcp_accept_aliases) else {
            return;
        };
        if let Ok(via) = message.top_via()
            && via.params.has(b"alias")
        {
            env.out.alias(connection, via.effective_port());
        }
    }

    /// Retransmissions and the ACKs of this hop end here. What waits without a transaction is answered once.
    fn absorb(&self, env: &mut Env<'_>, message: &Message, source: &Source) -> Incoming {
        let mut invite = None;
        if !self.core.table.is_empty()
            && let Some(key) = self.core.table.key(message)
        {
            match self.core.table.lookup(&key) {
                Match::Retransmission(answer) => {
                    answer.into_iter().for_each(|answer| env.out.send(answer));
                    return Incoming::Absorbed;
                }
                Match::HopAck(id) => {
                    self.post(env, id, Mail::HopAck);
                    return Incoming::Absorbed;
                }
                Match::Cancel(id) | Match::Acknowledges(id) => invite = Some(id.number()),
                Match::None => {}
            }
        }
        if message.method() == Method::Ack && self.core.tags.is_ours(message) {
            self.core.counters.stateless.acks.increment();
            return Incoming::Absorbed;
        }
        if self.core.underway.holds(message, source.peer) {
            self.core.counters.engine.absorbed.increment();
            return Incoming::Absorbed;
        }
        Incoming::ForScript { invite }
    }

    /// The script is done with a request. What it neither answered nor relayed is discarded.
    pub(crate) fn request_routed(&self, env: &mut Env<'_>, mut msg: Box<Routing>) {
        self.measured(env, &mut msg);
        let is_peers = msg.fault.as_ref().is_some_and(|fault| fault.whose == Whose::Peer);
        if let (true, Some(route)) = (is_peers, self.program.error) {
            if let Some((msg, _)) = self.run_or_park(env, msg, Kind::Error, route.0, After::Error) {
                self.release(env, msg);
            }
            return;
        }
        self.release(env, msg);
    }
}

/// What becomes of a request that came in.
enum Incoming {
    /// It ends here.
    Absorbed,
    /// The script gets it; a CANCEL or ACK may have found its INVITE.
    ForScript { invite: Option<u64> },
}
