//! The server side of a transaction: its machine, its last reply, its timers.

use super::again;
use crate::machine::{server_invite, server_non_invite};
use bytes::Bytes;
use module_api::{Proto, Sending, SocketId, Time, TransactionSettings};
use std::net::SocketAddr;
use std::time::Duration;

/// The server side of a transaction.
pub(crate) struct Server {
    machine: Machine,
    /// Where replies go.
    pub(crate) path: ReplyPath,
    /// The last reply sent.
    last: Option<Bytes>,
    /// Its code, 0 before the first.
    pub(crate) code: u16,
    /// Timer G: when the reply is sent again, and after how long the next time.
    resend_at: Option<Time>,
    resend_every: Duration,
    /// When a request other than INVITE gets its 100, if nothing else was said (RFC 4320 section 4.1).
    trying_at: Option<Time>,
    /// Timer H, I, J or L, as the state has it.
    ends_at: Option<Time>,
}

#[derive(Clone, Copy)]
enum Machine {
    Invite(server_invite::State),
    Other(server_non_invite::State),
}

/// Where the replies to a request go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReplyPath {
    pub(crate) socket: SocketId,
    pub(crate) proto: Proto,
    pub(crate) to: SocketAddr,
    pub(crate) connection: Option<u64>,
    /// Whether no connection may be opened for them (`tcp_no_new_conn_rplflag`).
    pub(crate) reuse_only: bool,
}

/// What a timer of the server side did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    Resend,
    /// It is time to say that we have the request.
    Trying,
    /// No ACK came.
    Unacknowledged,
    Over,
}

impl Server {
    pub(crate) fn new(is_invite: bool, path: ReplyPath, now: Time, times: &TransactionSettings) -> Server {
        let machine = if is_invite {
            Machine::Invite(server_invite::State::Proceeding)
        } else {
            Machine::Other(server_non_invite::State::Trying)
        };
        Server {
            machine,
            path,
            last: None,
            code: 0,
            resend_at: None,
            resend_every: Duration::ZERO,
            trying_at: (!is_invite).then(|| now + time_to_t2(times)),
            ends_at: None,
        }
    }

    /// Whether a final reply has been sent.
    pub(crate) fn is_answered(&self) -> bool {
        self.code >= 200
    }

    /// The last reply, to be sent again.
    pub(crate) fn last_reply(&self) -> Option<Sending> {
        self.last.as_ref().map(|bytes| again(&self.path, bytes))
    }

    /// Takes a reply to be sent now; `None` if the state allows none of this kind.
    pub(crate) fn answer(
        &mut self,
        code: u16,
        bytes: Bytes,
        now: Time,
        times: &TransactionSettings,
        any_reply: Duration,
    ) -> Option<Sending> {
        self.machine = self.machine.answer(code)?;
        self.code = code;
        self.last = Some(bytes);
        self.trying_at = None;
        match self.machine {
            Machine::Invite(server_invite::State::Completed) => {
                self.resend_every = times.t1;
                self.resend_at = (!self.path.proto.is_reliable()).then(|| now + times.t1);
                self.ends_at = Some(now + any_reply);
            }
            // Timer L is longer than others' patience; the ACK that passes shortens it.
            Machine::Invite(server_invite::State::Accepted) => self.ends_at = Some(now + times.t1 * 64),
            Machine::Other(server_non_invite::State::Completed) => self.ends_at = Some(now + times.linger),
            _ => {}
        }
        self.last_reply()
    }

    /// The ACK of this hop came.
    pub(crate) fn acknowledge(&mut self, now: Time, linger: Duration) {
        let Machine::Invite(state) = self.machine else { return };
        let Some((state, _)) = server_invite::step(state, server_invite::Input::Ack) else { return };
        self.machine = Machine::Invite(state);
        self.resend_at = None;
        self.ends_at = Some(now + linger);
    }

