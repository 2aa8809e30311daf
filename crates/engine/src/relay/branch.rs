//! One branch of a relayed request, from `branch_route` to its departure.

use super::{BAD_DESTINATION, BLACKLISTED, Relaying, SEND_FAILED, Step};
use crate::desk::Desk;
use crate::outgoing::{Changes, Hop, Leaving, ViaBranch};
use crate::run::{Ran, Resumption};
use crate::transaction::{self, Client, Role, Transaction};
use bytes::Bytes;
use module_api::{
    Answer, Branch, Branches, Call, Destination, Fault, Flow, HookEvent, Kind, Routing, Sending, Target, Time,
    TransactionBranch,
};
use smallvec::SmallVec;

/// A branch that is being prepared.
pub(super) struct Preparing {
    pub(super) branch: Branch,
    /// Its number in the transaction.
    number: usize,
    /// What it leaves with besides its own.
    shared: Shared,
    /// What the message had before `branch_route` ran on it.
    before: Option<Before>,
    /// What it leaves with, if `branch_route` could change that.
    changes: Option<Box<Changes>>,
}

/// What a branch has for the whole request's sake (RFC 5393).
#[derive(Clone, Copy)]
pub(super) struct Shared {
    /// Its part of the request's breadth.
    pub(super) breadth: Option<u32>,
    /// The mark by which a loop is told.
    pub(super) mark: Option<u64>,
}

/// What a branch route works on in place of the message's own.
struct Before {
    branches: Branches,
    changes: Changes,
}

impl Relaying {
    pub(super) fn begin_branch(mut self, desk: &Desk<'_>, call: &mut Call<'_>, branch: Branch) -> Step {
        let Some(transaction) = transaction::of(call.msg) else {
            self.branch_lost(super::INTERNAL, Fault::us("the transaction is gone"));
            return Step::Next(self);
        };
        let number = transaction.clients.len();
        transaction.targets.push(TransactionBranch { target: branch.clone(), ..TransactionBranch::default() });
        let shared = Shared { breadth: self.spread.next_breadth(), mark: self.spread.mark };
        let preparing = Preparing { branch, number, shared, before: None, changes: None };
        match call.msg.armed.branch {
            Some(route) => self.run_branch_route(desk, call, preparing, route),
            None => self.resolve(desk, call, preparing),
        }
    }

    /// Runs `branch_route` on the message as this branch has it.
    fn run_branch_route(self, desk: &Desk<'_>, call: &mut Call<'_>, mut preparing: Preparing, route: u16) -> Step {
        let branches = std::mem::replace(&mut call.msg.branches, Branches::new(Bytes::new()));
        *call.msg.branches.first_mut() = preparing.branch.clone();
        preparing.before = Some(Before { branches, changes: Changes::of(call.msg) });
        call.msg.branch = Some(preparing.number);
        let ran = desk.run_nested(&mut call.env, call.msg, Kind::Branch, route);
        self.after_branch_route(desk, call, preparing, ran)
    }

    fn after_branch_route(mut self, desk: &Desk<'_>, call: &mut Call<'_>, mut preparing: Preparing, ran: Ran) -> Step {
        let ending = match ran {
            Ran::Finished(ending) => ending,
            Ran::Waits(request, resumption) => {
                let desk = desk.owned();
                return Step::Wait(Flow::wait(request, move |call, answer| {
                    self.branch_route_answered(&desk.desk(), call, preparing, resumption, answer)
                }));
            }
        };
        restore(call.msg, &mut preparing);
        if ending.dropped {
            self.lose(call, super::NO_DESTINATION, Fault::script("branch_route dropped the branch"));
            return Step::Next(self);
        }
        self.resolve(desk, call, preparing)
    }

    /// A branch does not leave.
    fn lose(&mut self, call: &mut Call<'_>, code: i32, fault: Fault) {
        if let Some(transaction) = transaction::of(call.msg) {
            transaction.targets.truncate(transaction.clients.len());
            transaction.branch_reply_route = None;
        }
        self.branch_lost(code, fault);
    }

