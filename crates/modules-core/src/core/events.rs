//! The events of the server itself.

use catalogue::Event;
use module_api::{LOG_LINE, STATUS_CHANGED, TCP_DISCONNECT, THRESHOLD};

pub(super) const ALL: &[Event] = &[
    THRESHOLD,
    Event {
        name: "E_CORE_SHM_THRESHOLD",
        about: "Never raised: there is no pool of shared memory that could run full.",
        params: &["usage", "threshold", "used", "size"],
    },
    Event {
        name: "E_CORE_PKG_THRESHOLD",
        about: "Never raised: there are no pools of private memory that could run full.",
        params: &["usage", "threshold", "used", "size", "pid"],
    },
    Event {
        name: "E_CORE_PROC_AUTO_SCALE",
        about: "Never raised: threads follow the processors, and none is added or taken away while running.",
        params: &["group_type", "group_filter", "group_load", "scale", "process_id", "pid"],
    },
    TCP_DISCONNECT,
    STATUS_CHANGED,
    LOG_LINE,
    Event { name: "E_PROFILING_PROC", about: "Raised by module profiling, which is not there.", params: PROFILING },
    Event { name: "E_PROFILING_SCRIPT", about: "Raised by module profiling, which is not there.", params: PROFILING },
];

const PROFILING: &[&str] = &["sec", "usec", "session", "verb", "name", "type", "depth", "file", "line", "status"];
