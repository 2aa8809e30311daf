//! A request: what belongs to a transaction goes there, the rest to the script.

use crate::desk::Desk;
use crate::run::After;
use crate::table::{Mail, Match};
use module_api::{Env, Kind, Routing, Source, Whose};
use sip::{Message, Method};
use std::sync::Arc;

impl Desk<'_> {
    pub(super) fn request_in(&self, env: &mut Env<'_>, message: Arc<Message>, source: Source) {
        self.core.counters.core.rcv_requests.increment();
        if self.absorb(env, &message) {
            return;
        }
        let mut msg = Box::new(Routing::new(message, source));
        msg.vars = self.core.initial_vars();
        let Some(route) = self.program.main else { return self.core.counters.core.drop_requests.increment() };
        if let Some((msg, _)) = self.run_or_park(env, msg, Kind::Request, route.0, After::Request) {
            self.request_routed(env, msg);
        }
    }

    /// Retransmissions and the ACKs of this hop end here.
    fn absorb(&self, env: &mut Env<'_>, message: &Message) -> bool {
        let is_ack = message.method() == Method::Ack;
        if !self.core.table.is_empty()
            && let Some(key) = self.core.table.key(message)
        {
            match self.core.table.lookup(&key) {
                Match::Retransmission(answer) => {
                    answer.into_iter().for_each(|answer| env.out.send(answer));
                    return true;
                }
                Match::HopAck(id) => {
                    self.post(env, id, Mail::HopAck);
                    return true;
                }
                Match::None | Match::Cancel(_) | Match::Acknowledges(_) => {}
            }
        }
        if is_ack && self.core.tags.is_ours(message) {
            self.core.counters.stateless.acks.increment();
            return true;
        }
        false
    }

    /// The script is done with a request. What it neither answered nor relayed is discarded.
    pub(crate) fn request_routed(&self, env: &mut Env<'_>, msg: Box<Routing>) {
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
