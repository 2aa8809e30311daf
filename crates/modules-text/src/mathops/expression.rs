//! Expressions as people write them: `3 * (2 + sin(pi / 4)) ^ 2`.
//!
//! From the weakest to the strongest: `+ -`, `* / %`, `^`, signs. All group from the left, exponents too (`2^3^2` is
//! 64), and a sign is part of what it stands before (`-2^2` is 4). A function of one number needs no parentheses.

use super::functions::{binary, constant, leading_number, unary};

/// Parentheses and functions within each other; an expression may come from a message.
const DEPTH_MAX: usize = 64;

/// The value of an expression.
///
/// # Errors
/// It is none; the text says where it goes wrong.
pub(super) fn evaluate(text: &str) -> Result<f64, String> {
    let mut reader = Reader { rest: text, depth: 0 };
    let value = reader.sum()?;
    reader.skip_blanks();
    if reader.rest.is_empty() { Ok(value) } else { Err(reader.wrong("an operator")) }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn sum(&mut self) -> Result<f64, String> {
        let mut value = self.product()?;
        while let Some(operator) = self.operator(&['+', '-']) {
            let other = self.product()?;
            value = if operator == '+' { value + other } else { value - other };
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut value = self.power()?;
        while let Some(operator) = self.operator(&['*', '/', '%']) {
            let other = self.power()?;
            value = match operator {
                '*' => value * other,
                '/' => value / other,
                _ => value % other,
            };
        }
        Ok(value)
    }

    fn power(&mut self) -> Result<f64, String> {
        let mut value = self.signed()?;
        while self.operator(&['^']).is_some() {
            value = value.powf(self.signed()?);
        }
        Ok(value)
    }

    fn signed(&mut self) -> Result<f64, String> {
        let mut is_negative = false;
        while let Some(sign) = self.operator(&['+', '-']) {
            is_negative ^= sign == '-';
        }
        let value = self.operand()?;
        Ok(if is_negative { -value } else { value })
    }

    fn operand(&mut self) -> Result<f64, String> {
        self.skip_blanks();
        if let Some((number, rest)) = leading_number(self.rest) {
            self.rest = rest;
            return Ok(number);
        }
        if self.operator(&['(']).is_some() {
            return self.deeper(|reader| {
                let value = reader.sum()?;
                reader.expect(')')?;
                Ok(value)
            });
        }
        let length = self.rest.find(|char: char| !char.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(length);
        if let Some(number) = constant(name) {
            self.rest = rest;
            self.empty_parentheses();
            return Ok(number);
        }
        if let Some(function) = unary(name) {
            self.rest = rest;
            return Ok(function(self.deeper(Reader::signed)?));
        }
        if let Some(function) = binary(name) {
            self.rest = rest;
            return self.deeper(|reader| reader.pair(function));
        }
        Err(self.wrong("a number"))
    }

    fn pair(&mut self, function: fn(f64, f64) -> f64) -> Result<f64, String> {
        self.expect('(')?;
        let first = self.sum()?;
        self.expect(',')?;
        let second = self.sum()?;
        self.expect(')')?;
        Ok(function(first, second))
    }

    /// `pi()` is `pi`.
    fn empty_parentheses(&mut self) {
        if let Some(rest) = self.rest.strip_prefix("()") {
            self.rest = rest;
        }
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Reader<'a>) -> Result<f64, String>) -> Result<f64, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("its parentheses are too deep".to_owned());
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn operator(&mut self, wanted: &[char]) -> Option<char> {
        self.skip_blanks();
        let first = self.rest.chars().next().filter(|char| wanted.contains(char))?;
        self.rest = self.rest.get(1..).unwrap_or_default();
        Some(first)
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        let wanted = [wanted];
        self.operator(&wanted).map(|_| ()).ok_or_else(|| self.wrong(&wanted.iter().collect::<String>()))
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn wrong(&self, wanted: &str) -> String {
        match self.rest.chars().next() {
            Some(found) => format!("{wanted} is missing before \"{found}\""),
            None => format!("{wanted} is missing at its end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::evaluate;
    use proptest::prelude::*;

    #[test]
    fn what_expressions_are_worth() {
        for (text, value) in [
            ("1 + 2 * 3", 7.0),
            ("(1 + 2) * 3", 9.0),
            ("2 ^ 3 ^ 2", 64.0),
            ("-2 ^ 2", 4.0),
            ("7 % 4 - -1", 4.0),
            ("1e3 / .5", 2000.0),
            ("sqrt 16 + abs(-1)", 5.0),
            ("pow(2, 10) + log 100", 1026.0),
            ("floor(pi) * ln(e)", 3.0),
        ] {
            assert_eq!(evaluate(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, wrong) in [
            ("", "a number is missing at its end"),
            ("1 +", "a number is missing at its end"),
            ("1 2", "an operator is missing before \"2\""),
            ("(1", ") is missing at its end"),
            ("rm(1)", "a number is missing before \"r\""),
            ("inf", "a number is missing before \"i\""),
            (&"(".repeat(100_000), "its parentheses are too deep"),
        ] {
            assert_eq!(evaluate(text), Err(wrong.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_or_an_error(text in "[-+*/%^()0-9.e a-z,]{0,60}|\\PC{0,30}") {
            let _ = evaluate(&text);
        }
    }
}
