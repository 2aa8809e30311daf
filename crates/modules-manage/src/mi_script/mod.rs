//! `mi_script`: management commands run from scripts.

mod params;
#[cfg(test)]
mod tests;

use crate::transports::{TRACE_BWLIST, TRACE_DESTINATION};
use catalogue::{Arg, Param, Value, Verdict};
use module_api::{
    Args, Call, Commanded, FUNCTION, Fault, Flow, Function, Json, Judging, MiReply, Module, Operator, Refusal, Run,
    Setup, StartError, State, VariableHandle,
};
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "mi_script",
    about: "Runs management commands from scripts.",
    params: &[TRACE_DESTINATION, TRACE_BWLIST, PRETTY_PRINTING],
    functions: &[MI],
    start,
    judge,
    ..Module::EMPTY
};

const PRETTY_PRINTING: Param =
    Param::int("pretty_printing", 0, "Whether the JSON in the variable is indented.").within(0, 1);

const MI: Function = Function {
    name: "mi",
    about: "Runs a management command; its result, as JSON, or the text of its error goes to a variable.",
    args: &[
        Arg::str("command", "The command, and its parameters by position, separated by blanks.").judged(|text| {
            Verdict::must(!text.trim().is_empty(), text, "command", "the name of a command, like version")
        }),
        Arg::var("ret_var", "The variable that gets the result.").optional(),
        Arg::var("params_avp", "An AVP with the parameters instead; with vals_avp, with their names.").optional(),
        Arg::var("vals_avp", "An AVP with the values; \"__array(a b)\" is an array.").optional(),
    ],
    is_async: true,
    returns: &[
        (1, "done"),
        (-1, "names and values are not as many, or the command cannot be read"),
        (-404, "any other: the code of the command's error, made negative"),
        (-32601, "there is no such command"),
        (-32602, "the command does not take these parameters"),
    ],
    run: Run::Wait(mi),
    ..FUNCTION
};

/// The module's state.
struct MiScript {
    is_pretty: bool,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    Ok(Arc::new(MiScript { is_pretty: setup.params.is_on(&PRETTY_PRINTING) }))
}

/// Refuses commands that are not there.
fn judge(judging: &mut Judging<'_>) {
    let names = judging.services.commands.iter().flat_map(|(_, command)| {
        let bare = command.name.split_once(':').map(|(_, bare)| bare);
        bare.into_iter().chain([command.name]).chain(command.aliases.iter().copied())
    });
    let names: Vec<&str> = names.collect();
    judging.hold(MI.name, 0, |line| match line.split_ascii_whitespace().next() {
        Some(name) => Refusal::unless_one_of("command", name, &names),
        None => Ok(()),
    });
}

fn mi(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let (name, params) = match params::of(call, args) {
        Ok(request) => request,
        Err(fault) => return Flow::Done(Err(fault)),
    };
    let operations = call.env.operations;
    let commanded = operations.command(&mut call.env, &name, params);
    follow(call, args.opt_var(1).cloned(), commanded)
}

fn follow(call: &mut Call<'_>, result: Option<VariableHandle>, commanded: Commanded) -> Flow {
    match commanded {
        Commanded::Done(reply) => Flow::Done(keep(call, result.as_ref(), reply)),
        Commanded::Wait(request, then) => Flow::wait(request, move |call, answer| {
            let commanded = then(&mut call.env, answer);
            follow(call, result, commanded)
        }),
    }
}

fn keep(call: &mut Call<'_>, result: Option<&VariableHandle>, reply: MiReply) -> Result<i32, Fault> {
    let (code, text) = match reply {
        Ok(reply) => (1, print(&reply, call.state::<MiScript>()?.is_pretty)),
        Err(error) => (negative(error.code), error.message),
    };
    if let Some(result) = result {
        result.write(call, Operator::Set, Value::from(text))?;
    }
    Ok(code)
}

/// The commands' own codes are positive, JSON-RPC's are negative.
fn negative(code: i32) -> i32 {
    match code.saturating_abs() {
        0 => -1,
        code => -code,
    }
}

fn print(reply: &Json, is_pretty: bool) -> String {
    if is_pretty { format!("{reply:#}") } else { reply.to_string() }
}
