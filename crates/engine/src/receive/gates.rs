//! The gates that modules have put before the script ([`module_api::Gate`]).

use crate::desk::Desk;
use crate::run::{After, Ending};
use crate::transaction;
use module_api::{Arriving, Call, Env, Gate, GateStep as Step, Kind, RouteEnd, Routing};
use sip::ParseError;
use std::sync::Arc;

/// Where a message is on its way through the gates.
#[derive(Clone)]
pub(crate) struct Passage {
    arriving: Arriving,
    /// The number of the next gate.
    next: usize,
    /// What is wrong with it, where it cannot be read, and whether it looks like a reply.
    malformed: Option<(Arc<ParseError>, bool)>,
}

impl Passage {
    pub(super) const fn new(arriving: Arriving) -> Passage {
        Passage { arriving, next: 0, malformed: None }
    }

    pub(super) fn of_malformed(error: ParseError, is_reply: bool) -> Passage {
        Passage { malformed: Some((Arc::new(error), is_reply)), ..Passage::new(Arriving::Everything) }
    }
}

impl Desk<'_> {
    /// Whether there are any for such messages.
    pub(super) fn has_gates(&self, arriving: Arriving) -> bool {
        self.core.gates.iter().any(|gate| gate.messages == arriving)
    }

    /// Takes a message through those that are left.
    pub(super) fn pass_gates(&self, env: &mut Env<'_>, mut msg: Box<Routing>, passage: Passage) {
        let mut left = self.core.gates.iter().enumerate().skip(passage.next);
        let Some((number, gate)) = left.find(|(_, gate)| gate.messages == passage.arriving) else {
            return self.admitted(env, msg, passage);
        };
        let passage = Passage { next: number + 1, ..passage };
        let step = (gate.enter)(&mut call_of(env, &mut msg, gate));
        self.follow_gate(env, msg, passage, step);
    }

    /// The route of a gate has run.
    pub(crate) fn gate_routed(&self, env: &mut Env<'_>, mut msg: Box<Routing>, passage: Passage, ending: Ending) {
        let Some(gate) = self.gate_of(&passage) else { return };
        let end = RouteEnd { exited: ending.exited, dropped: ending.dropped };
        let step = match (gate.routed)(&mut call_of(env, &mut msg, gate), end) {
            // It has run already.
            Step::Route => Step::Pass,
            step => step,
        };
        self.follow_gate(env, msg, passage, step);
    }

    /// The gate that a message is at.
    fn gate_of(&self, passage: &Passage) -> Option<&Gate> {
        self.core.gates.get(passage.next.checked_sub(1)?)
    }

    fn follow_gate(&self, env: &mut Env<'_>, mut msg: Box<Routing>, passage: Passage, step: Step) {
        match step {
            Step::Pass => self.pass_gates(env, msg, passage),
            Step::Stop => self.stopped(env, msg, &passage),
            Step::Route => {
                let route = passage.next.checked_sub(1).and_then(|number| self.program.gate_route(number));
                let Some(route) = route else { return self.gate_routed(env, msg, passage, Ending::default()) };
                let kind = kind_of(&msg);
                if let Some((msg, ending)) = self.run_or_park(env, msg, kind, route.0, After::Gate(passage.clone())) {
                    self.gate_routed(env, msg, passage, ending);
                }
            }
            Step::Wait(request, then) => {
                if let Some(transaction) = transaction::of(&mut msg) {
                    // Retransmissions are answered from what the table shows.
                    self.core.table.show(transaction.id, transaction.shown());
                }
                self.put_aside(env, request, None, move |desk, env, answer| {
                    let Some(gate) = desk.gate_of(&passage) else { return };
                    let step = then(&mut call_of(env, &mut msg, gate), answer);
                    desk.follow_gate(env, msg, passage, step);
                });
            }
        }
    }
}

impl Desk<'_> {
    /// All gates have let it pass.
    fn admitted(&self, env: &mut Env<'_>, msg: Box<Routing>, passage: Passage) {
        if let Some((error, is_reply)) = passage.malformed {
            return self.malformed(env, &error, &msg.source, is_reply);
        }
        match passage.arriving {
            Arriving::Requests => self.run_main(env, msg),
            Arriving::Everything if msg.is_request() => self.request_admitted(env, msg),
            Arriving::Everything => self.reply_admitted(env, msg),
        }
    }

    /// A gate has kept it. What it has answered or relayed has its transaction; what not is discarded.
    fn stopped(&self, env: &mut Env<'_>, msg: Box<Routing>, passage: &Passage) {
        let counters = &self.core.counters.core;
        match (passage.arriving, &passage.malformed) {
            (Arriving::Requests, _) => self.release(env, msg),
            (Arriving::Everything, Some((_, true))) => counters.drop_replies.increment(),
            (Arriving::Everything, None) if !msg.is_request() => counters.drop_replies.increment(),
            (Arriving::Everything, _) => counters.drop_requests.increment(),
        }
    }
}

fn kind_of(msg: &Routing) -> Kind {
    if msg.is_request() { Kind::Request } else { Kind::Reply }
}

fn call_of<'a>(env: &'a mut Env<'_>, msg: &'a mut Routing, gate: &'a Gate) -> Call<'a> {
    let kind = kind_of(msg);
    Call { env: env.reborrow(), msg, kind, module: &gate.state }
}
