//! The server transaction of every method but INVITE: RFC 3261 section 17.2.2.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A provisional reply is to be sent.
    Provisional,
    /// A final reply is to be sent.
    Final,
    /// Retransmissions have been absorbed long enough.
    TimerJ,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Send,
}

/// What each input does in each state. `None`: the input is ignored. Retransmitted requests need no input: the table
/// answers them with the last reply, whatever the state.
pub(crate) fn step(state: State, input: Input) -> Option<(State, &'static [Action])> {
    use {Action::*, Input::*, State::*};
    Some(match (state, input) {
        (Trying | Proceeding, Provisional) => (Proceeding, &[Send]),
        (Trying | Proceeding, Final) => (Completed, &[Send]),
        (Completed, TimerJ) => (Terminated, &[]),
        _ => return None,
    })
}

#[cfg(test)]
impl State {
    pub(crate) const ALL: [State; 4] = [State::Trying, State::Proceeding, State::Completed, State::Terminated];
}

#[cfg(test)]
impl Input {
    pub(crate) const ALL: [Input; 3] = [Input::Provisional, Input::Final, Input::TimerJ];
}
