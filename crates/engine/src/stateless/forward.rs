//! Forwarding without a transaction: `forward()`, `send()`, and ACKs end to end.

use crate::desk::Desk;
use crate::outgoing::{Hop, Leaving, ViaBranch};
use bytes::Bytes;
use module_api::{Answer, Call, Fault, Flow, Sending};
use sip::{Edits, Message};
use std::hash::{BuildHasher, Hasher};
use std::net::SocketAddr;

impl Desk<'_> {
    /// Forwards the request at hand, to `destination` if given.
    pub(crate) fn forward(&self, call: &mut Call<'_>, destination: Option<Bytes>) -> Flow {
        if !call.msg.message.is_request() {
            return Flow::Done(Err(Fault::script("a reply is not forwarded by forward()")));
        }
        let sockets = &call.env.services.sockets;
        let hop = match &destination {
            Some(destination) => Hop::of_text(destination, sockets),
            None => Hop::of_branch(call.msg.branches.first(), sockets),
        };
        let hop = match hop {
            Ok(hop) => hop,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        self.at_address(call, hop, |desk, call, hop, to| desk.forward_to(call, hop, to))
    }

    /// Sends the message at hand as it came, with more header lines if given.
    pub(crate) fn send_as_received(&self, call: &mut Call<'_>, destination: &Bytes, headers: Option<Bytes>) -> Flow {
        let hop = match Hop::of_text(destination, &call.env.services.sockets) {
            Ok(hop) => hop,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        self.at_address(call, hop, move |desk, call, hop, to| desk.send_to(call, hop, to, headers))
    }

    /// Does something with the address of a hop, now or when its name is resolved.
    fn at_address(
        &self,
        call: &mut Call<'_>,
        hop: Hop,
        work: impl FnOnce(&Desk<'_>, &mut Call<'_>, &Hop, SocketAddr) -> Result<i32, Fault> + Send + 'static,
    ) -> Flow {
        let Some(question) = hop.question(&call.env.services.settings) else {
            let to = hop.address().ok_or_else(|| Fault::next_hop("the destination has no address"));
            return Flow::Done(to.and_then(|to| work(self, call, &hop, to)));
        };
        let desk = self.owned();
        Flow::wait(question, move |call, answer| {
            let addresses = match answer {
                Answer::Resolved(addresses) => addresses,
                Answer::Done(Err(fault)) => Err(fault),
                _ => Err(Fault::us("an answer of another kind came to a name that was looked up")),
            };
            let first = addresses.map(|addresses| addresses.first().copied());
            Flow::Done(match first {
                Ok(Some(address)) => work(&desk.desk(), call, &hop, SocketAddr::new(address, hop.port)),
                Ok(None) => Err(Fault::next_hop("the destination has no address")),
                Err(fault) => Err(fault),
            })
        })
    }

    fn forward_to(&self, call: &mut Call<'_>, hop: &Hop, to: SocketAddr) -> Result<i32, Fault> {
        let msg = &*call.msg;
        let branch = msg.branches.first();
        let socket = self.core.socket_for(branch.socket, Some(msg.source.socket), hop.proto, to.ip())?;
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
        call.env.out.send(Sending { socket: socket.id, to, connection: None, bytes });
        self.core.counters.core.fwd_requests.increment();
        Ok(1)
    }

    fn send_to(&self, call: &mut Call<'_>, hop: &Hop, to: SocketAddr, headers: Option<Bytes>) -> Result<i32, Fault> {
        let msg = &*call.msg;
        let socket = self.core.socket_for(msg.branches.first().socket, Some(msg.source.socket), hop.proto, to.ip())?;
        let mut edits = Edits::default();
        if let Some(headers) = headers {
            edits.append(headers);
        }
        let mut bytes = Vec::with_capacity(msg.message.bytes().len() + 256);
        sip::write(&msg.message, &[&edits], &mut bytes);
        call.env.out.send(Sending { socket: socket.id, to, connection: None, bytes: bytes.into() });
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
