//! The machines printed as tables, a line for each input that does something.

use super::{client_invite, client_non_invite, server_invite, server_non_invite};
use std::fmt::Debug;

type Step<S, I, A> = fn(S, I) -> Option<(S, &'static [A])>;

fn table<S: Copy + Debug, I: Copy + Debug, A: Debug + 'static>(
    states: &[S],
    inputs: &[I],
    step: Step<S, I, A>,
) -> String {
    let mut table = String::new();
    for state in states {
        for input in inputs {
            if let Some((next, actions)) = step(*state, *input) {
                let actions: Vec<String> = actions.iter().map(|action| format!("{action:?}")).collect();
                let line = format!(
                    "{:<11}{:<15}-> {:<11}{}",
                    format!("{state:?}"),
                    format!("{input:?}"),
                    format!("{next:?}"),
                    actions.join(" ")
                );
                table.push_str(line.trim_end());
                table.push('\n');
            }
        }
    }
    table
}

#[test]
fn the_client_invite_transaction() {
    let printed = table(&client_invite::State::ALL, &client_invite::Input::ALL, client_invite::step);
    assert_eq!(
        printed,
        "\
Calling    Provisional    -> Proceeding Pass
Calling    Success        -> Accepted   Pass
Calling    Failure        -> Completed  Ack Pass
Calling    TimerA         -> Calling    Resend
Calling    TimerB         -> Terminated Timeout
Calling    TransportError -> Terminated SendFailed
Proceeding Provisional    -> Proceeding Pass
Proceeding Success        -> Accepted   Pass
Proceeding Failure        -> Completed  Ack Pass
Proceeding TimerC         -> Abandoned  Cancel Timeout
Abandoned  Success        -> Accepted   Pass
Abandoned  Failure        -> Completed  Ack
Completed  Failure        -> Completed  Ack
Accepted   Success        -> Accepted   Pass
"
    );
}

#[test]
fn the_client_non_invite_transaction() {
    let printed = table(&client_non_invite::State::ALL, &client_non_invite::Input::ALL, client_non_invite::step);
    assert_eq!(
        printed,
        "\
Trying     Provisional    -> Proceeding Pass
Trying     Final          -> Completed  Pass
Trying     TimerE         -> Trying     Resend
Trying     TimerF         -> Terminated Timeout
Trying     TransportError -> Terminated SendFailed
Proceeding Provisional    -> Proceeding Pass
Proceeding Final          -> Completed  Pass
Proceeding TimerE         -> Proceeding Resend
Proceeding TimerF         -> Terminated Timeout
Proceeding TransportError -> Terminated SendFailed
"
    );
}

#[test]
fn the_server_invite_transaction() {
    let printed = table(&server_invite::State::ALL, &server_invite::Input::ALL, server_invite::step);
    assert_eq!(
        printed,
        "\
Proceeding Provisional    -> Proceeding Send
Proceeding Success        -> Accepted   Send
Proceeding Failure        -> Completed  Send
Completed  Ack            -> Confirmed
Completed  TimerG         -> Completed  Resend
Completed  TimerH         -> Terminated
Confirmed  TimerI         -> Terminated
Accepted   Success        -> Accepted   Send
Accepted   TimerL         -> Terminated
"
    );
}

#[test]
fn the_server_non_invite_transaction() {
    let printed = table(&server_non_invite::State::ALL, &server_non_invite::Input::ALL, server_non_invite::step);
    assert_eq!(
        printed,
        "\
Trying     Provisional    -> Proceeding Send
Trying     Final          -> Completed  Send
Proceeding Provisional    -> Proceeding Send
Proceeding Final          -> Completed  Send
Completed  TimerJ         -> Terminated
"
    );
}
