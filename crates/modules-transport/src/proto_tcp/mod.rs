//! `proto_tcp`: SIP over TCP. What it declares the edge that owns the sockets reads.

use catalogue::{CommandParam, Param, ParamKind};
use module_api::{COMMAND, Command, Management, MiError, MiReply, MiRun, Module, Setup, StartError, State};
use std::sync::Arc;

/// The module.
pub const MODULE: Module =
    Module { name: "proto_tcp", about: "SIP over TCP.", params: PARAMS, commands: &[TRACE], start, ..Module::EMPTY };

/// What a script sets. The edge reads the values: its sockets are open before modules start.
pub const PARAMS: &[Param] = &[
    TCP_PORT,
    TCP_SEND_TIMEOUT,
    TCP_MAX_MSG_CHUNKS,
    TCP_CRLF_PINGPONG,
    TCP_CRLF_DROP,
    TCP_ASYNC,
    TCP_ASYNC_MAX_POSTPONED_CHUNKS,
    TCP_ASYNC_LOCAL_WRITE_TIMEOUT,
    TCP_ASYNC_LOCAL_CONNECT_TIMEOUT,
    TCP_CONNECTIONS_PER_SOURCE,
    TRACE_DESTINATION,
    TRACE_ON,
    TRACE_FILTER_ROUTE,
];

/// `tcp_port`
pub const TCP_PORT: Param =
    Param::int("tcp_port", 5060, "The port of a TCP socket that is given none, and of a next hop that names none.")
        .within(1, 65_535);
/// `tcp_send_timeout`
pub const TCP_SEND_TIMEOUT: Param = Param::int(
    "tcp_send_timeout",
    100,
    "Without tcp_async: for how many ms a peer may take nothing of what waits for it; then its connection is closed. With \
     it, 10 seconds.",
)
.within(1, 3_600_000);
/// `tcp_max_msg_chunks`
pub const TCP_MAX_MSG_CHUNKS: Param = Param::int(
    "tcp_max_msg_chunks",
    4,
    "In how many reads a message may come; then its connection is closed. Where the script does not set it, \
     tcp_max_msg_time alone says when a message is given up: large messages come in many parts.",
)
.within(1, 65_536);
/// `tcp_crlf_pingpong`
pub const TCP_CRLF_PINGPONG: Param =
    Param::int("tcp_crlf_pingpong", 1, "Whether a double CRLF is answered with CRLF (RFC 5626).").within(0, 1);
/// `tcp_crlf_drop`
pub const TCP_CRLF_DROP: Param = Param::int(
    "tcp_crlf_drop",
    0,
    "Whether a CRLF that comes alone is dropped; otherwise the next one makes a double CRLF with it.",
)
.within(0, 1);
/// `tcp_async`
pub const TCP_ASYNC: Param = Param::int(
    "tcp_async",
    1,
    "Whether a peer that takes nothing for longer than tcp_send_timeout keeps its connection. Nothing else waits for it \
     either way.",
)
.within(0, 1);
/// `tcp_async_max_postponed_chunks`
pub const TCP_ASYNC_MAX_POSTPONED_CHUNKS: Param = Param::int(
    "tcp_async_max_postponed_chunks",
    32,
    "How many messages may wait for a peer that takes none; then its connection is closed. Where the script does not set \
     it, 256 KiB may, and more while little waits for others.",
)
.within(1, 65_536);
const TCP_ASYNC_LOCAL_WRITE_TIMEOUT: Param =
    Param::int("tcp_async_local_write_timeout", 10, "For how many ms a write is tried at once.")
        .no_effect(NEVER_BLOCKS);
const TCP_ASYNC_LOCAL_CONNECT_TIMEOUT: Param =
    Param::int("tcp_async_local_connect_timeout", 100, "For how many ms a connect is tried at once.")
        .no_effect(NEVER_BLOCKS);
/// `tcp_connections_per_source`: ours.
pub const TCP_CONNECTIONS_PER_SOURCE: Param = Param::unset(
    "tcp_connections_per_source",
    ParamKind::Int,
    "How many connections one address (of IPv6: one /64 network) may open; 0: as many as there may be. If it is not set, \
     half of tcp_max_connections, and for this machine's own programs all: raise it for a carrier behind one address.",
)
.within(0, i32::MAX);
const TRACE_DESTINATION: Param =
    Param::unset("trace_destination", ParamKind::Str, "Where connections are traced to.").unavailable(NO_TRACING);
const TRACE_ON: Param = Param::int("trace_on", 0, "Whether connections are traced.").within(0, 1);
const TRACE_FILTER_ROUTE: Param =
    Param::unset("trace_filter_route", ParamKind::Str, "The route that decides which connections are traced.")
        .unavailable(NO_TRACING);

const NEVER_BLOCKS: &str = "no connect and no write ever holds up anything else";
const NO_TRACING: &str = "connections are not traced to HEP: leave it out";

const TRACE: Command = Command {
    name: "tcp:trace",
    aliases: &["tcp_trace"],
    about: "Tells whether connections are traced, or changes it.",
    recipes: &[&[], &[CommandParam::str("trace_mode")]],
    reply: "{TCP tracing: s} ; \"OK\"",
    run: MiRun::Now(trace),
    ..COMMAND
};

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    if setup.params.is_on(&TRACE_ON) {
        return Err(StartError::param(TRACE_ON.name, NO_TRACING));
    }
    let params = setup.params.as_texts(PARAMS);
    setup.start_edge("proto_tcp", params);
    Ok(Arc::new(()))
}

/// Tracing needs a trace_destination, which there cannot be: it is off, and may be told so.
fn trace(management: &mut Management<'_>) -> MiReply {
    match management.params.opt_str("trace_mode") {
        None => Ok(serde_json::json!({"TCP tracing": "off"})),
        Some("off") => Ok("OK".into()),
        Some("on") => Err(MiError::new(500, "No trace_destination").with(NO_TRACING)),
        Some(_) => Err(MiError::invalid("trace_mode is \"on\" or \"off\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::{MODULE, TRACE};
    use module_api::ParamSetting;
    use testkit::Fixture;

    #[test]
    fn the_edge_gets_the_parameters() {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
        fixture.start(&MODULE, &[("tcp_crlf_pingpong", ParamSetting::Int(0))]);
        let (edge, params) = fixture.wishes.edges.first().expect("an edge");
        let of = |name: &str| params.get(name).map(String::as_str);
        assert_eq!((*edge, of("tcp_crlf_pingpong"), of("tcp_port")), ("proto_tcp", Some("0"), Some("5060")));
        assert!(fixture.try_start(&MODULE, &[("trace_on", ParamSetting::Int(1))]).is_err());
    }

    #[test]
    fn tracing_is_off() {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
        let state = fixture.start(&MODULE, &[]);
        let mut trace = |mode: &[&str]| {
            let params: Vec<_> = mode.iter().map(|mode| ("trace_mode", (*mode).into())).collect();
            fixture
                .command(&state, TRACE.run, &params)
                .map_or_else(|error| error.to_string(), |reply| reply.to_string())
        };
        assert_eq!(trace(&[]), r#"{"TCP tracing":"off"}"#);
        assert_eq!(trace(&["off"]), r#""OK""#);
        assert_eq!(trace(&["on"]), "500 No trace_destination");
    }
}
