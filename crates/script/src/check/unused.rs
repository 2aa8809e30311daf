//! What is there for nothing: routes that nothing runs, events that nothing raises, script variables that nothing sets.

use super::ParamSetting;
use crate::ast::{ParamValue, RouteType, Script};
use crate::compile::{RouteTable, Usage};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::resolve::nearest::nearest;
use bytes::Bytes;
use catalogue::Catalogue;
use memchr::memmem;

/// Warns of all.
pub(super) fn check(
    script: &Script,
    routes: &RouteTable,
    usage: &Usage,
    catalogue: &Catalogue,
    params: &[ParamSetting],
    diagnostics: &mut Diagnostics,
) {
    check_routes(script, routes, usage, diagnostics);
    check_events(script, routes, usage, catalogue, diagnostics);
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

/// Routes for what looks like an event that no module declares. Some string with its name may raise it.
fn check_events(
    script: &Script,
    routes: &RouteTable,
    usage: &Usage,
    catalogue: &Catalogue,
    diagnostics: &mut Diagnostics,
) {
    let declared = || catalogue.modules().flat_map(|(_, module)| module.events.iter().map(|event| event.name));
    for (_, route) in routes.in_order(script).filter(|(_, route)| route.kind == RouteType::Event) {
        let Some(name) = route.name.as_ref().filter(|name| name.node.starts_with("E_")) else { continue };
        let is_named = |word: &Bytes| memmem::find(word, name.node.as_bytes()).is_some();
        if declared().any(|known| known == name.node) || usage.words.iter().any(is_named) {
            continue;
        }
        let message = format!("no module raises {}, and nor does the script", name.node);
        let warning = Diagnostic::warning(codes::ROUTE_UNUSED, name.span, message);
        diagnostics.push(match nearest(&name.node, declared()) {
            Some(similar) => warning.help(format!("did you mean {similar}?")),
            None => warning,
        });
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
