//! A message for programs. The shape is a promise: members are added, never renamed or removed.

use super::secret::Masked;
use super::{Diagnostic, Fix, Note, Severity};
use crate::ast::Span;
use crate::source::SourceMap;
use serde_json::{Map, Value, json};

/// `{"severity", "code", "message", "place", "notes", "help", "fix"}`; `place`, `help` and `fix` may be null.
/// A place is `{"file", "line", "column", "end_line", "end_column"}`, counted from 1, the end not included.
pub fn to_json(diagnostic: &Diagnostic, map: &SourceMap) -> Value {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let notes: Vec<Value> = diagnostic.notes.iter().map(|note| note_json(note, map)).collect();
    json!({
        "severity": severity,
        "code": diagnostic.code.id,
        "message": Masked::of(&diagnostic.message).text,
        "place": diagnostic.span.map(|span| place_json(span, map)),
        "notes": notes,
        "help": diagnostic.help.as_ref().map(|help| Masked::of(help).text),
        "fix": diagnostic.fix.as_ref().filter(|fix| is_open(fix)).map(|fix| fix_json(fix, map)),
    })
}

/// A fix is text to be put in place: one that holds a password is neither shown nor can it be masked.
fn is_open(fix: &Fix) -> bool {
    Masked::of(&fix.replacement).text == fix.replacement
}

fn note_json(note: &Note, map: &SourceMap) -> Value {
    json!({ "message": Masked::of(&note.message).text, "place": note.span.map(|span| place_json(span, map)) })
}

fn fix_json(fix: &Fix, map: &SourceMap) -> Value {
    json!({ "place": place_json(fix.span, map), "replacement": fix.replacement })
}

fn place_json(span: Span, map: &SourceMap) -> Value {
    let (start, end) = map.range(span);
    let mut place = Map::new();
    place.insert("file".into(), start.file.into());
    place.insert("line".into(), start.line.into());
    place.insert("column".into(), start.column.into());
    place.insert("end_line".into(), end.line.into());
    place.insert("end_column".into(), end.column.into());
    Value::Object(place)
}
