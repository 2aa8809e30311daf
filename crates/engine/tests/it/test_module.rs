//! A module with functions that only tests need: they ask, know, or go wrong; and each moment of a transaction is logged.

use catalogue::{Arg, Param};
use module_api::{
    Answer, Args, Call, FUNCTION, Fault, Flow, Function, HookEvent, Job, Level, Module, Question, Request, Run, State,
};
use std::sync::Arc;
use std::time::Duration;

/// A module with functions that only tests need.
pub const TEST: Module = Module {
    name: "test",
    about: "Waits.",
    functions: &[ASK, KNOW, CRASH, INSIST],
    params: &[SLOW_START],
    start: |setup| {
        let state: State = Arc::new(());
        setup.watch_transactions(&state, note);
        if setup.params.is_on(&SLOW_START) {
            setup.at_start(|_| Job::wait(question("start"), |_, answer| Job::Done(answered(answer))));
            setup.at_stop(|_| Job::wait(question("stop"), |_, answer| Job::Done(answered(answer))));
        }
        Ok(state)
    },
    ..Module::EMPTY
};

const SLOW_START: Param = Param::int("slow_start", 0, "Whether start and stop wait for an answer.");

fn question(host: &str) -> Request {
    Request::Resolve(Question::addresses(host, false))
}

fn answered(answer: Answer) -> Result<(), Fault> {
    match answer {
        Answer::Resolved(addresses) => addresses.map(|_| ()),
        _ => Err(Fault::us("another kind of answer")),
    }
}

/// A function that waits for an answer and returns 1, or -1 when it is a fault.
const ASK: Function = Function {
    name: "ask",
    about: "Asks a backend.",
    args: &[Arg::str("what", "The question.")],
    is_async: true,
    run: Run::Wait(ask),
    ..FUNCTION
};

/// A function that begins work which asks, and after a pause asks again whenever it gets no answer.
const INSIST: Function = Function {
    name: "insist",
    about: "Asks until it is answered.",
    run: Run::Now(|call, _| {
        call.env.start(insist());
        Ok(1)
    }),
    ..FUNCTION
};

fn insist() -> Job {
    Job::wait(question("insist"), |_, answer| match answered(answer) {
        Ok(()) => Job::DONE,
        Err(_) => Job::wait(Request::Sleep(Duration::from_secs(1)), |_, _| insist()),
    })
}

/// A function that may wait, but knows the answer.
const KNOW: Function = Function { name: "know", about: "Knows.", is_async: true, ..FUNCTION };

fn ask(_: &mut Call<'_>, args: Args<'_>) -> Flow {
    let host = match args.str(0) {
        Ok(host) => String::from_utf8_lossy(host).into_owned(),
        Err(fault) => return Flow::Done(Err(fault)),
    };
    Flow::wait(question(&host), |_, answer| match answer {
        Answer::Resolved(Ok(_)) => Flow::done(1),
        _ => Flow::done(-1),
    })
}

/// A function with a mistake in it.
const CRASH: Function = Function {
    name: "crash",
    about: "Panics, as a mistake of ours would.",
    run: Run::Now(|_, _| panic!("a mistake of ours")),
    ..FUNCTION
};

/// Writes each moment of a transaction's life into the log.
fn note(call: &mut Call<'_>, event: &HookEvent<'_>) {
    let text = match event {
        HookEvent::Created => "created".to_owned(),
        HookEvent::RequestOut { branch, .. } => format!("request out {branch}"),
        HookEvent::ReplyIn { branch, reply, .. } => format!("reply in {branch} {}", reply.status()),
        HookEvent::ReplyOut { code, reply, .. } => {
            format!("reply out {code}{}", if reply.is_none() { " ours" } else { "" })
        }
        HookEvent::Failed { code, .. } => format!("failed {code}"),
        HookEvent::Cancelled => "cancelled".to_owned(),
        HookEvent::CancelledLate => "cancelled late".to_owned(),
        HookEvent::Acknowledged => "acknowledged".to_owned(),
        HookEvent::Ended => "ended".to_owned(),
    };
    call.env.log().line(Level::Debug, format!("hook: {text}"));
}
