//! Source files: what each says of itself, how long it is, and that a module has it.

use super::{read, sources};
use std::fs;
use std::path::{Path, PathBuf};

const LINES_MAX: usize = 600;

/// The files that cargo knows by their names.
const ROOTS: [&str; 2] = ["lib.rs", "main.rs"];

pub(super) fn check(breaches: &mut Vec<String>) -> Result<(), String> {
    for folder in ["crates", "xtask", "tests"] {
        for file in sources(Path::new(folder)) {
            let text = read(&file)?;
            let name = file.display();
            if !text.starts_with("//! ") {
                breaches.push(format!("{name}: the first line does not say what the file is"));
            }
            let lines = text.lines().count();
            if lines > LINES_MAX {
                breaches.push(format!("{name}: {lines} lines; split it"));
            }
            if is_dead(&file) {
                breaches.push(format!("{name}: no module has it"));
            }
        }
    }
    Ok(())
}

/// Whether neither cargo nor a `mod` line brings the file in.
fn is_dead(file: &Path) -> bool {
    let is_root = file.file_name().is_some_and(|name| ROOTS.iter().any(|root| name == *root));
    // What lies in benches/ is named in the manifest.
    if is_root || file.components().any(|part| part.as_os_str() == "benches") {
        return false;
    }
    let is_mod = file.file_name().is_some_and(|name| name == "mod.rs");
    let module = if is_mod { file.parent() } else { Some(file) };
    let (Some(module), Some(folder)) = (module, module.and_then(Path::parent)) else { return true };
    let Some(name) = module.file_stem().and_then(|name| name.to_str()) else { return true };
    // A module may have the name of a keyword, as upstream's `enum` does.
    let lines = [format!("mod {name};"), format!("mod r#{name};")];
    let has_line =
        |parent: PathBuf| fs::read_to_string(parent).is_ok_and(|text| lines.iter().any(|line| text.contains(line)));
    let inside = ["mod.rs", "lib.rs", "main.rs"].map(|parent| folder.join(parent));
    !inside.into_iter().chain([folder.with_extension("rs")]).any(has_line)
}
