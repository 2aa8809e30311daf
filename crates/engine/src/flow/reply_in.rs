//! A reply to one of a transaction's branches: RFC 3261 section 16.7, steps 1 to 4, with the script's reply routes.

use crate::desk::Desk;
use crate::run::{After, Ending};
use crate::transaction::{self, Cancelling, Effect, Final, FinalReply, Input, Role};
use module_api::{Env, HookEvent, Kind, Routing, Source};
use sip::{Edits, Message, Method};
use std::cell::RefCell;
use std::sync::Arc;

impl Desk<'_> {
    pub(super) fn reply_in(
        &self,
        env: &mut Env<'_>,
        mut msg: Box<Routing>,
        message: Arc<Message>,
        source: Source,
        branch: usize,
    ) -> Option<Box<Routing>> {
        self.core.counters.tm.received_replies.increment();
        let (now, times) = (env.now, &self.core.times);
        let transaction = transaction::of(&mut msg)?;
        let (invite_final, is_invite) = (transaction.invite_final, transaction.is_invite());
        let Some(client) = transaction.clients.get_mut(branch) else { return Some(msg) };
        if message.method() == Method::Cancel && is_invite {
            client.cancel_answered();
            return Some(msg);
        }
        let effects = client.step(Input::Reply(message.status()), now, times, invite_final);
        let wanted = matches!(client.cancelling, Cancelling::Wanted(_)) && client.is_proceeding();
        if effects.contains(&Effect::Ack) {
            self.acknowledge_failure(env, &mut msg, branch, &message);
        }
        if wanted {
            self.cancel_branch(env, &mut msg, branch, None);
        }
        if !effects.contains(&Effect::Pass) {
            return Some(msg);
        }
        let edits = RefCell::default();
        self.hook(env, &mut msg, Kind::Reply, &HookEvent::ReplyIn { branch, reply: &message, edits: &edits });
        if !has_reply_route(&mut msg, branch) {
            note_reply(&mut msg, branch, message.status());
            return self.received(env, msg, message, edits.into_inner(), branch);
        }
        let mut reply = self.reply_routing(msg, message, source, branch)?;
        reply.edits = edits.into_inner();
        self.next_reply_route(env, reply, branch, ReplyRoute::Branch)
    }

    /// The message that reply routes see: the reply, with what belongs to the transaction.
    fn reply_routing(
        &self,
        mut request: Box<Routing>,
        message: Arc<Message>,
        source: Source,
        branch: usize,
    ) -> Option<Box<Routing>> {
        let mut transaction = transaction::take(&mut request)?;
        transaction.code_at_hand = Some(message.status());
        let mut reply = Box::new(Routing::new(message, source));
        reply.counterpart = Some(Arc::clone(&transaction.request));
        reply.branch = Some(branch);
        reply.flags = request.flags;
        reply.dialog = request.dialog.clone();
        if let Some(target) = transaction.targets.get(branch) {
            // $(<request>ru) is the URI that the request left with, as $ru is in failure_route.
            let first = reply.branches.first_mut();
            (first.flags, first.uri) = (target.target.flags, target.target.uri.clone());
        }
        if self.core.times.avps_in_reply_routes {
            reply.avps = std::mem::take(&mut request.avps);
        }
        transaction.routing = Some(request);
        reply.transaction = Some(transaction);
        Some(reply)
    }

    /// Runs the branch's reply route, then the transaction's.
    fn next_reply_route(
        &self,
        env: &mut Env<'_>,
        mut reply: Box<Routing>,
        branch: usize,
        mut which: ReplyRoute,
    ) -> Option<Box<Routing>> {
        loop {
            let transaction = transaction::of(&mut reply)?;
            let route = match which {
                ReplyRoute::Branch => transaction.clients.get(branch).and_then(|client| client.reply_route),
                ReplyRoute::Transaction => transaction.routing.as_ref().and_then(|request| request.armed.reply),
                ReplyRoute::Done => return self.reply_passed(env, reply, branch, false),
            };
            let next = which.next();
            if let Some(route) = route {
                let after = After::Reply { branch, next };
                let (back, ending) = self.run_or_park(env, reply, Kind::Reply, route, after)?;
                if ending.dropped {
                    return self.reply_passed(env, back, branch, true);
                }
                reply = back;
            }
            which = next;
        }
    }

    /// A reply route that had to wait is done.
    pub(crate) fn reply_routed(
        &self,
        env: &mut Env<'_>,
        reply: Box<Routing>,
        branch: usize,
        next: ReplyRoute,
        ending: Ending,
    ) -> Option<Box<Routing>> {
        if ending.dropped {
            return self.reply_passed(env, reply, branch, true);
        }
        self.next_reply_route(env, reply, branch, next)
    }

    /// The routes are done with a reply: it goes to the response context.
    fn reply_passed(
        &self,
        env: &mut Env<'_>,
        mut reply: Box<Routing>,
        branch: usize,
        dropped: bool,
    ) -> Option<Box<Routing>> {
        let mut transaction = transaction::take(&mut reply)?;
        transaction.code_at_hand = None;
        let invite_final = transaction.invite_final;
        if let Some(client) = transaction.clients.get_mut(branch) {
            client.set_patience(env.now, invite_final);
        }
        let mut request = transaction.routing.take()?;
        request.flags = reply.flags;
        if self.core.times.avps_in_reply_routes {
            request.avps = std::mem::take(&mut reply.avps);
        }
        if let Some(target) = transaction.targets.get_mut(branch) {
            target.target.flags = reply.branches.first().flags;
        }
        request.transaction = Some(transaction);
        let edits = std::mem::take(&mut reply.edits);
        note_reply(&mut request, branch, code_of(&reply.message, &edits));
        // A final reply cannot be dropped: somebody waits for it.
        if dropped && reply.message.status() < 200 {
            return Some(request);
        }
        self.received(env, request, Arc::clone(&reply.message), edits, branch)
    }

    /// The response context gets a reply: RFC 3261 section 16.7, steps 5 and following.
    fn received(
        &self,
        env: &mut Env<'_>,
        mut msg: Box<Routing>,
        reply: Arc<Message>,
        edits: Edits,
        branch: usize,
    ) -> Option<Box<Routing>> {
        let code = code_of(&reply, &edits);
        let transaction = transaction::of(&mut msg)?;
        let is_invite = transaction.is_invite();
        let client = transaction.clients.get_mut(branch)?;
        if client.role == Role::Replica {
            return Some(msg);
        }
        if code < 200 {
            self.provisional(env, &mut msg, &reply, &edits);
            return Some(msg);
        }
        // What we made up when the branch took too long was no reply: the 2xx that crosses its CANCEL is the first.
        let is_first = client.outcome.as_ref().is_none_or(|outcome| !outcome.was_received());
        client.outcome = Some(Final { code, reply: FinalReply::Received(Box::new((reply, edits))) });
        if (200..300).contains(&code) {
            if is_invite || !transaction.is_answered() {
                transaction.winner = branch;
                self.relay_final(env, &mut msg, branch, is_first);
                self.cancel_pending(env, &mut msg, None);
            }
            return Some(msg);
        }
        self.branch_failed(env, msg, branch)
    }
}

/// The code a reply counts with: the one that `change_reply_status()` has given it, which never changes whether it is
/// final or a success.
fn code_of(reply: &Message, edits: &Edits) -> u16 {
    edits.status().map_or(reply.status(), |(code, _)| code)
}

/// Whether the branch or its transaction has a route for replies.
fn has_reply_route(msg: &mut Routing, branch: usize) -> bool {
    let of_all = msg.armed.reply.is_some();
    let of_branch = transaction::of(msg).and_then(|known| known.clients.get(branch)?.reply_route);
    of_all || of_branch.is_some()
}

/// The branch has got a reply with this code.
fn note_reply(msg: &mut Routing, branch: usize, code: u16) {
    if let Some(target) = transaction::of(msg).and_then(|known| known.targets.get_mut(branch)) {
        target.last_code = code;
        target.is_local = false;
    }
}

/// The reply routes, in the order they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplyRoute {
    Branch,
    Transaction,
    Done,
}

impl ReplyRoute {
    fn next(self) -> ReplyRoute {
        match self {
            ReplyRoute::Branch => ReplyRoute::Transaction,
            ReplyRoute::Transaction | ReplyRoute::Done => ReplyRoute::Done,
        }
    }
}
