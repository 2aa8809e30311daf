//! Forking with measure (RFC 5393): how many branches a request may have at a time over all hops (Max-Breadth), and
//! whether it has been here before with all that decides where it goes (loop detection).

use super::{NO_DESTINATION, Relaying};
use crate::core::Core;
use crate::desk::Desk;
use crate::transaction::{self, Role, Transaction};
use module_api::{Call, Fault, Proto, Source};
use sip::{HeaderName, Message};
use std::hash::{BuildHasher, Hasher};

/// What the branches of one relaying share.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spread {
    /// The breadth of each branch, and how many of them get one more; none where nothing has to be said.
    breadth: Option<(u32, u32)>,
    /// The mark that tells a loop, where the request is forked.
    pub(super) mark: Option<u64>,
}

/// RFC 5393 section 5.3.3: what a request without Max-Breadth may have.
const BREADTH: u32 = 60;

impl Spread {
    /// The breadth of the next branch.
    pub(super) fn next_breadth(&mut self) -> Option<u32> {
        let (each, more) = self.breadth?;
        self.breadth = Some((each, more.saturating_sub(1)));
        Some(if more > 0 { each + 1 } else { each })
    }
}

impl Relaying {
    /// Shares the request's breadth among the branches to come, and looks for a loop if they are more than one at a
    /// time. A request that may not be sent on is left without branches.
    pub(super) fn spread(mut self, desk: &Desk<'_>, call: &mut Call<'_>) -> Relaying {
        let source = call.msg.source;
        let Some(transaction) = transaction::of(call.msg) else { return self };
        match self.measured(desk, transaction, &source) {
            Ok(spread) => self.spread = spread,
            Err(fault) => {
                self.todo.clear();
                self.failure = Some((NO_DESTINATION, fault));
            }
        }
        self
    }

    fn measured(&self, desk: &Desk<'_>, transaction: &Transaction, source: &Source) -> Result<Spread, Fault> {
        let pending = transaction.clients.iter().filter(|client| client.is_pending() && client.role != Role::Phony);
        let (count, used) =
            pending.fold((0, 0), |(count, used), client| (count + 1, used + client.breadth.unwrap_or_default()));
        let forks = self.todo.len() + count > 1;
        let given = max_breadth(&transaction.request);
        // Whoever forks it first after us begins with the same breadth: nothing is lost by saying nothing.
        let breadth = if forks || given.is_some() {
            let left = given.unwrap_or(BREADTH).saturating_sub(used);
            Some(share(left - self.reserve(transaction, left), self.todo.len())?)
        } else {
            None
        };
        let mark = if forks { Some(desk.core.mark_of(&transaction.request, source)?) } else { None };
        Ok(Spread { breadth, mark })
    }

    /// What must be left for other branches: a copy takes no more than it needs and leaves some for the request itself,
    /// others leave up to half for branches that were announced.
    fn reserve(&self, transaction: &Transaction, left: u32) -> u32 {
        if self.role == Role::Replica {
            let wanted = u32::try_from(self.todo.len()).unwrap_or(u32::MAX);
            return left.saturating_sub(wanted).max(1).min(left);
        }
        transaction.awaits_branches.map_or(0, |announced| announced.unwrap_or(u32::MAX)).min(left / 2)
    }
}

/// What each of so many branches gets, and how many get one more.
fn share(breadth: u32, branches: usize) -> Result<(u32, u32), Fault> {
    let branches = u32::try_from(branches).unwrap_or(u32::MAX).max(1);
    if breadth < branches {
        let text = format!("Max-Breadth leaves {breadth} branches, and {branches} are wanted");
        return Err(Fault::next_hop(text).reply(440, "Max-Breadth Exceeded"));
    }
    Ok((breadth / branches, breadth % branches))
}

/// The request's Max-Breadth; one that cannot be read counts as none.
fn max_breadth(request: &Message) -> Option<u32> {
    sip::text::number(request.value(HeaderName::MaxBreadth)?)
}

impl Core {
    /// The mark of a request that is forked, if none of our own Vias in it has the same one.
    fn mark_of(&self, request: &Message, source: &Source) -> Result<u64, Fault> {
        let mark = self.mark(request, source);
        let sockets = &self.services.sockets;
        let loops = request.vias().flatten().any(|via| {
            via.branch().and_then(crate::table::loop_mark) == Some(mark)
                && sockets.is_myself(via.host, Some(via.effective_port()), Proto::of(via.transport))
        });
        if loops {
            return Err(Fault::next_hop("the request has been here before, all the same").reply(482, "Loop Detected"));
        }
        Ok(mark)
    }

    /// A digest of what a script can decide by: who sent the request, its Request-URI, and its headers but for those
    /// that change at every hop. A request that has changed in any of them is a spiral, and no loop.
    fn mark(&self, request: &Message, source: &Source) -> u64 {
        let mut hasher = self.branch_hasher.build_hasher();
        hasher.write(source.peer.ip().to_string().as_bytes());
        hasher.write(request.request_uri());
        let of_hop = [
            HeaderName::Via,
            HeaderName::RecordRoute,
            HeaderName::MaxForwards,
            HeaderName::MaxBreadth,
            HeaderName::ContentLength,
        ];
        for header in request.headers().filter(|header| !of_hop.contains(&header.name)) {
            hasher.write(header.line);
        }
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{Spread, share};

    #[test]
    fn branches_share_what_there_is() {
        let cases: [(u32, usize, &[u32]); 4] =
            [(60, 2, &[30, 30]), (5, 3, &[2, 2, 1]), (7, 1, &[7]), (3, 3, &[1, 1, 1])];
        for (breadth, branches, expected) in cases {
            let mut spread = Spread { breadth: share(breadth, branches).ok(), mark: None };
            let shares: Vec<u32> = (0..branches).filter_map(|_| spread.next_breadth()).collect();
            assert_eq!(shares, expected);
        }
        assert_eq!(share(1, 2).unwrap_err().sip_reply().0, 440);
        assert_eq!(share(0, 1).unwrap_err().sip_reply().0, 440);
    }
}
