//! Modules of older releases, and what has become of them. Those that are part of one other module today are its aliases.

/// What has become of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OldModule {
    /// It is there for old scripts; its other functions are in these.
    Kept(&'static [&'static str]),
    /// It has this name today.
    Renamed(&'static str),
    /// Nothing need be loaded for what it did.
    Unneeded(&'static str),
}

/// What has become of the module of this name.
pub(crate) fn old_module(name: &str) -> Option<OldModule> {
    OLD_MODULES.iter().find(|(old, _)| *old == name).map(|(_, fate)| *fate)
}

const OLD_MODULES: &[(&str, OldModule)] = &[
    ("uri", OldModule::Kept(&["sipmsgops"])),
    ("uri_db", OldModule::Kept(&["sipmsgops"])),
    ("avpops", OldModule::Kept(&["sqlops"])),
    ("xlog", OldModule::Unneeded("xlog() is always there")),
    ("siptrace", OldModule::Renamed("tracer")),
    ("event_jsonrpc", OldModule::Renamed("event_stream")),
    ("mi_xmlrpc_ng", OldModule::Renamed("mi_xmlrpc")),
    ("mysql", OldModule::Renamed("db_mysql")),
    ("postgres", OldModule::Renamed("db_postgres")),
    ("unixodbc", OldModule::Renamed("db_unixodbc")),
    ("dbtext", OldModule::Renamed("db_text")),
    ("flatstore", OldModule::Renamed("db_flatstore")),
    ("cpl-c", OldModule::Renamed("cpl_c")),
];

/// What clients must know of a module that is part of another one today, where that speaks with them otherwise.
pub(crate) fn speaks_otherwise(module: &str) -> Option<&'static str> {
    (module == MI_JSON.0).then_some(
        "commands come as JSON-RPC 2.0 by POST under the path of modparam(\"mi_http\", \"root\", …), \"mi\" if there is none: \
         GET /json/COMMAND is not answered",
    )
}

/// A server of its own in older releases, and the one that answers for it.
pub(crate) const MI_JSON: (&str, &str) = ("mi_json", "mi_http");

/// A parameter of older releases that its module has no more, or of a module that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OldParam {
    /// It is this module's parameter today.
    Of(&'static str, &'static str),
    /// What it asked for has no meaning any more.
    Ignored(&'static str),
    /// What it asked for is written otherwise today.
    Gone(&'static str),
}

/// What has become of such a parameter.
pub(crate) fn old_param(module: &str, name: &str) -> Option<OldParam> {
    OLD_PARAMS.iter().find(|(of, old, _)| *of == module && *old == name).map(|(_, _, fate)| *fate)
}

/// Parameters that an old module leaves at another value than its successor does.
pub(crate) const OLD_DEFAULTS: &[(&str, &str, &str, i32)] = &[("avpops", "sqlops", "use_domain", 0)];

const OLD_PARAMS: &[(&str, &str, OldParam)] = &[
    ("avpops", "avp_url", OldParam::Of("sqlops", "db_url")),
    ("avpops", "db_url", OldParam::Of("sqlops", "db_url")),
    ("avpops", "avp_table", OldParam::Of("sqlops", "usr_table")),
    ("avpops", "use_domain", OldParam::Of("sqlops", "use_domain")),
    ("avpops", "uuid_column", OldParam::Of("sqlops", "uuid_column")),
    ("avpops", "username_column", OldParam::Of("sqlops", "username_column")),
    ("avpops", "domain_column", OldParam::Of("sqlops", "domain_column")),
    ("avpops", "attribute_column", OldParam::Of("sqlops", "attribute_column")),
    ("avpops", "value_column", OldParam::Of("sqlops", "value_column")),
    ("avpops", "type_column", OldParam::Of("sqlops", "type_column")),
    ("avpops", "db_scheme", OldParam::Of("sqlops", "db_scheme")),
    ("acc", "acc_created_avp_name", OldParam::Ignored("the time a call began is kept with it, and in no AVP")),
    (
        "acc",
        "report_ack",
        OldParam::Ignored("an ACK has no record of its own: acc_log_request() makes one where it is wanted"),
    ),
    ("tm", "own_timer_proc", OldParam::Ignored("every part of the transaction table has its own timers")),
    (
        "dialog",
        "dlg_flag",
        OldParam::Gone(
            "call create_dialog() where the script sets that flag, before t_relay(): only then is there a dialog",
        ),
    ),
    (
        "registrar",
        "aor_avp",
        OldParam::Gone(
            "name the address of record in the calls: save(\"location\", , $avp(aor)) and lookup(\"location\", , $avp(aor)); \
             where the AVP has no value, leave it out",
        ),
    ),
    ("avpops", "buf_size", OldParam::Ignored("values are as long as they are")),
];
