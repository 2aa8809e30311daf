//! `mi_datagram`: management by JSON-RPC in datagrams, over UDP or a UNIX socket. The transport itself is an edge.

use crate::transports::{PRETTY_PRINTING, TRACE_BWLIST, TRACE_DESTINATION, group, mode, reply_indent, texts, user};
use catalogue::{Param, ParamKind};
use module_api::{Module, Setup, StartError, State};
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "mi_datagram",
    about: "Management by JSON-RPC in datagrams, over UDP or a UNIX socket.",
    params: PARAMS,
    start,
    ..Module::EMPTY
};

const PARAMS: &[Param] = &[
    SOCKET_NAME,
    CHILDREN_COUNT,
    UNIX_SOCKET_MODE,
    UNIX_SOCKET_GROUP,
    UNIX_SOCKET_USER,
    SOCKET_TIMEOUT,
    SOCKET_BUF_SIZE,
    TRACE_DESTINATION,
    TRACE_BWLIST,
    PRETTY_PRINTING,
    REPLY_INDENT,
];

const SOCKET_NAME: Param =
    Param::unset("socket_name", ParamKind::Str, "Where it listens: \"/path\" or \"udp:address:port\".");
const CHILDREN_COUNT: Param =
    Param::int("children_count", 1, "How many processes listen.").no_effect("no request keeps another waiting");
const UNIX_SOCKET_MODE: Param = mode("unix_socket_mode", "The permissions of the UNIX socket.");
const UNIX_SOCKET_GROUP: Param = group("unix_socket_group");
const UNIX_SOCKET_USER: Param = user("unix_socket_user");
const SOCKET_TIMEOUT: Param =
    Param::int("socket_timeout", 2000, "How many milliseconds a reply is tried to be sent.").within(0, 600_000);
const SOCKET_BUF_SIZE: Param =
    Param::int("socket_buf_size", 65_457, "The longest request and the longest reply, in bytes.").within(64, 16 << 20);
const REPLY_INDENT: Param =
    reply_indent("modparam(\"mi_datagram\", \"pretty_printing\", 1), or 0 where the text is empty");

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    if setup.params.text(&SOCKET_NAME).is_empty() {
        return Err(StartError::param(SOCKET_NAME.name, "it must be set: \"/path\" or \"udp:address:port\""));
    }
    setup.start_edge("mi_datagram", texts(setup.params, PARAMS));
    Ok(Arc::new(()))
}

#[cfg(test)]
mod tests {
    use super::MODULE;
    use module_api::ParamSetting;
    use testkit::Fixture;

    #[test]
    fn the_edge_gets_the_parameters() {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
        fixture.start(&MODULE, &[("socket_name", ParamSetting::Str("udp:127.0.0.1:8080".to_owned()))]);
        let (edge, params) = fixture.wishes.edges.first().expect("an edge");
        let params: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            format!("{edge}: {}", params.join(" ")),
            "mi_datagram: children_count=1 pretty_printing=0 socket_buf_size=65457 \
             socket_name=udp:127.0.0.1:8080 socket_timeout=2000 unix_socket_mode=432"
        );
    }

    #[test]
    fn it_listens_somewhere() {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
        let refused = fixture.try_start(&MODULE, &[]).map(|_| ()).unwrap_err();
        assert_eq!(refused.to_string(), "parameter socket_name: it must be set: \"/path\" or \"udp:address:port\"");
    }
}
