//! Whether what `t_relay("no-auto-477")` sent has left: a script that answers itself asks for the return code, which is
//! -6 where the system has refused to send.

use super::{INTERNAL, Relaying, SEND_FAILED};
use crate::desk::Desk;
use crate::transaction::{self, Input};
use module_api::{Call, Fault, Flow, Request};

impl Relaying {
    /// Waits until the edge has handed over what was sent, which it does at once.
    pub(super) fn look_back(self, desk: &Desk<'_>) -> Flow {
        let desk = desk.owned();
        Flow::wait(Request::Sent, move |call, _| self.departed(&desk.desk(), call))
    }

    /// While the script waited, the transaction was busy: what could not be sent is in its mailbox. If some branches
    /// have left, the others fail as they would later.
    fn departed(mut self, desk: &Desk<'_>, call: &mut Call<'_>) -> Flow {
        let Some(id) = transaction::of(call.msg).map(|transaction| transaction.id) else {
            return Flow::done(INTERNAL);
        };
        let Some(lost) = desk.core.table.take_undelivered(id, self.first, self.sent) else { return Flow::done(1) };
        let Some(next) = transaction::of(call.msg).map(|transaction| transaction.clients.len()) else {
            return Flow::done(INTERNAL);
        };
        self.sent = lost.into_iter().filter(|branch| desk.sent_elsewhere(call, *branch)).count();
        self.first = next;
        if self.sent > 0 {
            return self.look_back(desk);
        }
        // No failure route hears of it, nor does it count beside what is tried next.
        if let Some(transaction) = transaction::of(call.msg) {
            transaction.first_branch = transaction.clients.len();
        }
        let fault = Fault::next_hop("the system has refused to send it").reply(477, "Send failed (477/TM)");
        self.branch_lost(SEND_FAILED, fault);
        self.nothing_sent(desk, call)
    }
}

impl Desk<'_> {
    /// Ends a branch that has not left; whether it went to another address instead.
    fn sent_elsewhere(&self, call: &mut Call<'_>, branch: usize) -> bool {
        let (now, times) = (call.env.now, &self.core.times);
        let Some(transaction) = transaction::of(call.msg) else { return false };
        let invite_final = transaction.invite_final;
        let Some(client) = transaction.clients.get_mut(branch) else { return false };
        client.step(Input::TransportError, now, times, invite_final);
        let noted = transaction.fail(branch, 477);
        noted.is_some() && self.try_next_address(&mut call.env, call.msg, branch)
    }
}
