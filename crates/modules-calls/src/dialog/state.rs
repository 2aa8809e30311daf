//! The life of a dialog, as a proxy in its way sees it (RFC 3261 section 12, with the races of RFC 5407).

pub use module_api::DialogState as State;

/// What happens to a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A provisional reply to its INVITE goes upstream.
    Provisional,
    /// A 2xx goes upstream.
    Success,
    /// The INVITE has failed: a negative final reply, or its transaction ended without any.
    Failure,
    /// The ACK to the 2xx passes.
    Ack,
    /// A BYE of one of the two parties.
    Bye,
    /// Somebody here wants it to end, and both parties are told.
    End,
    /// Its time is over.
    Timeout,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It rings.
    Ring,
    /// It is answered.
    Answer,
    /// Both parties know that it is.
    Establish,
    /// It never came to be.
    Fail,
    /// It is over.
    Terminate,
    /// It is over because its time is.
    Expire,
}

/// What each input does in each state. `None`: the input is ignored.
pub const fn step(state: State, input: Input) -> Option<(State, Option<Action>)> {
    use {Action::*, Input::*, State::*};
    Some(match (state, input) {
        (Unconfirmed, Provisional) => (Early, Some(Ring)),
        // A 2xx that crosses the CANCEL, or an early BYE, is an answer all the same: the caller's ACK and BYE follow
        // (RFC 5407 sections 3.1.2 and 3.1.3).
        (Unconfirmed | Early, Success) => (ConfirmedNoAck, Some(Answer)),
        (Unconfirmed | Early, Failure | Timeout) => (Deleted, Some(Fail)),
        (ConfirmedNoAck, Ack) => (Confirmed, Some(Establish)),
        // A BYE may overtake the ACK (RFC 5407 section 3.1.4).
        (ConfirmedNoAck | Confirmed, Bye | End) => (Deleted, Some(Terminate)),
        (ConfirmedNoAck | Confirmed, Timeout) => (Deleted, Some(Expire)),
        // An early BYE changes nothing yet: the INVITE's final reply decides. A late 2xx, the second of two BYEs that
        // cross, and an ACK that follows its BYE find the dialog as it is.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Input, State, step};

    #[test]
    fn the_table() {
        let inputs =
            [Input::Provisional, Input::Success, Input::Failure, Input::Ack, Input::Bye, Input::End, Input::Timeout];
        let mut table = String::new();
        for state in 1..=5 {
            let state = State::of(state).unwrap();
            for input in inputs {
                if let Some((next, action)) = step(state, input) {
                    let action = action.map_or(String::new(), |action| format!(" {action:?}"));
                    table.push_str(&format!("{state:?} {input:?} -> {next:?}{action}\n"));
                }
            }
        }
        assert_eq!(
            table,
            "\
Unconfirmed Provisional -> Early Ring
Unconfirmed Success -> ConfirmedNoAck Answer
Unconfirmed Failure -> Deleted Fail
Unconfirmed Timeout -> Deleted Fail
Early Success -> ConfirmedNoAck Answer
Early Failure -> Deleted Fail
Early Timeout -> Deleted Fail
ConfirmedNoAck Ack -> Confirmed Establish
ConfirmedNoAck Bye -> Deleted Terminate
ConfirmedNoAck End -> Deleted Terminate
ConfirmedNoAck Timeout -> Deleted Expire
Confirmed Bye -> Deleted Terminate
Confirmed End -> Deleted Terminate
Confirmed Timeout -> Deleted Expire
"
        );
    }
}
