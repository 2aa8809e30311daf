//! Files of groups from arbitrary bytes.

use super::expression::{Expression, Options};
use super::file::{Bounds, parse};

/// Reads any bytes as a file of groups and matches it with each of its expressions: none may panic or hang.
#[doc(hidden)]
pub fn fuzz(data: &[u8]) {
    let Ok(groups) = parse(data, Bounds { groups: 8, group_bytes: 512 }) else { return };
    for extended in [false, true] {
        let options = Options { extended, caseless: extended, multi_line: extended, dotall: extended };
        for group in &groups {
            if let Ok(expression) = Expression::new(group, options) {
                let _ = expression.matches(data);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fuzz;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/regex_groups");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|data| fuzz(data));
        assert!(files.len() >= 3);
    }
}
