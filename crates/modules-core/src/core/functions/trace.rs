//! `script_trace()`: a log line for each statement that runs from here on.

use catalogue::{Arg, Example};
use module_api::{Args, Call, FUNCTION, Fault, Function, Level, Outcome, Run, ScriptTrace};

pub(super) const ALL: &[Function] = &[SCRIPT_TRACE];

const SCRIPT_TRACE: Function = Function {
    name: "script_trace",
    about: "Logs each statement of the script from here to the end of the top route; without parameters stops that.",
    args: &[
        Arg::int("level", "The level of the lines.").within(-3, 4).optional(),
        Arg::raw("fmt", "A format string whose values each line shows.").optional(),
        Arg::fixed("tag", "A word that each line shows.").optional(),
    ],
    returns: &[(1, "done"), (-1, "the format string is wrong")],
    examples: &[
        Example { script: "script_trace(1)", message: "", returns: 1 },
        Example { script: "script_trace()", message: "", returns: 1 },
    ],
    run: Run::Now(trace),
    ..FUNCTION
};

fn trace(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let Some(level) = args.opt_int(0)? else {
        call.msg.extensions.take::<ScriptTrace>();
        return Ok(1);
    };
    let format = match args.opt_str(1).filter(|text| !text.is_empty()) {
        Some(text) => Some(call.env.operations.format(text).map_err(Fault::script)?),
        None => None,
    };
    let tag = args.opt_str(2).cloned().unwrap_or_default();
    call.msg.extensions.set(ScriptTrace { level: Level::of(level), format, tag });
    Ok(1)
}
