//! DNS failover (RFC 3263 section 4.3): a branch that got no reply, or a 503, is sent to the next place its name leads
//! to, as a new branch. Where it failed is not tried again for a while, by any request (`disable_dns_blacklist`).

use super::branch::Shared;
use crate::desk::Desk;
use crate::transaction::{self, Client, Role, Transaction};
use bytes::Bytes;
use module_api::{BlacklistRule, Env, HookEvent, Kind, Net, Routing, TransactionBranch};
use std::time::Duration;

/// The blacklist of places that failed.
pub(crate) const FAILED: &[u8] = b"dns";
/// How long they are on it: upstream's.
const FAILED_FOR: Duration = Duration::from_secs(4 * 60);

impl Desk<'_> {
    /// Sends a failed branch to its next address, if it has one; false if it stays failed.
    pub(crate) fn try_next_address(&self, env: &mut Env<'_>, msg: &mut Routing, branch: usize) -> bool {
        self.note_unreachable(env, msg, branch);
        let Some(mut transaction) = transaction::take(msg) else { return false };
        let sent = self.send_to_next(env, msg, &mut transaction, branch);
        msg.transaction = Some(transaction);
        let Some(number) = sent else { return false };
        let sent =
            transaction::of(msg).and_then(|known| known.clients.get(number)).map(|client| client.sent.bytes.clone());
        let sent = sent.unwrap_or_default();
        self.hook(env, msg, Kind::Request, &HookEvent::RequestOut { branch: number, sent: &sent });
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
        if !is_unreachable(client) || client.alternatives.is_empty() {
            return None;
        }
        let next = client.alternatives.remove(0);
        let alternatives = std::mem::take(&mut client.alternatives);
        let (changes, reply_route, role) = (client.changes.take(), client.reply_route, client.role);
        let shared = Shared { breadth: client.breadth, mark: client.mark };
        let made = self.make_client(env.now, msg, transaction, target.target, changes, shared, next);
        let (mut client, branch) = made.ok()?;
        client.alternatives = alternatives;
        client.is_of_name = true;
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

    /// Remembers the place that a branch did not reach, where a name led there.
    fn note_unreachable(&self, env: &Env<'_>, msg: &mut Routing, branch: usize) {
        let services = &self.core.services;
        if services.settings.disable_dns_blacklist {
            return;
        }
        let client = transaction::of(msg).and_then(|transaction| transaction.clients.get(branch));
        let Some(client) = client.filter(|client| client.is_of_name && is_unreachable(client)) else { return };
        let rule = BlacklistRule {
            negated: false,
            proto: services.sockets.get(client.sent.socket).map(|socket| socket.proto),
            net: Net::of(client.sent.to.ip()),
            port: client.sent.to.port(),
            pattern: Bytes::new(),
            until: Some(env.now + FAILED_FOR),
        };
        if let Err(error) = services.blacklists.add(FAILED, rule, env.now) {
            env.log().warning(format!("{} failed and is tried again all the same: {error}", client.sent.to));
        }
    }
}

/// Whether a branch failed as if nobody were there.
fn is_unreachable(client: &Client) -> bool {
    client.outcome.as_ref().is_some_and(|outcome| !outcome.was_received() || outcome.code == 503)
}
