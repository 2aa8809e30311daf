//! The client INVITE transaction: RFC 3261 section 17.1.1, with RFC 6026's Accepted state and the proxy's timer C
//! (section 16.8).

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Calling,
    Proceeding,
    /// The proxy has given up waiting and asked for an end; what still comes is only acknowledged.
    Abandoned,
    Completed,
    Accepted,
    Terminated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    Provisional,
    Success,
    Failure,
    /// Time to send again.
    TimerA,
    /// No reply at all.
    TimerB,
    /// No final reply.
    TimerC,
    TransportError,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Resend,
    /// The reply goes to the response context.
    Pass,
    Ack,
    Cancel,
    /// A 408 of our own goes to the response context.
    Timeout,
    /// An error of our own goes to the response context.
    SendFailed,
}

/// What each input does in each state. `None`: the input is ignored.
pub(crate) fn step(state: State, input: Input) -> Option<(State, &'static [Action])> {
    use {Action::*, Input::*, State::*};
    Some(match (state, input) {
        (Calling, TimerA) => (Calling, &[Resend]),
        (Calling | Proceeding, Provisional) => (Proceeding, &[Pass]),
        (Calling | Proceeding, Success) => (Accepted, &[Pass]),
        (Calling | Proceeding, Failure) => (Completed, &[Ack, Pass]),
        (Calling, TimerB) => (Terminated, &[Timeout]),
        (Calling, TransportError) => (Terminated, &[SendFailed]),
        (Proceeding, TimerC) => (Abandoned, &[Cancel, Timeout]),
        // The far end may have answered while our CANCEL was under way: a call that was answered is passed on.
        (Abandoned, Success) => (Accepted, &[Pass]),
        (Abandoned, Failure) => (Completed, &[Ack]),
        (Accepted, Success) => (Accepted, &[Pass]),
        (Completed, Failure) => (Completed, &[Ack]),
        _ => return None,
    })
}

#[cfg(test)]
impl State {
    pub(crate) const ALL: [State; 6] =
        [State::Calling, State::Proceeding, State::Abandoned, State::Completed, State::Accepted, State::Terminated];
}

#[cfg(test)]
impl Input {
    pub(crate) const ALL: [Input; 7] = [
        Input::Provisional,
        Input::Success,
        Input::Failure,
        Input::TimerA,
        Input::TimerB,
        Input::TimerC,
        Input::TransportError,
    ];
}
