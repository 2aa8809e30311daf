//! Expressions and numbers from arbitrary bytes.

use super::decimal::{Decimal, Rounding};
use super::{expression, rpn};

/// Reads any bytes as an expression in both notations and as a number; none may panic, and a rounded number is a number.
#[doc(hidden)]
pub fn fuzz(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = expression::evaluate(text);
    let _ = rpn::evaluate(text);
    let Some(number) = Decimal::parse(text) else { return };
    for rounding in [Rounding::Trunc, Rounding::Floor, Rounding::Ceil, Rounding::Nearest] {
        let rounded = number.clone().rounded(3, rounding).to_string();
        assert_eq!(Decimal::parse(&rounded).map(|again| again.rounded(3, rounding).to_string()), Some(rounded));
    }
    assert!(Decimal::parse(&number.significant(5).to_string()).is_some());
}

#[cfg(test)]
mod tests {
    use super::fuzz;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/mathops");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|data| fuzz(data));
        assert!(files.len() >= 4);
    }
}
