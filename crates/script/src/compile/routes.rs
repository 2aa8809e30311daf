//! The routes of a script by name, known before the first of them is compiled.

use crate::ast::{Item, Route, RouteType, Script};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::program::RouteIndex;
use crate::resolve::nearest::nearest;
use std::collections::BTreeMap;

/// The routes of a script.
#[derive(Debug, Default)]
pub(crate) struct RouteTable {
    names: BTreeMap<(RouteType, String), RouteIndex>,
}

/// Routes of one kind; upstream has the same bound.
const ROUTES_MAX: usize = 100;

impl RouteTable {
    /// Numbers the routes in the order of the text. Of two with one name the first counts.
    pub(crate) fn new(script: &Script, diagnostics: &mut Diagnostics) -> RouteTable {
        let mut table = RouteTable::default();
        let mut firsts: BTreeMap<(RouteType, String), &Route> = BTreeMap::new();
        let mut counts: BTreeMap<RouteType, usize> = BTreeMap::new();
        for (index, route) in (0u16..).map(RouteIndex).zip(routes(script)) {
            let key = (route.kind, RouteTable::name(route));
            let place = route.name.as_ref().map_or(route.span, |name| name.span);
            if let Some(first) = firsts.get(&key) {
                let message = format!("there is a second {}", label(&key));
                let first = first.name.as_ref().map_or(first.span, |name| name.span);
                diagnostics.push(Diagnostic::error(codes::ROUTE_TWICE, place, message).note_at(first, "the first"));
                continue;
            }
            let count = counts.entry(route.kind).or_default();
            *count += 1;
            if *count == ROUTES_MAX + 1 {
                let message = format!("more than {ROUTES_MAX} routes of kind {}", route.kind.keyword());
                diagnostics.push(Diagnostic::error(codes::ROUTES_TOO_MANY, place, message));
            }
            firsts.insert(key.clone(), route);
            table.names.insert(key, index);
        }
        table
    }

    /// What a route is called; `0` is the unnamed one.
    pub(crate) fn name(route: &Route) -> String {
        match &route.name {
            Some(name) if name.node != "0" => name.node.clone(),
            _ => String::new(),
        }
    }

    /// All routes with their numbers, in the order of the text.
    pub(crate) fn in_order<'s>(&self, script: &'s Script) -> impl Iterator<Item = (RouteIndex, &'s Route)> + use<'s> {
        (0u16..).map(RouteIndex).zip(routes(script))
    }

    pub(crate) fn names(&self) -> &BTreeMap<(RouteType, String), RouteIndex> {
        &self.names
    }

    pub(crate) fn find(&self, kind: RouteType, name: &str) -> Option<RouteIndex> {
        let name = if name == "0" { "" } else { name };
        self.names.get(&(kind, name.to_owned())).copied()
    }

    /// The message for a name that no route has.
    pub(crate) fn unknown(&self, kind: RouteType, name: &str) -> (String, Option<String>) {
        let message = format!("there is no {}", label(&(kind, name.to_owned())));
        let known = self.names.keys().filter(|(known, _)| *known == kind).map(|(_, name)| name.as_str());
        (message, nearest(name, known).map(|similar| format!("did you mean {}?", label(&(kind, similar.to_owned())))))
    }
}

fn routes(script: &Script) -> impl Iterator<Item = &Route> {
    script.items.iter().filter_map(|item| match item {
        Item::Route(route) => Some(route),
        _ => None,
    })
}

fn label((kind, name): &(RouteType, String)) -> String {
    if name.is_empty() { kind.keyword().to_owned() } else { format!("{}[{name}]", kind.keyword()) }
}
