//! Global parameters: the process, its memory, its workers and its databases.

use super::{GlobalKind, GlobalParam};

const NOTHING_TO_SIZE: &str = "memory follows the load: there is no pool to size or to watch";
const NO_WORKERS: &str = "threads follow the processors, and nothing waits in them";

const WRITTEN_TOGETHER: &str = "rows that wait at the same time are written in one transaction";

pub(super) const GLOBALS: &[GlobalParam] = &[
    GlobalParam::unset("mpath", GlobalKind::Str, "A directory of modules.")
        .repeats()
        .no_effect("the modules are part of the program"),
    GlobalParam::unset("udp_workers", GlobalKind::Workers, "Workers for each UDP socket.")
        .once(&["children"])
        .no_effect(NO_WORKERS),
    GlobalParam::unset("tcp_workers", GlobalKind::Workers, "Workers for streams.")
        .once(&["tcp_children"])
        .no_effect(NO_WORKERS),
    GlobalParam::unset("timer_workers", GlobalKind::Workers, "Workers for timers.").no_effect(NO_WORKERS),
    GlobalParam::unset("auto_scaling_profile", GlobalKind::ScalingProfile, "When to start and stop workers.")
        .repeats()
        .no_effect(NO_WORKERS),
    GlobalParam::int("auto_scaling_cycle", 1, "Seconds between two looks at the load.")
        .within(0, i32::MAX)
        .no_effect(NO_WORKERS),
    GlobalParam::of("poll_method", GlobalKind::Word, catalogue::Default::Str("epoll"), "How sockets are waited for.")
        .no_effect("the best method of the system is used"),
    GlobalParam::bool("debug_mode", false, "Runs in the foreground and logs everything to the standard error."),
    GlobalParam::bool("disable_core_dump", false, "Leaves no core file after a crash."),
    GlobalParam::unset("user", GlobalKind::Word, "Whom the process becomes; -u of the command line is stronger.")
        .spelt(&["uid"])
        .of_older_releases("it is given on the command line: -u NAME"),
    GlobalParam::unset(
        "group",
        GlobalKind::Word,
        "The group that the process gets; -g of the command line is stronger.",
    )
    .spelt(&["gid"])
    .of_older_releases("it is given on the command line: -g NAME"),
    GlobalParam::unset("chroot", GlobalKind::Path, "The directory that becomes the root."),
    GlobalParam::of("wdir", GlobalKind::Path, catalogue::Default::Str("/"), "The working directory.")
        .spelt(&["workdir"]),
    GlobalParam::int("open_files_limit", -1, "The most files that may be open, -1 for the system's limit."),
    GlobalParam::int("max_while_loops", 10_000, "The most turns of a loop of the script.").within(0, i32::MAX),
    GlobalParam::bool("enable_asserts", false, "Evaluates assert()."),
    GlobalParam::bool("abort_on_assert", false, "Stops the server when an assert() fails."),
    GlobalParam::unset("db_default_url", GlobalKind::Str, "The database of modules whose db_url is not set."),
    GlobalParam::str("db_version_table", "version", "The table with the versions of the other tables."),
    GlobalParam::int("db_max_async_connections", 10, "The most connections to a database.")
        .within(0, i32::MAX)
        .no_effect("each database has the connections it needs"),
    GlobalParam::int("query_buffer_size", 0, "Rows that are collected before they are inserted, 0 or 1 for none.")
        .within(0, i32::MAX)
        .no_effect(WRITTEN_TOGETHER),
    GlobalParam::int("query_flush_time", 0, "Seconds after which collected rows are inserted.")
        .within(0, i32::MAX)
        .no_effect(WRITTEN_TOGETHER),
    GlobalParam::int("exec_dns_threshold", 0, "Microseconds a DNS query may take before it is logged, 0 for any.")
        .within(0, i32::MAX)
        .spelt(&["execdns_threshold", "exec_dnsthreshold", "execdnsthreshold"]),
    GlobalParam::int("exec_msg_threshold", 0, "Microseconds a message may take before it is logged, 0 for any.")
        .within(0, i32::MAX)
        .spelt(&["execmsg_threshold", "exec_msgthreshold", "execmsgthreshold"]),
    GlobalParam::int("tcp_threshold", 0, "Microseconds a send may take before it is logged, 0 for any.")
        .within(0, i32::MAX)
        .spelt(&["tcpthreshold"]),
    GlobalParam::int("event_shm_threshold", 0, "Percent of the memory ceiling that raise E_CORE_SHM_THRESHOLD.")
        .within(0, 100)
        .no_effect(NOTHING_TO_SIZE),
    GlobalParam::int("event_pkg_threshold", 0, "Percent of a worker's memory that raise E_CORE_PKG_THRESHOLD.")
        .within(0, 100)
        .no_effect(NOTHING_TO_SIZE),
    GlobalParam::unset("mem-group", GlobalKind::MemoryGroup, "Modules whose memory is counted together.")
        .repeats()
        .no_effect(NOTHING_TO_SIZE),
    GlobalParam::bool("mem_warming", false, "Shapes the memory pool at start-up.").no_effect(NOTHING_TO_SIZE),
    GlobalParam::int("mem_warming_percentage", 75, "How much of the pool is shaped.")
        .within(0, 100)
        .no_effect(NOTHING_TO_SIZE),
    GlobalParam::unset("mem_warming_pattern_file", GlobalKind::Str, "Where the shape is kept.")
        .no_effect(NOTHING_TO_SIZE),
    GlobalParam::int("memdump", 14, "The level of memory dumps.").spelt(&["mem_dump"]).no_effect(NOTHING_TO_SIZE),
    GlobalParam::int("memlog", 15, "The level of memory operations.").spelt(&["mem_log"]).no_effect(NOTHING_TO_SIZE),
    GlobalParam::int("shm_hash_split_percentage", 1, "How the pool is divided.").no_effect(NOTHING_TO_SIZE),
    GlobalParam::int("shm_secondary_hash_size", 8, "How the pool is divided.").no_effect(NOTHING_TO_SIZE),
    GlobalParam::int("shm_memlog_size", 0, "How many memory operations are kept.").no_effect(NOTHING_TO_SIZE),
    GlobalParam::str(
        "restart_persistency_cache_file",
        ".restart_persistency.cache",
        "What the names of the files begin with that are kept over a restart: each module's has its name after it.",
    ),
    GlobalParam::unset("restart_persistency_size", GlobalKind::Int, "The size of that file in megabytes.")
        .no_effect("the file has the size it needs"),
];

/// An option of a socket that changes nothing here, and why.
pub(super) fn idle_socket_option(option: &str) -> Option<(&'static str, &'static str)> {
    match option {
        "use_workers" => Some(("use_workers of a socket", NO_WORKERS)),
        "use_auto_scaling_profile" => Some(("use_auto_scaling_profile of a socket", NO_WORKERS)),
        _ => None,
    }
}
