//! A transaction: the request, its server side, its branches' client sides, and what the script has decided.

mod client;
mod handle;
mod outcome;
mod remnant;
mod response;
mod server;

pub(crate) use client::{Cancelling, Client, Effect, Input, Role};
pub(crate) use outcome::{Final, FinalReply};
pub(crate) use response::{Candidate, best};
pub(crate) use server::{Due, ReplyPath, Server};

use self::remnant::Remnant;
use crate::budget::Keeping;
use crate::program::Loaded;
use crate::table::{Id, Shown};
use bytes::Bytes;
use module_api::{Routing, Sending, Source, Time, TransactionBranch, TransactionSettings, WhenAnswered, WhenHeard};
use sip::{Message, Method};
use smallvec::SmallVec;
use std::sync::Arc;
use std::time::Duration;

/// A transaction. Its owner has it inside the [`Routing`] of its request; in the table the routing is inside it.
pub(crate) struct Transaction {
    /// Its place in the table.
    pub(crate) id: Id,
    /// The request as it was received, or as we made it.
    pub(crate) request: Arc<Message>,
    /// The program whose routes it has armed; a reload leaves it alone.
    pub(crate) program: Arc<Loaded>,
    /// What was decided about its request, while nobody works on it.
    pub(crate) routing: Option<Box<Routing>>,
    /// What is left of that once nothing but repetitions is to come.
    remnant: Option<Box<Remnant>>,
    /// What it counts as in the budget of memory.
    pub(crate) keeping: Keeping,
    /// Who hears its final reply.
    pub(crate) upstream: Upstream,
    /// What scripts see of its branches.
    pub(crate) targets: SmallVec<[TransactionBranch; 1]>,
    /// Their client transactions, by the same numbers.
    pub(crate) clients: SmallVec<[Client; 1]>,
    /// Without any reply, and after a provisional one (`fr_timeout`, `fr_inv_timeout`).
    pub(crate) any_reply: Duration,
    pub(crate) invite_final: Duration,
    /// Header lines for each of its requests (`t_add_hdrs`).
    pub(crate) extra_headers: Bytes,
    /// Header lines for its CANCELs (`t_add_cancel_reason`).
    pub(crate) cancel_headers: Bytes,
    /// Its caller has cancelled it.
    pub(crate) was_cancelled: bool,
    /// So it has, while a script waited; the CANCEL is in the mailbox.
    pub(crate) cancel_waits: bool,
    /// A 6xx has come: no other branch may be tried (RFC 3261 section 16.7, step 5).
    pub(crate) is_declined: bool,
    /// It stays open for branches to come, this many if a number was given (`t_wait_for_new_branches`).
    pub(crate) awaits_branches: Option<Option<u32>>,
    /// Addresses other than the first are not tried (`no-dns-failover`).
    pub(crate) no_failover: bool,
    /// Its caller gets no 477 (`no-auto-477`).
    pub(crate) no_auto_477: bool,
    /// The reply route that the running `branch_route` has armed for its branch.
    pub(crate) branch_reply_route: Option<u16>,
    /// The code of the reply at hand while a route runs for it.
    pub(crate) code_at_hand: Option<u16>,
    /// The first branch of the present attempt: replies to earlier ones have had their failure route.
    pub(crate) first_branch: usize,
    /// The first branch of the last `t_relay()`, those that have failed since included.
    pub(crate) first_active: usize,
    /// The branch whose reply was chosen last.
    pub(crate) winner: usize,
    /// How its request came.
    source: Source,
    /// When it began.
    pub(crate) began_at: Time,
    /// It has left the table.
    pub(crate) is_over: bool,
    /// How often it has lost its owner to an internal error.
    pub(crate) losses: u8,
}

/// Who hears of a transaction's final reply.
pub(crate) enum Upstream {
    /// Who sent us the request.
    Server(Server),
    /// Who had us send it.
    Own(Own),
}

/// A request of our own.
pub(crate) struct Own {
    /// Told the final reply.
    pub(crate) done: Option<WhenAnswered>,
    /// Told provisional replies.
    pub(crate) heard: Option<WhenHeard>,
    /// When it is gone from the table, once it is answered.
    pub(crate) ends_at: Option<Time>,
}

impl Transaction {
    /// Of a request that nothing has been done for.
    pub(crate) fn new(
        id: Id,
        request: Arc<Message>,
        program: Arc<Loaded>,
        upstream: Upstream,
        times: &TransactionSettings,
        source: Source,
        now: Time,
    ) -> Transaction {
        Transaction {
            id,
            request,
            program,
            routing: None,
            remnant: None,
            keeping: Keeping::Whole,
            upstream,
            targets: SmallVec::new(),
            clients: SmallVec::new(),
            any_reply: times.any_reply,
            invite_final: times.invite_final,
            extra_headers: Bytes::new(),
            cancel_headers: Bytes::new(),
            was_cancelled: false,
            cancel_waits: false,
            is_declined: false,
            awaits_branches: None,
            no_failover: false,
            no_auto_477: false,
            branch_reply_route: None,
            code_at_hand: None,
            first_branch: 0,
            first_active: 0,
            winner: 0,
            source,
            began_at: now,
            is_over: false,
            losses: 0,
        }
    }

    /// Whether it is an INVITE's.
    pub(crate) fn is_invite(&self) -> bool {
        self.request.method() == Method::Invite
    }

