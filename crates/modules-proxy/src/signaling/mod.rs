//! `signaling`: one reply function for scripts with and without transactions.

use crate::sl::content;
use catalogue::{Arg, Routes, Value};
use module_api::{Args, Call, FUNCTION, Function, Module, Outcome, Run, VARIABLE, Variable, VariableRun};

/// The module.
pub const MODULE: Module = Module {
    name: "signaling",
    about: "Replies within the transaction where there is one, and without where there is none.",
    functions: &[SEND_REPLY],
    variables: &[LOCAL_TO_TAG],
    ..Module::EMPTY
};

const SEND_REPLY: Function = Function {
    name: "send_reply",
    about: "Answers the request: within its transaction if it has one, else keeping nothing.",
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

fn send_reply(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let reply = content(args)?;
    if call.msg.transaction.is_some() {
        call.env.operations.reply(call, &reply)?;
    } else {
        call.env.operations.reply_stateless(call, &reply)?;
    }
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::{MODULE, SEND_REPLY};
    use testkit::{Fixture, int, str};

    #[test]
    fn without_a_transaction_nothing_is_kept() {
        let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
        let state = fixture.start(&MODULE, &[]);
        assert_eq!(fixture.call(&state, &SEND_REPLY, &[int(404), str("Not here")]), 1);
        assert_eq!(fixture.journal(), ["reply 404 Not here"]);
    }
}
