//! Functions are called only from the kinds of route they declare, sub-routes included.

use super::kind_of;
use crate::ast::RouteType;
use crate::compile::Usage;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::program::{Program, RouteIndex};
use catalogue::Routes;
use std::collections::{BTreeMap, VecDeque};

/// Follows the calls from each route that something runs.
pub(super) fn check(program: &Program, usage: &Usage, diagnostics: &mut Diagnostics) {
    for (index, route) in (0u16..).map(RouteIndex).zip(&program.routes) {
        let is_called = route.kind == RouteType::Request && !route.name.is_empty();
        if !is_called {
            check_from(index, kind_of(route.kind), program, usage, diagnostics);
        }
    }
}

fn check_from(top: RouteIndex, kind: Routes, program: &Program, usage: &Usage, diagnostics: &mut Diagnostics) {
    let callers = reached(top, usage);
    let wrong = usage.functions.iter().filter(|used| callers.contains_key(&used.route));
    for used in wrong.filter(|used| !used.allowed.contains(kind)) {
        let message = format!("{}() cannot be used in {kind}", used.name);
        let diagnostic = Diagnostic::error(codes::FUNCTION_ROUTE, used.span, message);
        let diagnostic = if used.route == top {
            diagnostic
        } else {
            diagnostic.note(format!("this is reached by {}", path(used.route, &callers, program)))
        };
        diagnostics.push(diagnostic.help(format!("it can be used in {}", used.allowed)));
    }
}

/// The routes reached from one, each with the route that leads to it.
fn reached(top: RouteIndex, usage: &Usage) -> BTreeMap<RouteIndex, Option<RouteIndex>> {
    let mut callers = BTreeMap::from([(top, None)]);
    let mut open = VecDeque::from([top]);
    while let Some(caller) = open.pop_front() {
        let calls = usage.calls.range((caller, RouteIndex(0))..=(caller, RouteIndex(u16::MAX)));
        for (_, called) in calls {
            if callers.contains_key(called) {
                continue;
            }
            callers.insert(*called, Some(caller));
            open.push_back(*called);
        }
    }
    callers
}

/// `onreply_route > route[relay]`
fn path(route: RouteIndex, callers: &BTreeMap<RouteIndex, Option<RouteIndex>>, program: &Program) -> String {
    let mut labels = Vec::new();
    let mut next = Some(route);
    while let Some(route) = next {
        labels.push(program.route_info(route).map_or("", |route| route.label.as_str()));
        next = callers.get(&route).copied().flatten();
    }
    labels.reverse();
    labels.join(" > ")
}
