//! `check_time_rec()`

use crate::yes;
use ::recurrence::{Expression, Zone};
use catalogue::{Arg, Example, Routes, Verdict};
use module_api::{Args, Call, FUNCTION, Function, Outcome, Run};

pub(super) const CHECK_TIME_REC: Function = Function {
    name: "check_time_rec",
    about: "Whether now, or another moment, is in a time recurrence.",
    args: &[
        Arg::str(
            "time_string",
            "`[zone|]dtstart|dtend|duration|freq|until|interval|byday|bymday|byyday|byweekno|bymonth` as in RFC 2445; \
             several may be joined by `&`, `/`, `!` and parentheses.",
        )
        .judged(|text| {
            Verdict::of(Expression::parse(text), "a recurrence: 20260101T090000|20260101T170000||weekly|||MO,TU")
        }),
        Arg::int("timestamp", "The moment, in seconds since 1970.").optional(),
    ],
    routes: Routes::ALL,
    returns: &[(1, "it is"), (-1, "it is not"), (-2, "the text is no recurrence")],
    examples: &[
        Example {
            script: "check_time_rec(\"UTC|20200101T000000|20200102T000000\", 1577880000)",
            message: "",
            returns: 1,
        },
        Example { script: "check_time_rec(\"UTC|20200101T000000|20200102T000000\")", message: "", returns: -1 },
        Example { script: "check_time_rec(\"office hours\")", message: "", returns: -2 },
    ],
    run: Run::Now(check_time_rec),
    ..FUNCTION
};

fn check_time_rec(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let text = String::from_utf8_lossy(args.str(0)?);
    let expression = match Expression::parse(&text) {
        Ok(expression) => expression,
        Err(wrong) => {
            call.env.log().error(format!("check_time_rec: {wrong}"));
            return Ok(-2);
        }
    };
    let now = i64::try_from(call.env.wall_time().unix_seconds()).unwrap_or(i64::MAX);
    let moment = args.opt_int(1)?.map_or(now, i64::from);
    yes(expression.contains(moment, Zone::System))
}
