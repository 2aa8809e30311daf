//! The parameters, and what the engine makes of them.

use catalogue::{Param, ParamKind};
use module_api::{Setup, StartError, TransactionSettings};
use std::time::Duration;

pub(super) const ALL: &[Param] = &[
    RURI_MATCHING,
    VIA1_MATCHING,
    FR_TIMEOUT,
    FR_INV_TIMEOUT,
    WT_TIMER,
    DELETE_TIMER,
    T1_TIMER,
    T2_TIMER,
    UNIX_TX_TIMEOUT,
    RESTART_FR_ON_EACH_REPLY,
    TW_APPEND,
    ENABLE_STATS,
    PASS_PROVISIONAL_REPLIES,
    SYN_BRANCH,
    ONREPLY_AVP_MODE,
    DISABLE_6XX_BLOCK,
    MINOR_BRANCH_FLAG,
    TIMER_PARTITIONS,
    AUTO_100TRYING,
    TM_REPLICATION_CLUSTER,
    CLUSTER_PARAM,
    CLUSTER_AUTO_CANCEL,
    LOCAL_REPLY_ROUTE,
    LOCAL_REQUEST_ROUTE,
    FR_TIMER_AVP,
    FR_INV_TIMER_AVP,
];

const RURI_MATCHING: Param =
    Param::int("ruri_matching", 1, "Whether requests without an RFC 3261 branch need the same Request-URI to match.");
const VIA1_MATCHING: Param =
    Param::int("via1_matching", 1, "Whether requests without an RFC 3261 branch need the same top Via to match.");
const FR_TIMEOUT: Param = Param::int(
    "fr_timeout",
    30,
    "Seconds until a branch without any reply, or a negative reply without ACK, is given up.",
)
.within(1, 86_400)
.aliases(&[catalogue::Alias::old("fr_timer", "3.0")]);
const FR_INV_TIMEOUT: Param =
    Param::int("fr_inv_timeout", 120, "Seconds until an INVITE's branch without final reply is given up.")
        .within(1, 86_400)
        .aliases(&[catalogue::Alias::old("fr_inv_timer", "3.0")]);
const WT_TIMER: Param =
    Param::int("wt_timer", 5, "Seconds that a finished transaction absorbs retransmissions.").within(0, 3600);
const DELETE_TIMER: Param =
    Param::int("delete_timer", 2, "Seconds until a transaction in use is tried to be deleted again.")
        .no_effect("a transaction is freed when its last user is done");
const T1_TIMER: Param =
    Param::int("T1_timer", 500, "Milliseconds until a request is sent again for the first time.").within(1, 60_000);
const T2_TIMER: Param =
    Param::int("T2_timer", 4000, "The most milliseconds between retransmissions.").within(1, 600_000);
const UNIX_TX_TIMEOUT: Param =
    Param::int("unix_tx_timeout", 2, "Seconds that t_write_unix() may take.").within(1, 3600);
const RESTART_FR_ON_EACH_REPLY: Param =
    Param::int("restart_fr_on_each_reply", 1, "Whether each provisional reply starts fr_inv_timeout anew.");
pub(super) const TW_APPEND: Param = Param::unset(
    "tw_append",
    ParamKind::Str,
    "Items that t_write_req() and t_write_unix() append: \"name:element;element\", an element being \"[title=]$variable\".",
)
.repeats();
pub(super) const ENABLE_STATS: Param = Param::int("enable_stats", 1, "Whether the module's statistics are shown.");
const PASS_PROVISIONAL_REPLIES: Param =
    Param::int("pass_provisional_replies", 0, "Whether tm:uac_dlg shows the provisional replies to its request too.");
const SYN_BRANCH: Param = Param::int("syn_branch", 1, "Whether branches are made without a hash of the request.")
    .no_effect("a branch names its transaction, and begins at random with each start");
const ONREPLY_AVP_MODE: Param =
    Param::int("onreply_avp_mode", 0, "Whether onreply_route sees the transaction's AVPs (1) or has its own (0).");
