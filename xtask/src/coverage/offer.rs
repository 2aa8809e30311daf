//! What the server says it has of each module: `strowger modules --json`.

use super::inventory::Row;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// What there is of a module.
#[derive(Default)]
pub struct Offer {
    names: BTreeSet<(&'static str, String)>,
    /// What is an error at start.
    pub refused: Vec<Noted>,
    /// What changes nothing.
    pub without_effect: Vec<Noted>,
}

/// A declaration, and what is said of it.
pub struct Noted {
    /// The declaration.
    pub what: String,
    /// The reason.
    pub why: String,
}

/// The kinds of the inventory, and how the server calls their lists.
const KINDS: [(&str, &str); 8] = [
    ("global", "globals"),
    ("function", "functions"),
    ("param", "params"),
    ("pvar", "variables"),
    ("transformation", "transformations"),
    ("mi", "commands"),
    ("stat", "statistics"),
    ("event", "events"),
];

/// Statements that the inventory lists among the functions of `core`: the language itself has them.
const STATEMENTS: [&str; 13] =
    ["assert", "async", "break", "drop", "error", "exit", "launch", "log", "return", "route", "xdbg", "xlog", "if"];

/// Asks the server.
pub fn read(server: &Path) -> Result<BTreeMap<String, Offer>, String> {
    let output = Command::new(server).args(["modules", "--json"]).output();
    let output = output.map_err(|error| format!("{}: {error}", server.display()))?;
    if !output.status.success() {
        return Err(format!("strowger modules --json: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let modules: Vec<Value> =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("strowger modules --json: {error}"))?;
    Ok(modules.iter().map(|module| (text(module, "name"), Offer::of(module))).collect())
}

impl Offer {
    fn of(module: &Value) -> Offer {
        let mut offer = Offer::default();
        for (kind, name) in KINDS {
            for entry in list(module, name) {
                offer.names.insert((kind, text(entry, "name")));
                offer.note(&format!("{kind} `{}`", text(entry, "name")), entry);
            }
        }
        offer
    }

    fn note(&mut self, what: &str, entry: &Value) {
        if let Some(why) = entry.get("unavailable").and_then(Value::as_str) {
            self.refused.push(Noted { what: what.to_owned(), why: why.to_owned() });
        }
        if let Some(why) = entry.get("no_effect").and_then(Value::as_str) {
            self.without_effect.push(Noted { what: what.to_owned(), why: why.to_owned() });
        }
        for refused in list(entry, "refused").chain(list(entry, "args").flat_map(|arg| list(arg, "refused"))) {
            let what = format!("{what} with `{}`", text(refused, "word"));
            self.refused.push(Noted { what, why: text(refused, "why") });
        }
    }

    /// Whether the name is there.
    pub fn has(&self, row: &Row) -> bool {
        let kind = if row.kind == "async_function" { "function" } else { &row.kind };
        if row.module == "core" && kind == "function" && STATEMENTS.contains(&row.name.as_str()) {
            return true;
        }
        let Some((kind, _)) = KINDS.iter().find(|(known, _)| *known == kind) else { return false };
        let name = row.name.trim_start_matches('$').trim_matches(['{', '}']);
        let bare = name.split_once(':').map_or(name, |(_, bare)| bare);
        [name, bare].iter().any(|name| self.names.contains(&(*kind, (*name).to_owned())))
    }
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
