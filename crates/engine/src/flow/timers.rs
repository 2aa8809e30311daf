//! A transaction whose timers are due.

use crate::desk::Desk;
use crate::transaction::{self, Due, Effect, Input, Role, Transaction, Upstream};
use module_api::{Env, Routing};

impl Desk<'_> {
    /// Does what is due for a transaction.
    pub(crate) fn fire(&self, env: &mut Env<'_>, transaction: Box<Transaction>) {
        self.own(env, transaction, |desk, env, msg| desk.fire_all(env, msg));
    }

    fn fire_all(&self, env: &mut Env<'_>, mut msg: Box<Routing>) -> Option<Box<Routing>> {
        let count = transaction::of(&mut msg)?.clients.len();
        for branch in 0..count {
            msg = self.fire_client(env, msg, branch)?;
        }
        self.fire_upstream(env, msg)
    }

    fn fire_client(&self, env: &mut Env<'_>, mut msg: Box<Routing>, branch: usize) -> Option<Box<Routing>> {
        let (now, times) = (env.now, &self.core.times);
        let transaction = transaction::of(&mut msg)?;
        let (invite_final, is_invite) = (transaction.invite_final, transaction.is_invite());
        let client = transaction.clients.get_mut(branch)?;
        let Some(input) = client.due(now) else { return Some(msg) };
        if input == Input::ResendTimer
            && let Some(cancel) = client.cancel_to_resend(now, times)
        {
            env.out.send(cancel);
            return Some(msg);
        }
        let was_proceeding = client.is_proceeding();
        for effect in client.step(input, now, times, invite_final) {
            match effect {
                Effect::Resend => self.resend(env, &mut msg, branch),
                Effect::Cancel => self.abandon_branch(env, &mut msg, branch),
                Effect::Timeout => {
                    let tm = &self.core.counters.tm;
                    let counter = if is_invite && was_proceeding { &tm.invite_timeouts } else { &tm.timeouts };
                    counter.increment();
                    return self.fail_branch(env, msg, branch, 408);
                }
                Effect::Pass | Effect::Ack | Effect::SendFailed => {}
            }
        }
        Some(msg)
    }

    fn resend(&self, env: &mut Env<'_>, msg: &mut Routing, branch: usize) {
        let Some(client) = transaction::of(msg).and_then(|transaction| transaction.clients.get(branch)) else { return };
        env.out.send(client.sent.clone());
        self.core.counters.tm.resent(client.resends().saturating_sub(1));
    }

    fn fire_upstream(&self, env: &mut Env<'_>, mut msg: Box<Routing>) -> Option<Box<Routing>> {
        let (now, times) = (env.now, &self.core.times);
        let transaction = transaction::of(&mut msg)?;
        let has_pending = transaction.clients.iter().any(|client| client.is_pending() && client.role != Role::Phony);
        let due = match &mut transaction.upstream {
            Upstream::Server(server) => server.fire(now, times),
            Upstream::Own(own) if own.ends_at.is_some_and(|at| at <= now) => Due::Over,
            Upstream::Own(_) => Due::Nothing,
        };
        match due {
            Due::Nothing => return Some(msg),
            Due::Resend => {
                if let Some(sending) = transaction.server().and_then(|server| server.last_reply()) {
                    env.out.send(sending);
                    self.core.counters.tm.reply_resent.increment();
                }
                return Some(msg);
            }
            Due::Trying => {
                self.say_trying(env, &mut msg);
                return Some(msg);
            }
            Due::Unacknowledged => self.core.counters.engine.unacknowledged.increment(),
            Due::Over => {}
        }
        if has_pending {
            // Branches that were cancelled still owe an answer: it must find its transaction.
            match &mut transaction.upstream {
                Upstream::Server(server) => server.postpone(now + times.linger),
                Upstream::Own(own) => own.ends_at = Some(now + times.linger),
            }
            return Some(msg);
        }
        self.end(env, msg);
        None
    }

    /// A branch could not be delivered: the connection was refused or broke.
    pub(super) fn send_failed(&self, env: &mut Env<'_>, mut msg: Box<Routing>, branch: usize) -> Option<Box<Routing>> {
        let (now, times) = (env.now, &self.core.times);
        let transaction = transaction::of(&mut msg)?;
        let invite_final = transaction.invite_final;
        let client = transaction.clients.get_mut(branch)?;
        if client.step(Input::TransportError, now, times, invite_final).contains(&Effect::SendFailed) {
            return self.fail_branch(env, msg, branch, 477);
        }
        Some(msg)
    }
}
