//! The parameters of `usrloc`.

use catalogue::{Param, ParamKind, Refused};

/// All of them.
pub const PARAMS: &[Param] = &[
    CONTACT_ID_COLUMN,
    USER_COLUMN,
    DOMAIN_COLUMN,
    CONTACT_COLUMN,
    EXPIRES_COLUMN,
    Q_COLUMN,
    CALLID_COLUMN,
    CSEQ_COLUMN,
    FLAGS_COLUMN,
    CFLAGS_COLUMN,
    USER_AGENT_COLUMN,
    RECEIVED_COLUMN,
    PATH_COLUMN,
    SOCKET_COLUMN,
    METHODS_COLUMN,
    SIP_INSTANCE_COLUMN,
    KV_STORE_COLUMN,
    ATTR_COLUMN,
    DB_URL,
    CACHEDB_URL,
    TIMER_INTERVAL,
    WORKING_MODE_PRESET,
    CLUSTER_MODE,
    RESTART_PERSISTENCY,
    SQL_WRITE_MODE,
    DB_MODE,
    PINGING_MODE,
    SHARED_PINGING,
    USE_DOMAIN,
    DESC_TIME_ORDER,
    MI_DUMP_KV_STORE,
    LATENCY_EVENT_MIN_US,
    LATENCY_EVENT_MIN_US_DELTA,
    MATCHING_MODE,
    CSEQ_DELAY,
    HASH_SIZE,
    NAT_BFLAG,
    CONTACT_REFRESH_TIMER,
    LOCATION_CLUSTER,
    HA_CLUSTER,
    HA_SHTAG,
    SKIP_REPLICATED_DB_OPS,
    MAX_CONTACT_DELETE,
    REGEN_BROKEN_CONTACTID,
];

pub const CONTACT_ID_COLUMN: Param =
    Param::str("contact_id_column", "contact_id", "The column of contact identifiers.");
pub const USER_COLUMN: Param = Param::str("user_column", "username", "The column of user names.");
pub const DOMAIN_COLUMN: Param = Param::str("domain_column", "domain", "The column of domains.");
pub const CONTACT_COLUMN: Param = Param::str("contact_column", "contact", "The column of contact URIs.");
pub const EXPIRES_COLUMN: Param =
    Param::str("expires_column", "expires", "The column of the time when a contact ends, in Unix seconds.");
pub const Q_COLUMN: Param = Param::str("q_column", "q", "The column of preferences.");
pub const CALLID_COLUMN: Param = Param::str("callid_column", "callid", "The column of Call-IDs.");
pub const CSEQ_COLUMN: Param = Param::str("cseq_column", "cseq", "The column of CSeq numbers.");
pub const FLAGS_COLUMN: Param = Param::str("flags_column", "flags", "The column of the module's own flags.");
pub const CFLAGS_COLUMN: Param = Param::str("cflags_column", "cflags", "The column of branch flags.");
pub const USER_AGENT_COLUMN: Param = Param::str("user_agent_column", "user_agent", "The column of user agents.");
pub const RECEIVED_COLUMN: Param =
    Param::str("received_column", "received", "The column of the URIs that registrations came from.");
pub const PATH_COLUMN: Param = Param::str("path_column", "path", "The column of Path headers.");
pub const SOCKET_COLUMN: Param = Param::str("socket_column", "socket", "The column of receiving sockets.");
pub const METHODS_COLUMN: Param = Param::str("methods_column", "methods", "The column of supported methods.");
pub const SIP_INSTANCE_COLUMN: Param =
    Param::str("sip_instance_column", "sip_instance", "The column of SIP instances.");
pub const KV_STORE_COLUMN: Param = Param::str("kv_store_column", "kv_store", "The column of keys and values, as JSON.");
pub const ATTR_COLUMN: Param = Param::str("attr_column", "attr", "The column of what scripts attach to a contact.");
pub const DB_URL: Param =
    Param::unset("db_url", ParamKind::Str, "The database of the location tables, db_default_url if not set.");
pub const CACHEDB_URL: Param = Param::unset("cachedb_url", ParamKind::Str, "The NoSQL database of the cluster modes.")
    .no_effect("only the cachedb cluster modes use it");
pub const TIMER_INTERVAL: Param = Param::int(
    "timer_interval",
    60,
    "The seconds in which each contact is once looked at: removed if its time is over, written if it has changed.",
)
.within(1, 86_400);
pub const WORKING_MODE_PRESET: Param = Param::str(
    "working_mode_preset",
    "single-instance-no-db",
    "Where contacts are kept; overrides cluster_mode, restart_persistency and sql_write_mode.",
)
.one_of(&[
    "single-instance-no-db",
    "single-instance-sql-write-through",
    "single-instance-sql-write-back",
    "sql-only",
    "federation-cachedb-cluster",
    "full-sharing-cluster",
    "full-sharing-cachedb-cluster",
])
.refusing(&[
    Refused::new("federation-cachedb-cluster", NO_CLUSTER),
    Refused::new("full-sharing-cluster", NO_CLUSTER),
    Refused::new("full-sharing-cachedb-cluster", NO_CLUSTER),
]);
pub const CLUSTER_MODE: Param = Param::str("cluster_mode", "none", "How contacts are shared with other servers.")
    .one_of(&["none", "federation-cachedb", "full-sharing", "full-sharing-cachedb", "sql-only"])
    .refusing(&[
        Refused::new("federation-cachedb", NO_CLUSTER),
        Refused::new("full-sharing", NO_CLUSTER),
        Refused::new("full-sharing-cachedb", NO_CLUSTER),
    ]);