    fn branch_route_answered(
        self,
        desk: &Desk<'_>,
        call: &mut Call<'_>,
        preparing: Preparing,
        resumption: Resumption,
        answer: Answer,
    ) -> Flow {
        let ran = desk.resume_nested(&mut call.env, call.msg, Kind::Branch, resumption, answer);
        match self.after_branch_route(desk, call, preparing, ran) {
            Step::Next(relaying) => relaying.go_on(desk, call),
            Step::Wait(flow) => flow,
        }
    }

    /// Finds the addresses of the branch's next hop.
    fn resolve(mut self, desk: &Desk<'_>, call: &mut Call<'_>, preparing: Preparing) -> Step {
        let sockets = &call.env.services.sockets;
        let hop = match &self.proxy {
            Some(proxy) if preparing.branch.destination.is_none() => Hop::of_text(proxy),
            _ => Hop::of_branch(&preparing.branch),
        };
        let hop = match hop {
            Ok(hop) => hop,
            Err(fault) => {
                self.lose(call, BAD_DESTINATION, fault);
                return Step::Next(self);
            }
        };
        let Some(question) = hop.question(call.env.services) else {
            let written = hop.destination(sockets).into_iter().collect();
            return Step::Next(self.leave(desk, call, preparing, written, false));
        };
        let desk = desk.owned();
        Step::Wait(Flow::wait(question, move |call, answer| {
            let desk = desk.desk();
            self.resolved(&desk, call, preparing, answer).go_on(&desk, call)
        }))
    }

    fn resolved(mut self, desk: &Desk<'_>, call: &mut Call<'_>, preparing: Preparing, answer: Answer) -> Relaying {
        match answer.resolved() {
            Ok(resolved) => self.leave(desk, call, preparing, resolved.destinations.into(), true),
            Err(fault) => {
                self.lose(call, BAD_DESTINATION, fault.reply(478, "Unresolvable destination (478/TM)"));
                self
            }
        }
    }

    /// The branch leaves for the first of its destinations that can be used.
    fn leave(
        mut self,
        desk: &Desk<'_>,
        call: &mut Call<'_>,
        preparing: Preparing,
        mut destinations: SmallVec<[Destination; 1]>,
        is_of_name: bool,
    ) -> Relaying {
        if transaction::of(call.msg).is_some_and(|transaction| desk.is_cancelled(transaction)) {
            self.lose(call, super::NO_DESTINATION, Fault::script("the caller has cancelled"));
            return self;
        }
        let found = destinations.len();
        let changes = preparing.changes.as_deref();
        destinations.retain(|destination| !is_blacklisted(call, changes, *destination));
        if destinations.is_empty() {
            let (code, fault) = if found > 0 {
                let fault = Fault::next_hop("the destination is blacklisted");
                (BLACKLISTED, fault.reply(473, "Filtered destination (473/TM)"))
            } else {
                (BAD_DESTINATION, Fault::next_hop("the destination has no address"))
            };
            self.lose(call, code, fault);
            return self;
        }
        match desk.send_branch(call, preparing, destinations, is_of_name, self.role) {
            Ok(()) => self.sent += 1,
            Err(fault) => self.lose(call, SEND_FAILED, fault),
        }
        self
    }
}

