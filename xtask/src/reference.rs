//! The generated reference: a page for each module, in `docs/reference`.

use crate::peers::{run, target_directory};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "docs/reference";

/// Writes it anew.
pub fn write(server: &Path) -> Result<(), String> {
    write_to(server, Path::new(FOLDER))
}

/// Whether the reference in the tree is today's.
pub fn is_current(server: &Path) -> Result<(), String> {
    let today = target_directory().join("reference");
    write_to(server, &today)?;
    if pages(Path::new(FOLDER))? == pages(&today)? {
        return Ok(());
    }
    Err(format!("{FOLDER} is not today's: run `cargo xtask docs`"))
}

/// Into an empty folder, so that no page of a module outlives it.
fn write_to(server: &Path, folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    run(Command::new(server).args(["doc", "--all"]).arg(folder))
}

fn pages(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let error = |error| format!("{}: {error}", folder.display());
    let mut pages = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let entry = entry.map_err(error)?;
        let text = fs::read_to_string(entry.path()).map_err(error)?;
        pages.insert(entry.file_name().to_string_lossy().into_owned(), text);
    }
    Ok(pages)
}
