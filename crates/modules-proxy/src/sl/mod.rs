//! `sl`: replies without a transaction.

use catalogue::{Arg, Param, Routes, Statistic};
use module_api::{Args, Call, FUNCTION, Fault, Function, Module, Outcome, ReplyContent, Run, Setup, StartError, State};
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "sl",
    about: "Replies that keep nothing: no retransmissions, no waiting for an ACK.",
    params: &[ENABLE_STATS],
    functions: &[SEND_REPLY, REPLY_ERROR],
    statistics: STATISTICS,
    start,
    ..Module::EMPTY
};

const ENABLE_STATS: Param = Param::int("enable_stats", 1, "Whether the module's statistics are shown.");

/// The engine counts them.
const STATISTICS: &[Statistic] = &[
    Statistic::counter("1xx_replies", "Stateless 1xx sent."),
    Statistic::counter("2xx_replies", "Stateless 2xx sent."),
    Statistic::counter("3xx_replies", "Stateless 3xx sent."),
    Statistic::counter("4xx_replies", "Stateless 4xx sent."),
    Statistic::counter("5xx_replies", "Stateless 5xx sent."),
    Statistic::counter("6xx_replies", "Stateless 6xx sent."),
    Statistic::counter("sent_replies", "All stateless replies sent."),
    Statistic::counter("sent_err_replies", "Stateless replies sent that refuse."),
    Statistic::counter("received_ACKs", "ACKs to stateless replies, absorbed."),
];

const SEND_REPLY: Function = Function {
    name: "sl_send_reply",
    about: "Answers the request, keeping nothing.",
    args: &[
        Arg::int("code", "The code of the reply.").within(100, 699),
        Arg::str("reason", "Its reason phrase.").judged(module_api::judge::one_line),
    ],
    routes: Routes::REQUEST.or(Routes::ERROR),
    run: Run::Now(send_reply),
    ..FUNCTION
};

const REPLY_ERROR: Function = Function {
    name: "sl_reply_error",
    about: "Answers the request with what went wrong last: the code that fits it, and 500 where nothing is known.",
    routes: Routes::REQUEST,
    run: Run::Now(reply_error),
    ..FUNCTION
};

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    if setup.params.is_on(&ENABLE_STATS) {
        for statistic in STATISTICS {
            setup.counter(statistic);
        }
    }
    Ok(Arc::new(()))
}

fn send_reply(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let reply = content(args)?;
    call.env.operations.reply_stateless(call, &reply)?;
    Ok(1)
}

fn reply_error(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let (code, reason) = call.msg.fault.as_deref().map_or((500, "Server Internal Error"), Fault::sip_reply);
    call.env.operations.reply_stateless(call, &ReplyContent::new(code, reason))?;
    Ok(1)
}

/// The reply that the arguments `code` and `reason` describe.
pub(crate) fn content(args: Args<'_>) -> Result<ReplyContent, Fault> {
    let code = u16::try_from(args.int(0)?).ok().filter(|code| (100..=699).contains(code));
    let code = code.ok_or_else(|| Fault::script("a reply's code is between 100 and 699"))?;
    Ok(ReplyContent::new(code, args.str(1)?.clone()))
}

#[cfg(test)]
mod tests {
    use super::{MODULE, REPLY_ERROR, SEND_REPLY};
    use module_api::Fault;
    use testkit::{Fixture, int, str};

    #[test]
    fn replies_and_errors() {
        let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
        let state = fixture.start(&MODULE, &[]);
        assert_eq!(fixture.call(&state, &SEND_REPLY, &[int(200), str("OK")]), 1);
        assert_eq!(fixture.call(&state, &SEND_REPLY, &[int(20), str("OK")]), -1);
        assert_eq!(fixture.call(&state, &REPLY_ERROR, &[]), 1);
        fixture.msg.fault = Some(Box::new(Fault::peer("bad")));
        assert_eq!(fixture.call(&state, &REPLY_ERROR, &[]), 1);
        assert_eq!(fixture.journal(), ["reply 200 OK", "reply 500 Server Internal Error", "reply 400 Bad Request"]);
    }
}
