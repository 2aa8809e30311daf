//! `math_trunc()`, `math_floor()`, `math_ceil()`, `math_round()`, `math_round_sf()`.

use super::decimal::{Decimal, Rounding};
use super::{answer, text};
use catalogue::{Arg, Example, Value, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};

pub(super) const MATH_TRUNC: Function = Function {
    name: "math_trunc",
    about: "The whole part of a number: towards zero.",
    examples: &[
        Example { script: "math_trunc(\"3.7\", $var(x))", message: "", returns: 1 },
        Example { script: "math_trunc(\"three\", $var(x))", message: "", returns: -1 },
    ],
    run: Run::Now(|call, args| whole(call, args, Rounding::Trunc)),
    ..WHOLE
};

pub(super) const MATH_FLOOR: Function = Function {
    name: "math_floor",
    about: "The next whole number that is not greater.",
    examples: &[Example { script: "math_floor(\"-2.9\", $var(x))", message: "", returns: 1 }],
    run: Run::Now(|call, args| whole(call, args, Rounding::Floor)),
    ..WHOLE
};

pub(super) const MATH_CEIL: Function = Function {
    name: "math_ceil",
    about: "The next whole number that is not less.",
    examples: &[Example { script: "math_ceil(\"3.2\", $var(x))", message: "", returns: 1 }],
    run: Run::Now(|call, args| whole(call, args, Rounding::Ceil)),
    ..WHOLE
};

pub(super) const MATH_ROUND: Function = Function {
    name: "math_round",
    about: "The nearest whole number, or the nearest with so many digits behind the point; a half goes away from zero.",
    args: &[
        NUMBER,
        RESULT,
        Arg::int("decimals", "Digits behind the point; then the result is text.").within(0, DIGITS_MAX).optional(),
    ],
    examples: &[
        Example { script: "math_round(\"0.5\", $var(x))", message: "", returns: 1 },
        Example { script: "math_round(\"3.141492\", $var(x), 4)", message: "", returns: 1 },
        Example { script: "math_round(\"3.141492\", $var(x), -1)", message: "", returns: -1 },
    ],
    run: Run::Now(round),
    ..WHOLE
};

pub(super) const MATH_ROUND_SF: Function = Function {
    name: "math_round_sf",
    about: "A number with so many significant figures, as text.",
    args: &[
        NUMBER,
        RESULT,
        Arg::int("figures", "How many; as many as decimal_digits if left out.").within(1, DIGITS_MAX).optional(),
    ],
    examples: &[
        Example { script: "math_round_sf(\"17892.987\", $var(x), 2)", message: "", returns: 1 },
        Example { script: "math_round_sf(\"17892.987\", $var(x), 0)", message: "", returns: -1 },
    ],
    run: Run::Now(round_sf),
    ..WHOLE
};

const NUMBER: Arg = Arg::str("number", "The number.")
    .judged(|text| Verdict::must(Decimal::parse(text).is_some(), text, "number", "a decimal number, like -12.5"));
const RESULT: Arg = Arg::var("result_var", "The variable that gets the result.");

const WHOLE: Function = Function {
    args: &[NUMBER, RESULT],
    returns: &[(1, "done"), (-1, "it is no number, or too long a one")],
    ..FUNCTION
};

/// More digits than any number is worth.
const DIGITS_MAX: i32 = 100;

fn number(args: Args<'_>) -> Result<Decimal, Fault> {
    let text = text(args, 0)?;
    Decimal::parse(text).ok_or_else(|| Fault::script(format!("\"{text}\" is no number")))
}

fn digits(number: i32, least: i32) -> Result<i32, Fault> {
    let wrong = || Fault::script(format!("{number} is no number of digits: it is between {least} and {DIGITS_MAX}"));
    Some(number).filter(|number| (least..=DIGITS_MAX).contains(number)).ok_or_else(wrong)
}

/// An integer where it fits the language's, else text.
fn integer(number: &Decimal) -> Value {
    let text = number.to_string();
    text.parse::<i32>().map_or_else(|_| Value::from(text), Value::Int)
}

fn whole(call: &mut Call<'_>, args: Args<'_>, rounding: Rounding) -> Outcome {
    let value = integer(&number(args)?.rounded(0, rounding));
    answer(call, args, 1, value)
}

fn round(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let Some(decimals) = args.opt_int(2)?.filter(|decimals| *decimals != 0) else {
        return whole(call, args, Rounding::Nearest);
    };
    let rounded = number(args)?.rounded(digits(decimals, 0)?, Rounding::Nearest);
    answer(call, args, 1, Value::from(rounded.to_string()))
}

fn round_sf(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let usual = i32::try_from(call.state::<super::Mathops>()?.decimal_digits).unwrap_or(6);
    let figures = digits(args.opt_int(2)?.unwrap_or(usual.max(1)), 1)?;
    answer(call, args, 1, Value::from(number(args)?.significant(figures).to_string()))
}

#[cfg(test)]
mod tests {
    use super::{MATH_FLOOR, MATH_ROUND, MATH_ROUND_SF};
    use crate::mathops::MODULE;
    use module_api::{ArgValue, Function};
    use testkit::{Fixture, absent, int, str};

    fn result(function: &Function, number: &str, digits: ArgValue) -> catalogue::Value {
        let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
        let state = fixture.start(&MODULE, &[]);
        let variable = ArgValue::Var(fixture.variable("$var(x)"));
        assert_eq!(fixture.call(&state, function, &[str(number), variable, digits]), 1);
        fixture.value("$var(x)")
    }

    #[test]
    fn whole_numbers_are_integers_and_others_text() {
        assert_eq!(result(&MATH_FLOOR, "-2.9", absent()), (-3).into());
        assert_eq!(result(&MATH_FLOOR, "5000000000.5", absent()), catalogue::Value::fixed("5000000000"));
        assert_eq!(result(&MATH_ROUND, "3.141492", absent()), 3.into());
        assert_eq!(result(&MATH_ROUND, "3.141492", int(4)), catalogue::Value::fixed("3.1415"));
        assert_eq!(result(&MATH_ROUND_SF, "17892.987", int(1)), catalogue::Value::fixed("20000"));
        assert_eq!(result(&MATH_ROUND_SF, "3.141492", absent()), catalogue::Value::fixed("3.14149"));
    }
}
