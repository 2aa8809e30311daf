//! Global parameters: TCP and the streams that are built on it.

use super::{GlobalKind, GlobalParam};

pub(super) const GLOBALS: &[GlobalParam] = &[
    GlobalParam::bool("tcp_accept_aliases", false, "Reuses the connections of clients for requests to them, RFC 5923."),
    GlobalParam::int("tcp_connect_timeout", 100, "Milliseconds to wait for a connection.").within(0, i32::MAX),
    GlobalParam::int("tcp_connection_lifetime", 120, "Seconds after which an idle connection is closed.")
        .within(0, i32::MAX),
    GlobalParam::int("tcp_max_connections", 2048, "The most connections that are accepted.").within(0, i32::MAX),
    GlobalParam::int("tcp_max_msg_time", 4, "Seconds within which a message has to be complete.").within(0, i32::MAX),
    GlobalParam::int("tcp_socket_backlog", 10, "The most connections that wait to be accepted.")
        .within(0, i32::MAX)
        .once(&["tcp_listen_backlog"]),
    GlobalParam::bool("tcp_keepalive", true, "Lets the system probe idle connections."),
    GlobalParam::unset("tcp_keepcount", GlobalKind::Int, "Unanswered probes before a connection is dead.")
        .within(0, i32::MAX),
    GlobalParam::unset("tcp_keepidle", GlobalKind::Int, "Idle seconds before the first probe.").within(0, i32::MAX),
    GlobalParam::unset("tcp_keepinterval", GlobalKind::Int, "Seconds between probes.").within(0, i32::MAX),
    GlobalParam::unset("tcp_no_new_conn_bflag", GlobalKind::Word, "A branch flag that forbids opening a connection."),
    GlobalParam::unset("tcp_no_new_conn_rplflag", GlobalKind::Word, "A message flag that forbids it for replies."),
    GlobalParam::int("tcp_threads", 0, "Threads that read and write streams.")
        .within(0, i32::MAX)
        .no_effect("threads follow the processors"),
];
