//! `signaling`: one reply function for scripts with and without transactions.

use crate::sl::content;
use catalogue::{Arg, Routes, Value};
use module_api::{
    Args, Call, FUNCTION, Function, Module, Outcome, Run, Setup, StartError, State, VARIABLE, Variable, VariableRun,
};
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "signaling",
    about: "Replies within the transaction where there is one, and without where there is none.",
    functions: &[SEND_REPLY],
    variables: &[LOCAL_TO_TAG],
    start,
    ..Module::EMPTY
};

const SEND_REPLY: Function = Function {
    name: "send_reply",
    about: "Answers the request: within its transaction if it has one; else keeping nothing with module sl, and in a \
            transaction made for it without.",
    args: &[
        Arg::int("code", "The code of the reply.").within(100, 699),
        Arg::str("reason", "Its reason phrase.").judged(module_api::judge::one_line),
    ],
    routes: Routes::REQUEST.or(Routes::ERROR).or(Routes::FAILURE),
    run: Run::Now(send_reply),
    ..FUNCTION
};

const LOCAL_TO_TAG: Variable = Variable {
    name: "sig_local_totag",
    about: "The To tag that replies of our own to this request carry.",
    run: VariableRun::read(|call, _| Value::Str(call.env.operations.local_to_tag(call))),
    ..VARIABLE
};

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    if !setup.loaded.iter().any(|module| matches!(*module, "tm" | "sl")) {
        return Err(StartError::new("needs module tm or sl: loadmodule \"tm.so\" or loadmodule \"sl.so\""));
    }
    Ok(Arc::new(()))
}

fn send_reply(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let reply = content(args)?;
    call.env.operations.answer(call, &reply)?;
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::{MODULE, SEND_REPLY};
    use testkit::{Fixture, int, str};

    #[test]
    fn with_tm_or_sl_it_starts_and_without_both_it_does_not() {
        let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
        for loaded in [&["tm"][..], &["signaling", "sl"]] {
            fixture.loaded = loaded.to_vec();
            let state = fixture.start(&MODULE, &[]);
            assert_eq!(fixture.call(&state, &SEND_REPLY, &[int(404), str("Not here")]), 1);
            assert_eq!(fixture.journal(), ["reply 404 Not here"]);
        }
        fixture.loaded = vec!["signaling", "rr"];
        let refused = fixture.try_start(&MODULE, &[]).err().unwrap();
        assert_eq!(refused.to_string(), "needs module tm or sl: loadmodule \"tm.so\" or loadmodule \"sl.so\"");
    }
}
