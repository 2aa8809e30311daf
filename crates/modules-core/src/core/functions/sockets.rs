//! Sockets and names that are ours.

use super::flags::truth;
use catalogue::{Arg, Example};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Proto, Run, SocketId};
use sip::Uri;

pub(super) const ALL: &[Function] = &[FORCE_SEND_SOCKET, SOCKET_BELONGS_TO_BOND, IS_MYSELF];

const FORCE_SEND_SOCKET: Function = Function {
    name: "force_send_socket",
    about: "Sends the request by this socket.",
    args: &[Arg::str("socket", "[proto:]address[:port] of a listening socket, or bond:name.")],
    returns: &[(1, "done"), (-1, "there is no such socket")],
    examples: &[
        Example { script: "force_send_socket(\"tcp:192.0.2.1:5060\")", message: "", returns: 1 },
        Example { script: "force_send_socket(\"udp:192.0.2.99:5060\")", message: "", returns: -1 },
    ],
    run: Run::Now(|call, args| {
        let socket = named(call, args.str(0)?)?;
        call.msg.branches.first_mut().socket = Some(socket);
        Ok(1)
    }),
    ..FUNCTION
};

const SOCKET_BELONGS_TO_BOND: Function = Function {
    name: "socket_belongs_to_bond",
    about: "Whether a socket is a member of a bond.",
    args: &[Arg::str("socket", "[proto:]address[:port] of a listening socket."), Arg::str("bond", "The bond's name.")],
    returns: &[(1, "it is"), (-1, "it is not, or one of them does not exist")],
    examples: &[Example {
        script: "socket_belongs_to_bond(\"udp:192.0.2.1:5060\", \"internal\")",
        message: "",
        returns: -1,
    }],
    run: Run::Now(|call, args| {
        let sockets = &call.env.services.sockets;
        let (socket, members) = (sockets.named(args.str(0)?), sockets.bond(args.str(1)?));
        let is_member = socket.zip(members).is_some_and(|(socket, members)| members.contains(&socket.id));
        Ok(truth(is_member))
    }),
    ..FUNCTION
};

const IS_MYSELF: Function = Function {
    name: "is_myself",
    about: "Whether host and port are one of our sockets or aliases.",
    args: &[
        Arg::str("host", "A host name or address."),
        Arg::int("port", "The port; any if left out or 0.").within(0, 65_535).optional(),
    ],
    returns: &[(1, "it is ours"), (-1, "it is not")],
    examples: &[
        Example { script: "is_myself(\"EXAMPLE.com\")", message: "", returns: 1 },
        Example { script: "is_myself(\"192.0.2.1\", 5060)", message: "", returns: 1 },
        Example { script: "is_myself(\"192.0.2.1\", 5070)", message: "", returns: -1 },
        Example { script: "is_myself(\"example.net\")", message: "", returns: -1 },
    ],
    run: Run::Now(is_myself),
    ..FUNCTION
};

fn is_myself(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let port = match args.opt_int(1)? {
        None | Some(0) => None,
        Some(port) => Some(u16::try_from(port).map_err(|_| Fault::script("the port is no port"))?),
    };
    Ok(truth(call.env.services.sockets.is_myself(args.str(0)?, port, None)))
}

/// The socket that a script names; of a bond, the member that suits where the message goes.
///
/// # Errors
/// There is none.
pub(in crate::core) fn named(call: &Call<'_>, text: &[u8]) -> Result<SocketId, Fault> {
    let sockets = &call.env.services.sockets;
    if let Some(bond) = text.strip_prefix(b"bond:") {
        let member = sockets.bond(bond).and_then(|members| suitable(call, members));
        return member.ok_or_else(|| Fault::script(format!("no bond \"{}\"", String::from_utf8_lossy(bond))));
    }
    let socket = sockets.named(text).map(|socket| socket.id);
    socket.ok_or_else(|| Fault::script(format!("no socket listens on \"{}\"", String::from_utf8_lossy(text))))
}

/// The member for transport and address family of the next hop, else for its transport, else the first.
fn suitable(call: &Call<'_>, members: &[SocketId]) -> Option<SocketId> {
    let next_hop = Uri::parse(call.msg.next_hop()).ok();
    let transport = next_hop.and_then(|uri| uri.transport()).and_then(Proto::of);
    let proto = transport.unwrap_or(call.msg.source.proto);
    let is_ipv4 = next_hop.and_then(|uri| uri.host_ip()).map(|address| address.is_ipv4());
    let sockets = &call.env.services.sockets;
    let speaks = |id: &&SocketId| sockets.get(**id).is_some_and(|socket| socket.proto == proto);
    let reaches = |id: &&SocketId| {
        sockets.get(**id).is_some_and(|socket| is_ipv4.is_none_or(|is_ipv4| socket.address.is_ipv4() == is_ipv4))
    };
    let best = members.iter().find(|id| speaks(id) && reaches(id));
    best.or_else(|| members.iter().find(speaks)).or_else(|| members.first()).copied()
}
