//! Scripts in; trees, or messages, out.

mod dialects;
mod files;
mod globals;
mod messages;
mod print;
mod random;
mod recovery;
mod trees;

use crate::ast::Script;
use crate::diagnostic::render;
use crate::source::Source;

/// Parses a text of its own, `test.cfg`, and prints what is wrong with it.
fn parse(text: &str) -> (Script, String) {
    let source = Source::from_text("test.cfg", text.as_bytes());
    let (script, diagnostics) = super::parse(&source);
    let messages = diagnostics.iter().map(|diagnostic| render(diagnostic, &source.map)).collect();
    (script, messages)
}

/// Checks the messages about a script.
fn check(text: &str, expected: &str) {
    let (_, messages) = parse(text);
    assert_eq!(messages.trim(), expected.trim(), "\n{text}\n{messages}");
}

/// Checks the tree of statements, in which nothing may be wrong.
fn check_tree(statements: &str, expected: &str) {
    let (script, messages) = parse(&format!("route {{\n{statements}\n}}"));
    assert_eq!(messages, "", "{statements}");
    assert_eq!(print::script(&script), expected, "{statements}");
}
