//! Branches that come while a transaction is under way (`t_inject_branches`, `t_wait_for_new_branches`).

use super::Relaying;
use super::spread::Spread;
use crate::desk::Desk;
use crate::transaction::{self, Client, Role, Transaction};
use bytes::Bytes;
use module_api::{Branch, Call, Env, Fault, Flow, Kind, Routing, Sending, SocketId, Time, TransactionBranch};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

impl Desk<'_> {
    /// Puts the message's branches into its transaction.
    pub(crate) fn inject_from_message(&self, call: &mut Call<'_>, cancel_others: bool, last: bool) -> Flow {
        if call.msg.transaction.is_none() {
            return Flow::Done(Err(Fault::script("there is no transaction to put branches into")));
        }
        let others: Vec<Branch> = call.msg.branches.take_others().into_vec();
        if call.kind == Kind::Reply {
            let desk = self.owned();
            return on_request(
                call,
                Box::new(move |call| desk.desk().inject_branches(call, others, cancel_others, last)),
            );
        }
        let branches = std::iter::once(call.msg.branches.first().clone()).chain(others).collect();
        self.inject_branches(call, branches, cancel_others, last)
    }

    fn inject_branches(&self, call: &mut Call<'_>, branches: Vec<Branch>, cancel_others: bool, last: bool) -> Flow {
        let Some(transaction) = transaction::of(call.msg) else {
            return Flow::Done(Err(Fault::us("the transaction is gone")));
        };
        if transaction.is_answered() || transaction.was_cancelled || transaction.is_declined {
            return Flow::done(super::NO_DESTINATION);
        }
        if cancel_others {
            self.cancel_pending(&mut call.env, call.msg, None);
        }
        let more = u32::try_from(branches.len()).unwrap_or(u32::MAX);
        self.count_injected(call.msg, more, last);
        let relaying = Relaying {
            todo: branches.into(),
            role: Role::Contender,
            proxy: None,
            answers: false,
            looks_back: false,
            first: 0,
            sent: 0,
            failure: None,
            spread: Spread::default(),
        };
        relaying.spread(self, call).go_on(self, call)
    }

    /// Counts down the branches that were waited for; with the last one the waiting ends.
    fn count_injected(&self, msg: &mut Routing, more: u32, last: bool) {
        let Some(transaction) = transaction::of(msg) else { return };
        transaction.awaits_branches = match transaction.awaits_branches {
            Some(Some(left)) if left > more && !last => Some(Some(left - more)),
            Some(None) if !last => Some(None),
            _ => None,
        };
        if transaction.awaits_branches.is_none() {
            dissolve_places(transaction);
        }
    }

    /// A branch from outside the transaction's routes, as of a phone that has just woken up.
    pub(crate) fn branch_came(&self, env: &mut Env<'_>, mut msg: Box<Routing>, branch: Branch) -> Option<Box<Routing>> {
        let flow = {
            let state = self.core.dispatch.nothing();
            let mut call = Call { env: env.reborrow(), msg: &mut msg, kind: Kind::Request, module: state };
            self.inject_branches(&mut call, vec![branch], false, false)
        };
        self.follow_branch(env, msg, flow)
    }

    /// No script waits for the branch: the transaction stays taken until it has left.
    fn follow_branch(&self, env: &mut Env<'_>, mut msg: Box<Routing>, flow: Flow) -> Option<Box<Routing>> {
        let (request, then) = match flow {
            Flow::Wait(request, then) => (request, then),
            Flow::Done(Ok(code)) if code > 0 => return Some(msg),
            Flow::Done(outcome) => {
                if let Err(fault) = outcome {
                    env.log().error(format!("a branch from outside was not sent: {fault}"));
                }
                return self.branch_never_left(env, msg);
            }
        };
        self.put_aside(env, request, None, move |desk, env, answer| {
            let flow = {
                let state = desk.core.dispatch.nothing();
                then(&mut Call { env: env.reborrow(), msg: &mut msg, kind: Kind::Request, module: state }, answer)
            };
            if let Some(msg) = desk.follow_branch(env, msg, flow) {
                desk.put_back(env, msg);
            }
        });
        None
    }

    /// If it was the last that was waited for, the place that was kept for it has failed.
    fn branch_never_left(&self, env: &mut Env<'_>, mut msg: Box<Routing>) -> Option<Box<Routing>> {
        let clients = &transaction::of(&mut msg)?.clients;
        let kept = clients.iter().position(|client| client.role == Role::Phony && client.outcome.is_none());
        match kept.filter(|_| !clients.iter().any(Client::is_pending)) {
            Some(branch) => self.fail_branch(env, msg, branch, 477),
            None => Some(msg),
        }
    }

    /// Keeps the transaction open for this long for more branches to come.
    pub(crate) fn expect_branches(&self, call: &mut Call<'_>, count: u32, within: Duration) -> Result<(), Fault> {
        let gives_up_at = call.env.now + within;
        let transaction = transaction::of(call.msg).ok_or_else(|| Fault::us("there is no transaction"))?;
        transaction.awaits_branches = match transaction.awaits_branches {
            Some(None) => Some(None),
            awaited => Some(Some(awaited.flatten().unwrap_or(0).saturating_add(count))),
        };
        keep_open(transaction, gives_up_at);
        Ok(())
    }

    /// Keeps the transaction open for branches to come, or closes it for them.
    pub(crate) fn await_branches(&self, call: &mut Call<'_>, count: Option<i32>) -> Result<(), Fault> {
        let now = call.env.now;
        let transaction = transaction::of(call.msg).ok_or_else(|| Fault::script("there is no transaction"))?;
        match count {
            None => {
                transaction.awaits_branches = None;
                dissolve_places(transaction);
            }
            Some(count) => {
                let count = u32::try_from(count).ok().filter(|count| *count > 0);
                transaction.awaits_branches = Some(count);
                keep_open(transaction, now + transaction.invite_final);
            }
        }
        Ok(())
    }
}

