//! A program with what the engine makes of it once: its routes by purpose, and the variables it passes to functions.

use crate::dispatch::Dispatch;
use crate::orphans::Orphans;
use crate::script_host::Arguments;
use crate::variable::Held;
use module_api::{ArgValue, Gate, TransactionSettings, VariableHandle};
use script::ast::RouteType;
use script::host;
use script::program::{Program, RouteIndex, VariableRef};
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// A program ready to run.
pub(crate) struct Loaded {
    pub(crate) program: Arc<Program>,
    /// The variables it passes to functions, by their numbers.
    variables: Vec<VariableHandle>,
    /// The arguments of calls that are all constants or variables, by the numbers of the calls: made once, not for
    /// each call.
    fixed: Vec<Option<Arguments>>,
    /// `route`
    pub(crate) main: Option<RouteIndex>,
    /// `onreply_route`
    pub(crate) reply: Option<RouteIndex>,
    /// `local_route`
    pub(crate) local: Option<RouteIndex>,
    /// `error_route`
    pub(crate) error: Option<RouteIndex>,
    /// `startup_route`
    pub(crate) startup: Option<RouteIndex>,
    /// Timer routes with their intervals.
    pub(crate) timers: Vec<(RouteIndex, Duration)>,
    /// Event routes by the names of their events.
    pub(crate) events: BTreeMap<String, RouteIndex>,
    /// `local_reply_route` and `local_request_route` of module `tm`.
    pub(crate) local_reply: Option<RouteIndex>,
    pub(crate) local_request: Option<RouteIndex>,
    /// The routes of the gates, by their numbers.
    gate_routes: Vec<Option<RouteIndex>>,
    /// Where its transactions go that lose their owners.
    pub(crate) orphans: Weak<Orphans>,
}

impl Loaded {
    pub(crate) fn new(
        program: Arc<Program>,
        dispatch: &Arc<Dispatch>,
        times: &TransactionSettings,
        gates: &[Gate],
        orphans: &Arc<Orphans>,
    ) -> Loaded {
        let variables = program.argument_variables().iter().map(|known| Held::handle(dispatch, known)).collect();
        let unnamed = |kind| program.route(kind, "");
        let named = |name: &Option<String>| program.route(RouteType::Request, name.as_deref()?);
        let timers = program.timer_routes().map(|(route, s)| (route, Duration::from_secs(u64::from(s.max(1)))));
        let events = program.routes_of(RouteType::Event).map(|(index, route)| (route.name.clone(), index));
        let mut loaded = Loaded {
            variables,
            fixed: Vec::new(),
            main: unnamed(RouteType::Request),
            reply: unnamed(RouteType::Reply),
            local: unnamed(RouteType::Local),
            error: unnamed(RouteType::Error),
            startup: unnamed(RouteType::Startup),
            timers: timers.collect(),
            events: events.collect(),
            local_reply: named(&times.local_reply_route),
            local_request: named(&times.local_request_route),
            gate_routes: gates.iter().map(|gate| named(&gate.route)).collect(),
            orphans: Arc::downgrade(orphans),
            program,
        };
        let arguments = |args: &[host::ArgValue]| args.iter().map(|arg| loaded.argument(dispatch, arg)).collect();
        loaded.fixed = loaded.program.fixed_calls().map(|args| args.map(arguments)).collect();
        loaded
    }

    /// The arguments of a call that are known before it runs.
    pub(crate) fn fixed(&self, site: u32) -> Option<&[ArgValue]> {
        self.fixed.get(usize::try_from(site).ok()?)?.as_deref()
    }

    /// An argument as functions take it.
    pub(crate) fn argument(&self, dispatch: &Arc<Dispatch>, arg: &host::ArgValue) -> ArgValue {
        let held = |variable| self.variable(dispatch, variable);
        match arg {
            host::ArgValue::Absent => ArgValue::Absent,
            host::ArgValue::Int(number) => ArgValue::Int(*number),
            host::ArgValue::Str(text) => ArgValue::Str(text.clone()),
            host::ArgValue::Var(variable) => ArgValue::Var(held(variable)),
            host::ArgValue::Vars(list) => ArgValue::Vars(list.iter().map(held).collect()),
            host::ArgValue::Regex(regex) => ArgValue::Regex(regex.clone()),
            host::ArgValue::Route(route) => ArgValue::Int(i32::from(route.0)),
            host::ArgValue::Flags(flags) => ArgValue::Flags(flags.clone()),
        }
    }

    /// The route of a gate.
    pub(crate) fn gate_route(&self, number: usize) -> Option<RouteIndex> {
        self.gate_routes.get(number).copied().flatten()
    }

    /// A variable as functions take it.
    pub(crate) fn variable(&self, dispatch: &Arc<Dispatch>, variable: &Arc<VariableRef>) -> VariableHandle {
        let number = variable.number().and_then(|number| usize::try_from(number).ok());
        let known = number.and_then(|number| self.variables.get(number));
        known.map_or_else(|| Held::handle(dispatch, variable), Arc::clone)
    }
}
