//! DNS failover (RFC 3263 section 4.3): a branch that got no reply, or a 503, is sent to the next address of its
//! destination, as a new branch.

use super::branch::Shared;
use crate::desk::Desk;
use crate::transaction::{self, Role, Transaction};
use module_api::{Env, HookEvent, Kind, Routing, TransactionBranch};

impl Desk<'_> {
    /// Sends a failed branch to its next address, if it has one; false if it stays failed.
    pub(crate) fn try_next_address(&self, env: &mut Env<'_>, msg: &mut Routing, branch: usize) -> bool {
        let Some(mut transaction) = transaction::take(msg) else { return false };
        let sent = self.send_to_next(env, msg, &mut transaction, branch);
        msg.transaction = Some(transaction);
        let Some(number) = sent else { return false };
        self.hook(env, msg, Kind::Request, &HookEvent::RequestOut { branch: number });
        true
    }

    fn send_to_next(
        &self,
        env: &mut Env<'_>,
        msg: &Routing,
        transaction: &mut Transaction,
        failed: usize,
    ) -> Option<usize> {
        if transaction.was_cancelled || transaction.is_answered() {
            return None;
        }
        let target = transaction.targets.get(failed)?.clone();
        let client = transaction.clients.get_mut(failed)?;
        let proto = self.core.services.sockets.get(client.sent.socket)?.proto;
        let outcome = client.outcome.as_ref()?;
        let is_unreachable = outcome.reply.is_none() || outcome.code == 503;
        if !is_unreachable || client.alternatives.is_empty() {
            return None;
        }
        let next = client.alternatives.remove(0);
        let alternatives = std::mem::take(&mut client.alternatives);
        let (changes, reply_route, role) = (client.changes.take(), client.reply_route, client.role);
        let shared = Shared { breadth: client.breadth, mark: client.mark };
        let made = self.make_client(env.now, msg, transaction, target.target, changes, shared, proto, next);
        let (mut client, branch) = made.ok()?;
        client.alternatives = alternatives;
        client.reply_route = reply_route;
        client.role = role;
        let sent_by = Some(client.sent.socket);
        env.out.send(client.sent.clone());
        if let Some(failed) = transaction.clients.get_mut(failed) {
            failed.role = Role::Replaced;
        }
        transaction.clients.push(client);
        transaction.targets.push(TransactionBranch {
            target: branch,
            sent_by,
            avps: target.avps,
            ..TransactionBranch::default()
        });
        Some(transaction.clients.len() - 1)
    }
}
