//! By which socket something leaves, and whether a connection may be opened for it.

use crate::core::Core;
use module_api::{Branch, Fault, Proto, Routing, Socket, SocketId};
use std::net::{IpAddr, SocketAddr};

impl Core {
    /// The socket to leave by: the one forced where it fits; with `mhomed`, the one the system's routes lead from; else
    /// the one received by, else any that fits.
    pub(crate) fn socket_for(
        &self,
        forced: Option<SocketId>,
        received_by: Option<SocketId>,
        proto: Proto,
        peer: IpAddr,
    ) -> Result<&Socket, Fault> {
        let sockets = &self.services.sockets;
        let fits = |socket: &&Socket| socket.proto == proto && socket.address.is_ipv4() == peer.is_ipv4();
        let forced = forced.and_then(|id| sockets.get(id)).filter(fits);
        forced
            .or_else(|| self.socket_of_route(received_by, proto, peer))
            .or_else(|| sockets.for_destination(received_by, proto, peer))
            .ok_or_else(|| {
                let text = format!("no {} socket to reach {peer} by", proto.name());
                Fault::next_hop(text).reply(477, "Send failed (477/TM)")
            })
    }

    /// The socket bound to the address that the routes to a peer lead from; of several the one received by.
    fn socket_of_route(&self, received_by: Option<SocketId>, proto: Proto, peer: IpAddr) -> Option<&Socket> {
        if !self.services.settings.mhomed {
            return None;
        }
        let from = self.services.process.source_address(peer)?;
        let sockets = &self.services.sockets;
        let fits = |socket: &&Socket| socket.proto == proto && socket.address.ip() == from;
        let received_by = received_by.and_then(|id| sockets.get(id)).filter(fits);
        received_by.or_else(|| sockets.iter().find(fits))
    }

    /// Whether a branch may only go by a connection that is there (`tcp_no_new_conn_bflag`).
    ///
    /// # Errors
    /// It may, and there is none.
    pub(crate) fn may_reuse_only(&self, branch: &Branch, socket: &Socket, to: SocketAddr) -> Result<bool, Fault> {
        let flag = self.services.settings.no_connection_branch_flag;
        let is_bound = socket.proto.is_reliable() && flag.is_some_and(|flag| branch.flags.is_set(flag));
        if is_bound && !self.services.process.has_connection(socket.proto, None, to) {
            let text = format!("there is no connection to {to}, and a branch flag forbids opening one");
            return Err(Fault::next_hop(text).reply(477, "Send failed (477/TM)"));
        }
        Ok(is_bound)
    }

    /// Whether replies to a request may only go by a connection that is there (`tcp_no_new_conn_rplflag`).
    pub(crate) fn answers_by_reuse_only(&self, msg: &Routing) -> bool {
        self.services.settings.no_connection_reply_flag.is_some_and(|flag| msg.flags.is_set(flag))
    }
}
