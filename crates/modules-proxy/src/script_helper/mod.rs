//! `script_helper`: what every proxy's script does, done without being written.
//!
//! Requests outside dialogs get our Record-Route before the main route runs. Requests inside dialogs never get there:
//! they are routed by their Route set and relayed, and what cannot be is answered with 404.

use crate::rr;
use catalogue::{Param, ParamKind};
use module_api::{
    Args, Arriving, Call, Fault, Flow, Gate, GateStep, Module, RelayOptions, ReplyContent, RouteEnd, Setup, StartError,
    State,
};
use sip::Method;
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "script_helper",
    about: "Routes requests inside dialogs, and records this server in new ones, without a line of script.",
    depends: &["rr", "tm", "sl"],
    params: &[SEQUENTIAL_ROUTE, USE_DIALOG, CREATE_DIALOG_FLAGS],
    start,
    ..Module::EMPTY
};

const SEQUENTIAL_ROUTE: Param = Param::unset(
    "sequential_route",
    ParamKind::Route,
    "A route that runs on each request inside a dialog before it is relayed; with exit in it, it is not.",
);
const USE_DIALOG: Param =
    Param::int("use_dialog", 0, "Whether calls are dialogs of module dialog, which is loaded before.");
const CREATE_DIALOG_FLAGS: Param =
    Param::str("create_dialog_flags", "", "The flags of create_dialog(), for use_dialog.");

/// The module's state.
struct Helper {
    /// Of module rr, whose functions it calls.
    rr: State,
    runs_route: bool,
    /// The flags that dialogs are made with, where they are.
    dialog_flags: Option<String>,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let rr = setup.started.get("rr").cloned();
    let rr = rr.ok_or_else(|| StartError::new("needs module rr: loadmodule \"rr.so\""))?;
    let route = setup.params.str(&SEQUENTIAL_ROUTE).filter(|route| !route.is_empty()).map(str::to_owned);
    let dialog_flags = setup.params.is_on(&USE_DIALOG).then(|| setup.params.text(&CREATE_DIALOG_FLAGS).to_owned());
    if dialog_flags.is_some() && setup.wishes.dialogs.is_none() {
        let text = "needs module dialog, before this one: loadmodule \"dialog.so\"";
        return Err(StartError::param(USE_DIALOG.name, text));
    }
    let state: State = Arc::new(Helper { rr, runs_route: route.is_some(), dialog_flags });
    setup.gate(Gate { state: Arc::clone(&state), messages: Arriving::Requests, route, enter, routed });
    Ok(state)
}

fn enter(call: &mut Call<'_>) -> GateStep {
    let message = Arc::clone(&call.msg.message);
    // What cannot be read is the script's to refuse.
    let (Ok(to), Ok(helper)) = (message.to(), call.state::<Helper>()) else { return GateStep::Pass };
    let is_initial = to.tag().is_none();
    let mut in_rr = Call { env: call.env.reborrow(), msg: &mut *call.msg, kind: call.kind, module: &helper.rr };
    if is_initial {
        // Neither makes a dialog.
        if !matches!(message.method(), Method::Ack | Method::Cancel)
            && let Err(fault) = rr::record_route(&mut in_rr, Args(&[]))
        {
            note(call, fault);
        }
        if message.method() == Method::Invite {
            begin_dialog(call, helper);
        }
        return GateStep::Pass;
    }
    let is_routed = rr::loose_route(&mut in_rr, Args(&[])).unwrap_or_else(|fault| {
        note(call, fault);
        -1
    }) > 0;
    if !is_routed && message.method() != Method::Ack {
        return refuse(call, &ReplyContent::new(404, "Not here"));
    }
    // The ACK of a refusal of ours has no Route and an INVITE; any other that is not for us goes nowhere.
    if !is_routed && call.msg.invite.is_none() {
        return GateStep::Stop;
    }
    if is_routed && helper.runs_route { GateStep::Route } else { relay(call) }
}

/// `use_dialog`: the call is followed.
fn begin_dialog(call: &mut Call<'_>, helper: &Helper) {
    let Some((flags, dialogs)) = helper.dialog_flags.as_ref().zip(call.env.services.dialogs.clone()) else { return };
    if let Err(fault) = dialogs.create_with(call, flags) {
        note(call, fault);
    }
}

/// `sequential_route` has run; `exit` says that it has done all there was to do.
fn routed(call: &mut Call<'_>, end: RouteEnd) -> GateStep {
    if end.exited { GateStep::Stop } else { relay(call) }
}

