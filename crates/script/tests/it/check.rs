//! What the checker says, drawn: `tests/check/NAME.cfg` and beside it `NAME.txt`. With `UPDATE_PICTURES=1` in the
//! environment the pictures are drawn anew, to be looked at before they are committed.

use crate::world::{Tables, checked};
use std::fs;
use std::path::Path;

#[test]
fn messages_are_as_drawn() {
    pictures("tests/check", |text| checked(text, &Tables::default()).1);
}

/// Compares what `draw` makes of each script in a folder with the picture beside it.
pub fn pictures(folder: &str, draw: impl Fn(&str) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut scripts: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "cfg")).collect();
    scripts.sort();
    assert!(!scripts.is_empty());
    for path in scripts {
        let drawn = draw(&fs::read_to_string(&path).unwrap());
        let picture = path.with_extension("txt");
        if std::env::var_os("UPDATE_PICTURES").is_some() {
            fs::write(&picture, &drawn).unwrap();
        }
        let expected = fs::read_to_string(&picture).unwrap_or_default();
        assert!(drawn == expected, "{} differs from:\n{drawn}", picture.display());
    }
}
