//! Documents and paths from arbitrary bytes.

use super::parse;
use super::path::Path;
use super::print::{Style, print};
use super::store::Store;
use bytes::Bytes;

/// Any bytes as a path and as a document: neither may panic, and what was read and written reads as the same.
#[doc(hidden)]
pub fn fuzz(data: &[u8]) {
    let _ = Path::parse_members(data);
    let mut store = Store::default();
    let Ok(node) = parse::parse(&mut store, &Bytes::copy_from_slice(data)) else { return };
    let written = print(&store, node, Style::Compact).unwrap_or_default();
    for style in [Style::Compact, Style::CompactNoEscape, Style::Spaced, Style::Pretty] {
        let Ok(text) = print(&store, node, style) else { continue };
        let again = parse::parse(&mut store, &text.into()).ok();
        assert_eq!(again.and_then(|again| print(&store, again, Style::Compact).ok()).as_ref(), Some(&written));
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
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/json");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|data| fuzz(data));
        assert!(files.len() >= 4);
    }

    proptest! {
        #[test]
        fn any_text_is_json_or_an_error(text in "[\\[\\]{}\",:0-9.eE+\\-a-z\\\\/ ]{0,60}") {
            fuzz(text.as_bytes());
        }
    }
}
