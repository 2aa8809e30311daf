//! The front half of the language on arbitrary bytes: reading, parsing, and the messages about it.

use crate::diagnostic::{render, to_json};
use crate::format::{parse_format, parse_variables};
use crate::source::{LoadOptions, load};
use std::collections::BTreeMap;

/// Reads any bytes as a script and as a format string; none may panic.
#[doc(hidden)]
pub fn fuzz_front(data: &[u8]) {
    let files = BTreeMap::from([("main.cfg".to_owned(), data.to_vec())]);
    let environment = BTreeMap::from([("NAME".to_owned(), "value\n".to_owned())]);
    let (source, faults) = load("main.cfg", &LoadOptions { files: &files, environment: &environment }, None);
    let (_, messages) = crate::parse(&source);
    for message in faults.iter().chain(&messages) {
        render(message, &source.map);
        to_json(message, &source.map);
    }
    let _ = parse_format(data);
    let _ = parse_variables(data);
}

#[cfg(test)]
mod tests {
    use super::fuzz_front;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/script_front");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|script| fuzz_front(script));
        assert!(files.len() >= 3);
    }
}
