//! `event_route`: events run the script's `event_route`s. The engine runs the one of an event's own name; with
//! `route:NAME` as a socket another event runs it too.

mod fetch;

use fetch::Lists;
use module_api::{Env, EventTransport, Events, Job, Module, Raised, Setup, StartError, State};
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "event_route",
    about: "Runs event_route[NAME] when the event is raised.",
    functions: &[fetch::FETCH_EVENT_PARAMS],
    start,
    ..Module::EMPTY
};

/// `route:NAME`
struct Route;

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    crate::offer(setup, Arc::new(Route));
    Ok(Arc::new(Lists::default()))
}

impl EventTransport for Route {
    fn protocol(&self) -> &str {
        "route"
    }

    fn accepts(&self, _: &Events, address: &str) -> bool {
        !address.is_empty()
    }

    fn deliver(&self, env: &mut Env<'_>, address: &str, event: &Raised) -> Job {
        // The route of its own name has run already: it needs no subscription.
        if address == event.event {
            return Job::DONE;
        }
        let operations = env.operations;
        Job::Done(operations.run_event_route(env, address, event))
    }
}
