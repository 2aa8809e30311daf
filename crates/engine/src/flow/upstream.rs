//! What goes back to the caller: replies relayed, and our own.

use crate::desk::Desk;
use crate::stateless::reply::WayBack;
use crate::transaction::{self, Final, FinalReply, ReplyPath, Transaction, Upstream};
use bytes::Bytes;
use module_api::{Env, Fault, HookEvent, Kind, ReplyContent, Routing, Sending};
use sip::{Edits, HeaderName, Lists, Message};
use std::sync::Arc;

impl Desk<'_> {
    /// Passes a provisional reply on, while there is somebody who waits.
    pub(super) fn provisional(&self, env: &mut Env<'_>, msg: &mut Routing, reply: &Arc<Message>, edits: &Edits) {
        let (code, reason) = status_of(reply, edits);
        let Some(transaction) = transaction::of(msg) else { return };
        if let Upstream::Own(own) = &transaction.upstream {
            own.heard.iter().for_each(|heard| heard.0(code, reply.bytes()));
            return;
        }
        // RFC 3261 section 16.7, step 2: a 100 is for this hop. RFC 4320 section 4.1: other methods than INVITE have
        // no other provisional replies.
        if reply.status() == 100 || transaction.is_answered() || !transaction.is_invite() {
            return;
        }
        let bytes = way_back(msg, reply, edits);
        self.relay(env, msg, (code, reason), Some(reply), bytes, true);
    }

    /// Passes the outcome of a branch on; for a branch that got no reply, one of our own.
    pub(super) fn relay_final(&self, env: &mut Env<'_>, msg: &mut Routing, branch: usize, is_first: bool) {
        let Some(transaction) = transaction::of(msg) else { return };
        if let Upstream::Own(_) = transaction.upstream {
            return self.own_answered(env, msg, branch);
        }
        let is_invite = transaction.is_invite();
        let Some(outcome) = transaction.clients.get_mut(branch).and_then(|client| client.outcome.as_mut()) else {
            return;
        };
        let code = outcome.code;
        if code == 408 && !is_invite {
            return self.fall_silent(env, msg);
        }
        let Some((reply, mut edits)) = outcome.pass() else {
            return self.answer_for_branch(env, msg, code);
        };
        if code == 503 && !self.core.services.settings.disable_503_translation {
            // RFC 3261 section 16.7, step 6: a 503 would make the caller avoid us altogether.
            let reason = Bytes::from_static(b"Service Unavailable");
            edits.set_status(500, reason.clone());
            let bytes = way_back(msg, &reply, &edits);
            return self.relay(env, msg, (500, reason), Some(&reply), bytes, is_first);
        }
        if matches!(code, 401 | 407) {
            self.gather_challenges(msg, branch, &mut edits);
        }
        let bytes = way_back(msg, &reply, &edits);
        self.relay(env, msg, status_of(&reply, &edits), Some(&reply), bytes, is_first);
    }

    /// RFC 3261 section 16.7, step 7: the challenges of all branches go up together.
    fn gather_challenges(&self, msg: &mut Routing, chosen: usize, edits: &mut Edits) {
        let Some(transaction) = transaction::of(msg) else { return };
        for (_, client) in transaction.clients.iter().enumerate().filter(|(branch, _)| *branch != chosen) {
            let Some(Final { code: 401 | 407, reply: FinalReply::Received(received) }) = &client.outcome else {
                continue;
            };
            for name in [HeaderName::WwwAuthenticate, HeaderName::ProxyAuthenticate] {
                for header in received.0.headers_named(name) {
                    edits.append(received.0.share(header.line));
                }
            }
        }
    }

    /// A branch ended without reply, and its outcome was chosen.
    fn answer_for_branch(&self, env: &mut Env<'_>, msg: &mut Routing, code: u16) {
        let Some(transaction) = transaction::of(msg) else { return };
        let code = match code {
            _ if transaction.was_cancelled => 487,
            // That nothing can be sent shows when the script is past `t_relay()`: unless its failure route has answered,
            // the caller must hear something all the same. RFC 3261 section 16.9: it is a 503, which goes up as 500.
            477 if transaction.no_auto_477 => 500,
            _ => code,
        };
        let reply = ReplyContent::new(code, reason_for(code));
        if let Err(fault) = self.answer_locally(env, msg, Kind::Failure, &reply) {
            env.log().error(format!("the caller could not be answered: {fault}"));
        }
    }

    /// RFC 4320 section 4.2: no 408 goes to who sent another request than INVITE, be it ours or the callee's. Who keeps
    /// accounts hears of it all the same.
    fn fall_silent(&self, env: &mut Env<'_>, msg: &mut Routing) {
        let (now, times) = (env.now, &self.core.times);
        let Some(transaction) = transaction::of(msg) else { return };
        // As long as the request may be sent again (timer F) it is the same one.
        let until = (now + times.linger).max(transaction.began_at + times.t1 * 64);
        let Some(server) = transaction.server_mut().filter(|server| !server.is_answered()) else { return };
        server.fall_silent(until);
        self.core.counters.tm.complete(408);
        let event =
            HookEvent::ReplyOut { code: 408, reply: None, reason: &reason_for(408), to_tag: b"", sent: &Bytes::new() };
        self.hook(env, msg, Kind::Failure, &event);
    }

    /// RFC 4320 section 4.1: who waits long for an answer to another request than INVITE hears that we have it.
    pub(super) fn say_trying(&self, env: &mut Env<'_>, msg: &mut Routing) {
        let Some(mut transaction) = transaction::take(msg) else { return };
        let reply = ReplyContent::new(100, reason_for(100));
        match self.send_own_reply(env, &mut transaction, msg, &reply) {
            Ok(_) => self.core.counters.tm.local_replies.increment(),
            Err(fault) => env.log().error(format!("a 100 was not sent: {fault}")),
        }
        msg.transaction = Some(transaction);
    }

    /// Answers with a reply of our own. A final one ends the branches that are still pending.
    pub(crate) fn answer_locally(
        &self,
        env: &mut Env<'_>,
        msg: &mut Routing,
        kind: Kind,
        reply: &ReplyContent,
    ) -> Result<(), Fault> {
        let mut transaction =
            transaction::take(msg).ok_or_else(|| Fault::script("there is no transaction to answer in"))?;
        let outcome = self.send_own_reply(env, &mut transaction, msg, reply);
        msg.transaction = Some(transaction);
        let (to_tag, sent) = outcome?;
        self.core.counters.tm.local_replies.increment();
        let (code, reason) = (reply.code, &reply.reason);
        let event = HookEvent::ReplyOut { code, reply: None, reason, to_tag: &to_tag, sent: &sent };
        self.hook(env, msg, kind, &event);
        self.run_local_reply_route(env, msg);
        if reply.code >= 200 {
            self.cancel_pending(env, msg, None);
        }
        Ok(())
    }

    fn send_own_reply(
        &self,
        env: &mut Env<'_>,
        transaction: &mut Transaction,
        msg: &Routing,
        reply: &ReplyContent,
    ) -> Result<(Bytes, Bytes), Fault> {
        let request = Arc::clone(&transaction.request);
        let any_reply = transaction.any_reply;
        let server = transaction.server_mut().ok_or_else(|| Fault::script("a request of our own is not answered"))?;
        if server.is_answered() {
            return Err(Fault::script("the request has been answered already"));
        }
        // The script may have asked for another way back since the transaction began.
        let way = WayBack::of(&request, &msg.source, &msg.via);
        server.path = ReplyPath { reuse_only: self.core.answers_by_reuse_only(msg), ..way.path };
        let bytes = self.print_reply(&request, &msg.source, &way, &msg.reply, reply);
        let sending = server.answer(reply.code, bytes, env.now, &self.core.times, any_reply);
        let sending = sending.ok_or_else(|| Fault::script("the request has been answered already"))?;
        let sent = sending.bytes.clone();
        env.out.send(sending);
        if reply.code >= 200 {
            self.core.counters.tm.complete(reply.code);
        }
        Ok((reply.to_tag.clone().unwrap_or_else(|| self.core.tags.tag(&request)), sent))
    }

    /// Sends a reply that came from a branch.
    fn relay(
        &self,
        env: &mut Env<'_>,
        msg: &mut Routing,
        (code, reason): (u16, Bytes),
        reply: Option<&Arc<Message>>,
        bytes: Bytes,
        is_first: bool,
    ) {
        let (now, times) = (env.now, &self.core.times);
        let reuse_only = self.core.answers_by_reuse_only(msg);
        let Some(transaction) = transaction::of(msg) else { return };
        let (any_reply, was_answered) = (transaction.any_reply, transaction.is_answered());
        let Some(server) = transaction.server_mut() else { return };
        server.path.reuse_only = reuse_only;
        let sending: Sending = match server.answer(code, bytes, now, times, any_reply) {
            Some(sending) => sending,
            None => return,
        };
        let sent = sending.bytes.clone();
        env.out.send(sending);
        self.core.counters.tm.relayed_replies.increment();
        if code >= 200 && !was_answered {
            self.core.counters.tm.complete(code);
        }
        if !is_first || self.core.hooks.is_empty() {
            return;
        }
        let to_tag = reply.and_then(|reply| reply.to_tag().map(|tag| reply.share(tag)));
        let to_tag = to_tag.unwrap_or_default();
        let event = HookEvent::ReplyOut { code, reply, reason: &reason, to_tag: &to_tag, sent: &sent };
        self.hook(env, msg, Kind::Reply, &event);
    }
}

