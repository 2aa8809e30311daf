//! The tree's own rules: every source file begins with what it is, dependencies point inwards, no file is too long.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which crates of ours a crate may depend on: rings, inside first (ARCHITECTURE.md).
const RINGS: [(&str, &[&str]); 9] = [
    ("catalogue", &[]),
    ("posix-regex", &[]),
    ("recurrence", &[]),
    ("sip", &[]),
    ("script", &["catalogue", "posix-regex"]),
    ("module-api", &["catalogue", "sip"]),
    ("engine", &["catalogue", "sip", "script", "module-api"]),
    ("testkit", &["catalogue", "sip", "posix-regex", "script", "module-api", "engine"]),
    ("modules-*", &["catalogue", "sip", "module-api", "posix-regex", "recurrence"]),
];

const LINES_MAX: usize = 900;

/// Checks them all and lists every breach.
pub fn check() -> Result<(), String> {
    let mut breaches = Vec::new();
    for file in sources(Path::new("crates")).into_iter().chain(sources(Path::new("xtask"))) {
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let name = file.display();
        if !text.starts_with("//! ") && !text.starts_with("#![") {
            breaches.push(format!("{name}: the first line does not say what the file is"));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            breaches.push(format!("{name}: {lines} lines; split it"));
        }
    }
    breaches.extend(outward_dependencies()?);
    if breaches.is_empty() { Ok(()) } else { Err(breaches.join("\n")) }
}

fn outward_dependencies() -> Result<Vec<String>, String> {
    let mut breaches = Vec::new();
    for (name, manifest) in manifests()? {
        let allowed = RINGS
            .iter()
            .find(|(ring, _)| *ring == name || ring.strip_suffix('*').is_some_and(|family| name.starts_with(family)));
        let Some((_, allowed)) = allowed else { continue };
        let dependencies =
            manifest.split("[dependencies]").nth(1).and_then(|rest| rest.split("\n[").next()).unwrap_or_default();
        for line in dependencies.lines().filter(|line| line.contains("path = \"../")) {
            let dependency = line.split(['=', ' ', '.']).next().unwrap_or_default();
            if !allowed.contains(&dependency) {
                breaches.push(format!("crates/{name}: depends on {dependency}, which is not inside it"));
            }
        }
    }
    Ok(breaches)
}

fn manifests() -> Result<BTreeMap<String, String>, String> {
    let folders = fs::read_dir("crates").map_err(|error| format!("crates: {error}"))?;
    let manifests = folders.flatten().filter_map(|entry| {
        let manifest = fs::read_to_string(entry.path().join("Cargo.toml")).ok()?;
        Some((entry.file_name().to_string_lossy().into_owned(), manifest))
    });
    Ok(manifests.collect())
}

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
