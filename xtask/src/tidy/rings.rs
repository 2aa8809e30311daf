//! Manifests: dependencies point inwards, and the lints are the workspace's.

use super::read;
use std::collections::BTreeMap;
use std::fs;

/// Which crates of ours a crate may depend on: rings, inside first (ARCHITECTURE.md).
const RINGS: [(&str, &[&str]); 12] = [
    ("catalogue", &[]),
    ("posix-regex", &[]),
    ("recurrence", &[]),
    ("sip", &[]),
    ("script", &["catalogue", "posix-regex"]),
    ("module-api", &["catalogue", "sip"]),
    ("engine", &["catalogue", "sip", "script", "module-api"]),
    ("testkit", &["catalogue", "sip", "posix-regex", "module-api"]),
    ("sim", &["catalogue", "sip", "script", "module-api", "engine", "modules-*"]),
    ("modules-*", &["catalogue", "sip", "module-api", "posix-regex", "recurrence"]),
    ("edge-sys", &[]),
    ("edge-*", &["catalogue", "sip", "module-api", "edge-sys"]),
];

/// The one crate that may say `unsafe`, which no lint of the workspace can be made to except.
const OWN_LINTS: &str = "edge-sys";

pub(super) fn check(breaches: &mut Vec<String>) -> Result<(), String> {
    for (name, manifest) in manifests()? {
        if name != OWN_LINTS && !manifest.contains("[lints]\nworkspace = true") {
            breaches.push(format!("crates/{name}: has not the workspace's lints"));
        }
        let Some(allowed) = allowed(&name) else { continue };
        let dependencies = manifest.split("[dependencies]").nth(1).and_then(|rest| rest.split("\n[").next());
        let ours = dependencies.unwrap_or_default().lines().filter(|line| line.contains("path = \"../"));
        for line in ours {
            let dependency = line.split(['=', ' ', '.']).next().unwrap_or_default();
            if !allowed.iter().any(|ring| is_in(ring, dependency)) {
                breaches.push(format!("crates/{name}: depends on {dependency}, which is not inside it"));
            }
        }
    }
    Ok(())
}

/// What a crate may depend on; nothing is said of the outermost.
fn allowed(name: &str) -> Option<&'static [&'static str]> {
    RINGS.iter().find(|(ring, _)| is_in(ring, name)).map(|(_, allowed)| *allowed)
}

/// Whether a crate is the one a ring names, or of the family it names.
fn is_in(ring: &str, name: &str) -> bool {
    ring == name || ring.strip_suffix('*').is_some_and(|family| name.starts_with(family))
}

fn manifests() -> Result<BTreeMap<String, String>, String> {
    let folders = fs::read_dir("crates").map_err(|error| format!("crates: {error}"))?;
    let manifests = folders.flatten().filter(|entry| entry.path().is_dir()).map(|entry| {
        let manifest = read(&entry.path().join("Cargo.toml"))?;
        Ok((entry.file_name().to_string_lossy().into_owned(), manifest))
    });
    manifests.collect()
}