/// A reply as it goes back to who sent the request, with the CSeq number that it knows.
fn way_back(msg: &Routing, reply: &Message, edits: &Edits) -> Bytes {
    let cseq = reply.header(HeaderName::CSeq).zip(reply.cseq().ok());
    let Some(((header, cseq), number)) = cseq.zip(msg.reply_cseq) else { return without_our_via(reply, edits) };
    let mut edits = edits.clone();
    let value = [number.to_string().as_bytes(), b" ", cseq.method_text].concat();
    edits.replace_value(header.index, value.into());
    without_our_via(reply, &edits)
}

/// A reply as it goes on: without the topmost Via, which is ours.
pub(crate) fn without_our_via(reply: &Message, edits: &Edits) -> Bytes {
    let mut own = Edits::default();
    if let Some(header) = reply.header(HeaderName::Via) {
        let second = Lists::new(header.value).nth(1).and_then(|second| reply.range_of(second));
        match (second, reply.range_of(header.value)) {
            (Some(second), Some(value)) => own.patch(value.start..second.start, Bytes::new()),
            _ => own.remove(header.index),
        }
    }
    sip::written(reply, &[edits, &own])
}

/// The code and reason phrase a reply goes on with.
pub(super) fn status_of(reply: &Message, edits: &Edits) -> (u16, Bytes) {
    edits.status().unwrap_or_else(|| (reply.status(), reply.share(reply.reason())))
}

