//! The client side of a branch: its machine, what was sent, its timers, and the CANCEL that may follow.

use super::outcome::Final;
use crate::machine::{client_invite, client_non_invite};
use crate::outgoing::Changes;
use bytes::Bytes;
use module_api::{Destination, Sending, Time, TransactionSettings};
use smallvec::SmallVec;
use std::time::Duration;

/// The client side of a branch.
pub(crate) struct Client {
    machine: Machine,
    /// What was sent, and where; empty for a branch that never left.
    pub(crate) sent: Sending,
    /// Whether the transport retransmits by itself.
    is_reliable: bool,
    /// Timer A or E, or the retransmission of a CANCEL: when, after how long the next time, and how often it was so.
    resend_at: Option<Time>,
    resend_every: Duration,
    resends: u8,
    /// Timer B, C or F.
    pub(crate) gives_up_at: Option<Time>,
    /// How long it was given for a final reply after a provisional one.
    patience: Option<Duration>,
    pub(crate) cancelling: Cancelling,
    /// What the branch ended with.
    pub(crate) outcome: Option<Final>,
    /// Where else its name leads, the next to try first.
    pub(crate) alternatives: SmallVec<[Destination; 1]>,
    /// Whether a name led where it was sent, rather than an address in figures.
    pub(crate) is_of_name: bool,
    /// The changes `branch_route` made, for sending it to another address.
    pub(crate) changes: Option<Box<Changes>>,
    /// How many branches of its own the next hop may make of it, where it was told.
    pub(crate) breadth: Option<u32>,
    /// Its mark, where its request was forked.
    pub(crate) mark: Option<u64>,
    /// Its own `onreply_route`.
    pub(crate) reply_route: Option<u16>,
    pub(crate) role: Role,
}

/// What a branch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Its reply may become the caller's.
    Contender,
    /// So may this one's, but nobody waits for it (`minor_branch_flag`).
    Minor,
    /// Its replies are of no interest (`t_replicate`).
    Replica,
    /// It has been replaced by a branch to another address of its destination.
    Replaced,
    /// It stands for branches to come and was never sent.
    Phony,
}

/// The CANCEL of a branch (RFC 3261 section 9.1).
#[derive(Clone, Debug, Default)]
pub(crate) enum Cancelling {
    #[default]
    No,
    /// It must wait for a provisional reply; with these header lines.
    Wanted(Bytes),
    /// It was sent, and is sent again until it is answered.
    Sent(Bytes),
    Answered,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Machine {
    Invite(client_invite::State),
    Other(client_non_invite::State),
    /// Nothing was sent; it waits for branches to come.
    Waiting,
    Over,
}

/// What happens to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    Reply(u16),
    ResendTimer,
    GiveUpTimer,
    TransportError,
}

/// What is to be done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Resend,
    Pass,
    Ack,
    Cancel,
    Timeout,
    SendFailed,
}

impl Client {
    /// A branch that leaves now.
    pub(crate) fn new(
        is_invite: bool,
        sent: Sending,
        is_reliable: bool,
        now: Time,
        times: &TransactionSettings,
        any_reply: Duration,
    ) -> Client {
        let machine = if is_invite {
            Machine::Invite(client_invite::State::Calling)
        } else {
            Machine::Other(client_non_invite::State::Trying)
        };
        Client {
            is_reliable,
            resend_at: (!is_reliable).then(|| now + times.t1),
            resend_every: times.t1,
            gives_up_at: Some(now + any_reply),
            ..Client::idle(machine, sent)
        }
    }

    /// A branch that waits for others to come.
    pub(crate) fn phony(sent: Sending, gives_up_at: Time) -> Client {
        Client { gives_up_at: Some(gives_up_at), role: Role::Phony, ..Client::idle(Machine::Waiting, sent) }
    }

    /// A branch in a state, with nothing due and nothing behind it.
    fn idle(machine: Machine, sent: Sending) -> Client {
        Client {
            machine,
            sent,
            is_reliable: true,
            resend_at: None,
            resend_every: Duration::ZERO,
            resends: 0,
            gives_up_at: None,
            patience: None,
            cancelling: Cancelling::No,
            outcome: None,
            alternatives: SmallVec::new(),
            is_of_name: false,
            changes: None,
            breadth: None,
            mark: None,
            reply_route: None,
            role: Role::Contender,
        }
    }

