//! `math_eval()`, `math_rpn()`, `math_compare()`.

use super::{Mathops, answer, expression, rpn, text};
use catalogue::{Arg, Example, Value, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};
use std::cmp::Ordering;

pub(super) const MATH_EVAL: Function = Function {
    name: "math_eval",
    about: "Computes an expression: + - * / % ^, parentheses, abs acos asin atan ceil cos cosh exp floor ln log (base \
            10) sin sinh sqrt tan tanh pow atan2, e and pi.",
    args: &[Arg::str("expression", "The expression.").judged(judge_expression), RESULT],
    returns: COMPUTED,
    examples: &[
        Example { script: "math_eval(\"3 * (2 - 0.5)\", $var(x))", message: "", returns: 1 },
        Example { script: "math_eval(\"1 / 0\", $var(x))", message: "", returns: -1 },
        Example { script: "math_eval(\"1 +\", $var(x))", message: "", returns: -1 },
    ],
    run: Run::Now(|call, args| {
        let value = value_of(expression::evaluate, text(args, 0)?)?;
        compute(call, args, value)
    }),
    ..FUNCTION
};

pub(super) const MATH_RPN: Function = Function {
    name: "math_rpn",
    about: "Computes an expression in reverse Polish notation: + - / * mod pow, neg exp ln log10 abs sqrt cbrt floor \
            ceil round nearbyint trunc, e pi, drop dup swap.",
    args: &[
        Arg::str("expression", "The expression.")
            .judged(|text| judged(rpn::evaluate, text, "numbers before their operators: 1 3 /")),
        RESULT,
    ],
    returns: COMPUTED,
    examples: &[
        Example { script: "math_rpn(\"1 3 / 2 pow\", $var(x))", message: "", returns: 1 },
        Example { script: "math_rpn(\"1 +\", $var(x))", message: "", returns: -1 },
    ],
    run: Run::Now(|call, args| {
        let value = value_of(rpn::evaluate, text(args, 0)?)?;
        compute(call, args, value)
    }),
    ..FUNCTION
};

pub(super) const MATH_COMPARE: Function = Function {
    name: "math_compare",
    about: "Compares two expressions: 1 if the first is greater, 0 if they are equal, -1 if it is less.",
    args: &[
        Arg::str("exp1", "An expression.").judged(judge_expression),
        Arg::str("exp2", "Another.").judged(judge_expression),
        RESULT,
    ],
    returns: COMPUTED,
    examples: &[
        Example { script: "math_compare(\"1.5\", \"3 / 2\", $var(x))", message: "", returns: 1 },
        Example { script: "math_compare(\"1.5\", \"much\", $var(x))", message: "", returns: -1 },
    ],
    run: Run::Now(compare),
    ..FUNCTION
};

const RESULT: Arg = Arg::var("result_var", "The variable that gets the result.");
const COMPUTED: &[(i32, &str)] = &[(1, "computed"), (-1, "it is no expression, or its value is no number")];

fn judge_expression(text: &str) -> Verdict {
    judged(expression::evaluate, text, "an expression, like 3 * (2 - 0.5)")
}

fn judged(evaluate: fn(&str) -> Result<f64, String>, text: &str, instead: &'static str) -> Verdict {
    Verdict::of(value_of(evaluate, text), instead)
}

fn value_of(evaluate: fn(&str) -> Result<f64, String>, text: &str) -> Result<f64, Fault> {
    let value = evaluate(text).map_err(|wrong| Fault::script(format!("\"{text}\": {wrong}")))?;
    if value.is_finite() { Ok(value) } else { Err(Fault::script(format!("\"{text}\" has no finite value"))) }
}

fn compute(call: &mut Call<'_>, args: Args<'_>, value: f64) -> Outcome {
    let digits = call.state::<Mathops>()?.decimal_digits;
    answer(call, args, 1, Value::from(format!("{value:.digits$}")))
}

fn compare(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let [one, other] = [text(args, 0)?, text(args, 1)?].map(|text| value_of(expression::evaluate, text));
    let order = match one?.partial_cmp(&other?) {
        Some(Ordering::Greater) => 1,
        Some(Ordering::Less) => -1,
        _ => 0,
    };
    answer(call, args, 2, Value::Int(order))
}

#[cfg(test)]
mod tests {
    use super::{MATH_COMPARE, MATH_EVAL, MATH_RPN};
    use crate::mathops::MODULE;
    use module_api::{ArgValue, Function, ParamSetting};
    use testkit::{Fixture, str};

    fn result(function: &Function, texts: &[&str], digits: i32) -> catalogue::Value {
        let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
        let state = fixture.start(&MODULE, &[("decimal_digits", ParamSetting::Int(digits))]);
        let mut args: Vec<ArgValue> = texts.iter().map(|text| str(text)).collect();
        args.push(ArgValue::Var(fixture.variable("$var(x)")));
        assert_eq!(fixture.call(&state, function, &args), 1);
        fixture.value("$var(x)")
    }

    #[test]
    fn results_have_the_digits_asked_for() {
        assert_eq!(result(&MATH_EVAL, &["10 / 4"], 6), catalogue::Value::fixed("2.500000"));
        assert_eq!(result(&MATH_EVAL, &["10 / 4"], 0), catalogue::Value::fixed("2"));
        assert_eq!(result(&MATH_RPN, &["1 3 /"], 10), catalogue::Value::fixed("0.3333333333"));
        for (one, other, order) in [("2", "1+1", 0), ("3", "1+1", 1), ("-3", "1", -1)] {
            assert_eq!(result(&MATH_COMPARE, &[one, other], 6), order.into());
        }
    }
}
