//! Global parameters: what is logged, and where.

use super::{GlobalKind, GlobalParam};
use catalogue::FACILITIES;

const FORMATS: &[&str] = &["plain_text", "json", "json_cee"];
const LINES_HAVE_NO_BUFFER: &str = "lines of the log have the room they need";

pub(super) const GLOBALS: &[GlobalParam] = &[
    GlobalParam::int(
        "log_level",
        2,
        "What is logged: -3 alert, -2 critical, -1 error, 1 warning, 2 notice, 3 info, 4 debug.",
    )
    .clamped(-3, 4)
    .once(&["debug"]),
    GlobalParam::int("xlog_level", 2, "The level above which xlog lines are dropped.").clamped(-3, 4),
    GlobalParam::int("xlog_print_level", 2, "The level of xlog lines that name none.")
        .clamped(-3, 4)
        .once(&["xlog_default_level"]),
    GlobalParam::bool("stderror_enabled", true, "Logs to the standard error."),
    GlobalParam::bool("syslog_enabled", false, "Logs to syslog."),
    GlobalParam::of("syslog_facility", GlobalKind::Word, catalogue::Default::Str("LOG_DAEMON"), "The syslog facility.")
        .one_of(FACILITIES)
        .once(&["log_facility"]),
    GlobalParam::unset("syslog_name", GlobalKind::Str, "The name in syslog lines.").once(&["log_name"]),
    GlobalParam::int("stderror_level_filter", 0, "The level for the standard error, 0 for log_level."),
    GlobalParam::int("syslog_level_filter", 0, "The level for syslog, 0 for log_level."),
    GlobalParam::of(
        "stderror_log_format",
        GlobalKind::Word,
        catalogue::Default::Str("plain_text"),
        "The form of lines on the standard error.",
    )
    .one_of(FORMATS),
    GlobalParam::of(
        "syslog_log_format",
        GlobalKind::Word,
        catalogue::Default::Str("plain_text"),
        "The form of lines in syslog.",
    )
    .one_of(FORMATS),
    GlobalParam::bool("log_event_enabled", false, "Raises E_CORE_LOG for each line."),
    GlobalParam::int("log_event_level_filter", 0, "The level for E_CORE_LOG, 0 for log_level."),
    GlobalParam::str("log_prefix", "", "Text before each line."),
    GlobalParam::bool("log_stdout", false, "Keeps the standard output; without, what goes there is dropped."),
    GlobalParam::bool("xlog_force_color", false, "Lets $C(xy) colour; without, it is empty."),
    GlobalParam::int("xlog_buf_size", 4096, "The longest xlog line.")
        .within(0, i32::MAX)
        .no_effect(LINES_HAVE_NO_BUFFER),
    GlobalParam::int("log_msg_buf_size", 4096, "The longest line.").within(0, i32::MAX).no_effect(LINES_HAVE_NO_BUFFER),
    GlobalParam::int("log_json_buf_size", 6144, "The longest JSON line.")
        .within(0, i32::MAX)
        .no_effect(LINES_HAVE_NO_BUFFER),
    GlobalParam::int("pv_print_buf_size", 20_000, "The longest expanded format string, in bytes.")
        .within(0, 16_777_216),
];
