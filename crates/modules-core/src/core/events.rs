//! The events of the server itself.

use catalogue::Event;
use module_api::STATUS_CHANGED;

pub(super) const ALL: &[Event] = &[
    Event {
        name: "E_CORE_THRESHOLD",
        about: "An operation took longer than its threshold.",
        params: &["source", "time", "extra"],
    },
    Event {
        name: "E_CORE_SHM_THRESHOLD",
        about: "The memory in use passed event_shm_threshold percent of its ceiling.",
        params: &["usage", "threshold", "used", "size"],
    },
    Event {
        name: "E_CORE_PKG_THRESHOLD",
        about: "The memory of a task passed event_pkg_threshold; here it is the same as E_CORE_SHM_THRESHOLD.",
        params: &["usage", "threshold", "used", "size", "pid"],
    },
    Event {
        name: "E_CORE_PROC_AUTO_SCALE",
        about: "A worker was added or taken away.",
        params: &["group_type", "group_filter", "group_load", "scale", "process_id", "pid"],
    },
    Event {
        name: "E_CORE_TCP_DISCONNECT",
        about: "A connection was closed.",
        params: &["src_ip", "src_port", "dst_ip", "dst_port", "proto"],
    },
    STATUS_CHANGED,
    Event {
        name: "E_CORE_LOG",
        about: "A line was logged.",
        params: &["time", "pid", "level", "module", "function", "prefix", "message"],
    },
    Event { name: "E_PROFILING_PROC", about: "A step of a task was measured.", params: PROFILING },
    Event { name: "E_PROFILING_SCRIPT", about: "A step of the script was measured.", params: PROFILING },
];

const PROFILING: &[&str] = &["sec", "usec", "session", "verb", "name", "type", "depth", "file", "line", "status"];
