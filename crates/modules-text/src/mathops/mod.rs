//! `mathops`: arithmetic with fractions, which the language's own integers have not.

mod decimal;
mod evaluate;
mod expression;
mod functions;
mod fuzz;
mod rounding;
mod rpn;

use catalogue::Param;
use module_api::{Args, Call, Fault, Module, Operator, Outcome, Setup, StartError, State};
use std::sync::Arc;

pub use fuzz::fuzz;

/// The module.
pub const MODULE: Module = Module {
    name: "mathops",
    about: "Arithmetic with fractions.",
    params: &[DECIMAL_DIGITS],
    functions: &[
        evaluate::MATH_EVAL,
        evaluate::MATH_RPN,
        evaluate::MATH_COMPARE,
        rounding::MATH_TRUNC,
        rounding::MATH_FLOOR,
        rounding::MATH_CEIL,
        rounding::MATH_ROUND,
        rounding::MATH_ROUND_SF,
    ],
    start,
    ..Module::EMPTY
};

const DECIMAL_DIGITS: Param =
    Param::int("decimal_digits", 6, "How many digits behind the point a computed result has.").within(0, 100);

/// The module's state.
struct Mathops {
    decimal_digits: usize,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let digits = usize::try_from(setup.params.int(&DECIMAL_DIGITS)).unwrap_or_default();
    Ok(Arc::new(Mathops { decimal_digits: digits }))
}

/// Text of an argument, which must be ASCII to be a number or an expression.
fn text<'a>(args: Args<'a>, index: usize) -> Result<&'a str, Fault> {
    std::str::from_utf8(args.str(index)?).map_err(|_| Fault::script("a number has no such characters"))
}

/// Puts a result into the variable that is argument `index`.
fn answer(call: &mut Call<'_>, args: Args<'_>, index: usize, value: catalogue::Value) -> Outcome {
    args.var(index)?.write(call, Operator::Set, value)?;
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::MODULE;
    use testkit::check_examples;

    #[test]
    fn examples() {
        check_examples(&MODULE, &[]);
    }
}
