//! Recurrences from arbitrary bytes, as a table or a script may hold them.

use crate::{Expression, Zone};

/// Moments to ask about: before 1970, the turns of a day, a leap day, far away, beyond the calendar.
const MOMENTS: &[i64] = &[i64::MIN, -1, 0, 951_782_400, 1_700_000_000, 1_711_846_799, 253_402_300_800, i64::MAX];

/// Any text, read and asked about many moments: none may panic, and what is negated contains what it did not. White
/// space around it means nothing.
#[doc(hidden)]
pub fn fuzz(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(expression) = Expression::parse(text) else { return };
    let negated = Expression::parse(&format!("!({text})"));
    let zones = [Zone::named("UTC"), Zone::named("Europe/Bucharest")];
    for zone in zones.into_iter().flatten() {
        for moment in MOMENTS {
            let contained = expression.contains(*moment, zone);
            // One level more may be one too many.
            assert!(
                negated.as_ref().is_ok_and(|negated| negated.contains(*moment, zone) != contained) || negated.is_err()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fuzz;
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/recurrence");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|data| fuzz(data));
        assert!(files.len() >= 4);
    }

    proptest! {
        #[test]
        fn any_fields_hold(text in "[!(]{0,3}[0-9T]{0,16}\\|[0-9T]{0,15}\\|(P[0-9]{1,9}[DHMW])?\\|(daily|weekly|monthly|yearly)?\\|[0-9T]{0,9}\\|[0-9-]{0,3}\\|(mo|tu|-1su|5fr|,){0,3}\\|[0-9,-]{0,6}[)/&]{0,2}") {
            fuzz(text.as_bytes());
        }
    }
}