    /// Whether a final reply has gone upstream.
    pub(crate) fn is_answered(&self) -> bool {
        match &self.upstream {
            Upstream::Server(server) => server.is_answered(),
            Upstream::Own(own) => own.ends_at.is_some(),
        }
    }

    /// Notes a code of our own as what a branch ended with.
    pub(crate) fn fail(&mut self, branch: usize, code: u16) -> Option<()> {
        if let Some(target) = self.targets.get_mut(branch) {
            target.last_code = code;
            target.is_local = true;
        }
        self.clients.get_mut(branch)?.outcome = Some(Final::without_reply(code));
        Some(())
    }

    /// Once it is answered and no branch is pending, it only waits for repetitions, often for seconds: what they do not
    /// need is let go.
    pub(crate) fn settle(&mut self) {
        // What the ACKs of an INVITE of our own are made from stays.
        let makes_acks = self.is_invite() && self.server().is_none();
        if makes_acks || !self.is_answered() || !self.clients.iter().all(Client::is_settled) {
            return;
        }
        self.clients.iter_mut().for_each(Client::settle);
        if let Some(routing) = self.routing.take() {
            self.remnant = Some(Box::new(Remnant::of(*routing)));
        }
    }

    /// Whether it has let go of all that.
    pub(crate) fn is_settled(&self) -> bool {
        self.remnant.is_some()
    }

    /// What the table shows of it.
    pub(crate) fn shown(&self) -> Shown {
        match &self.upstream {
            Upstream::Server(server) => Shown { answer: server.last_reply(), code: server.code },
            Upstream::Own(_) => Shown::default(),
        }
    }

    /// When a timer is due next. What is over is due at once.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        let clients = self.clients.iter().filter_map(Client::next_deadline);
        let upstream = match &self.upstream {
            Upstream::Server(server) => server.next_deadline(),
            Upstream::Own(own) => own.ends_at,
        };
        clients.chain(upstream).min()
    }

    /// Whether no timer would ever end it.
    pub(crate) fn is_endless(&self) -> bool {
        let upstream = match &self.upstream {
            Upstream::Server(server) => server.is_endless(),
            Upstream::Own(own) => own.ends_at.is_none(),
        };
        upstream && self.clients.iter().all(|client| client.next_deadline().is_none())
    }

    /// The server side.
    pub(crate) fn server(&self) -> Option<&Server> {
        match &self.upstream {
            Upstream::Server(server) => Some(server),
            Upstream::Own(_) => None,
        }
    }

    /// The server side.
    pub(crate) fn server_mut(&mut self) -> Option<&mut Server> {
        match &mut self.upstream {
            Upstream::Server(server) => Some(server),
            Upstream::Own(_) => None,
        }
    }
}

impl Drop for Transaction {
    /// A transaction whose place in the table waits for it is not lost with its owner.
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        if let Some(orphans) = self.program.orphans.upgrade() {
            orphans.adopt(self.remains());
        }
    }
}

impl Transaction {
    /// What is left of it without its owner's message: the request as it came, its branches, no routes.
    fn remains(&mut self) -> Box<Transaction> {
        let mut clients = std::mem::take(&mut self.clients);
        clients.iter_mut().for_each(|client| client.reply_route = None);
        let nobody = Upstream::Own(Own { done: None, heard: None, ends_at: None });
        Box::new(Transaction {
            id: self.id,
            request: Arc::clone(&self.request),
            program: Arc::clone(&self.program),
            routing: Some(Box::new(Routing::new(Arc::clone(&self.request), self.source))),
            remnant: None,
            keeping: self.keeping,
            upstream: std::mem::replace(&mut self.upstream, nobody),
            targets: std::mem::take(&mut self.targets),
            clients,
            extra_headers: std::mem::take(&mut self.extra_headers),
            cancel_headers: std::mem::take(&mut self.cancel_headers),
            branch_reply_route: None,
            code_at_hand: None,
            losses: self.losses.saturating_add(1),
            ..*self
        })
    }
}

/// A message for the edge to send again.
pub(crate) fn again(path: &ReplyPath, bytes: &Bytes) -> Sending {
    let ReplyPath { socket, to, connection, reuse_only, .. } = *path;
    Sending { socket, to, connection, reuse_only, bytes: bytes.clone(), otherwise: None }
}

/// Takes the transaction out of the message that has it.
pub(crate) fn take(msg: &mut Routing) -> Option<Box<Transaction>> {
    msg.transaction.take()?.into_any().downcast().ok()
}

/// The transaction of a message.
pub(crate) fn of(msg: &mut Routing) -> Option<&mut Transaction> {
    msg.transaction.as_mut()?.as_any_mut().downcast_mut()
}

/// The message with its transaction inside, to be worked on.
pub(crate) fn open(mut transaction: Box<Transaction>) -> Option<Box<Routing>> {
    let mut routing = match (transaction.routing.take(), transaction.remnant.take()) {
        (Some(routing), _) => routing,
        (None, Some(remnant)) => remnant.revive(&transaction.request, transaction.source),
        (None, None) => return None,
    };
    routing.transaction = Some(transaction);
    Some(routing)
}

/// The transaction with its message inside, to be put into the table.
pub(crate) fn close(mut routing: Box<Routing>) -> Option<Box<Transaction>> {
    let mut transaction = take(&mut routing)?;
    transaction.routing = Some(routing);
    transaction.settle();
    Some(transaction)
}