fn relay(call: &mut Call<'_>) -> GateStep {
    let flow = call.env.operations.relay(call, RelayOptions::default());
    relayed(call, flow)
}

fn relayed(call: &mut Call<'_>, flow: Flow) -> GateStep {
    match flow {
        Flow::Wait(request, then) => GateStep::Wait(
            request,
            Box::new(|call, answer| {
                let flow = then(call, answer);
                relayed(call, flow)
            }),
        ),
        Flow::Done(Ok(code)) if code > 0 => GateStep::Stop,
        Flow::Done(outcome) => {
            if let Err(fault) = outcome {
                note(call, fault);
            }
            let fault = call.msg.fault.as_deref();
            let (code, reason) = fault.map_or((500, "Server Internal Error"), Fault::sip_reply);
            refuse(call, &ReplyContent::new(code, reason))
        }
    }
}

/// Answers a request that goes nowhere.
fn refuse(call: &mut Call<'_>, reply: &ReplyContent) -> GateStep {
    let transaction = call.msg.transaction.as_ref();
    let outcome = match transaction {
        _ if call.msg.message.method() == Method::Ack => Ok(()),
        // The engine has answered already what it could not send.
        Some(transaction) if transaction.is_answered() => Ok(()),
        Some(_) => call.env.operations.reply(call, reply),
        None => call.env.operations.reply_stateless(call, reply),
    };
    if let Err(fault) = outcome {
        note(call, fault);
    }
    GateStep::Stop
}

fn note(call: &mut Call<'_>, fault: Fault) {
    call.env.log().error(format!("script_helper: {fault}"));
    call.msg.fault = Some(Box::new(fault));
}

#[cfg(test)]
mod tests {
    use super::MODULE;
    use crate::{rr, sl, tm};
    use module_api::{GateStep, ParamSetting, RouteEnd};
    use testkit::Fixture;

    /// What becomes of a request: how it ends at the gate, what was done, and whether it got a Record-Route.
    fn passage(lines: &str, route: Option<RouteEnd>) -> (&'static str, Vec<String>, bool) {
        let mut fixture = Fixture::request(lines);
        for module in [&rr::MODULE, &sl::MODULE, &tm::MODULE] {
            fixture.start(module, &[]);
        }
        let params = route.map(|_| ("sequential_route", ParamSetting::Str("seq".to_owned())));
        fixture.start(&MODULE, params.as_slice());
        let gate = fixture.wishes.gates.pop().unwrap();
        let mut step = fixture.with_call(&gate.state, gate.enter);
        if let (GateStep::Route, Some(end)) = (&step, route) {
            step = fixture.with_call(&gate.state, |call| (gate.routed)(call, end));
        }
        let step = match step {
            GateStep::Pass => "pass",
            GateStep::Stop => "stop",
            GateStep::Route => "route",
            GateStep::Wait(..) => "wait",
        };
        (step, fixture.journal(), fixture.msg.route_set.recorded)
    }

    const IN_DIALOG: &str =
        "BYE sip:bob@192.0.2.20 SIP/2.0\nTo: <sip:bob@example.com>;tag=1\nRoute: <sip:192.0.2.1;lr>";

    #[test]
    fn new_requests_are_recorded_and_go_on() {
        assert_eq!(passage("INVITE sip:bob@example.com SIP/2.0", None), ("pass", vec![], true));
        assert_eq!(passage("CANCEL sip:bob@example.com SIP/2.0", None), ("pass", vec![], false));
    }

    #[test]
    fn requests_in_dialogs_are_relayed() {
        let relayed = vec!["relay sip:bob@192.0.2.20".to_owned()];
        assert_eq!(passage(IN_DIALOG, None), ("stop", relayed.clone(), false));
        assert_eq!(passage(IN_DIALOG, Some(RouteEnd::default())), ("stop", relayed, false));
        assert_eq!(passage(IN_DIALOG, Some(RouteEnd { exited: true, dropped: false })), ("stop", vec![], false));
    }

    #[test]
    fn what_has_no_route_is_not_here() {
        let lines = "BYE sip:bob@192.0.2.20 SIP/2.0\nTo: <sip:bob@example.com>;tag=1";
        assert_eq!(passage(lines, None), ("stop", vec!["reply 404 Not here".to_owned()], false));
        let lines = "ACK sip:bob@192.0.2.20 SIP/2.0\nTo: <sip:bob@example.com>;tag=1";
        assert_eq!(passage(lines, None), ("stop", vec![], false));
    }
}
