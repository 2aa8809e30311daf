//! CANCEL: from the caller, and of branches (RFC 3261 sections 9.1, 9.2 and 16.10); the ACK of this hop (17.1.1.3).

use crate::desk::Desk;
use crate::relay::dissolve_places;
use crate::stateless::reply::append_line;
use crate::transaction::{self, Cancelling, Client, Role, Transaction};
use bytes::Bytes;
use module_api::{Env, HookEvent, Kind, ReplyContent, Routing, Sending};
use sip::Message;

impl Desk<'_> {
    /// The caller cancels: all branches are cancelled, and whatever they answer goes up.
    pub(super) fn cancelled(
        &self,
        env: &mut Env<'_>,
        mut msg: Box<Routing>,
        reason: Option<Bytes>,
    ) -> Option<Box<Routing>> {
        let transaction = transaction::of(&mut msg)?;
        if transaction.was_cancelled {
            return Some(msg);
        }
        if transaction.is_answered() {
            if transaction.server_mut().is_some_and(|server| (200..300).contains(&server.code)) {
                self.hook(env, &mut msg, Kind::Request, &HookEvent::CancelledLate);
            }
            return Some(msg);
        }
        transaction.was_cancelled = true;
        if let Some(reason) = reason {
            transaction.cancel_headers = reason;
        }
        self.hook(env, &mut msg, Kind::Request, &HookEvent::Cancelled);
        self.cancel_pending(env, &mut msg, None);
        let transaction = transaction::of(&mut msg)?;
        dissolve_places(transaction);
        let waits_in_vain = !transaction.clients.iter().any(Client::is_pending);
        if waits_in_vain && !transaction.is_answered() {
            let reply = ReplyContent::new(487, super::upstream::reason_for(487));
            if let Err(fault) = self.answer_locally(env, &mut msg, Kind::Request, &reply) {
                env.log().error(format!("a cancelled INVITE could not be answered: {fault}"));
            }
        }
        Some(msg)
    }

    /// Cancels all branches that are pending, but perhaps one.
    pub(crate) fn cancel_pending(&self, env: &mut Env<'_>, msg: &mut Routing, except: Option<usize>) {
        let Some(transaction) = transaction::of(msg) else { return };
        if !transaction.is_invite() {
            return;
        }
        for branch in (0..transaction.clients.len()).filter(|branch| Some(*branch) != except) {
            self.cancel_branch(env, msg, branch, None);
        }
    }

    /// Cancels a branch: now if a provisional reply has come, else as soon as one comes.
    pub(crate) fn cancel_branch(&self, env: &mut Env<'_>, msg: &mut Routing, branch: usize, headers: Option<Bytes>) {
        let (now, times) = (env.now, &self.core.times);
        let Some(transaction) = transaction::of(msg) else { return };
        let default_headers = cancel_lines(transaction);
        let Some(client) = transaction.clients.get_mut(branch) else { return };
        let wanted = match &client.cancelling {
            Cancelling::No => None,
            Cancelling::Wanted(headers) => Some(headers.clone()),
            Cancelling::Sent(_) | Cancelling::Answered => return,
        };
        if !client.is_pending() || matches!(client.role, Role::Phony | Role::Replica) {
            return;
        }
        let headers = headers.or(wanted).unwrap_or(default_headers);
        if client.is_unanswered() {
            client.cancelling = Cancelling::Wanted(headers);
            return;
        }
        let Ok(sent) = Message::parse(client.sent.bytes.clone(), &sip::Limits::OWN) else { return };
        let bytes = Bytes::from(sip::build::cancel(&sent, &headers));
        env.out.send(Sending { bytes: bytes.clone(), ..client.sent.clone() });
        client.cancel_sent(bytes, now, times);
    }

    /// Acknowledges a final reply other than 2xx.
    pub(super) fn acknowledge_failure(&self, env: &mut Env<'_>, msg: &mut Routing, branch: usize, reply: &Message) {
        let Some(transaction) = transaction::of(msg) else { return };
        let Some(client) = transaction.clients.get(branch) else { return };
        let Ok(sent) = Message::parse(client.sent.bytes.clone(), &sip::Limits::OWN) else { return };
        let mut bytes = sip::build::ack(&sent, reply);
        add_lines(&mut bytes, &transaction.extra_headers);
        env.out.send(Sending { bytes: bytes.into(), ..client.sent.clone() });
    }

    /// Gives up on a branch after a provisional reply: the CANCEL leaves though the machine is past waiting.
    pub(super) fn abandon_branch(&self, env: &mut Env<'_>, msg: &mut Routing, branch: usize) {
        let (now, times) = (env.now, &self.core.times);
        let Some(transaction) = transaction::of(msg) else { return };
        let headers = cancel_lines(transaction);
        let Some(client) = transaction.clients.get_mut(branch) else { return };
        if matches!(client.cancelling, Cancelling::Sent(_) | Cancelling::Answered) {
            return;
        }
        let Ok(sent) = Message::parse(client.sent.bytes.clone(), &sip::Limits::OWN) else { return };
        let bytes = Bytes::from(sip::build::cancel(&sent, &headers));
        env.out.send(Sending { bytes: bytes.clone(), ..client.sent.clone() });
        client.cancel_sent(bytes, now, times);
    }
}

/// Adds header lines to an ACK that we have made.
fn add_lines(message: &mut Vec<u8>, lines: &[u8]) {
    if lines.is_empty() {
        return;
    }
    // `t_add_hdrs()` promises its lines to the ACKs of this hop as well. Before the last line, which is empty, all
    // lines are headers: an ACK of ours has no body.
    message.truncate(message.len().saturating_sub(2));
    append_line(lines, message);
    message.extend_from_slice(b"\r\n");
}

/// The header lines a CANCEL of this transaction carries: those of its caller or script, and those of all its requests.
fn cancel_lines(transaction: &Transaction) -> Bytes {
    if transaction.extra_headers.is_empty() {
        return transaction.cancel_headers.clone();
    }
    let mut lines = Vec::new();
    append_line(&transaction.cancel_headers, &mut lines);
    append_line(&transaction.extra_headers, &mut lines);
    lines.into()
}