    /// Whether it may still bring a final reply.
    pub(crate) fn is_pending(&self) -> bool {
        match self.machine {
            Machine::Invite(state) => matches!(state, client_invite::State::Calling | client_invite::State::Proceeding),
            Machine::Other(state) => {
                matches!(state, client_non_invite::State::Trying | client_non_invite::State::Proceeding)
            }
            Machine::Waiting => true,
            Machine::Over => false,
        }
    }

    /// Whether nothing is to be sent for it any more but perhaps an ACK.
    pub(crate) fn is_settled(&self) -> bool {
        !self.is_pending() && self.next_deadline().is_none()
    }

    /// Lets go of what a branch that [is settled](Client::is_settled) needs no more.
    pub(crate) fn settle(&mut self) {
        self.changes = None;
        self.alternatives = SmallVec::new();
        use client_invite::State::{Abandoned, Completed};
        // A negative reply to an INVITE that comes late or again is acknowledged, with what the INVITE was.
        let may_acknowledge = matches!(self.machine, Machine::Invite(Abandoned | Completed));
        if !may_acknowledge {
            self.sent.bytes = Bytes::new();
        }
    }

    /// Whether a provisional reply has come and no final one.
    pub(crate) fn is_proceeding(&self) -> bool {
        matches!(self.machine, Machine::Invite(client_invite::State::Proceeding))
    }

