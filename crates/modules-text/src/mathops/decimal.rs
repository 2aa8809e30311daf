//! Decimal numbers as digits, so that rounding is exact: 1.005 is rounded as it is written, not as the binary number
//! nearest to it.

use std::fmt;

/// A decimal number: its digits, and how many of them stand behind the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    is_negative: bool,
    /// From the first to the last, each 0 to 9; no zeros before the first other one.
    digits: Vec<u8>,
    /// How many of the digits stand behind the point; negative where zeros follow the last digit.
    fraction: i32,
}

/// What is done with what stands behind the last digit kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// Towards zero.
    Trunc,
    /// Down.
    Floor,
    /// Up.
    Ceil,
    /// To the nearest, a half away from zero.
    Nearest,
}

/// A number may come from a message, and `1e999999999` is short.
const EXPONENT_MAX: i32 = 400;
const LENGTH_MAX: usize = 1024;

impl Decimal {
    /// Reads `-12.5e3`; blanks around it do not count.
    pub(super) fn parse(text: &str) -> Option<Decimal> {
        let text = text.trim();
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let length = whole.len() + fraction.len();
        let all_digits = [whole, fraction].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        if length == 0 || length > LENGTH_MAX || !all_digits || !(-EXPONENT_MAX..=EXPONENT_MAX).contains(&exponent) {
            return None;
        }
        let digits = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0');
        let digits: Vec<u8> = digits.skip_while(|digit| *digit == 0).collect();
        let fraction = i32::try_from(fraction.len()).ok()? - exponent;
        Some(Decimal { is_negative, digits, fraction })
    }

    /// With this many digits behind the point; with a negative number, that many before it become zeros.
    pub(super) fn rounded(mut self, fraction: i32, rounding: Rounding) -> Decimal {
        let surplus = self.fraction.saturating_sub(fraction);
        let Some(surplus) = usize::try_from(surplus).ok().filter(|surplus| *surplus > 0) else {
            // Zeros are written behind the point as asked.
            let zeros = usize::try_from(fraction.saturating_sub(self.fraction)).unwrap_or(0).min(LENGTH_MAX);
            if !self.digits.is_empty() {
                self.digits.extend(std::iter::repeat_n(0, zeros));
            }
            return Decimal { fraction, ..self };
        };
        let kept = self.digits.len().saturating_sub(surplus);
        let dropped = self.digits.split_off(kept);
        // Where fewer digits than the surplus are there, zeros stand before them.
        let first = if dropped.len() < surplus { 0 } else { dropped.first().copied().unwrap_or(0) };
        let is_exact = dropped.iter().all(|digit| *digit == 0);
        let away = match rounding {
            Rounding::Trunc => false,
            Rounding::Floor => self.is_negative && !is_exact,
            Rounding::Ceil => !self.is_negative && !is_exact,
            Rounding::Nearest => first >= 5,
        };
        if away {
            self.add_one();
        }
        Decimal { fraction, ..self }
    }

    /// With this many significant digits.
    pub(super) fn significant(self, figures: i32) -> Decimal {
        let length = i32::try_from(self.digits.len()).unwrap_or(i32::MAX);
        let fraction = self.fraction.saturating_sub(length.saturating_sub(figures));
        if self.digits.is_empty() {
            return Decimal { fraction: 0, ..self };
        }
        let rounded = self.rounded(fraction, Rounding::Nearest);
        // 99.9 has grown a digit on its way to 100.
        if i32::try_from(rounded.digits.len()).unwrap_or(i32::MAX) > figures && fraction > 0 {
            return rounded.rounded(fraction - 1, Rounding::Trunc);
        }
        rounded
    }

