//! What is wrong with a script, where, and what would work instead.

pub mod codes;
mod json;
mod render;
mod secret;

pub use json::to_json;
pub use render::render;

use crate::ast::Span;
use std::collections::BTreeSet;

/// The identity of a kind of message: it keeps its number for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// `S101`
    pub id: &'static str,
    /// What this kind of message is about, for the reference.
    pub about: &'static str,
}

/// Whether the script can run all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, and somebody should look at this.
    Warning,
}

/// A message with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Whether the script can run all the same.
    pub severity: Severity,
    /// Its kind.
    pub code: Code,
    /// One sentence: what is wrong.
    pub message: String,
    /// Where; none for what concerns no place in the text.
    pub span: Option<Span>,
    /// What else belongs to it.
    pub notes: Vec<Note>,
    /// What would work instead, in words.
    pub help: Option<String>,
    /// What would work instead, as text.
    pub fix: Option<Fix>,
}

/// A remark that belongs to a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The remark.
    pub message: String,
    /// The place it speaks of.
    pub span: Option<Span>,
}

/// Text to be written in the place of other text.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What is written there.
    pub replacement: String,
}

impl Diagnostic {
    /// Something that keeps the script from running.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::of(Severity::Error, code, Some(span), message.into())
    }

    /// Something that works, but not as well as it could.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::of(Severity::Warning, code, Some(span), message.into())
    }

    /// An error that has no place in the text.
    pub fn error_without_place(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::of(Severity::Error, code, None, message.into())
    }

    /// A warning that has no place in the text.
    pub fn warning_without_place(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::of(Severity::Warning, code, None, message.into())
    }

    fn of(severity: Severity, code: Code, span: Option<Span>, message: String) -> Diagnostic {
        Diagnostic { severity, code, message, span, notes: Vec::new(), help: None, fix: None }
    }

    /// Says what would work instead.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Offers text that would work instead.
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// Adds a remark.
    pub fn note(mut self, message: impl Into<String>) -> Diagnostic {
        self.notes.push(Note { message: message.into(), span: None });
        self
    }

    /// Adds a remark about another place.
    pub fn note_at(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.notes.push(Note { message: message.into(), span: Some(span) });
        self
    }

    /// The same about places that stand so many bytes further on.
    pub(crate) fn moved_by(mut self, bytes: u32) -> Diagnostic {
        let places = self.span.iter_mut().chain(self.fix.iter_mut().map(|fix| &mut fix.span));
        for span in places.chain(self.notes.iter_mut().filter_map(|note| note.span.as_mut())) {
            *span = Span { start: span.start.saturating_add(bytes), end: span.end.saturating_add(bytes) };
        }
        self
    }

    /// Whether it keeps the script from running.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Whether any of these keeps the script from running.
pub fn any_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

/// Messages as they are found: each kind once for a place, and no more than anyone would read.
#[derive(Debug, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    seen: BTreeSet<(Code, Option<Span>)>,
    left_out: usize,
}

/// A file that is no script at all would otherwise give a message for each of its lines.
const MESSAGES_MAX: usize = 200;

impl Diagnostics {
    /// Adds a message, unless the same was said about the same place.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let identity = (diagnostic.code, diagnostic.span);
        if self.seen.contains(&identity) {
            return;
        }
        if self.found.len() >= MESSAGES_MAX {
            self.left_out += 1;
            return;
        }
        self.seen.insert(identity);
        self.found.push(diagnostic);
    }

    /// Adds several.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        for diagnostic in diagnostics {
            self.push(diagnostic);
        }
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The messages in the order of the text.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|diagnostic| diagnostic.span.map(|span| span.start));
        if self.left_out > 0 {
            let message = format!("{} more messages are not shown", self.left_out);
            self.found.push(Diagnostic::error_without_place(codes::TOO_MANY_MESSAGES, message));
        }
        self.found
    }
}
