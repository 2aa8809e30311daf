//! `maxfwd`: how many hops a request may still travel (RFC 3261 section 16.6, step 3).

use catalogue::{Arg, Example, Param, Routes};
use module_api::{Args, Call, FUNCTION, Function, Module, Outcome, Run, Setup, StartError, State};
use sip::HeaderName;
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "maxfwd",
    about: "Adds, decrements and tests the Max-Forwards header.",
    params: &[MAX_LIMIT],
    functions: &[PROCESS, IS_LESS],
    start,
    ..Module::EMPTY
};

const MAX_LIMIT: Param = Param::int("max_limit", 256, "The highest value a request leaves with.").within(1, 256);

const PROCESS: Function = Function {
    name: "mf_process_maxfwd_header",
    about: "Decrements Max-Forwards, or adds it where the request has none.",
    args: &[Arg::int("max_value", "The value to add.").within(0, 255)],
    routes: Routes::REQUEST,
    returns: &[
        (2, "the header was added"),
        (1, "it was decremented"),
        (-1, "it is 0 already"),
        (-2, "it cannot be read; such a request is answered 400 before any script runs"),
    ],
    examples: &[
        Example { script: "mf_process_maxfwd_header(10)", message: "", returns: 2 },
        Example { script: "mf_process_maxfwd_header(10)", message: "Max-Forwards: 70", returns: 1 },
        Example { script: "mf_process_maxfwd_header(10)", message: "Max-Forwards: 0", returns: -1 },
    ],
    run: Run::Now(process),
    ..FUNCTION
};

const IS_LESS: Function = Function {
    name: "is_maxfwd_lt",
    about: "Whether Max-Forwards is less than a value.",
    args: &[Arg::int("max_value", "The value to compare with.").within(0, 255)],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH),
    returns: &[(1, "it is less"), (-1, "it is not"), (-2, "there is none"), (-3, "it cannot be read")],
    examples: &[
        Example { script: "is_maxfwd_lt(10)", message: "Max-Forwards: 9", returns: 1 },
        Example { script: "is_maxfwd_lt(10)", message: "Max-Forwards: 10", returns: -1 },
        Example { script: "is_maxfwd_lt(10)", message: "", returns: -2 },
    ],
    run: Run::Now(is_less),
    ..FUNCTION
};

struct Maxfwd {
    max_limit: u32,
}

/// The value a message was given that lacked the header: a second call must not add a second one.
struct Added(u32);

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let max_limit = setup.params.int(&MAX_LIMIT).unsigned_abs();
    Ok(Arc::new(Maxfwd { max_limit }))
}

fn process(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let limit = call.state::<Maxfwd>()?.max_limit;
    let Some(header) = call.msg.message.header(HeaderName::MaxForwards) else {
        return add(call, args.int(0)?.unsigned_abs().min(limit));
    };
    let Some(hops) = sip::text::number(header.value) else { return Ok(-2) };
    let Some(left) = hops.checked_sub(1) else { return Ok(-1) };
    call.msg.edits.replace_value(header.index, left.min(limit).to_string().into());
    Ok(1)
}

fn add(call: &mut Call<'_>, hops: u32) -> Outcome {
    if call.msg.extensions.get::<Added>().is_none() {
        call.msg.edits.append(format!("Max-Forwards: {hops}\r\n").into());
        call.msg.extensions.set(Added(hops));
    }
    Ok(2)
}

fn is_less(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let bound = i64::from(args.int(0)?);
    let msg = &*call.msg;
    // As it leaves: what was decremented or added counts.
    let hops = match msg.message.header(HeaderName::MaxForwards) {
        Some(header) => {
            let value = msg.edits.value_of(header.index).map_or(header.value, |value| &value[..]);
            sip::text::number(value).ok_or(-3)
        }
        None => msg.extensions.get::<Added>().map(|added| added.0).ok_or(-2),
    };
    let hops = match hops {
        Ok(hops) => hops,
        Err(code) => return Ok(code),
    };
    Ok(if i64::from(hops) < bound { 1 } else { -1 })
}

#[cfg(test)]
mod tests {
    use super::{IS_LESS, MODULE, PROCESS};
    use module_api::ParamSetting;
    use testkit::{Fixture, check_examples, int};

    #[test]
    fn examples() {
        check_examples(&MODULE, &[]);
    }

    fn left(lines: &str, calls: usize) -> String {
        let mut fixture = Fixture::request(&format!("OPTIONS sip:b@example.com SIP/2.0\n{lines}"));
        let state = fixture.start(&MODULE, &[("max_limit", ParamSetting::Int(50))]);
        for _ in 0..calls {
            fixture.call(&state, &PROCESS, &[int(10)]);
        }
        let shown = fixture.shown();
        shown.lines().filter(|line| line.starts_with("Max-Forwards")).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn what_was_processed_is_what_is_compared() {
        let less_than = |lines: &str, bound: i32| {
            let mut fixture = Fixture::request(&format!("OPTIONS sip:b@example.com SIP/2.0\n{lines}"));
            let state = fixture.start(&MODULE, &[]);
            fixture.call(&state, &PROCESS, &[int(10)]);
            fixture.call(&state, &IS_LESS, &[int(bound)])
        };
        assert_eq!((less_than("", 11), less_than("", 10)), (1, -1));
        assert_eq!((less_than("Max-Forwards: 1", 1), less_than("Max-Forwards: 2", 1)), (1, -1));
    }

    #[test]
    fn one_header_leaves_however_often_it_is_processed() {
        assert_eq!(left("", 2), "Max-Forwards: 10");
        assert_eq!(left("Max-Forwards: 20", 2), "Max-Forwards: 19");
        assert_eq!(left("Max-Forwards: 70", 1), "Max-Forwards: 50");
        assert_eq!(left("Max-Forwards: 0", 1), "Max-Forwards: 0");
    }
}
