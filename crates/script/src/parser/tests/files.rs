//! The scripts in `tests/diagnostics`, each with the messages about it beside. `UPDATE=1` writes these anew.

use super::parse;
use std::path::Path;

#[test]
fn every_script_has_the_messages_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let script = entry.unwrap().path();
        if script.extension().is_none_or(|extension| extension != "cfg") {
            continue;
        }
        let (_, messages) = parse(&std::fs::read_to_string(&script).unwrap());
        let beside = script.with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&beside, &messages).unwrap();
        }
        assert_eq!(messages, std::fs::read_to_string(&beside).unwrap_or_default(), "{}", script.display());
        count += 1;
    }
    assert!(count > 0);
}
