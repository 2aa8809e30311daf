//! Functions of older releases that nothing does under that name, and what does so today.

/// What to write in place of a function that is gone.
pub(crate) fn gone_function(name: &str) -> Option<&'static str> {
    GONE.iter().find(|(old, _)| *old == name).map(|(_, today)| *today)
}

/// Core functions that 1.x took without parentheses.
pub(crate) fn needs_no_parentheses(name: &str) -> bool {
    WITHOUT_PARENTHESES.contains(&name)
}

const WITHOUT_PARENTHESES: &[&str] = &[
    "force_rport",
    "add_rport",
    "add_local_rport",
    "force_local_rport",
    "force_tcp_alias",
    "add_tcp_alias",
    "revert_uri",
    "append_branch",
    "next_branches",
    "resetdsturi",
    "resetduri",
    "forward",
];

const GONE: &[(&str, &str)] = &[
    ("t_release", "transactions end by themselves: leave it out"),
    ("registered", "it is is_registered() of the module registrar since 2.3: is_registered(\"location\", \"$ru\")"),
    ("avp_write", "assign the variable: $avp(name) = value"),
    ("sip_trace", "it is trace() of the module tracer since 3.0"),
    ("fetch_event_params", "write $param(name) where the parameter of the event is wanted"),
    ("unforce_rtp_proxy", "it is rtpproxy_unforce() of the module rtpproxy"),
    (
        "force_rtp_proxy",
        "it is rtpproxy_offer() for an offer and rtpproxy_answer() for an answer, of the module rtpproxy",
    ),
    ("engage_rtp_proxy", "it is rtpproxy_engage() of the module rtpproxy"),
    ("next_routing", "it is use_next_gw() of the module drouting since 3.0"),
    ("load_balance", "it is lb_start() for a first choice, or lb_start_or_next() where it also went on to the next"),
    ("is_user_in", "it is db_is_user_in() of the module group since 3.2"),
    ("get_user_group", "it is db_get_user_group() of the module group since 3.2"),
    ("aaa_does_uri_exist", "it is of the module auth_aaa since 3.0"),
    ("aaa_does_uri_user_exist", "it is of the module auth_aaa since 3.0"),
    ("cancel_call", "it is t_cancel_branch(\"a\")"),
    ("t_cancel_call", "it is t_cancel_branch(\"a\")"),
    ("t_check", "it is t_check_trans()"),
    ("lookup_branches", "it is lookup() with the flag branch"),
];
