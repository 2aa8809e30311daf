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
        let Incoming::ForScript { invite } = self.absorb(env, &message) else { return };
        let mut msg = Box::new(Routing::new(message, source));
        msg.invite = invite;
        msg.vars = self.core.initial_vars();
        let Some(route) = self.program.main else { return self.core.counters.core.drop_requests.increment() };
        if let Some((msg, _)) = self.run_or_park(env, msg, Kind::Request, route.0, After::Request) {
            self.request_routed(env, msg);
        }
    }

    /// Retransmissions and the ACKs of this hop end here.
    fn absorb(&self, env: &mut Env<'_>, message: &Message) -> Incoming {
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
        Incoming::ForScript { invite }
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

/// What becomes of a request that came in.
enum Incoming {
    /// It ends here.
    Absorbed,
    /// The script gets it; a CANCEL or ACK may have found its INVITE.
    ForScript { invite: Option<u64> },
}
