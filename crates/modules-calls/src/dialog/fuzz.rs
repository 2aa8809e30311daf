//! What dialogs read from outside, for any bytes: identifiers from Route headers, packed values and profiles from rows.

use super::{id, packed};

/// Reads the bytes as each of them. What is read and written again is read as the same.
#[allow(clippy::expect_used, reason = "a text that does not come back is what the search is for")]
pub fn fuzz(bytes: &[u8]) {
    if let Some(id) = id::DialogId::parse(bytes) {
        let again = id::DialogId::parse(id.text().as_bytes()).expect("its own text");
        assert_eq!(again, id);
        assert_eq!(id::DialogId::unpacked(id.packed()), Some(id));
    }
    let values = packed::read_values(bytes);
    assert_eq!(packed::read_values(&packed::values(&values)), values);
    let profiles = packed::read_profiles(bytes);
    let text = packed::profiles(profiles.iter().map(|(name, value)| (&name[..], &value[..])));
    assert_eq!(packed::read_profiles(&text), profiles);
}

#[cfg(test)]
mod tests {
    use super::fuzz;
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_corpus_holds() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/dialog_texts");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        assert!(files.len() >= 4);
        files.iter().for_each(|file| fuzz(file));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            fuzz(&bytes);
        }

        #[test]
        fn what_looks_like_it_is_read(text in "[0-9a-f.#|si\\\\-]{0,40}") {
            fuzz(text.as_bytes());
        }
    }
}
