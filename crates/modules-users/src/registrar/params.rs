//! The parameters of `registrar`.

use catalogue::{Param, ParamKind};

/// All of them.
pub const PARAMS: &[Param] = &[
    DEFAULT_EXPIRES,
    DEFAULT_Q,
    CASE_SENSITIVE,
    TCP_PERSISTENT_FLAG,
    REALM_PREFIX,
    MIN_EXPIRES,
    REFUSE_BRIEF,
    MAX_EXPIRES,
    RECEIVED_PARAM,
    RECEIVED_AVP,
    RETRY_AFTER,
    SOCK_HDR_NAME,
    MCONTACT_AVP,
    ATTR_AVP,
    GRUU_SECRET,
    DISABLE_GRUU,
    MAX_CONTACTS,
    MAX_USERNAME_LEN,
    MAX_DOMAIN_LEN,
    MAX_AOR_LEN,
    MAX_CONTACT_LEN,
    ALLOW_DUP_CSEQ,
    EXPIRES_MAX_DEVIATION,
    PN_ENABLE,
    PN_PROVIDERS,
    PN_CT_MATCH_PARAMS,
    PN_PNSREG_INTERVAL,
    PN_TRIGGER_INTERVAL,
    PN_SKIP_PN_INTERVAL,
    PN_REFRESH_TIMEOUT,
    PN_ENABLE_PURR,
    APPEND_BRANCHES,
    METHOD_FILTERING,
    USE_PATH,
    PATH_MODE,
    PATH_USE_RECEIVED,
    SOCK_FLAG,
];

pub const DEFAULT_EXPIRES: Param =
    Param::int("default_expires", 3600, "The seconds a contact is good for when the phone does not say.")
        .within(1, i32::MAX);
pub const DEFAULT_Q: Param =
    Param::int("default_q", -1, "The preference, in thousandths, of contacts that state none; -1: none.")
        .within(-1, 1000);
pub const CASE_SENSITIVE: Param =
    Param::int("case_sensitive", 1, "Whether the case of users in addresses of record counts.");
pub const TCP_PERSISTENT_FLAG: Param = Param::unset(
    "tcp_persistent_flag",
    ParamKind::Flag,
    "The message flag with which a connection is kept open as long as the contact registered over it.",
);
pub const REALM_PREFIX: Param = Param::str("realm_prefix", "", "What is taken off the domain of addresses of record.");
pub const MIN_EXPIRES: Param =
    Param::int("min_expires", 60, "The least seconds a contact is good for; less is raised to it.").within(0, i32::MAX);
pub const REFUSE_BRIEF: Param = Param::int(
    "refuse_brief",
    0,
    "Whether a contact for less than min_expires seconds is refused with 423 (RFC 3261 section 10.3) rather than given \
     more. Not of OpenSIPS.",
);
pub const MAX_EXPIRES: Param =
    Param::int("max_expires", 0, "The most seconds a contact is good for; more is cut to it. 0: any.")
        .within(0, i32::MAX);
pub const RECEIVED_PARAM: Param = Param::str(
    "received_param",
    "received",
    "The Contact parameter of replies that tells where the registration came from.",
);
pub const RECEIVED_AVP: Param =
    Param::unset("received_avp", ParamKind::Var, "The AVP with the URI of where the registration came from.");
pub const RETRY_AFTER: Param =
    Param::int("retry_after", 0, "The seconds in Retry-After of 5xx replies; 0: no such header.").within(0, i32::MAX);
pub const SOCK_HDR_NAME: Param =
    Param::unset("sock_hdr_name", ParamKind::Str, "The header that names the receiving socket, for socket-header.");
pub const MCONTACT_AVP: Param = Param::unset(
    "mcontact_avp",
    ParamKind::Var,
    "The AVP with the contact as it was sent on, whose lifetime save() in a reply route looks for in the reply.",
);
pub const ATTR_AVP: Param = Param::unset(
    "attr_avp",
    ParamKind::Var,
    "The AVP that save() keeps with a contact. lookup() gives it to branches under the same name ($msg.branch.attr), and to \
     the AVP, a value for each branch in turn, for scripts of before 4.0.",
);
pub const GRUU_SECRET: Param = Param::unset(
    "gruu_secret",
    ParamKind::Str,
    "The key of temporary GRUUs, to be the same on servers that share contacts; random where not set.",
);
pub const DISABLE_GRUU: Param = Param::int("disable_gruu", 1, "Whether GRUUs (RFC 5627) are not made.");
pub const MAX_CONTACTS: Param =
    Param::int("max_contacts", 0, "The most contacts of an address of record; 0: any number.").within(0, i32::MAX);
