//! The server INVITE transaction: RFC 3261 section 17.2.1, with RFC 6026's Accepted state.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Proceeding,
    Completed,
    Confirmed,
    Accepted,
    Terminated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A provisional reply is to be sent.
    Provisional,
    /// A 2xx is to be sent.
    Success,
    /// Any other final reply is to be sent.
    Failure,
    Ack,
    /// Time to send the reply again.
    TimerG,
    /// The ACK did not come.
    TimerH,
    /// Late ACKs have been absorbed long enough.
    TimerI,
    /// Late 2xx have been passed on long enough.
    TimerL,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Send,
    Resend,
}

/// What each input does in each state. `None`: the input is ignored. Retransmitted INVITEs need no input: the table
/// answers them with the last reply, whatever the state.
pub(crate) fn step(state: State, input: Input) -> Option<(State, &'static [Action])> {
    use {Action::*, Input::*, State::*};
    Some(match (state, input) {
        (Proceeding, Provisional) => (Proceeding, &[Send]),
        (Proceeding, Success) => (Accepted, &[Send]),
        (Proceeding, Failure) => (Completed, &[Send]),
        (Completed, TimerG) => (Completed, &[Resend]),
        (Completed, Ack) => (Confirmed, &[]),
        (Completed, TimerH) => (Terminated, &[]),
        (Confirmed, TimerI) => (Terminated, &[]),
        (Accepted, Success) => (Accepted, &[Send]),
        (Accepted, TimerL) => (Terminated, &[]),
        _ => return None,
    })
}

#[cfg(test)]
impl State {
    pub(crate) const ALL: [State; 5] =
        [State::Proceeding, State::Completed, State::Confirmed, State::Accepted, State::Terminated];
}

#[cfg(test)]
impl Input {
    pub(crate) const ALL: [Input; 8] = [
        Input::Provisional,
        Input::Success,
        Input::Failure,
        Input::Ack,
        Input::TimerG,
        Input::TimerH,
        Input::TimerI,
        Input::TimerL,
    ];
}
