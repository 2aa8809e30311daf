//! The names of the columns, as the script may change them.

use catalogue::Param;

/// All of them; the default is the column that a parameter names.
pub const COLUMN_PARAMS: &[Param] = &[
    Param::str("dlg_id_column", "dlg_id", "The column of the dialog's number."),
    Param::str("call_id_column", "callid", "The column of the Call-ID."),
    Param::str("from_uri_column", "from_uri", "The column of the caller's URI."),
    Param::str("from_tag_column", "from_tag", "The column of the caller's tag."),
    Param::str("to_uri_column", "to_uri", "The column of the callee's URI."),
    Param::str("to_tag_column", "to_tag", "The column of the callee's tag."),
    Param::str("from_cseq_column", "caller_cseq", "The column of the last CSeq number of the caller."),
    Param::str("to_cseq_column", "callee_cseq", "The column of the last CSeq number of the callee."),
    Param::str("from_route_column", "caller_route_set", "The column of the way to the caller."),
    Param::str("to_route_column", "callee_route_set", "The column of the way to the callee."),
    Param::str("from_contact_column", "caller_contact", "The column of the caller's contact."),
    Param::str("to_contact_column", "callee_contact", "The column of the callee's contact."),
    Param::str("from_sock_column", "caller_sock", "The column of the socket of the caller."),
    Param::str("to_sock_column", "callee_sock", "The column of the socket of the callee."),
    Param::str("state_column", "state", "The column of the state."),
    Param::str("start_time_column", "start_time", "The column of the time of the answer."),
    Param::str("timeout_column", "timeout", "The column of the time of the end."),
    Param::str("vars_column", "vars", "The column of the values."),
    Param::str("profiles_column", "profiles", "The column of the profiles."),
    Param::str("sflags_column", "script_flags", "The column of the flags of the script."),
    Param::str("mflags_column", "module_flags", "The column of the flags of modules."),
    Param::str("flags_column", "flags", "The column of the flags of create_dialog()."),
];
