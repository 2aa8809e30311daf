//! Patterns and texts from arbitrary bytes.

use crate::{Pattern, extended, glob, glob_ignoring_case};

/// A pattern and a text, parted by the first NUL byte, in every way they can be read: none may panic, and what matches
/// exactly matches where case does not count.
#[doc(hidden)]
pub fn fuzz(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (pattern, text) = data.split_at(end);
    for pattern in [pattern, &extended(pattern)] {
        for by_line in [false, true] {
            let [exact, folded] = [false, true].map(|ignore_case| Pattern { ignore_case, by_line }.compile(pattern));
            if let (Ok(exact), Ok(folded)) = (exact, folded) {
                assert!(!exact.is_match(text) || folded.is_match(text) || has_negation(pattern));
            }
        }
    }
    assert!(!glob(pattern, text) || glob_ignoring_case(pattern, text) || has_negation(pattern));
}

/// Whether a bracket may say what does not match: then more matches where case counts.
fn has_negation(pattern: &[u8]) -> bool {
    pattern.contains(&b'[')
}

#[cfg(test)]
mod tests {
    use super::fuzz;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/patterns");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|data| fuzz(data));
        assert!(files.len() >= 5);
    }
}
