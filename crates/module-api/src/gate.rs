//! What modules do with messages before the script's own routes see them.

use crate::{Answer, Call, Request, State};

/// A module's say about what comes in. Gates stand in the order in which their modules started.
pub struct Gate {
    /// The state of its module.
    pub state: State,
    /// What goes through it.
    pub messages: Arriving,
    /// The route that [`Step::Route`] runs, by name.
    pub route: Option<String>,
    /// A message comes.
    pub enter: fn(&mut Call<'_>) -> Step,
    /// The route has run on it.
    pub routed: fn(&mut Call<'_>, RouteEnd) -> Step,
}

/// What goes through a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arriving {
    /// All that comes from the network, retransmissions too. In place of what cannot be read stands a request from
    /// nobody; where it came from is true of it.
    Everything,
    /// The requests that the main route would run on.
    Requests,
}

/// What a gate does next.
pub enum Step {
    /// The message goes on.
    Pass,
    /// It ends here.
    Stop,
    /// The gate's route runs on it, then [`Gate::routed`] decides.
    Route,
    /// It waits for an answer and goes on with it.
    Wait(Request, ThenStep),
}

/// What runs when the answer is there.
pub type ThenStep = Box<dyn for<'a, 'b> FnOnce(&'a mut Call<'b>, Answer) -> Step + Send>;

/// How a route ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteEnd {
    /// By `exit` or `drop` rather than at its end.
    pub exited: bool,
    /// By `drop`.
    pub dropped: bool,
}
