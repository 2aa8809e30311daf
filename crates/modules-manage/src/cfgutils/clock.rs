//! The time: `get_accurate_time()`, `ts_usec_delta()`, `$ctime(…)`.

use ::recurrence::Zone;
use catalogue::{Arg, Example, Inner, Routes, Value};
use chrono::{Datelike, NaiveDateTime, Timelike};
use module_api::{
    Args, Call, FUNCTION, Function, Operator, Outcome, Run, VARIABLE, Variable, VariableName, VariableRun,
};

pub(super) const GET_ACCURATE_TIME: Function = Function {
    name: "get_accurate_time",
    about: "Puts the time into variables: the seconds since 1970 and the microseconds of the current one.",
    args: &[
        Arg::var("sec", "Where the seconds go."),
        Arg::var("usec", "Where the microseconds go."),
        Arg::var("str_sec_usec", "Where both go, as `seconds.microseconds`.").optional(),
    ],
    routes: Routes::ALL,
    examples: &[Example { script: "get_accurate_time($var(sec), $var(usec))", message: "", returns: 1 }],
    run: Run::Now(get_accurate_time),
    ..FUNCTION
};

pub(super) const TS_USEC_DELTA: Function = Function {
    name: "ts_usec_delta",
    about: "Puts the microseconds between two moments into variables.",
    args: &[
        Arg::int("t1_sec", "The seconds of one moment."),
        Arg::int("t1_usec", "Its microseconds."),
        Arg::int("t2_sec", "The seconds of the other."),
        Arg::int("t2_usec", "Its microseconds."),
        Arg::var("delta_str", "Where the difference goes as text.").optional(),
        Arg::var("delta_int", "Where it goes as an integer.").optional(),
    ],
    routes: Routes::ALL,
    returns: &[(1, "done"), (-1, "it does not fit an integer")],
    examples: &[Example { script: "ts_usec_delta(10, 300, 9, 0, $var(delta))", message: "", returns: 1 }],
    run: Run::Now(ts_usec_delta),
    ..FUNCTION
};

pub(super) const CTIME: Variable = Variable {
    name: "ctime",
    about: "A part of the local date and time.",
    inner: Inner::Word(&["sec", "min", "hour", "mday", "mon", "year", "wday", "yday", "isdst"]),
    run: VariableRun::read(part_of_time),
    ..VARIABLE
};

fn get_accurate_time(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let now = call.env.wall_time();
    let (seconds, micros) = (now.unix_seconds(), now.subsecond_micros());
    args.var(0)?.write(call, Operator::Set, Value::number(seconds))?;
    args.var(1)?.write(call, Operator::Set, Value::number(micros))?;
    if let Some(both) = args.opt_var(2) {
        both.write(call, Operator::Set, Value::from(format!("{seconds}.{micros:06}")))?;
    }
    Ok(1)
}

fn ts_usec_delta(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let micros = |seconds: i32, micros: i32| i64::from(seconds) * 1_000_000 + i64::from(micros);
    let one = micros(args.int(0)?, args.int(1)?);
    let other = micros(args.int(2)?, args.int(3)?);
    let delta = one.abs_diff(other);
    if let Some(text) = args.opt_var(4) {
        text.write(call, Operator::Set, Value::from(delta.to_string()))?;
    }
    let Some(integer) = args.opt_var(5) else { return Ok(1) };
    let Ok(delta) = i32::try_from(delta) else { return Ok(-1) };
    integer.write(call, Operator::Set, Value::Int(delta))?;
    Ok(1)
}

fn part_of_time(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Ok(seconds) = i64::try_from(call.env.wall_time().unix_seconds()) else { return Value::Null };
    Value::or_null(Zone::System.wall_clock(seconds).and_then(|time| part(time, name.text, Zone::System, seconds)))
}

/// One part, counted as upstream counts: months, days of the week (Sunday first) and of the year from 1.
fn part(time: NaiveDateTime, name: &[u8], zone: Zone, seconds: i64) -> Option<i32> {
    let number = match name {
        b"sec" => time.second(),
        b"min" => time.minute(),
        b"hour" => time.hour(),
        b"mday" => time.day(),
        b"mon" => time.month(),
        b"year" => return Some(time.year()),
        b"wday" => time.weekday().number_from_sunday(),
        b"yday" => time.ordinal(),
        b"isdst" => u32::from(is_summer_time(time, zone, seconds)?),
        _ => return None,
    };
    i32::try_from(number).ok()
}

/// Summer time is when the clock is further ahead than at the other end of the year.
fn is_summer_time(time: NaiveDateTime, zone: Zone, seconds: i64) -> Option<bool> {
    const HALF_A_YEAR_S: i64 = 182 * 86_400;
    let new_year = seconds - (i64::from(time.ordinal0()) * 86_400);
    let least = zone.ahead_s(new_year)?.min(zone.ahead_s(new_year + HALF_A_YEAR_S)?);
    Some(zone.ahead_s(seconds)? > least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_moment() {
        let show = |zone: &str, seconds: i64| {
            let zone = Zone::named(zone).expect("a zone");
            let time = zone.wall_clock(seconds).expect("a time");
            let names = ["year", "mon", "mday", "hour", "min", "sec", "wday", "yday", "isdst"];
            names.map(|name| part(time, name.as_bytes(), zone, seconds).expect("a part"))
        };
        assert_eq!(show("UTC", 1_700_000_000), [2023, 11, 14, 22, 13, 20, 3, 318, 0]);
        assert_eq!(show("Europe/Bucharest", 1_720_000_000), [2024, 7, 3, 12, 46, 40, 4, 185, 1]);
        assert_eq!(show("Pacific/Auckland", 1_704_067_199), [2024, 1, 1, 12, 59, 59, 2, 1, 1]);
        assert_eq!(show("Pacific/Auckland", 1_720_000_000), [2024, 7, 3, 21, 46, 40, 4, 185, 0]);
    }
}
