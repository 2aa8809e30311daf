//! The way from the table to an event's handler and back.

use crate::desk::Desk;
use crate::table::{Id, Mail, Taken};
use crate::transaction::{self, Transaction, Upstream};
use module_api::{Call, Env, HookEvent, Kind, Routing};
use std::sync::Arc;

impl Desk<'_> {
    /// Hands an event to a transaction; false if there is no such transaction.
    pub(crate) fn post(&self, env: &mut Env<'_>, id: Id, mail: Mail) -> bool {
        match self.core.table.take(id, mail) {
            Taken::Owned(transaction, mail) => {
                self.own(env, transaction, |desk, env, msg| desk.deliver(env, msg, mail));
                true
            }
            Taken::Posted | Taken::Full => true,
            Taken::Gone => false,
        }
    }

    /// Works on a transaction taken from the table, with the program it began with, and puts it back.
    pub(crate) fn own(
        &self,
        env: &mut Env<'_>,
        transaction: Box<Transaction>,
        work: impl FnOnce(&Desk<'_>, &mut Env<'_>, Box<Routing>) -> Option<Box<Routing>>,
    ) {
        let program = Arc::clone(&transaction.program);
        let desk = Desk { core: self.core, program: &program, pool: self.pool };
        let mut env = env.reborrow();
        env.operations = &desk;
        let Some(msg) = transaction::open(transaction) else { return };
        if let Some(msg) = work(&desk, &mut env, msg) {
            desk.put_back(&mut env, msg);
        }
    }

    /// Puts a transaction back, and works its mail off before.
    pub(crate) fn put_back(&self, env: &mut Env<'_>, mut msg: Box<Routing>) {
        loop {
            self.let_go(env, &mut msg);
            let Some(transaction) = transaction::close(msg) else { return };
            let Some((transaction, mail)) = self.core.table.put(transaction) else { return };
            let Some(next) = transaction::open(transaction).and_then(|msg| self.deliver(env, msg, mail)) else {
                return;
            };
            msg = next;
        }
    }

    /// What no timer would ever end is let go: the script neither answered nor relayed it, or only replicated it. As
    /// upstream, it then gets no reply.
    fn let_go(&self, env: &Env<'_>, msg: &mut Routing) {
        let (now, linger) = (env.now, self.core.times.linger);
        let Some(transaction) = transaction::of(msg).filter(|known| known.is_endless()) else { return };
        match &mut transaction.upstream {
            Upstream::Server(server) => server.abandon(now, linger),
            Upstream::Own(own) => own.ends_at = Some(now),
        }
    }

    fn deliver(&self, env: &mut Env<'_>, mut msg: Box<Routing>, mail: Mail) -> Option<Box<Routing>> {
        match mail {
            Mail::Reply { message, source, branch } => return self.reply_in(env, msg, message, source, branch),
            Mail::Cancel { reason } => return self.cancelled(env, msg, reason),
            Mail::SendFailed { branch } => return self.send_failed(env, msg, branch),
            Mail::Branch(branch) => return self.branch_came(env, msg, *branch),
            Mail::HopAck => self.hop_acknowledged(env, &mut msg),
            Mail::Acknowledged => self.acknowledged(env, &mut msg),
            Mail::CancelHeaders(lines) => {
                if let Some(transaction) = transaction::of(&mut msg) {
                    transaction.cancel_headers = lines;
                }
            }
            Mail::Answer(reply) => {
                if let Err(fault) = self.answer_locally(env, &mut msg, Kind::Request, &reply) {
                    env.log().error(format!("a reply from outside was not sent: {fault}"));
                }
            }
        }
        Some(msg)
    }

    fn hop_acknowledged(&self, env: &mut Env<'_>, msg: &mut Routing) {
        let (now, linger) = (env.now, self.core.times.linger);
        if let Some(server) = transaction::of(msg).and_then(Transaction::server_mut) {
            server.acknowledge(now, linger);
        }
    }

    fn acknowledged(&self, env: &mut Env<'_>, msg: &mut Routing) {
        let (now, linger) = (env.now, self.core.times.linger);
        if let Some(server) = transaction::of(msg).and_then(Transaction::server_mut) {
            server.acknowledged_end_to_end(now, linger);
        }
        self.hook(env, msg, Kind::Request, &HookEvent::Acknowledged);
    }

    /// The transaction is over: who watches hears of it, its slot is free.
    pub(crate) fn end(&self, env: &mut Env<'_>, mut msg: Box<Routing>) {
        self.hook(env, &mut msg, Kind::Request, &HookEvent::Ended);
        if let Some(mut transaction) = transaction::take(&mut msg) {
            transaction.is_over = true;
            self.core.table.remove(transaction.id);
        }
    }

    /// The main route, or one that went on for it, is done with a request.
    pub(crate) fn release(&self, env: &mut Env<'_>, msg: Box<Routing>) {
        if msg.transaction.is_some() {
            self.put_back(env, msg);
        }
    }

    /// Tells those who watch transactions.
    pub(crate) fn hook(&self, env: &mut Env<'_>, msg: &mut Routing, kind: Kind, event: &HookEvent<'_>) {
        for (state, hook) in &self.core.hooks {
            hook(&mut Call { env: env.reborrow(), msg, kind, module: state }, event);
        }
    }
}
