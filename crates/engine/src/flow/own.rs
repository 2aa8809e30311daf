//! Replies to requests of our own, and the route that hears of our own replies.

use crate::desk::Desk;
use crate::transaction;
use bytes::Bytes;
use module_api::{Env, Kind, Routing};
use script::vm::Start;
use sip::Message;
use std::sync::Arc;

impl Desk<'_> {
    /// A branch of a request of our own has been chosen.
    pub(super) fn own_answered(&self, env: &mut Env<'_>, msg: &mut Routing, branch: usize) {
        let Some(transaction) = transaction::of(msg) else { return };
        let Some(outcome) = transaction.clients.get(branch).and_then(|client| client.outcome.as_ref()) else { return };
        let code = outcome.code;
        let bytes = outcome.reply().map_or_else(Bytes::new, |(reply, _)| reply.bytes().clone());
        self.own_finished(env, msg, code, bytes);
    }

    /// `local_reply_route`: hears of each reply of our own, as it was sent.
    pub(super) fn run_local_reply_route(&self, env: &mut Env<'_>, msg: &mut Routing) {
        let Some(route) = self.program.local_reply else { return };
        let sent = transaction::of(msg).and_then(|transaction| transaction.server()?.last_reply());
        let Some(Ok(reply)) = sent.map(|sent| Message::parse(sent.bytes, &sip::Limits::OWN)) else { return };
        let mut heard = Box::new(Routing::new(Arc::new(reply), msg.source));
        heard.counterpart = Some(Arc::clone(&msg.message));
        heard.flags = msg.flags;
        heard.avps = msg.avps.clone();
        heard.vars = self.core.initial_vars();
        self.run_detached(env, heard, Kind::Reply, route, Start::default());
    }
}