const DISABLE_6XX_BLOCK: Param = Param::int("disable_6xx_block", 0, "Whether other branches may be tried after a 6xx.");
const MINOR_BRANCH_FLAG: Param = Param::unset(
    "minor_branch_flag",
    ParamKind::Flag,
    "The branch flag of branches that are not waited for when the others have failed.",
);
const TIMER_PARTITIONS: Param = Param::int("timer_partitions", 1, "Into how many parts the timers are split.")
    .no_effect("every part of the transaction table has its own timers");
const AUTO_100TRYING: Param = Param::int("auto_100trying", 1, "Whether an INVITE's transaction begins with a 100.");
pub(super) const NO_CLUSTER: &str = "it needs module clusterer, which is not there yet";
const TM_REPLICATION_CLUSTER: Param =
    Param::int("tm_replication_cluster", 0, "The cluster whose nodes share anycast sockets.").unavailable(NO_CLUSTER);
const CLUSTER_PARAM: Param =
    Param::str("cluster_param", "cid", "The Via parameter that names the node.").unavailable(NO_CLUSTER);
const CLUSTER_AUTO_CANCEL: Param =
    Param::int("cluster_auto_cancel", 1, "Whether a CANCEL reaches the node of its INVITE by itself.")
        .unavailable(NO_CLUSTER);
const LOCAL_REPLY_ROUTE: Param = Param::unset(
    "local_reply_route",
    ParamKind::Route,
    "The route that hears of each reply of our own, after it was sent.",
);
const LOCAL_REQUEST_ROUTE: Param = Param::unset(
    "local_request_route",
    ParamKind::Route,
    "The route that each request of our own runs through, after local_route.",
);
pub(super) const FR_TIMER_AVP: Param =
    Param::unset("fr_timer_avp", ParamKind::Var, "The variable whose seconds t_relay() takes for fr_timeout.")
        .today("$T_fr_timeout, set before t_relay()");
pub(super) const FR_INV_TIMER_AVP: Param =
    Param::unset("fr_inv_timer_avp", ParamKind::Var, "The variable whose seconds t_relay() takes for fr_inv_timeout.")
        .today("$T_fr_inv_timeout, set before t_relay()");

/// The settings as the engine takes them.
pub(super) fn settings(setup: &Setup<'_>) -> Result<TransactionSettings, StartError> {
    let params = &setup.params;
    let count = |param: &Param| u64::try_from(params.int(param)).unwrap_or(0);
    let (t1, t2) = (count(&T1_TIMER), count(&T2_TIMER));
    if t2 < t1 {
        return Err(StartError::param(T2_TIMER.name, "it must not be less than T1_timer"));
    }
    Ok(TransactionSettings {
        any_reply: Duration::from_secs(count(&FR_TIMEOUT)),
        invite_final: Duration::from_secs(count(&FR_INV_TIMEOUT)),
        linger: Duration::from_secs(count(&WT_TIMER)),
        t1: Duration::from_millis(t1),
        t2: Duration::from_millis(t2),
        match_request_uri: params.is_on(&RURI_MATCHING),
        match_via: params.is_on(&VIA1_MATCHING),
        restart_on_each_reply: params.is_on(&RESTART_FR_ON_EACH_REPLY),
        avps_in_reply_routes: params.is_on(&ONREPLY_AVP_MODE),
        try_on_after_6xx: params.is_on(&DISABLE_6XX_BLOCK),
        minor_branch_flag: setup.branch_flag(&MINOR_BRANCH_FLAG)?,
        auto_trying: params.is_on(&AUTO_100TRYING),
        pass_provisional_replies: params.is_on(&PASS_PROVISIONAL_REPLIES),
        local_reply_route: params.str(&LOCAL_REPLY_ROUTE).map(str::to_owned),
        local_request_route: params.str(&LOCAL_REQUEST_ROUTE).map(str::to_owned),
    })
}

pub(super) fn write_deadline(setup: &Setup<'_>) -> Duration {
    Duration::from_secs(u64::try_from(setup.params.int(&UNIX_TX_TIMEOUT)).unwrap_or(2))
}
