//! Global parameters as the engine and the log want them.

use super::{Configured, Origin, environment};
use crate::cli::ServeOptions;
use bytes::Bytes;
use catalogue::FlagNames;
use edge_log::{Facility, Format, LogSettings};
use module_api::{Interned, Settings};
use script::globals::Globals;
use std::env;
use std::time::Duration;

/// What functions and modules need to know.
pub fn settings(configured: &Configured, origin: &Origin, options: &ServeOptions, names: &Interned) -> Settings {
    let globals = &configured.globals;
    let text = |name: &str| globals.text(name).map(str::to_owned);
    let line =
        |name: &str, default: Option<Bytes>| globals.text(name).map(|line| Bytes::from(line.to_owned())).or(default);
    let defaults = Settings::default();
    let number = |name: &str| usize::try_from(globals.int(name)).unwrap_or_default();
    let flag = |name: &str, table: &FlagNames| globals.text(name).and_then(|flag| table.number(flag));
    let has_signature = globals.is_on("server_signature");
    Settings {
        server_header: line("server_header", defaults.server_header).filter(|_| has_signature),
        user_agent_header: line("user_agent_header", defaults.user_agent_header),
        db_default_url: text("db_default_url"),
        restart_persistency_cache_file: text("restart_persistency_cache_file")
            .unwrap_or(defaults.restart_persistency_cache_file),
        sip_warning: globals.is_on("sip_warning"),
        advertised_address: options.advertise.clone().or_else(|| text("advertised_address")).map(Bytes::from),
        advertised_port: globals.optional_int("advertised_port").and_then(|port| u16::try_from(port).ok()),
        disable_503_translation: globals.is_on("disable_503_translation"),
        reply_to_via: globals.is_on("reply_to_via"),
        disable_dns_failover: globals.is_on("disable_dns_failover"),
        disable_dns_blacklist: globals.is_on("disable_dns_blacklist"),
        dns: globals.is_on("dns") || options.dns > 0,
        rev_dns: globals.is_on("rev_dns") || options.reverse_dns > 0,
        disable_stateless_fwd: globals.is_on("disable_stateless_fwd"),
        check_via: globals.is_on("check_via") || options.check_via > 0,
        dns_try_ipv6: globals.is_on("dns_try_ipv6"),
        mhomed: globals.is_on("mhomed"),
        tcp_accept_aliases: globals.is_on("tcp_accept_aliases"),
        no_connection_branch_flag: flag("tcp_no_new_conn_bflag", &names.flags.branch),
        no_connection_reply_flag: flag("tcp_no_new_conn_rplflag", &names.flags.message),
        max_while_loops: u32::try_from(globals.int("max_while_loops")).unwrap_or(defaults.max_while_loops),
        print_bytes_max: number("pv_print_buf_size"),
        xlog_print_level: globals.int("xlog_print_level"),
        xlog_force_color: globals.is_on("xlog_force_color"),
        exec_msg_threshold: micros(globals, "exec_msg_threshold"),
        enable_asserts: globals.is_on("enable_asserts"),
        abort_on_assert: globals.is_on("abort_on_assert"),
        script_path: origin.name().to_owned(),
        script_text: configured.source.text.clone(),
        argv: options.define.clone(),
        command_line: env::args().collect(),
        environment: environment().into_iter().collect(),
        pid: std::process::id(),
        working_directory: env::current_dir().map(|path| path.display().to_string()).unwrap_or_default(),
    }
}

/// Where log lines go, and at which levels: `log_level` and `xlog_level` with what the command line adds.
pub fn log_settings(globals: &Globals, options: &ServeOptions) -> (LogSettings, i32, i32) {
    let is_debugging = options.debug_mode > 0 || globals.is_on("debug_mode");
    let format = |name: &str| globals.text(name).and_then(Format::named).unwrap_or_default();
    let defaults = LogSettings::default();
    let settings = LogSettings {
        stderr: globals.is_on("stderror_enabled") || options.log_to_stderr > 0 || is_debugging,
        syslog: globals.is_on("syslog_enabled"),
        stderr_filter: globals.int("stderror_level_filter"),
        syslog_filter: globals.int("syslog_level_filter"),
        stderr_format: format("stderror_log_format"),
        syslog_format: format("syslog_log_format"),
        name: globals.text("syslog_name").map_or(defaults.name, str::to_owned),
        facility: globals.text("syslog_facility").and_then(Facility::named).unwrap_or(defaults.facility),
        prefix: globals.text("log_prefix").unwrap_or_default().to_owned(),
        pid: defaults.pid,
    };
    let level = if is_debugging { 4 } else { globals.int("log_level") + i32::from(options.debug) };
    (settings, level, globals.int("xlog_level"))
}

/// A threshold in microseconds; 0 is none.
pub fn micros(globals: &Globals, name: &str) -> Option<Duration> {
    u64::try_from(globals.int(name)).ok().filter(|micros| *micros > 0).map(Duration::from_micros)
}
