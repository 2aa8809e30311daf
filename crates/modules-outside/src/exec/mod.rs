//! `exec`: programs that a script runs.

mod environment;
mod old;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use catalogue::{Arg, Param, Routes};
use module_api::{
    Args, Call, FUNCTION, Fault, Flow, Function, Module, Operator, Program, ProgramOutput, Request, Run, Setup,
    StartError, State, VariableHandle,
};
use std::sync::Arc;
use std::time::Duration;

/// The module.
pub const MODULE: Module = Module {
    name: "exec",
    about: "Runs programs: their input from the script, their output into its variables.",
    params: &[TIME_TO_KILL, SETVARS],
    functions: &[EXEC, old::EXEC_MSG, old::EXEC_AVP, old::EXEC_DSET, old::EXEC_GETENV],
    start,
    ..Module::EMPTY
};

const TIME_TO_KILL: Param =
    Param::int("time_to_kill", 0, "How many seconds a program may run; then it is ended. 0: as long as it likes.")
        .within(0, 86_400);
const SETVARS: Param =
    Param::int("setvars", 0, "Whether programs find the message in their environment (SIP_RURI, SIP_HF_FROM …).")
        .within(0, 1);

const EXEC: Function = Function {
    name: "exec",
    about: "Runs a command with /bin/sh and waits until it has written all that is wanted of it; if nothing is, it \
            goes on at once. Each line of output is assigned to the variable: an AVP keeps all of them.",
    args: &[
        Arg::str("command", "The command line; quote what comes from messages."),
        Arg::str("stdin", "What it reads.").optional(),
        Arg::var("stdout", "The variable that gets its standard output, line by line.").optional(),
        Arg::var("stderr", "The variable that gets its standard error, line by line.").optional(),
        Arg::var("envavp", "An AVP whose values are its variables OSIPS_EXEC_0 (the newest), OSIPS_EXEC_1 …")
            .optional(),
    ],
    is_async: true,
    run: Run::Wait(exec),
    ..ASKS
};

/// What all that run programs share.
const ASKS: Function = Function {
    routes: ROUTES,
    returns: &[(1, "it has written its output, or runs"), (-1, "it cannot be run, or took too long")],
    ..FUNCTION
};

const ROUTES: Routes = Routes::REQUEST
    .or(Routes::FAILURE)
    .or(Routes::LOCAL)
    .or(Routes::STARTUP)
    .or(Routes::TIMER)
    .or(Routes::EVENT)
    .or(Routes::ONREPLY);

/// How long output is waited for where no `time_to_kill` ends the program.
const PATIENCE: Duration = Duration::from_secs(120);

/// The module's state.
struct Exec {
    time_to_kill: Option<Duration>,
    sets_variables: bool,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let seconds = u64::try_from(setup.params.int(&TIME_TO_KILL)).unwrap_or_default();
    let time_to_kill = (seconds > 0).then(|| Duration::from_secs(seconds));
    Ok(Arc::new(Exec { time_to_kill, sets_variables: setup.params.is_on(&SETVARS) }))
}

fn exec(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let program = match program(call, args) {
        Ok(program) => program,
        Err(fault) => return Flow::Done(Err(fault)),
    };
    let (output, errors) = (args.opt_var(2).cloned(), args.opt_var(3).cloned());
    Flow::wait(Request::Exec(Box::new(program)), move |call, answer| {
        Flow::Done(answer.output().and_then(|written| keep(call, output.as_ref(), errors.as_ref(), &written)))
    })
}

fn program(call: &mut Call<'_>, args: Args<'_>) -> Result<Program, Fault> {
    let environment = args.opt_var(4).map(|avp| environment::of_avp(call, avp)).unwrap_or_default();
    let input = args.opt_str(1).cloned().unwrap_or_default();
    let program = program_of(call, args.str(0)?.clone(), input, args.is_given(2))?;
    let environment = environment.into_iter().chain(program.environment).collect();
    Ok(Program { environment, wants_errors: args.is_given(3), ..program })
}

/// A command with its input, as the parameters have it.
fn program_of(call: &Call<'_>, command: Bytes, input: Bytes, wants_output: bool) -> Result<Program, Fault> {
    let state = call.state::<Exec>()?;
    Ok(Program {
        command,
        input,
        environment: if state.sets_variables { environment::of_message(call) } else { Vec::new() },
        wants_output,
        wants_errors: false,
        time_to_kill: state.time_to_kill,
        answer_within: state.time_to_kill.unwrap_or(PATIENCE),
    })
}

fn keep(
    call: &mut Call<'_>,
    output: Option<&VariableHandle>,
    errors: Option<&VariableHandle>,
    written: &ProgramOutput,
) -> Result<i32, Fault> {
    for (variable, text) in [(output, &written.output), (errors, &written.errors)] {
        let Some(variable) = variable else { continue };
        // What follows the last line end is a line only if something is there.
        let text = text.strip_suffix(b"\n").map_or_else(|| text.clone(), |lines| text.slice_ref(lines));
        for line in text.split(|byte| *byte == b'\n').filter(|_| !text.is_empty()) {
            variable.write(call, Operator::Set, text.slice_ref(line).into())?;
        }
    }
    Ok(1)
}
