//! The language, in scripts that say in comments what they do: `# expect: text` for each line of output, in order.

use crate::world::happened;
use std::fs;
use std::path::Path;

#[test]
fn scripts_do_what_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let expected: Vec<_> = text.lines().filter_map(|line| Some(line.split_once("# expect: ")?.1)).collect();
        assert_eq!(happened(&text), expected, "{}", path.display());
    }
}
