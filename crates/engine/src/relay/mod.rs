//! Relaying a request to its branches (`t_relay()`): each runs `branch_route`, is resolved, gets its socket, leaves.
//!
//! It is work in steps, for a branch route may wait for a database and every branch for a name server. What remains to
//! be done is a [`Relaying`], which the waiting continuation keeps.

mod addresses;
mod branch;
mod departure;
mod inject;
mod own;
mod simple;
mod spread;

pub(crate) use inject::dissolve_places;

use crate::desk::Desk;
use crate::transaction::{self, Role, Transaction};
use bytes::Bytes;
use module_api::{Branch, Call, Created, Fault, Flow, Kind, RelayOptions, ReplyContent};
use sip::Method;
use spread::Spread;
use std::collections::VecDeque;

/// A relaying under way.
pub(crate) struct Relaying {
    /// The branches to come.
    todo: VecDeque<Branch>,
    role: Role,
    /// The outbound proxy of all of them.
    proxy: Option<Bytes>,
    /// Whether this call made the transaction; then it answers when nothing could be sent.
    answers: bool,
    /// Whether it is done only once the branches are known to have left (`no-auto-477`).
    looks_back: bool,
    /// The number of its first branch.
    first: usize,
    /// How many have left.
    sent: usize,
    /// The code of the first that did not.
    failure: Option<(i32, Fault)>,
    /// Their breadth, and the mark that tells a loop.
    spread: Spread,
}

/// Return codes of `t_relay()` (`compat/flags.md`).
pub(crate) const INTERNAL: i32 = -1;
const NO_DESTINATION: i32 = -3;
const BAD_DESTINATION: i32 = -4;
const BLACKLISTED: i32 = -5;
const SEND_FAILED: i32 = -6;

impl Desk<'_> {
    /// Relays the request at hand.
    pub(crate) fn relay_request(&self, call: &mut Call<'_>, options: RelayOptions) -> Flow {
        match call.msg.message.method() {
            _ if !call.msg.message.is_request() => return Flow::Done(Err(Fault::script("a reply cannot be relayed"))),
            Method::Ack => return self.relay_ack(call, options.proxy),
            Method::Cancel if call.msg.transaction.is_none() => {
                if let Some(invite) = self.invite_of(call.msg) {
                    return self.relay_cancel(call, invite, &options);
                }
            }
            _ => {}
        }
        let is_new = call.msg.transaction.is_none();
        match self.create_transaction(call) {
            Ok(Created::New) => {}
            // What was absorbed ends the script.
            Ok(Created::Retransmission) => return Flow::done(0),
            Err(fault) => return Flow::Done(Err(fault)),
        }
        if let Some(code) = self.refuses_branches(call) {
            return Flow::done(code);
        }
        if let Some(transaction) = transaction::of(call.msg) {
            transaction.no_failover = options.no_dns_failover || call.env.services.settings.disable_dns_failover;
            transaction.no_auto_477 = options.no_auto_477;
            if !options.replicate {
                transaction.first_active = transaction.targets.len();
            }
        }
        let relaying = Relaying {
            todo: take_branches(call),
            role: if options.replicate { Role::Replica } else { Role::Contender },
            proxy: options.proxy,
            answers: is_new && !options.no_auto_477 && !options.replicate,
            looks_back: options.no_auto_477 && !options.replicate,
            first: transaction::of(call.msg).map_or(0, |transaction| transaction.clients.len()),
            sent: 0,
            failure: None,
            spread: Spread::default(),
        };
        relaying.spread(self, call).go_on(self, call)
    }

    /// Whether no branch may be added any more, and the return code that says so.
    fn refuses_branches(&self, call: &mut Call<'_>) -> Option<i32> {
        let transaction = transaction::of(call.msg)?;
        if transaction.is_answered() {
            return Some(INTERNAL);
        }
        if transaction.was_cancelled || transaction.is_declined {
            return Some(NO_DESTINATION);
        }
        self.is_cancelled(transaction).then_some(NO_DESTINATION)
    }

    /// Whether the caller has cancelled. A CANCEL that came while the script waited is in the mailbox still: what has
    /// not left need not leave at all.
    pub(crate) fn is_cancelled(&self, transaction: &Transaction) -> bool {
        transaction.was_cancelled || self.core.table.is_cancelled(transaction.id)
    }
}

impl Relaying {
    /// Sends what can be sent now.
    fn go_on(mut self, desk: &Desk<'_>, call: &mut Call<'_>) -> Flow {
        while let Some(branch) = self.todo.pop_front() {
            match self.begin_branch(desk, call, branch) {
                Step::Next(next) => self = next,
                Step::Wait(flow) => return flow,
            }
        }
        self.finish(desk, call)
    }

    /// All branches have left, or not.
    fn finish(self, desk: &Desk<'_>, call: &mut Call<'_>) -> Flow {
        match self.sent {
            0 => self.nothing_sent(desk, call),
            _ if self.looks_back => self.look_back(desk),
            _ => Flow::done(1),
        }
    }

    fn nothing_sent(self, desk: &Desk<'_>, call: &mut Call<'_>) -> Flow {
        let (code, fault) = self.failure.unwrap_or_else(|| {
            (NO_DESTINATION, Fault::script("no branch was left to send to").reply(477, "Send failed (477/TM)"))
        });
        call.env.log().line(module_api::Level::Info, format!("nothing was relayed: {fault}"));
        // One that was cancelled meanwhile is answered for that.
        let was_cancelled = transaction::of(call.msg).is_some_and(|transaction| desk.is_cancelled(transaction));
        if self.answers && !was_cancelled {
            let (status, reason) = fault.sip_reply();
            let reply = ReplyContent::new(status, reason);
            // Its failure changes nothing: there is nobody to tell.
            let _ = desk.answer_locally(&mut call.env, call.msg, Kind::Request, &reply);
        }
        call.msg.fault = Some(Box::new(fault));
        Flow::done(code)
    }

    /// A branch has not left.
    fn branch_lost(&mut self, code: i32, fault: Fault) {
        self.failure.get_or_insert((code, fault));
    }
}

/// What a step of the relaying comes to.
enum Step {
    /// On to the next branch.
    Next(Relaying),
    /// Later.
    Wait(Flow),
}

/// Takes all branches of the message; the Request-URI stays as it is.
fn take_branches(call: &mut Call<'_>) -> VecDeque<Branch> {
    let others = call.msg.branches.take_others();
    std::iter::once(call.msg.branches.first().clone()).chain(others).collect()
}
