//! The client transaction of every method but INVITE: RFC 3261 section 17.1.2.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    Provisional,
    Final,
    /// Time to send again.
    TimerE,
    /// No final reply.
    TimerF,
    TransportError,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Resend,
    /// The reply goes to the response context.
    Pass,
    /// A 408 of our own goes to the response context.
    Timeout,
    /// An error of our own goes to the response context.
    SendFailed,
}

/// What each input does in each state. `None`: the input is ignored.
pub(crate) fn step(state: State, input: Input) -> Option<(State, &'static [Action])> {
    use {Action::*, Input::*, State::*};
    Some(match (state, input) {
        (Trying, TimerE) => (Trying, &[Resend]),
        (Proceeding, TimerE) => (Proceeding, &[Resend]),
        (Trying | Proceeding, Provisional) => (Proceeding, &[Pass]),
        (Trying | Proceeding, Final) => (Completed, &[Pass]),
        (Trying | Proceeding, TimerF) => (Terminated, &[Timeout]),
        (Trying | Proceeding, TransportError) => (Terminated, &[SendFailed]),
        _ => return None,
    })
}

#[cfg(test)]
impl State {
    pub(crate) const ALL: [State; 4] = [State::Trying, State::Proceeding, State::Completed, State::Terminated];
}

#[cfg(test)]
impl Input {
    pub(crate) const ALL: [Input; 5] =
        [Input::Provisional, Input::Final, Input::TimerE, Input::TimerF, Input::TransportError];
}
