//! The core's events that the engine and the edges raise.

use catalogue::Event;

/// Raised for what took longer than its threshold (`exec_msg_threshold`, `exec_dns_threshold`, `tcp_threshold`).
pub const THRESHOLD: Event = Event {
    name: "E_CORE_THRESHOLD",
    about: "A message, a question to a name server (both source core) or a send on a connection (tcp) took longer than \
            its threshold; time is in microseconds, extra the message, the name or the other end.",
    params: &["source", "time", "extra"],
};

/// Raised when a connection is closed, by either end.
pub const TCP_DISCONNECT: Event = Event {
    name: "E_CORE_TCP_DISCONNECT",
    about: "A connection was closed: its other end (src) and ours (dst).",
    params: &["src_ip", "src_port", "dst_ip", "dst_port", "proto"],
};

/// Raised for each line of the log, with `log_event_enabled`.
pub const LOG_LINE: Event = Event {
    name: "E_CORE_LOG",
    about: "A line was logged. What is logged while its route runs, or while subscribers are told, is no event again.",
    params: &["time", "pid", "level", "module", "function", "prefix", "message"],
};
