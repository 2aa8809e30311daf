//! The tree's own rules: every source file begins with what it is, none is too long or belongs to nothing, dependencies
//! point inwards, every fuzz target has a corpus.

mod files;
mod fuzz;
mod rings;

use std::fs;
use std::path::{Path, PathBuf};

/// Checks them all and lists every breach.
pub fn check() -> Result<(), String> {
    let mut breaches = Vec::new();
    files::check(&mut breaches)?;
    rings::check(&mut breaches)?;
    fuzz::check(&mut breaches)?;
    if breaches.is_empty() { Ok(()) } else { Err(breaches.join("\n")) }
}

/// All Rust files in a folder and below.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
