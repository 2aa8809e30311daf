//! What is there for nothing: routes that nothing runs, script variables that nothing sets.

use super::ParamSetting;
use crate::ast::{ParamValue, RouteType, Script};
use crate::compile::{RouteTable, Usage};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};

/// Warns of both.
pub(super) fn check(
    script: &Script,
    routes: &RouteTable,
    usage: &Usage,
    params: &[ParamSetting],
    diagnostics: &mut Diagnostics,
) {
    check_routes(script, routes, usage, diagnostics);
    check_variables(usage, params, diagnostics);
}

/// A route whose name stands in some string may be run by the function that gets the string.
fn check_routes(script: &Script, routes: &RouteTable, usage: &Usage, diagnostics: &mut Diagnostics) {
    if usage.calls_computed_name {
        return;
    }
    for (index, route) in routes.in_order(script) {
        let is_armed =
            matches!(route.kind, RouteType::Request | RouteType::Branch | RouteType::Failure | RouteType::Reply);
        let Some(name) = route.name.as_ref().filter(|name| is_armed && name.node != "0") else { continue };
        if usage.named.contains(&index) || usage.words.contains(name.node.as_bytes()) {
            continue;
        }
        let message = format!("nothing runs {}[{}]", route.kind.keyword(), name.node);
        diagnostics.push(Diagnostic::warning(codes::ROUTE_UNUSED, name.span, message));
    }
}

/// Each variable once, where it is first read.
fn check_variables(usage: &Usage, params: &[ParamSetting], diagnostics: &mut Diagnostics) {
    if usage.writes_computed_name {
        return;
    }
    let first_values = params.iter().filter(|setting| setting.param.sets_variable);
    let set_by_params: Vec<&[u8]> = first_values.filter_map(|setting| variable_of(&setting.value)).collect();
    let mut said = std::collections::BTreeSet::new();
    for (name, span) in &usage.reads {
        if usage.writes.contains(name) || set_by_params.contains(&&name[..]) || !said.insert(name) {
            continue;
        }
        let message = format!("$var({}) is never set", String::from_utf8_lossy(name));
        diagnostics.push(Diagnostic::warning(codes::NEVER_SET, *span, message));
    }
}

/// The variable that a parameter's `name=…` gives a value.
fn variable_of(value: &ParamValue) -> Option<&[u8]> {
    let ParamValue::Str(text) = value else { return None };
    text.as_bytes().split(|byte| *byte == b'=').next().map(<[u8]>::trim_ascii)
}