    /// The ACK to the 2xx passed: retransmissions need to be passed on only a little longer.
    pub(crate) fn acknowledged_end_to_end(&mut self, now: Time, linger: Duration) {
        if self.ends_at.is_some() {
            self.ends_at = self.ends_at.min(Some(now + linger));
        }
    }

    /// Ends without a reply: the script has let the request go.
    pub(crate) fn abandon(&mut self, now: Time, linger: Duration) {
        self.trying_at = None;
        self.resend_at = None;
        self.ends_at = Some(now + linger);
    }

    /// Ends without a final reply; until then repetitions of the request are still known.
    pub(crate) fn fall_silent(&mut self, until: Time) {
        self.resend_at = None;
        self.ends_at = Some(until);
    }

    /// Whether nothing would ever end it.
    pub(crate) fn is_endless(&self) -> bool {
        self.resend_at.is_none() && self.ends_at.is_none()
    }

    /// Puts the end off.
    pub(crate) fn postpone(&mut self, until: Time) {
        self.ends_at = Some(until);
    }

    pub(crate) fn next_deadline(&self) -> Option<Time> {
        [self.resend_at, self.trying_at, self.ends_at].into_iter().flatten().min()
    }

    /// What is due now.
    pub(crate) fn fire(&mut self, now: Time, times: &TransactionSettings) -> Due {
        if self.ends_at.is_some_and(|at| at <= now) {
            let unacknowledged = matches!(self.machine, Machine::Invite(server_invite::State::Completed));
            self.machine = self.machine.end();
            return if unacknowledged { Due::Unacknowledged } else { Due::Over };
        }
        if self.trying_at.take_if(|at| *at <= now).is_some() {
            return Due::Trying;
        }
        if self.resend_at.is_some_and(|at| at <= now) && self.machine.resends() {
            self.resend_every = (self.resend_every * 2).min(times.t2);
            self.resend_at = Some(now + self.resend_every);
            return Due::Resend;
        }
        Due::Nothing
    }
}

/// How long it takes a client's timer E to be reset to T2 (RFC 3261 section 17.1.2.2).
fn time_to_t2(times: &TransactionSettings) -> Duration {
    let (mut passed, mut interval) = (times.t1, times.t1 * 2);
    while interval < times.t2 && !interval.is_zero() {
        passed += interval;
        interval *= 2;
    }
    passed
}

impl Machine {
    fn answer(self, code: u16) -> Option<Machine> {
        Some(match self {
            Machine::Invite(state) => {
                use server_invite::{Action, Input, step};
                let input = match code {
                    ..200 => Input::Provisional,
                    200..300 => Input::Success,
                    _ => Input::Failure,
                };
                let (state, actions) = step(state, input)?;
                debug_assert_eq!(actions, [Action::Send]);
                Machine::Invite(state)
            }
            Machine::Other(state) => {
                use server_non_invite::{Action, Input, step};
                let input = if code < 200 { Input::Provisional } else { Input::Final };
                let (state, actions) = step(state, input)?;
                debug_assert_eq!(actions, [Action::Send]);
                Machine::Other(state)
            }
        })
    }

    /// Whether timer G has its reply sent again.
    fn resends(self) -> bool {
        use server_invite::{Action, Input, step};
        matches!(self, Machine::Invite(state)
            if step(state, Input::TimerG).is_some_and(|(_, actions)| actions.contains(&Action::Resend)))
    }

    /// The timer that ends this state.
    fn end(self) -> Machine {
        match self {
            Machine::Invite(state) => {
                use server_invite::{Input, State, step};
                let timer = match state {
                    State::Completed => Input::TimerH,
                    State::Confirmed => Input::TimerI,
                    _ => Input::TimerL,
                };
                Machine::Invite(step(state, timer).map_or(State::Terminated, |(state, _)| state))
            }
            Machine::Other(state) => {
                use server_non_invite::{Input, State, step};
                Machine::Other(step(state, Input::TimerJ).map_or(State::Terminated, |(state, _)| state))
            }
        }
    }
}
