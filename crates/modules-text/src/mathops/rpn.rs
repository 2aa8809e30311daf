//! Expressions in reverse Polish notation: `1 3 / 2 pow`.

use super::functions::{constant, leading_number, rpn_unary};

/// More numbers than any expression keeps waiting.
const STACK_MAX: usize = 256;

/// The value of an expression: the one number that is left in the end.
///
/// # Errors
/// What is wrong with it.
pub(super) fn evaluate(text: &str) -> Result<f64, String> {
    let mut stack: Vec<f64> = Vec::new();
    for word in text.split_ascii_whitespace() {
        step(word, &mut stack)?;
        if stack.len() > STACK_MAX {
            return Err("it has too many numbers".to_owned());
        }
    }
    match *stack {
        [value] => Ok(value),
        [] => Err("it leaves no number".to_owned()),
        _ => Err("it leaves more than one number".to_owned()),
    }
}

fn step(word: &str, stack: &mut Vec<f64>) -> Result<(), String> {
    if let Some(number) = number(word).or_else(|| constant(word)) {
        stack.push(number);
        return Ok(());
    }
    let missing = || format!("\"{word}\" has too few numbers before it");
    if let Some(function) = rpn_unary(word) {
        let number = stack.last_mut().ok_or_else(missing)?;
        *number = function(*number);
        return Ok(());
    }
    let top = stack.pop().ok_or_else(missing)?;
    match word {
        "drop" => return Ok(()),
        "dup" => {
            stack.extend([top, top]);
            return Ok(());
        }
        _ => {}
    }
    let below = stack.pop().ok_or_else(missing)?;
    if word == "swap" {
        stack.extend([top, below]);
        return Ok(());
    }
    stack.push(match word {
        "+" => below + top,
        "-" => below - top,
        "*" => below * top,
        "/" => below / top,
        "mod" => below % top,
        "pow" => below.powf(top),
        _ => return Err(format!("\"{word}\" is no operation")),
    });
    Ok(())
}

fn number(word: &str) -> Option<f64> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, word.strip_prefix('+').unwrap_or(word)),
    };
    leading_number(digits).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| sign * number)
}

#[cfg(test)]
mod tests {
    use super::evaluate;
    use proptest::prelude::*;

    #[test]
    fn what_expressions_are_worth() {
        for (text, value) in [
            ("1 3 swap swap dup drop / exp ln 1 swap /", 3.0),
            ("2 3 pow neg", -8.0),
            ("7 4 mod -1 -", 4.0),
            ("2.5 nearbyint", 2.0),
            ("2.5 round", 3.0),
            ("27 cbrt", 3.0),
            ("pi floor", 3.0),
        ] {
            let found = evaluate(text).unwrap();
            assert!((found - value).abs() < 1e-12, "{text} = {found}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, wrong) in [
            ("", "it leaves no number"),
            ("1 2", "it leaves more than one number"),
            ("1 +", "\"+\" has too few numbers before it"),
            ("1 2 sin", "\"sin\" is no operation"),
            (&"1 ".repeat(300), "it has too many numbers"),
        ] {
            assert_eq!(evaluate(text), Err(wrong.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_or_an_error(text in "([-+*/]|[0-9.]{1,3}|e|pi|drop|dup|swap|mod|pow|neg| ){0,40}|\\PC{0,30}") {
            let _ = evaluate(&text);
        }
    }
}
