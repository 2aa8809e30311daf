//! A program with what the engine makes of it once: its routes by purpose, and the variables it passes to functions.

use crate::dispatch::Dispatch;
use crate::variable::Held;
use module_api::{TransactionSettings, VariableHandle};
use script::ast::RouteType;
use script::program::{Program, RouteIndex, VariableRef};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A program ready to run.
pub(crate) struct Loaded {
    pub(crate) program: Arc<Program>,
    /// The variables it passes to functions, by their numbers.
    variables: Vec<VariableHandle>,
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
}

impl Loaded {
    pub(crate) fn new(program: Arc<Program>, dispatch: &Arc<Dispatch>, times: &TransactionSettings) -> Loaded {
        let variables = program.argument_variables().iter().map(|known| Held::handle(dispatch, known)).collect();
        let unnamed = |kind| program.route(kind, "");
        let named = |name: &Option<String>| program.route(RouteType::Request, name.as_deref()?);
        let timers = program.timer_routes().map(|(route, s)| (route, Duration::from_secs(u64::from(s.max(1)))));
        let events = program.routes_of(RouteType::Event).map(|(index, route)| (route.name.clone(), index));
        Loaded {
            variables,
            main: unnamed(RouteType::Request),
            reply: unnamed(RouteType::Reply),
            local: unnamed(RouteType::Local),
            error: unnamed(RouteType::Error),
            startup: unnamed(RouteType::Startup),
            timers: timers.collect(),
            events: events.collect(),
            local_reply: named(&times.local_reply_route),
            local_request: named(&times.local_request_route),
            program,
        }
    }

    /// A variable as functions take it.
    pub(crate) fn variable(&self, dispatch: &Arc<Dispatch>, variable: &Arc<VariableRef>) -> VariableHandle {
        let number = variable.number().and_then(|number| usize::try_from(number).ok());
        let known = number.and_then(|number| self.variables.get(number));
        known.map_or_else(|| Held::handle(dispatch, variable), Arc::clone)
    }
}
