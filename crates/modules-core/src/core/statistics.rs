//! The statistics of the server itself, in upstream's groups.
//!
//! The engine and the edges count; what can be computed is computed when it is read, from what they know of the
//! process. There are no memory pools: `shmem` shows the memory of the whole process, `rpmem` is empty, and `pkmem`
//! gives each task the same figures, so that tools that add them up or draw them go on working.

use catalogue::Statistic;
use module_api::{Env, LoadPeriod, Memory, Process, Proto, Setup, Statistics};
use std::sync::Arc;
use std::time::Duration;

/// All of them; the group stands before the colon, `core` where there is none, and `<id>` for the number of a task.
pub(super) const ALL: &[Statistic] = &[
    Statistic::counter("rcv_requests", "Requests received."),
    Statistic::counter("rcv_replies", "Replies received."),
    Statistic::counter("fwd_requests", "Requests forwarded without a transaction."),
    Statistic::counter("fwd_replies", "Replies forwarded without a transaction."),
    Statistic::counter("drop_requests", "Requests dropped before the script."),
    Statistic::counter("drop_replies", "Replies dropped."),
    Statistic::counter("err_requests", "Requests that could not be read."),
    Statistic::counter("err_replies", "Replies that could not be read."),
    Statistic::counter("bad_URIs_rcvd", "URIs that could not be read."),
    Statistic::counter("bad_msg_hdr", "Headers that could not be read."),
    Statistic::counter("slow_messages", "Messages that took longer than exec_msg_threshold."),
    Statistic::level("timestamp", "Seconds since the start."),
    Statistic::counter("dns:dns_total_queries", "Questions to name servers."),
    Statistic::counter("dns:dns_slow_queries", "Those that took longer than exec_dns_threshold."),
    Statistic::counter("sql:sql_total_queries", "Database statements."),
    Statistic::counter("sql:sql_slow_queries", "Those that took longer than exec_query_threshold."),
    CACHE_QUERIES,
    Statistic::counter("cdb:cdb_slow_queries", "Those that took too long."),
    Statistic::level("net:waiting_udp", "Bytes waiting in UDP sockets."),
    Statistic::level("net:waiting_tcp", "Bytes waiting in TCP sockets."),
    Statistic::level("net:waiting_tls", "Bytes waiting in TLS sockets."),
    Statistic::level("shmem:total_size", "The ceiling of the process's memory, in bytes."),
    Statistic::level("shmem:used_size", "Memory in use."),
    Statistic::level("shmem:real_used_size", "Memory held from the operating system."),
    Statistic::level("shmem:max_used_size", "The most memory ever held."),
    Statistic::level("shmem:free_size", "Memory left under the ceiling."),
    Statistic::level("shmem:fragments", "0: there are no pools."),
    Statistic::level("rpmem:rpm_total_size", "0: what survives a restart lives in files."),
    Statistic::level("rpmem:rpm_used_size", "0, as rpm_total_size."),
    Statistic::level("rpmem:rpm_real_used_size", "0, as rpm_total_size."),
    Statistic::level("rpmem:rpm_max_used_size", "0, as rpm_total_size."),
    Statistic::level("rpmem:rpm_free_size", "0, as rpm_total_size."),
    Statistic::level("rpmem:rpm_fragments", "0, as rpm_total_size."),
    Statistic::level("load:load", "How busy the server is, in percent."),
    Statistic::level("load:load1m", "The same over the last minute."),
    Statistic::level("load:load10m", "The same over the last ten minutes."),
    Statistic::level("load:load-all", "How busy all tasks are, in percent."),
    Statistic::level("load:load1m-all", "The same over the last minute."),
    Statistic::level("load:load10m-all", "The same over the last ten minutes."),
    Statistic::level("load:processes_number", "How many tasks there are."),
    Statistic::level("load:load-proc-<id>", "How busy a task is, in percent."),
    Statistic::level("load:load1m-proc-<id>", "The same over the last minute."),
    Statistic::level("load:load10m-proc-<id>", "The same over the last ten minutes."),
    Statistic::level("pkmem:<id>-total_size", "As shmem:total_size, for each task."),
    Statistic::level("pkmem:<id>-used_size", "As shmem:used_size."),
    Statistic::level("pkmem:<id>-real_used_size", "As shmem:real_used_size."),
    Statistic::level("pkmem:<id>-max_used_size", "As shmem:max_used_size."),
    Statistic::level("pkmem:<id>-free_size", "As shmem:free_size."),
    Statistic::level("pkmem:<id>-fragments", "0: there are no pools."),
];

