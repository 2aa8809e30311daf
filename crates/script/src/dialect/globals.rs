//! Global parameters of older releases that are more than another name. Plain renames stand in the declarations.

/// What has become of a global parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OldGlobal {
    /// The script means something that must be written elsewhere today.
    Gone(&'static str),
    /// What it asked for happens anyhow, or has no meaning any more.
    Ignored(&'static str),
    /// It is a parameter of a transport's module today, and its value goes there.
    Moved { module: &'static str, param: &'static str, unit: Unit },
    /// `port`: the default port of sockets.
    Port,
    /// `log_stderror`: where the log goes.
    LogToStandardError,
}

/// What the number of a moved parameter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// What it counts today.
    Same,
    /// Milliseconds today and in the last releases that had it, seconds before.
    Milliseconds,
}

impl Unit {
    /// The number of today. No connection was ever given less than a tenth of a second: that is seconds.
    pub(crate) fn today(self, number: i32) -> i32 {
        match self {
            Unit::Milliseconds if number < 100 => number.saturating_mul(1000),
            Unit::Same | Unit::Milliseconds => number,
        }
    }
}

const fn to_tcp(param: &'static str, unit: Unit) -> OldGlobal {
    OldGlobal::Moved { module: "proto_tcp", param, unit }
}

/// What has become of the parameter of this name.
pub(crate) fn old_global(name: &str) -> Option<OldGlobal> {
    OLD.iter().find(|(old, _)| *old == name).map(|(_, fate)| *fate)
}

const TLS: OldGlobal = OldGlobal::Gone("TLS is of the modules proto_tls and tls_mgm today, which are not there yet");

const OLD: &[(&str, OldGlobal)] = &[
    ("log_stderror", OldGlobal::LogToStandardError),
    ("port", OldGlobal::Port),
    ("fork", OldGlobal::Ignored("the command line decides: -F stays in the foreground, -D debugs")),
    ("disable_tcp", OldGlobal::Ignored("TCP is served when proto_tcp.so is loaded and a `socket = tcp:…` is there")),
    ("disable_tls", OldGlobal::Ignored("TLS is of the module proto_tls today, which is not there yet")),
    ("enable_tls", OldGlobal::Ignored("TLS is of the module proto_tls today, which is not there yet")),
    ("disable_sctp", OldGlobal::Ignored("SCTP is served when proto_sctp.so is loaded")),
    ("tcp_parallel_read_on_workers", OldGlobal::Ignored("every connection is read on its own")),
    ("tcp_poll_method", OldGlobal::Ignored("the best method of the system is used")),
    ("tcp_send_timeout", to_tcp("tcp_send_timeout", Unit::Milliseconds)),
    ("tcp_max_msg_chunks", to_tcp("tcp_max_msg_chunks", Unit::Same)),
    ("tcp_crlf_pingpong", to_tcp("tcp_crlf_pingpong", Unit::Same)),
    ("tcp_crlf_drop", to_tcp("tcp_crlf_drop", Unit::Same)),
    ("tcp_async", to_tcp("tcp_async", Unit::Same)),
    ("tcp_async_max_postponed_chunks", to_tcp("tcp_async_max_postponed_chunks", Unit::Same)),
    ("tcp_async_local_connect_timeout", to_tcp("tcp_async_local_connect_timeout", Unit::Same)),
    ("tcp_async_local_write_timeout", to_tcp("tcp_async_local_write_timeout", Unit::Same)),
    ("syn_branch", OldGlobal::Ignored("branches are always made so")),
    ("avp_aliases", OldGlobal::Gone("write $avp(name) wherever the alias stood")),
    ("bin_listen", OldGlobal::Gone("write `socket = bin:ADDRESS:PORT`, and load proto_bin.so")),
    ("tls_certificate", TLS),
    ("tls_private_key", TLS),
    ("tls_ca_list", TLS),
    ("tls_ca_dir", TLS),
    ("tls_ciphers_list", TLS),
    ("tls_method", TLS),
    ("tls_verify_server", TLS),
    ("tls_verify_client", TLS),
    ("tls_require_certificate", TLS),
    ("tls_require_client_certificate", TLS),
    ("tls_port_no", TLS),
    ("tls_handshake_timeout", TLS),
    ("tls_send_timeout", TLS),
];

#[cfg(test)]
mod tests {
    use super::OLD;

    #[test]
    fn none_is_a_parameter_of_today() {
        for (name, _) in OLD {
            assert!(crate::globals::find(name).is_none(), "{name}");
        }
    }
}
