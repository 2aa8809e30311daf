//! What is wrong with a script, for people and programs.

use script::diagnostic::{Diagnostic, any_error, render, to_json};
use script::source::Source;
use serde_json::Value;

/// Messages with the text they are about.
pub struct Report {
    source: Source,
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// These messages about this text.
    pub const fn new(source: Source, diagnostics: Vec<Diagnostic>) -> Report {
        Report { source, diagnostics }
    }

    /// With the messages of another report about the same text.
    pub fn with(mut self, other: Report) -> Report {
        self.diagnostics.extend(other.diagnostics);
        self
    }

    /// Whether the script cannot run.
    pub fn has_errors(&self) -> bool {
        any_error(&self.diagnostics)
    }

    /// For people: every message with its line, and how many there are.
    pub fn text(&self) -> String {
        let mut text: String =
            self.diagnostics.iter().map(|message| render(message, &self.source.map) + "\n").collect();
        let errors = self.diagnostics.iter().filter(|message| message.is_error()).count();
        let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let warnings = self.diagnostics.len() - errors;
        if !self.diagnostics.is_empty() {
            text.push_str(&format!("{}, {}\n", count(errors, "error"), count(warnings, "warning")));
        }
        text
    }

    /// For programs.
    pub fn json(&self) -> Vec<Value> {
        self.diagnostics.iter().map(|message| to_json(message, &self.source.map)).collect()
    }
}