pub const MAX_USERNAME_LEN: Param =
    Param::int("max_username_len", 64, "The longest user of an address of record.").within(1, 65_535);
pub const MAX_DOMAIN_LEN: Param =
    Param::int("max_domain_len", 64, "The longest domain of an address of record.").within(1, 65_535);
pub const MAX_AOR_LEN: Param = Param::int("max_aor_len", 256, "The longest address of record.").within(1, 65_535);
pub const MAX_CONTACT_LEN: Param = Param::int("max_contact_len", 255, "The longest contact URI.").within(1, 65_535);
pub const ALLOW_DUP_CSEQ: Param =
    Param::int("allow_dup_cseq", 1, "Whether a REGISTER with the CSeq of the one before is taken as a new one.");
pub const EXPIRES_MAX_DEVIATION: Param = Param::int(
    "expires_max_deviation",
    0,
    "The most seconds by which lifetimes are made longer or shorter by chance, so that registrations spread.",
)
.within(0, 1_000_000);
pub const PN_ENABLE: Param =
    Param::int("pn_enable", 0, "Whether phones are woken up by push notifications (RFC 8599).");
pub const PN_PROVIDERS: Param = Param::unset(
    "pn_providers",
    ParamKind::Str,
    "The push services there are, with commas between: apns, fcm, webpush.",
);
pub const PN_CT_MATCH_PARAMS: Param = Param::str(
    "pn_ct_match_params",
    "pn-provider, pn-prid, pn-param",
    "The contact parameters that tell a phone which is woken up; its contacts are matched by them.",
);
pub const PN_PNSREG_INTERVAL: Param = Param::int(
    "pn_pnsreg_interval",
    130,
    "The seconds before its end at which a phone that wakes up by itself is told to register again.",
)
.within(0, i32::MAX);
pub const PN_TRIGGER_INTERVAL: Param =
    Param::int("pn_trigger_interval", 120, "The seconds before its end at which a contact is woken up.")
        .within(0, i32::MAX);
pub const PN_SKIP_PN_INTERVAL: Param =
    Param::int("pn_skip_pn_interval", 0, "The seconds after a registration in which a phone is taken to be awake.")
        .within(0, i32::MAX);
pub const PN_REFRESH_TIMEOUT: Param =
    Param::int("pn_refresh_timeout", 6, "The seconds a request waits for a phone to wake up.").within(1, 3600);
pub const PN_ENABLE_PURR: Param =
    Param::int("pn_enable_purr", 0, "Whether phones get a reference by which they are woken up within calls.");

// Of releases before 1.6: today they are flags of save() and lookup().
pub const APPEND_BRANCHES: Param =
    Param::int("append_branches", 1, "Whether lookup() makes branches of all contacts; 0 is its flag no-branches.")
        .today(
            "the flag no-branches of lookup() where only one contact is wanted: lookup(\"location\", \"no-branches\")",
        );
pub const METHOD_FILTERING: Param = Param::int(
    "method_filtering",
    0,
    "Whether lookup() takes only contacts that support the method; 1 is its flag method-filtering.",
)
.today("a flag of lookup(): lookup(\"location\", \"method-filtering\")");
pub const USE_PATH: Param =
    Param::int("use_path", 0, "Whether save() keeps Path, as path_mode says; today its flags path-….")
        .today("a flag of save(): save(\"location\", \"path-strict\"), or path-lazy, or path-off");
pub const PATH_MODE: Param =
    Param::int("path_mode", 2, "With use_path: 0 is the flag path-off of save(), 1 path-lazy, 2 path-strict.")
        .within(0, 2)
        .today("a flag of save(): 0 is path-off, 1 path-lazy, 2 path-strict, as in save(\"location\", \"path-lazy\")");
pub const PATH_USE_RECEIVED: Param =
    Param::int("path_use_received", 0, "With use_path: 1 is the flag path-received of save().")
        .today("a flag of save(), beside that of the mode: save(\"location\", \"path-lazy,path-received\")");
pub const SOCK_FLAG: Param = Param::unset(
    "sock_flag",
    ParamKind::Flag,
    "The message flag with which save() looks for the receiving socket in sock_hdr_name; today its flag socket-header.",
)
.today("a flag of save() where that flag was set: save(\"location\", \"socket-header\")");