pub const RESTART_PERSISTENCY: Param =
    Param::str("restart_persistency", "none", "Where contacts come from after a restart.")
        .one_of(&["none", "load-from-sql", "sync-from-cluster"])
        .refusing(&[Refused::new("sync-from-cluster", NO_CLUSTER)]);
pub const SQL_WRITE_MODE: Param = Param::str("sql_write_mode", "none", "When changes are written to the database.")
    .one_of(&["none", "write-through", "write-back"]);
pub const DB_MODE: Param = Param::unset(
    "db_mode",
    ParamKind::Int,
    "The older form of working_mode_preset: 0 no-db, 1 write-through, 2 write-back, 3 sql-only, 4 loaded at start only.",
)
.within(0, 4)
.today(
    "working_mode_preset: \"single-instance-no-db\" for 0, \"single-instance-sql-write-through\" for 1, \
     \"single-instance-sql-write-back\" for 2, \"sql-only\" for 3; for 4 restart_persistency \"load-from-sql\"",
);
pub const PINGING_MODE: Param =
    Param::unset("pinging_mode", ParamKind::Str, "Which server of a cluster pings a contact.")
        .one_of(&["ownership", "cooperation"])
        .no_effect("a server without a cluster owns all its contacts");
pub const SHARED_PINGING: Param =
    Param::unset("shared_pinging", ParamKind::Int, "The older form of pinging_mode.").no_effect("see pinging_mode");
pub const USE_DOMAIN: Param = Param::int("use_domain", 1, "Whether addresses of record include the domain.");
pub const DESC_TIME_ORDER: Param =
    Param::int("desc_time_order", 0, "Whether contacts are ordered by time, the newest first, rather than by q.");
pub const MI_DUMP_KV_STORE: Param =
    Param::int("mi_dump_kv_store", 0, "Whether management commands show keys and values.");
pub const LATENCY_EVENT_MIN_US: Param = Param::int(
    "latency_event_min_us",
    0,
    "The least round trip of a ping, in microseconds, that raises E_UL_LATENCY_UPDATE.",
);
pub const LATENCY_EVENT_MIN_US_DELTA: Param = Param::int(
    "latency_event_min_us_delta",
    0,
    "The least change of a ping's round trip, in microseconds, that raises E_UL_LATENCY_UPDATE.",
);
pub const MATCHING_MODE: Param = Param::int(
    "matching_mode",
    0,
    "When a registered contact is one that is there already: 0 same URI, 1 same URI and Call-ID.",
)
.within(0, 1);
pub const CSEQ_DELAY: Param = Param::int(
    "cseq_delay",
    20,
    "The seconds in which a REGISTER of the same Call-ID and CSeq counts as a retransmission.",
);
pub const HASH_SIZE: Param = Param::int(
    "hash_size",
    9,
    "The logarithm of the number of slots in contact identifiers; the table itself grows as needed.",
)
.within(1, 16);
pub const NAT_BFLAG: Param =
    Param::unset("nat_bflag", ParamKind::Flag, "The branch flag that marks contacts behind a NAT.");
pub const CONTACT_REFRESH_TIMER: Param = Param::int(
    "contact_refresh_timer",
    0,
    "Whether E_UL_CONTACT_REFRESH is raised for contacts that must be woken up to register again.",
);
pub const LOCATION_CLUSTER: Param =
    Param::int("location_cluster", 0, "The cluster that shares contacts.").unavailable(NO_CLUSTER);
pub const HA_CLUSTER: Param =
    Param::int("ha_cluster", 0, "The cluster of the active and the standby server.").unavailable(NO_CLUSTER);
pub const HA_SHTAG: Param = Param::unset("ha_shtag", ParamKind::Str, "The sharing tag of the active server.")
    .no_effect("only the federation cluster mode uses it");
pub const SKIP_REPLICATED_DB_OPS: Param =
    Param::int("skip_replicated_db_ops", 0, "Whether contacts from other servers are kept out of the database.")
        .no_effect("contacts come from other servers in cluster modes only");
pub const MAX_CONTACT_DELETE: Param =
    Param::int("max_contact_delete", 10, "How many contacts one SQL statement deletes.").within(1, 1000);
pub const REGEN_BROKEN_CONTACTID: Param = Param::int(
    "regen_broken_contactid",
    0,
    "Whether contacts loaded with an identifier of another hash_size or server get a new one.",
);

/// What sharing contacts needs.
pub const NO_CLUSTER: &str = "sharing contacts with other servers needs module clusterer, which is not there yet; \
    servers can share one database with working_mode_preset \"sql-only\"";
