//! Every fuzz target is one that cargo knows, and has a corpus, which a test of its crate runs.

use super::{read, sources};
use std::fs;
use std::path::Path;

pub(super) fn check(breaches: &mut Vec<String>) -> Result<(), String> {
    let manifest = read(Path::new("fuzz/Cargo.toml"))?;
    for target in sources(Path::new("fuzz/fuzz_targets")) {
        let Some(name) = target.file_stem().and_then(|name| name.to_str()) else { continue };
        if !manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")) {
            breaches.push(format!("{}: fuzz/Cargo.toml does not know it", target.display()));
        }
        let corpus = Path::new("fuzz/corpus").join(name);
        if fs::read_dir(&corpus).is_ok_and(|mut files| files.next().is_some()) {
            continue;
        }
        breaches.push(format!("{}: {} is empty", target.display(), corpus.display()));
    }
    Ok(())
}