/// Counted by the cache functions and commands.
pub(super) const CACHE_QUERIES: Statistic =
    Statistic::counter("cdb:cdb_total_queries", "Operations on key-value stores.");

/// Group and name of a statistic.
pub(super) fn split(statistic: &Statistic) -> (&'static str, &'static str) {
    statistic.name.split_once(':').unwrap_or(("core", statistic.name))
}

/// Makes the counters, so that they are listed before anything is counted.
pub(super) fn register(setup: &Setup<'_>) {
    for statistic in ALL.iter().filter(|statistic| !statistic.name.contains('<')) {
        let (group, name) = split(statistic);
        setup.statistics.counter(group, name, statistic.resets);
    }
}

/// A figure and how it is computed.
type Figure = (&'static str, &'static str, fn(&dyn Process) -> i64);

const FIGURES: &[Figure] = &[
    ("core", "timestamp", |process| process.uptime_s()),
    ("net", "waiting_udp", |process| process.waiting_bytes(Proto::Udp)),
    ("net", "waiting_tcp", |process| process.waiting_bytes(Proto::Tcp)),
    ("net", "waiting_tls", |process| process.waiting_bytes(Proto::Tls)),
    ("shmem", "total_size", |process| bytes(process.memory().limit)),
    ("shmem", "used_size", |process| bytes(process.memory().used)),
    ("shmem", "real_used_size", |process| bytes(process.memory().resident)),
    ("shmem", "max_used_size", |process| bytes(process.memory().peak)),
    ("shmem", "free_size", |process| free(process.memory())),
    ("load", "load", |process| process.load(None, LoadPeriod::Now)),
    ("load", "load1m", |process| process.load(None, LoadPeriod::Minute)),
    ("load", "load10m", |process| process.load(None, LoadPeriod::TenMinutes)),
    ("load", "load-all", |process| process.load(None, LoadPeriod::Now)),
    ("load", "load1m-all", |process| process.load(None, LoadPeriod::Minute)),
    ("load", "load10m-all", |process| process.load(None, LoadPeriod::TenMinutes)),
    ("load", "processes_number", |process| i64::try_from(process.tasks().len()).unwrap_or(i64::MAX)),
];

/// Lets the figures of the process be computed, now that there is one.
pub(super) fn register_process(env: &Env<'_>) {
    let (statistics, process) = (&env.services.statistics, &env.services.process);
    for (group, name, compute) in FIGURES {
        let process = Arc::clone(process);
        statistics.computed(group, name, move || compute(&*process));
    }
    register_tasks(env);
}

/// Gives the tasks that are new their figures: workers start after the modules.
pub(super) fn register_tasks(env: &Env<'_>) {
    let (statistics, process) = (&env.services.statistics, &env.services.process);
    for task in process.tasks() {
        if statistics.find(&format!("load:load-proc-{}", task.id)).is_none() {
            register_task(statistics, process, task.id);
        }
    }
}

/// How often new tasks are looked for.
pub(super) const TASKS_INTERVAL: Duration = Duration::from_secs(5);

/// A figure of each task; they share the process's memory.
type TaskFigure = (&'static str, fn(Memory) -> i64);

const TASK_FIGURES: &[TaskFigure] = &[
    ("total_size", |memory| bytes(memory.limit)),
    ("used_size", |memory| bytes(memory.used)),
    ("real_used_size", |memory| bytes(memory.resident)),
    ("max_used_size", |memory| bytes(memory.peak)),
    ("free_size", free),
    ("fragments", |_| 0),
];

fn register_task(statistics: &Statistics, process: &Arc<dyn Process>, id: u32) {
    for (name, over) in [("load", LoadPeriod::Now), ("load1m", LoadPeriod::Minute), ("load10m", LoadPeriod::TenMinutes)]
    {
        let process = Arc::clone(process);
        statistics.computed("load", &format!("{name}-proc-{id}"), move || process.load(Some(id), over));
    }
    for (name, compute) in TASK_FIGURES {
        let process = Arc::clone(process);
        statistics.computed("pkmem", &format!("{id}-{name}"), move || compute(process.memory()));
    }
}

fn free(memory: Memory) -> i64 {
    bytes(memory.limit.saturating_sub(memory.resident))
}

fn bytes(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
