//! `mi_http`: management by JSON-RPC over HTTP. The transport itself is an edge.

use crate::httpd::Httpd;
use crate::transports::{PRETTY_PRINTING, TRACE_BWLIST, TRACE_DESTINATION};
use catalogue::{Param, ParamKind};
use module_api::{Module, Setup, StartError, State};
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "mi_http",
    about: "Management by JSON-RPC over HTTP.",
    aliases: &["mi_json"],
    depends: &["httpd"],
    params: PARAMS,
    start,
    ..Module::EMPTY
};

const PARAMS: &[Param] = &[ROOT, TRACE_DESTINATION, TRACE_BWLIST, PRETTY_PRINTING, MI_HTTP_METHOD];

const ROOT: Param = Param::str("root", "mi", "The path under which commands are answered.").aliases(&[
    catalogue::Alias::old("mi_http_root", "3.0"),
    catalogue::Alias::of_module("mi_json", "mi_json_root", "3.0"),
]);
const MI_HTTP_METHOD: Param = Param::unset("mi_http_method", ParamKind::Int, "How older releases took commands.")
    .no_effect("commands come by POST");

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let root = setup.params.text(&ROOT).trim_matches('/').to_owned();
    if root.is_empty() || root.contains('/') {
        return Err(StartError::param(ROOT.name, "it must be one part of a path"));
    }
    let httpd = setup.state_of::<Httpd>("httpd")?;
    httpd.answer_under(&root, MODULE.name).map_err(|wrong| StartError::param(ROOT.name, wrong))?;
    let mut params = setup.params.as_texts(PARAMS);
    params.insert(ROOT.name, root);
    setup.start_edge("mi_http", params);
    Ok(Arc::new(()))
}
