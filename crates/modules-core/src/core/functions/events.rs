//! Raising events, and subscribing others to them.

use catalogue::{Arg, Example, Value};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Raised, Run, VariableHandle};
use std::time::Duration;

pub(super) const ALL: &[Function] = &[RAISE_EVENT, SUBSCRIBE_EVENT];

const RAISE_EVENT: Function = Function {
    name: "raise_event",
    about: "Raises an event: event_route runs and subscribers hear it.",
    args: &[
        Arg::str("event", "Its name."),
        Arg::var("attrs", "An AVP with the names of its parameters; alone, with their values, which have no names.")
            .optional(),
        Arg::var("vals", "An AVP with the values of its parameters.").optional(),
    ],
    returns: &[(1, "raised"), (-1, "there are not as many names as values")],
    examples: &[Example { script: "raise_event(\"E_TEST\")", message: "", returns: 1 }],
    run: Run::Now(raise),
    ..FUNCTION
};

const SUBSCRIBE_EVENT: Function = Function {
    name: "subscribe_event",
    about: "Subscribes a socket outside to an event.",
    args: &[
        Arg::str("event", "The event's name."),
        Arg::str("socket", "protocol:address, for a protocol that a loaded event module speaks."),
        Arg::int("expire", "How many seconds the subscription holds; for ever if left out or 0.")
            .within(0, i32::MAX)
            .optional(),
    ],
    returns: &[(1, "subscribed"), (-1, "no loaded module speaks the protocol, or the address is wrong")],
    examples: &[Example {
        script: "subscribe_event(\"E_TEST\", \"udp:127.0.0.1:8888\", 60)",
        message: "",
        returns: -1,
    }],
    run: Run::Now(subscribe),
    ..FUNCTION
};

fn raise(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let event = String::from_utf8_lossy(args.str(0)?).into_owned();
    if call.env.services.events.publish(&event).is_none() {
        return Err(Fault::script("there are more events than a script has"));
    }
    // Values without names may stand in either place.
    let (names, values) = match (args.opt_var(1), args.opt_var(2)) {
        (Some(names), Some(values)) => (Some(names), Some(values)),
        (alone, None) | (None, alone) => (None, alone),
    };
    let values = values.map(|variable| values_of(call, variable)).unwrap_or_default();
    let names = match names {
        Some(variable) => values_of(call, variable).into_iter().map(printed).collect(),
        None => vec![String::new(); values.len()],
    };
    if names.len() != values.len() {
        return Err(Fault::script(format!("the event has {} names for {} values", names.len(), values.len())));
    }
    call.env.out.raise(Raised { event, params: names.into_iter().zip(values).collect() });
    Ok(1)
}

/// All values of a variable in the order in which they were added: of an AVP the newest is the first.
fn values_of(call: &mut Call<'_>, variable: &VariableHandle) -> Vec<Value> {
    (0..variable.count(call)).rev().map(|position| variable.read_at(call, position)).collect()
}

fn printed(value: Value) -> String {
    value.text().map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}

fn subscribe(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (event, socket) = (String::from_utf8_lossy(args.str(0)?), String::from_utf8_lossy(args.str(1)?));
    let seconds = args.opt_int(2)?.and_then(|seconds| u64::try_from(seconds).ok()).filter(|seconds| *seconds > 0);
    let subscribed =
        call.env.services.events.subscribe(&event, &socket, seconds.map(Duration::from_secs), call.env.now);
    subscribed.map(|()| 1).map_err(|error| Fault::script(error.to_string()))
}