/// Nothing is kept open any more.
pub(crate) fn dissolve_places(transaction: &mut Transaction) {
    transaction.clients.iter_mut().filter(|client| client.role == Role::Phony).for_each(Client::dissolve);
}

/// A place among the branches that nothing was sent to.
fn keep_open(transaction: &mut Transaction, gives_up_at: Time) {
    if !transaction.clients.iter().any(|client| client.role == Role::Phony && client.is_pending()) {
        transaction.clients.push(Client::phony(nothing_sent(), gives_up_at));
        transaction.targets.push(TransactionBranch { is_phony: true, ..TransactionBranch::default() });
    }
}

/// Work on a call, behind a pointer: what goes on after waiting is work on a call again.
type Work<'w> = Box<dyn for<'a, 'b> FnOnce(&'a mut Call<'b>) -> Flow + 'w>;

/// Does work on the request though a reply is at hand: the request is inside the transaction meanwhile.
fn on_request(call: &mut Call<'_>, work: Work<'_>) -> Flow {
    let Some(mut transaction) = transaction::take(call.msg) else {
        return Flow::Done(Err(Fault::us("the transaction is gone")));
    };
    let Some(mut request) = transaction.routing.take() else {
        return Flow::Done(Err(Fault::us("the request is gone")));
    };
    request.transaction = Some(transaction);
    let flow = {
        let (kind, module) = (call.kind, call.module);
        work(&mut Call { env: call.env.reborrow(), msg: &mut request, kind, module })
    };
    if let Some(mut transaction) = transaction::take(&mut request) {
        transaction.routing = Some(request);
        call.msg.transaction = Some(transaction);
    }
    match flow {
        Flow::Done(outcome) => Flow::Done(outcome),
        Flow::Wait(question, then) => {
            Flow::wait(question, |call, answer| on_request(call, Box::new(|call| then(call, answer))))
        }
    }
}

/// What a branch sends that never leaves.
fn nothing_sent() -> Sending {
    let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    Sending {
        socket: SocketId(0),
        to: nowhere,
        connection: None,
        reuse_only: false,
        bytes: Bytes::new(),
        otherwise: None,
    }
}
