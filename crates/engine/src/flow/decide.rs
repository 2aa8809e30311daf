//! When all branches have failed: another address, the failure route, or the best of the replies to the caller.

use crate::desk::Desk;
use crate::relay::dissolve_places;
use crate::run::After;
use crate::transaction::{self, Candidate, Final, Role, Transaction, best};
use module_api::{Branches, Env, HookEvent, Kind, Routing};
use std::sync::Arc;

impl Desk<'_> {
    /// A branch has failed, with its outcome noted.
    pub(super) fn branch_failed(
        &self,
        env: &mut Env<'_>,
        mut msg: Box<Routing>,
        branch: usize,
    ) -> Option<Box<Routing>> {
        if self.try_next_address(env, &mut msg, branch) {
            return Some(msg);
        }
        let transaction = transaction::of(&mut msg)?;
        let code = transaction.clients.get(branch)?.outcome.as_ref().map_or(0, |outcome| outcome.code);
        if code >= 600 && !self.core.times.try_on_after_6xx {
            // RFC 3261 section 16.7, step 5: nobody else need be asked.
            transaction.is_declined = true;
            dissolve_places(transaction);
            self.cancel_pending(env, &mut msg, Some(branch));
        }
        self.decide(env, msg)
    }

    /// Ends a branch that got no reply, or could not be sent, with a code of our own.
    pub(crate) fn fail_branch(
        &self,
        env: &mut Env<'_>,
        mut msg: Box<Routing>,
        branch: usize,
        code: u16,
    ) -> Option<Box<Routing>> {
        transaction::of(&mut msg)?.fail(branch, code)?;
        self.branch_failed(env, msg, branch)
    }

    /// Chooses among the replies, if there is nothing more to wait for.
    pub(crate) fn decide(&self, env: &mut Env<'_>, mut msg: Box<Routing>) -> Option<Box<Routing>> {
        let transaction = transaction::of(&mut msg)?;
        if transaction.is_answered() || !is_complete(transaction) {
            return Some(msg);
        }
        // A 408 to another request than INVITE is kept from the caller: anything that can be said goes before it.
        let is_invite = transaction.is_invite();
        let sayable = candidates(transaction).filter(|candidate| is_invite || candidate.code != 408);
        let Some(winner) = best(sayable).or_else(|| best(candidates(transaction))) else { return Some(msg) };
        transaction.winner = winner.branch;
        transaction.first_branch = transaction.clients.len();
        self.cancel_pending(env, &mut msg, Some(winner.branch));
        self.tell_failure(env, &mut msg, winner);
        let Some(route) = msg.armed.failure.take() else { return self.give_up(env, msg) };
        prepare_failure(&mut msg, winner);
        let (msg, _) = self.run_or_park(env, msg, Kind::Failure, route, After::Failure)?;
        self.failure_routed(env, msg)
    }

    /// The failure route is done: it has answered, or sent other branches, or the best reply goes up now.
    pub(crate) fn failure_routed(&self, env: &mut Env<'_>, mut msg: Box<Routing>) -> Option<Box<Routing>> {
        msg.counterpart = None;
        msg.branch = None;
        let transaction = transaction::of(&mut msg)?;
        transaction.code_at_hand = None;
        if transaction.is_answered() || !is_complete(transaction) {
            return Some(msg);
        }
        self.give_up(env, msg)
    }

    /// The caller gets the best reply there is.
    fn give_up(&self, env: &mut Env<'_>, mut msg: Box<Routing>) -> Option<Box<Routing>> {
        let transaction = transaction::of(&mut msg)?;
        let winner = transaction.winner;
        self.relay_final(env, &mut msg, winner, true);
        Some(msg)
    }

    /// Tells who watches, before the failure route may try somebody else.
    fn tell_failure(&self, env: &mut Env<'_>, msg: &mut Routing, winner: Candidate) {
        let outcome = transaction::of(msg).and_then(|known| known.clients.get(winner.branch)?.outcome.as_ref());
        let reason = match outcome.and_then(Final::reply) {
            Some((reply, edits)) => super::upstream::status_of(reply, edits).1,
            None => super::upstream::reason_for(winner.code),
        };
        self.hook(env, msg, Kind::Failure, &HookEvent::Failed { code: winner.code, reason: &reason });
    }
}

/// Whether no branch is worth waiting for.
fn is_complete(transaction: &Transaction) -> bool {
    let waits = |role: Role| matches!(role, Role::Contender | Role::Phony);
    !transaction.clients.iter().any(|client| client.is_pending() && waits(client.role))
}

fn candidates(transaction: &Transaction) -> impl Iterator<Item = Candidate> {
    transaction.clients.iter().enumerate().skip(transaction.first_branch).filter_map(|(branch, client)| {
        let outcome = client.outcome.as_ref()?;
        let counts = matches!(client.role, Role::Contender | Role::Minor | Role::Phony);
        counts.then_some(Candidate { branch, code: outcome.code, was_received: outcome.was_received() })
    })
}

/// What `failure_route` sees: the Request-URI and flags of the branch that was chosen, and its reply.
fn prepare_failure(msg: &mut Routing, winner: Candidate) {
    let Some(transaction) = transaction::of(msg) else { return };
    transaction.code_at_hand = Some(winner.code);
    let reply = transaction.clients.get(winner.branch).and_then(|client| client.outcome.as_ref());
    let reply = reply.and_then(|outcome| outcome.reply()).map(|(reply, _)| Arc::clone(reply));
    let Some(target) = transaction.targets.get(winner.branch).map(|target| target.target.clone()) else { return };
    msg.counterpart = reply;
    msg.branch = Some(winner.branch);
    let serial = std::mem::take(&mut msg.branches.serial);
    msg.branches = Branches::new(target.uri);
    msg.branches.serial = serial;
    let first = msg.branches.first_mut();
    first.flags = target.flags;
    first.attributes = target.attributes;
}