    fn add_one(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_zero = self.digits.iter().all(|digit| *digit == 0);
        if self.is_negative && !is_zero {
            out.write_str("-")?;
        }
        let fraction = usize::try_from(self.fraction).unwrap_or(0);
        let mut digits: Vec<u8> = self.digits.iter().map(|digit| digit + b'0').collect();
        if !is_zero {
            // Zeros that stand for the places before the point that were rounded away.
            let zeros = usize::try_from(self.fraction.saturating_neg()).unwrap_or(0);
            digits.extend(std::iter::repeat_n(b'0', zeros));
        }
        let before = digits.len().saturating_sub(fraction);
        let padding = fraction.saturating_sub(digits.len());
        let text = String::from_utf8_lossy(&digits);
        let (whole, rest) = text.split_at(before);
        out.write_str(if whole.is_empty() { "0" } else { whole })?;
        if fraction == 0 {
            return Ok(());
        }
        write!(out, ".{}{rest}", "0".repeat(padding))
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, Rounding};
    use proptest::prelude::*;

    fn rounded(text: &str, fraction: i32, rounding: Rounding) -> String {
        Decimal::parse(text).unwrap().rounded(fraction, rounding).to_string()
    }

    #[test]
    fn whole_numbers() {
        use Rounding::{Ceil, Floor, Nearest, Trunc};
        for (text, trunc, floor, ceil, nearest) in [
            ("3.7", "3", "3", "4", "4"),
            ("-2.9", "-2", "-3", "-2", "-3"),
            ("0.5", "0", "0", "1", "1"),
            ("-0.5", "0", "-1", "0", "-1"),
            ("1.2", "1", "1", "2", "1"),
            ("0.04", "0", "0", "1", "0"),
            ("9.99", "9", "9", "10", "10"),
            ("12e3", "12000", "12000", "12000", "12000"),
            ("1e-3", "0", "0", "1", "0"),
            ("-0", "0", "0", "0", "0"),
        ] {
            let found = [Trunc, Floor, Ceil, Nearest].map(|rounding| rounded(text, 0, rounding));
            assert_eq!(found, [trunc, floor, ceil, nearest], "{text}");
        }
    }

    #[test]
    fn digits_behind_the_point() {
        for (text, fraction, result) in [
            ("3.141492", 4, "3.1415"),
            ("1.005", 2, "1.01"),
            ("2.5", 3, "2.500"),
            ("0", 2, "0.00"),
            ("-0.004", 2, "0.00"),
            ("0.006", 2, "0.01"),
            ("99.999", 2, "100.00"),
        ] {
            assert_eq!(rounded(text, fraction, Rounding::Nearest), result, "{text}");
        }
    }

    #[test]
    fn significant_figures() {
        for (figures, result) in [
            (1, "20000"),
            (2, "18000"),
            (3, "17900"),
            (4, "17890"),
            (5, "17893"),
            (6, "17893.0"),
            (7, "17892.99"),
            (9, "17892.9870"),
        ] {
            assert_eq!(Decimal::parse("17892.987").unwrap().significant(figures).to_string(), result);
        }
        for (text, result) in
            [("99.96", "100"), ("0.09996", "0.100"), ("-3.141492", "-3.14"), ("0", "0"), ("9996", "10000")]
        {
            assert_eq!(Decimal::parse(text).unwrap().significant(3).to_string(), result, "{text}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for text in ["", ".", "1.2.3", "0x10", "nan", "1e", "1e999999999", "1 2", "--1"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn rounding_agrees_with_binary_numbers(number in -1_000_000i64..1_000_000, digits in 0i32..3) {
            let text = format!("{}", number as f64 / 1024.0);
            let scale = 10f64.powi(digits);
            let found: f64 = rounded(&text, digits, Rounding::Nearest).parse().unwrap();
            prop_assert!((found - (number as f64 / 1024.0)).abs() <= 0.5 / scale + 1e-9);
            let down: f64 = rounded(&text, 0, Rounding::Floor).parse().unwrap();
            prop_assert_eq!(down, (number as f64 / 1024.0).floor());
            let up: f64 = rounded(&text, 0, Rounding::Ceil).parse().unwrap();
            prop_assert_eq!(up, (number as f64 / 1024.0).ceil());
        }

        #[test]
        fn any_text_is_a_number_or_none(text in "[-+0-9.eE]{0,12}|\\PC{0,20}", figures in -500i32..500) {
            if let Some(number) = Decimal::parse(&text) {
                let _ = number.clone().significant(figures.max(1)).to_string();
                let _ = number.rounded(figures, Rounding::Nearest).to_string();
            }
        }
    }
}
