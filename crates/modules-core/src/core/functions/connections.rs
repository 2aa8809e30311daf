//! Connections: reusing them for requests the other way (RFC 5923), and closing them.

use catalogue::{Alias, Arg, Example, Verdict};
use module_api::{Args, Call, ConnectionName, FUNCTION, Fault, Function, Outcome, Run};

pub(super) const ALL: &[Function] = &[FORCE_TCP_ALIAS, TCP_CLOSE_CONN];

const FORCE_TCP_ALIAS: Function = Function {
    name: "force_tcp_alias",
    aliases: &[Alias::old("add_tcp_alias", "3.0")],
    about: "Sends requests to the address and Via port of this message's sender over its connection (RFC 5923).",
    args: &[Arg::int("port", "The port it stands for; that of the top Via if left out.").within(1, 65_535).optional()],
    returns: &[(1, "done, or the message came without a connection"), (-1, "the port is none")],
    examples: &[
        Example { script: "force_tcp_alias(5062)", message: "", returns: 1 },
        Example { script: "force_tcp_alias(0)", message: "", returns: -1 },
    ],
    run: Run::Now(|call, args| {
        let port = args.opt_int(0)?;
        let port = port.map(|port| u16::try_from(port).ok().filter(|port| *port > 0));
        let port = port.map(|port| port.ok_or(Fault::script("the port is no port"))).transpose()?;
        alias(call, port)
    }),
    ..FUNCTION
};

const TCP_CLOSE_CONN: Function = Function {
    name: "tcp_close_conn",
    about: "Closes a connection.",
    args: &[Arg::str("ipport", "Its number, or [proto:]ip:port of its other end.").judged(|text| {
        Verdict::must(
            ConnectionName::parse(text).is_some(),
            text,
            "connection",
            "its number, or [proto:]ip:port of its other end",
        )
    })],
    returns: &[(1, "closed"), (-1, "there is none")],
    examples: &[
        Example { script: "tcp_close_conn(\"192.0.2.10:5060\")", message: "", returns: -1 },
        Example { script: "tcp_close_conn(\"somewhere\")", message: "", returns: -1 },
    ],
    run: Run::Now(close),
    ..FUNCTION
};

/// Notes the wish; over datagrams there is nothing to reuse.
pub(super) fn alias(call: &mut Call<'_>, port: Option<u16>) -> Outcome {
    call.msg.via.force_tcp_alias = true;
    let Some(connection) = call.msg.source.connection else { return Ok(1) };
    let port = match port {
        Some(port) => port,
        None => call.msg.message.top_via()?.effective_port(),
    };
    call.env.out.alias(connection, port);
    Ok(1)
}

fn close(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let name = std::str::from_utf8(args.str(0)?).ok().and_then(ConnectionName::parse);
    let name = name.ok_or(Fault::script("a connection is named by its number or by [proto:]ip:port"))?;
    Ok(super::flags::truth(call.env.services.process.close_connection(name)))
}
