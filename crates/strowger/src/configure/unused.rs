//! Global parameters that a script sets and that change nothing here. They are no mistakes: the script may still be
//! running on upstream's server, where they matter.

use super::Configured;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Parameters without effect: name, reason and line.
#[derive(Debug, Default)]
pub struct Unused(Vec<(&'static str, &'static str, u32)>);

impl Unused {
    /// Those of a script.
    pub fn of(configured: &Configured) -> Unused {
        let map = &configured.source.map;
        let set = configured.globals.without_effect();
        Unused(set.map(|(name, why, span)| (name, why, map.place(span.start).line)).collect())
    }

    /// For people: each reason once, with the parameters it is for.
    pub fn text(&self) -> String {
        let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, why, line) in &self.0 {
            by_reason.entry(why).or_default().push(format!("{name} (line {line})"));
        }
        by_reason.iter().map(|(why, names)| format!("note: no effect here: {}: {why}\n", names.join(", "))).collect()
    }

    /// For programs.
    pub fn json(&self) -> Vec<Value> {
        self.0.iter().map(|(name, why, line)| json!({"name": name, "why": why, "line": line})).collect()
    }
}