    /// Whether nothing at all has come.
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(
            self.machine,
            Machine::Invite(client_invite::State::Calling) | Machine::Other(client_non_invite::State::Trying)
        )
    }

    /// Steps the machine and its timers; what comes out is to be done in this order.
    pub(crate) fn step(
        &mut self,
        input: Input,
        now: Time,
        times: &TransactionSettings,
        invite_final: Duration,
    ) -> SmallVec<[Effect; 2]> {
        let was_proceeding = self.is_proceeding();
        let effects = self.step_machine(input);
        match input {
            // What the machine ignores moves no timer: a CANCEL that cannot be sent leaves its INVITE to its own.
            Input::Reply(_) | Input::TransportError if effects.is_empty() => {}
            Input::Reply(..200) => self.arm_for_final(now, times, invite_final, was_proceeding),
            Input::Reply(_) | Input::TransportError | Input::GiveUpTimer => self.disarm(),
            Input::ResendTimer => self.arm_resend(now, times),
        }
        effects
    }

    fn step_machine(&mut self, input: Input) -> SmallVec<[Effect; 2]> {
        match self.machine {
            Machine::Invite(state) => {
                let Some(input) = invite_input(state, input) else { return SmallVec::new() };
                let Some((state, actions)) = client_invite::step(state, input) else { return SmallVec::new() };
                self.machine = Machine::Invite(state);
                actions.iter().map(|action| Effect::from(*action)).collect()
            }
            Machine::Other(state) => {
                let Some((state, actions)) = client_non_invite::step(state, other_input(input)) else {
                    return SmallVec::new();
                };
                self.machine = Machine::Other(state);
                actions.iter().map(|action| Effect::from(*action)).collect()
            }
            Machine::Waiting if input == Input::GiveUpTimer => {
                self.machine = Machine::Over;
                SmallVec::from_slice(&[Effect::Timeout])
            }
            Machine::Waiting | Machine::Over => SmallVec::new(),
        }
    }

    /// After a provisional reply: an INVITE is sent no more and has longer, another request is sent at the slowest pace.
    fn arm_for_final(&mut self, now: Time, times: &TransactionSettings, invite_final: Duration, was_proceeding: bool) {
        match self.machine {
            Machine::Invite(_) => {
                if !matches!(self.cancelling, Cancelling::Sent(_)) {
                    self.resend_at = None;
                }
                if !was_proceeding || times.restart_on_each_reply {
                    self.gives_up_at = Some(now + invite_final);
                    self.patience = Some(invite_final);
                }
            }
            _ => {
                self.resend_every = times.t2;
                self.resend_at = self.resend_at.map(|_| now + times.t2);
            }
        }
    }

    /// The script has said, while it looked at a provisional reply, how long the branch may take from now.
    pub(crate) fn set_patience(&mut self, now: Time, invite_final: Duration) {
        let is_new = self.patience.is_some_and(|patience| patience != invite_final);
        if is_new && self.is_proceeding() && !matches!(self.cancelling, Cancelling::Sent(_)) {
            self.gives_up_at = Some(now + invite_final);
            self.patience = Some(invite_final);
        }
    }

    /// The next retransmission: the interval doubles, up to T2 for all but a ringing-out INVITE (timer A has no bound).
    fn arm_resend(&mut self, now: Time, times: &TransactionSettings) {
        let doubled = self.resend_every * 2;
        let is_calling = matches!(self.machine, Machine::Invite(client_invite::State::Calling));
        self.resend_every = if is_calling { doubled } else { doubled.min(times.t2) };
        self.resend_at = Some(now + self.resend_every);
        self.resends = self.resends.saturating_add(1);
    }

    fn disarm(&mut self) {
        self.gives_up_at = None;
        if !matches!(self.cancelling, Cancelling::Sent(_)) {
            self.resend_at = None;
        }
    }

    /// It stands for branches to come no more.
    pub(crate) fn dissolve(&mut self) {
        self.machine = Machine::Over;
        self.disarm();
    }

    /// Notes that its CANCEL leaves; it is sent again until it is answered, and the branch may then not take longer
    /// than RFC 3261 section 9.1 allows.
    pub(crate) fn cancel_sent(&mut self, bytes: Bytes, now: Time, times: &TransactionSettings) {
        self.cancelling = Cancelling::Sent(bytes);
        self.resend_every = times.t1;
        self.resend_at = (!self.is_reliable).then(|| now + times.t1);
        let patience = now + times.t1 * 64;
        self.gives_up_at = self.gives_up_at.map(|at| at.min(patience));
    }

    /// Its CANCEL was answered.
    pub(crate) fn cancel_answered(&mut self) {
        if matches!(self.cancelling, Cancelling::Sent(_)) {
            self.cancelling = Cancelling::Answered;
            self.resend_at = None;
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Time> {
        [self.resend_at, self.gives_up_at].into_iter().flatten().min()
    }

    /// The timers that are due.
    pub(crate) fn due(&self, now: Time) -> Option<Input> {
        if self.gives_up_at.is_some_and(|at| at <= now) {
            return Some(Input::GiveUpTimer);
        }
        self.resend_at.is_some_and(|at| at <= now).then_some(Input::ResendTimer)
    }

    /// Whether what is due to be sent again is the CANCEL, and its bytes.
    pub(crate) fn cancel_to_resend(&mut self, now: Time, times: &TransactionSettings) -> Option<Sending> {
        let Cancelling::Sent(bytes) = &self.cancelling else { return None };
        let sending = Sending { bytes: bytes.clone(), ..self.sent.clone() };
        self.arm_resend(now, times);
        Some(sending)
    }

    /// How often it was sent again.
    pub(crate) fn resends(&self) -> u8 {
        self.resends
    }
}

fn invite_input(state: client_invite::State, input: Input) -> Option<client_invite::Input> {
    use client_invite::Input as To;
    Some(match input {
        Input::Reply(..200) => To::Provisional,
        Input::Reply(200..300) => To::Success,
        Input::Reply(_) => To::Failure,
        Input::ResendTimer => To::TimerA,
        Input::GiveUpTimer if state == client_invite::State::Calling => To::TimerB,
        Input::GiveUpTimer => To::TimerC,
        Input::TransportError => To::TransportError,
    })
}

fn other_input(input: Input) -> client_non_invite::Input {
    use client_non_invite::Input as To;
    match input {
        Input::Reply(..200) => To::Provisional,
        Input::Reply(_) => To::Final,
        Input::ResendTimer => To::TimerE,
        Input::GiveUpTimer => To::TimerF,
        Input::TransportError => To::TransportError,
    }
}

impl From<client_invite::Action> for Effect {
    fn from(action: client_invite::Action) -> Effect {
        use client_invite::Action;
        match action {
            Action::Resend => Effect::Resend,
            Action::Pass => Effect::Pass,
            Action::Ack => Effect::Ack,
            Action::Cancel => Effect::Cancel,
            Action::Timeout => Effect::Timeout,
            Action::SendFailed => Effect::SendFailed,
        }
    }
}

impl From<client_non_invite::Action> for Effect {
    fn from(action: client_non_invite::Action) -> Effect {
        use client_non_invite::Action;
        match action {
            Action::Resend => Effect::Resend,
            Action::Pass => Effect::Pass,
            Action::Timeout => Effect::Timeout,
            Action::SendFailed => Effect::SendFailed,
        }
    }
}
