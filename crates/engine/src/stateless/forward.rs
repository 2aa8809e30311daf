//! Forwarding without a transaction: `forward()`, `send()`, and ACKs end to end.

use crate::desk::Desk;
use crate::outgoing::{Hop, Leaving, ViaBranch};
use bytes::Bytes;
use module_api::{Call, Destination, Fault, Flow, Resolved, Sending};
use sip::{Edits, Message};
use std::hash::{BuildHasher, Hasher};

/// Of a name with more addresses the others are not tried.
const ADDRESSES_MAX: usize = 8;

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
        let count = |desk: &Desk<'_>| desk.core.counters.core.fwd_requests.increment();
        self.at_addresses(call, hop, count, |desk, call, to| desk.forwarded(call, to))
    }

    /// Sends the message at hand as it came, with more header lines if given.
    pub(crate) fn send_as_received(&self, call: &mut Call<'_>, destination: &Bytes, headers: Option<Bytes>) -> Flow {
        let hop = match Hop::of_text(destination) {
            Ok(hop) => hop,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        self.at_addresses(call, hop, |_| (), move |desk, call, to| desk.as_received(call, to, headers.clone()))
    }

    /// Sends what `make` makes for an address of a hop, now or when its name is resolved: for the first that can be used,
    /// and where that cannot be sent, for the next (RFC 3263 section 4.3).
    fn at_addresses(
        &self,
        call: &mut Call<'_>,
        hop: Hop,
        count: fn(&Desk<'_>),
        make: impl Fn(&Desk<'_>, &mut Call<'_>, Destination) -> Result<Sending, Fault> + Send + 'static,
    ) -> Flow {
        let Some(question) = hop.question(call.env.services) else {
            let to = hop.destination(&call.env.services.sockets);
            let sent = self.send_to_one_of(call, to.as_slice(), make);
            return Flow::Done(sent.map(|()| self.counted(count)));
        };
        let desk = self.owned();
        Flow::wait(question, move |call, answer| {
            let desk = desk.desk();
            let sent = answer.resolved().and_then(|Resolved { destinations, .. }| {
                let most = if call.env.services.settings.disable_dns_failover { 1 } else { ADDRESSES_MAX };
                desk.send_to_one_of(call, destinations.get(..most).unwrap_or(&destinations), make)
            });
            Flow::Done(sent.map(|()| desk.counted(count)))
        })
    }

    fn send_to_one_of(
        &self,
        call: &mut Call<'_>,
        destinations: &[Destination],
        make: impl Fn(&Desk<'_>, &mut Call<'_>, Destination) -> Result<Sending, Fault>,
    ) -> Result<(), Fault> {
        let mut chain = None;
        let mut fault = Fault::next_hop("the destination has no address");
        for to in destinations.iter().rev() {
            match make(self, call, *to) {
                Ok(sending) => chain = Some(Box::new(Sending { otherwise: chain, ..sending })),
                // The first one's stays.
                Err(wrong) => fault = wrong,
            }
        }
        let first = chain.ok_or(fault)?;
        call.env.out.send(*first);
        Ok(())
    }

    fn counted(&self, count: fn(&Desk<'_>)) -> i32 {
        count(self);
        1
    }

    /// The request at hand as it is forwarded to an address.
    fn forwarded(&self, call: &mut Call<'_>, to: Destination) -> Result<Sending, Fault> {
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
        Ok(Sending { socket: socket.id, to, connection: None, reuse_only, bytes, otherwise: None })
    }

    /// The message at hand as it came, for an address.
    fn as_received(&self, call: &mut Call<'_>, to: Destination, headers: Option<Bytes>) -> Result<Sending, Fault> {
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
        Ok(Sending { socket: socket.id, to, connection: None, reuse_only, bytes, otherwise: None })
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
