//! The beginning of a transaction, and the search for one.

use crate::desk::Desk;
use crate::stateless::reply::WayBack;
use crate::table::{Id, Mail, Match, Refused, Shown};
use crate::transaction::{ReplyPath, Server, Transaction, Upstream};
use module_api::{Call, Created, Env, Fault, Found, HookEvent, ReplyContent, Routing, Time};
use sip::Method;
use std::sync::Arc;

impl Desk<'_> {
    /// Makes the transaction of the request at hand.
    pub(crate) fn create_transaction(&self, call: &mut Call<'_>) -> Result<Created, Fault> {
        let msg = &mut *call.msg;
        if msg.transaction.is_some() {
            return Ok(Created::New);
        }
        if !self.core.has_transactions {
            return Err(Fault::script("there are no transactions without loadmodule \"tm.so\""));
        }
        if !msg.message.is_request() || msg.message.method() == Method::Ack {
            return Err(Fault::script("only a request other than ACK can have a transaction"));
        }
        let way = WayBack::of_message(msg);
        let mut transaction = match self.new_transaction(msg, way.path, call.env.now) {
            Ok(transaction) => transaction,
            Err(Refused::Known(answer)) => {
                answer.into_iter().for_each(|answer| call.env.out.send(answer));
                return Ok(Created::Retransmission);
            }
            Err(Refused::Full) => {
                return Err(Fault::us("there is no room for another transaction").reply(503, "Service Unavailable"));
            }
        };
        self.core.counters.tm.from_others.increment();
        self.send_trying(&mut call.env, msg, &way, &mut transaction);
        msg.transaction = Some(transaction);
        self.hook(&mut call.env, call.msg, call.kind, &HookEvent::Created);
        Ok(Created::New)
    }

    fn new_transaction(&self, msg: &Routing, path: ReplyPath, now: Time) -> Result<Box<Transaction>, Refused> {
        let core = self.core;
        let key = core.table.key(&msg.message).ok_or(Refused::Full)?;
        let id = core.table.insert(&key, &msg.message, Shown::default())?;
        let server = Server::new(msg.message.method() == Method::Invite, path, now, &core.times);
        let (request, program) = (Arc::clone(&msg.message), Arc::clone(self.program));
        let mut transaction =
            Transaction::new(id, request, program, Upstream::Server(server), &core.times, msg.source, now);
        transaction.any_reply = msg.armed.any_reply.unwrap_or(transaction.any_reply);
        transaction.invite_final = msg.armed.invite_final.unwrap_or(transaction.invite_final);
        Ok(Box::new(transaction))
    }

    /// An INVITE gets its 100 at once, so that it is not sent again while the script works.
    fn send_trying(&self, env: &mut Env<'_>, msg: &Routing, way: &WayBack<'_>, transaction: &mut Transaction) {
        if !transaction.is_invite() || !self.core.times.auto_trying {
            return;
        }
        let reply = ReplyContent::new(100, super::upstream::reason_for(100));
        let bytes = self.print_reply(&msg.message, &msg.source, way, &msg.reply, &reply);
        let any_reply = transaction.any_reply;
        let Some(server) = transaction.server_mut() else { return };
        if let Some(sending) = server.answer(100, bytes, env.now, &self.core.times, any_reply) {
            env.out.send(sending);
            self.core.counters.tm.local_replies.increment();
        }
        let shown = transaction.shown();
        self.core.table.show(transaction.id, shown);
    }

    /// Looks for the transaction of the request at hand (`t_check_trans()`).
    pub(crate) fn find_transaction(&self, call: &mut Call<'_>) -> Found {
        if call.msg.transaction.is_some() || !self.core.has_transactions {
            return Found::None;
        }
        if let Some(invite) = self.invite_of(call.msg) {
            let is_request_of_dialog = call.msg.message.method() == Method::Ack && !self.ends_here(call.msg, invite);
            return if is_request_of_dialog { Found::Passing } else { Found::Matched };
        }
        // What came just now has been looked for; what has waited since may have been sent again meanwhile.
        if call.msg.source.received_at == call.env.now {
            return Found::None;
        }
        let key = self.core.table.key(&call.msg.message);
        match key.map_or(Match::None, |key| self.core.table.lookup(&key)) {
            Match::Retransmission(answer) => {
                answer.into_iter().for_each(|answer| call.env.out.send(answer));
                Found::Retransmission
            }
            Match::HopAck(id) => {
                self.post(&mut call.env, id, Mail::HopAck);
                Found::Retransmission
            }
            _ => Found::None,
        }
    }

    /// Whether the ACK at hand acknowledges a 2xx of our own. The ACK to one that only passed goes on by its Route set,
    /// like any request of the dialog.
    pub(crate) fn ends_here(&self, ack: &Routing, invite: Id) -> bool {
        let Some(request) = self.core.table.request(invite) else { return false };
        ack.message.to_tag().is_some_and(|tag| self.core.tags.made(tag, &request))
    }

    /// The INVITE that the CANCEL at hand cancels, or whose 2xx the ACK at hand acknowledges.
    pub(crate) fn invite_of(&self, msg: &Routing) -> Option<Id> {
        msg.invite.map(Id::of).filter(|id| self.core.table.holds(*id))
    }
}