impl Desk<'_> {
    /// Writes the branch, sends it, and adds it to the transaction.
    fn send_branch(
        &self,
        call: &mut Call<'_>,
        preparing: Preparing,
        mut destinations: SmallVec<[Destination; 1]>,
        is_of_name: bool,
        role: Role,
    ) -> Result<(), Fault> {
        let mut transaction = transaction::take(call.msg).ok_or_else(|| Fault::us("the transaction is gone"))?;
        // Where no socket leads is as good as blacklisted; if that is all there is, the fault says so.
        let reached = |to: &Destination| {
            let branch = &preparing.branch;
            self.core.socket_for(branch.socket, None, to.proto, to.address.ip()).is_ok()
        };
        let first = destinations.remove(destinations.iter().position(reached).unwrap_or(0));
        destinations.retain(|destination| reached(destination));
        let (now, msg) = (call.env.now, &*call.msg);
        let Preparing { branch, changes, shared, .. } = preparing;
        let client = self.make_client(now, msg, &transaction, branch, changes, shared, first);
        let mut bytes = Bytes::new();
        let sent = client.map(|(mut client, branch)| {
            bytes = client.sent.bytes.clone();
            client.reply_route = transaction.branch_reply_route.take();
            if !transaction.no_failover {
                client.alternatives = destinations;
                client.is_of_name = is_of_name;
            }
            let is_minor = self.core.times.minor_branch_flag.is_some_and(|flag| branch.flags.is_set(flag));
            client.role = if is_minor && role == Role::Contender { Role::Minor } else { role };
            if let Some(known) = transaction.targets.get_mut(preparing.number) {
                known.target = branch;
                known.sent_by = Some(client.sent.socket);
            }
            call.env.out.send(client.sent.clone());
            transaction.clients.push(client);
        });
        call.msg.transaction = Some(transaction);
        sent?;
        self.hook(
            &mut call.env,
            call.msg,
            call.kind,
            &HookEvent::RequestOut { branch: preparing.number, sent: &bytes },
        );
        Ok(())
    }

    /// The client side of a branch to this address, with the bytes that leave.
    pub(super) fn make_client(
        &self,
        now: Time,
        msg: &Routing,
        transaction: &Transaction,
        branch: Branch,
        changes: Option<Box<Changes>>,
        shared: Shared,
        destination: Destination,
    ) -> Result<(Client, Branch), Fault> {
        let Destination { proto, address: to } = destination;
        let core = self.core;
        let received_by = transaction.server().map(|_| msg.source.socket);
        let socket = core.socket_for(branch.socket, received_by, proto, to.ip())?;
        let reuse_only = core.may_reuse_only(&branch, socket, to)?;
        let leaving = Leaving {
            msg,
            changes: changes.as_deref(),
            branch: &branch,
            socket,
            via_branch: ViaBranch::Of(transaction.id, transaction.clients.len(), shared.mark),
            breadth: shared.breadth,
            extra: &transaction.extra_headers,
            is_own: transaction.server().is_none(),
        };
        let sent = Sending {
            socket: socket.id,
            to,
            connection: None,
            reuse_only,
            bytes: leaving.write(core),
            otherwise: None,
        };
        let is_reliable = socket.proto.is_reliable();
        let is_invite = transaction.is_invite();
        let mut client = Client::new(is_invite, sent, is_reliable, now, &core.times, transaction.any_reply);
        client.changes = changes;
        (client.breadth, client.mark) = (shared.breadth, shared.mark);
        Ok((client, branch))
    }
}

/// Takes the branch and its changes out of the message, and puts back what was there.
fn restore(msg: &mut Routing, preparing: &mut Preparing) {
    msg.branch = None;
    let Some(before) = preparing.before.take() else { return };
    preparing.changes = Some(Box::new(before.changes.swap(msg)));
    let branches = std::mem::replace(&mut msg.branches, before.branches);
    preparing.branch = branches.first().clone();
    // `$tm.branch.attr` is kept with the transaction.
    let known = transaction::of(msg).and_then(|transaction| transaction.targets.get(preparing.number));
    if let Some(known) = known.filter(|known| !known.target.attributes.is_empty()) {
        preparing.branch.attributes = known.target.attributes.clone();
    }
}

fn is_blacklisted(call: &Call<'_>, changes: Option<&Changes>, destination: Destination) -> bool {
    let text = call.msg.message.bytes();
    let Destination { proto, address } = destination;
    let target = Target { proto: Some(proto), address: address.ip(), port: address.port(), text };
    let of_all = (&call.msg.blacklists, &call.msg.blacklists_off);
    let (on, off) = changes.map_or(of_all, |changes| (&changes.blacklists, &changes.blacklists_off));
    call.env.services.blacklists.refuses(on, off, &target, call.env.now)
}