/// The reason phrase of replies of our own.
pub(crate) fn reason_for(code: u16) -> Bytes {
    Bytes::from_static(match code {
        100 => b"Giving it a try",
        404 => b"Not Found",
        408 => b"Request Timeout",
        477 => b"Send failed (477/TM)",
        478 => b"Unresolvable destination (478/TM)",
        487 => b"Request Terminated",
        503 => b"Service Unavailable",
        _ => b"Server Internal Error",
    })
}

#[cfg(test)]
mod tests {
    use super::without_our_via;
    use sip::{Edits, Message};

    fn passed_on(vias: &str) -> String {
        let text = format!(
            "SIP/2.0 200 OK\r\n{vias}From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\
             Content-Length: 0\r\n\r\n"
        );
        let reply = Message::parse(text.into(), &sip::Limits::default()).unwrap();
        let written = without_our_via(&reply, &Edits::default());
        let lines = String::from_utf8_lossy(&written).into_owned();
        lines.lines().filter(|line| line.starts_with("Via")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_topmost_via_goes() {
        assert_eq!(passed_on("Via: SIP/2.0/UDP us\r\nVia: SIP/2.0/UDP them\r\n"), "Via: SIP/2.0/UDP them");
        assert_eq!(passed_on("Via: SIP/2.0/UDP us, SIP/2.0/UDP them\r\n"), "Via: SIP/2.0/UDP them");
    }
}
