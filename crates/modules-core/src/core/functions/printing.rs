//! Writing into variables and the log, and the time of day.

use catalogue::{Alias, Arg, Example, Value};
use module_api::{Call, FUNCTION, Function, Level, Operator, Outcome, Run};

pub(super) const ALL: &[Function] = &[PV_PRINTF, AVP_PRINT, GET_TIMESTAMP];

const PV_PRINTF: Function = Function {
    name: "pv_printf",
    aliases: &[Alias::old("avp_printf", "3.0")],
    about: "Writes a format string into a variable.",
    args: &[Arg::var("var", "The variable."), Arg::str("fmt", "The format string.")],
    returns: &[(1, "written"), (-1, "the variable cannot be written")],
    examples: &[Example { script: "pv_printf($var(x), \"text\")", message: "", returns: 1 }],
    run: Run::Now(|call, args| {
        let text = args.str(1)?.clone();
        args.var(0)?.write(call, Operator::Set, Value::Str(text))?;
        Ok(1)
    }),
    ..FUNCTION
};

const AVP_PRINT: Function = Function {
    name: "avp_print",
    about: "Logs all AVPs at level info.",
    returns: &[(1, "done")],
    examples: &[Example { script: "avp_print()", message: "", returns: 1 }],
    run: Run::Now(|call, _| print_avps(call)),
    ..FUNCTION
};

const GET_TIMESTAMP: Function = Function {
    name: "get_timestamp",
    about: "The time of one moment, in two variables.",
    args: &[Arg::var("sec", "Gets the Unix time."), Arg::var("usec", "Gets the microseconds of the second.")],
    returns: &[(1, "done"), (-1, "a variable cannot be written")],
    examples: &[Example { script: "get_timestamp($avp(sec), $avp(usec))", message: "", returns: 1 }],
    run: Run::Now(|call, args| {
        let now = call.env.wall_time();
        args.var(0)?.write(call, Operator::Set, Value::number(now.unix_seconds()))?;
        args.var(1)?.write(call, Operator::Set, Value::number(now.subsecond_micros()))?;
        Ok(1)
    }),
    ..FUNCTION
};

fn print_avps(call: &mut Call<'_>) -> Outcome {
    let log = call.env.log();
    if !log.enabled(Level::Info) {
        return Ok(1);
    }
    let names = &call.env.services.names.avps;
    for (id, value) in call.msg.avps.iter() {
        let mut line = b"$avp(".to_vec();
        line.extend_from_slice(&names.name(id).unwrap_or_default());
        line.extend_from_slice(b") = <");
        line.extend_from_slice(&value.text().unwrap_or_default());
        line.push(b'>');
        log.line(Level::Info, line);
    }
    Ok(1)
}
