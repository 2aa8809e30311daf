//! Forwarding without a transaction: `forward()`, `send()`, and ACKs end to end.

use crate::desk::Desk;
use crate::outgoing::{Hop, Leaving, ViaBranch};
use bytes::Bytes;
use module_api::{Call, Destination, Fault, Flow, Sending};
use sip::{Edits, Message};
use std::hash::{BuildHasher, Hasher};

impl Desk<'_> {
    /// Forwards the request at hand, to `destination` if given.
    pub(crate) fn forward(&self, call: &mut Call<'_>, destination: Option<Bytes>) -> Flow {
        if !call.msg.message.is_request() {
            return Flow::Done(Err(Fault::script("a reply is not forwarded by forward()")));
        }
        let hop = match &destination {
            Some(destination) => Hop::of_text(destination),
            None => Hop::of_branch(call.msg.branches.first()),
        };
        let hop = match hop {
            Ok(hop) => hop,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        self.at_address(call, hop, |desk, call, to| desk.forward_to(call, to))
    }

    /// Sends the message at hand as it came, with more header lines if given.
    pub(crate) fn send_as_received(&self, call: &mut Call<'_>, destination: &Bytes, headers: Option<Bytes>) -> Flow {
        let hop = match Hop::of_text(destination) {
            Ok(hop) => hop,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        self.at_address(call, hop, move |desk, call, to| desk.send_to(call, to, headers))
    }

    /// Does something with the address of a hop, now or when its name is resolved.
    fn at_address(
        &self,
        call: &mut Call<'_>,
        hop: Hop,
        work: impl FnOnce(&Desk<'_>, &mut Call<'_>, Destination) -> Result<i32, Fault> + Send + 'static,
    ) -> Flow {
        let Some(question) = hop.question(call.env.services) else {
            let to = hop
                .destination(&call.env.services.sockets)
                .ok_or_else(|| Fault::next_hop("the destination has no address"));
            return Flow::Done(to.and_then(|to| work(self, call, to)));
        };
        let desk = self.owned();
        Flow::wait(question, move |call, answer| {
            let first = answer.resolved().map(|resolved| resolved.destinations.first().copied());
            Flow::Done(match first {
                Ok(Some(to)) => work(&desk.desk(), call, to),
                Ok(None) => Err(Fault::next_hop("the destination has no address")),
                Err(fault) => Err(fault),
            })
        })
    }

    fn forward_to(&self, call: &mut Call<'_>, to: Destination) -> Result<i32, Fault> {
        let Destination { proto, address: to } = to;
        let msg = &*call.msg;
        let branch = msg.branches.first();
        let socket = self.core.socket_for(branch.socket, Some(msg.source.socket), proto, to.ip())?;
        let reuse_only = self.core.may_reuse_only(branch, socket, to)?;
        let leaving = Leaving {
            msg,
            changes: None,
            branch,
            socket,
            via_branch: ViaBranch::Stateless(self.stateless_number(&msg.message, &branch.uri)),
            breadth: None,
            extra: b"",
            is_own: false,
        };
        let bytes = leaving.write(self.core);
        call.env.out.send(Sending { socket: socket.id, to, connection: None, reuse_only, bytes });
        self.core.counters.core.fwd_requests.increment();
        Ok(1)
    }

    fn send_to(&self, call: &mut Call<'_>, to: Destination, headers: Option<Bytes>) -> Result<i32, Fault> {
        let Destination { proto, address: to } = to;
        let msg = &*call.msg;
        let branch = msg.branches.first();
        let socket = self.core.socket_for(branch.socket, Some(msg.source.socket), proto, to.ip())?;
        let reuse_only = self.core.may_reuse_only(branch, socket, to)?;
        let mut edits = Edits::default();
        if let Some(headers) = headers {
            edits.append(headers);
        }
        let bytes = sip::written(&msg.message, &[&edits]);
        call.env.out.send(Sending { socket: socket.id, to, connection: None, reuse_only, bytes });
        Ok(1)
    }

    /// RFC 3261 section 16.11: what is received twice leaves with the same branch.
    fn stateless_number(&self, message: &Message, uri: &[u8]) -> u64 {
        let mut hasher = self.core.branch_hasher.build_hasher();
        if let Ok(via) = message.top_via() {
            hasher.write(via.branch().unwrap_or(via.text));
        }
        hasher.write(message.call_id().unwrap_or_default());
        hasher.write(uri);
        hasher.write_u32(message.cseq().map_or(0, |cseq| cseq.number));
        hasher.write(message.method_text());
        hasher.finish()
    }
}
