//! The entries against the parser.

use super::{Kind, all};
use crate::ast::RouteType;
use crate::diagnostic::Diagnostic;
use crate::lexer::Symbol;
use crate::parser::parse;
use crate::source::Source;

/// Without a route around it, or with one.
fn script(kind: Kind, example: &str) -> String {
    match kind {
        Kind::Line | Kind::Route => example.to_owned(),
        Kind::Statement | Kind::Operator | Kind::Value => format!("route {{ {example} }}"),
    }
}

#[test]
fn every_example_is_understood() {
    // An include is put in its place before anything is parsed.
    for element in all().filter(|element| !element.names.contains(&"include_file")) {
        let text = script(element.kind, element.example);
        let (tree, found) = parse(&Source::from_text("example.cfg", text.as_bytes()));
        let found: Vec<&Diagnostic> = found.iter().collect();
        assert!(found.is_empty(), "{text}: {found:?}");
        assert_eq!(tree.items.is_empty(), element.names.contains(&"#"), "{text}");
    }
}

#[test]
fn every_kind_of_route_and_every_operator_has_its_entry() {
    let names: Vec<&str> = all().flat_map(|element| element.names).copied().collect();
    for kind in RouteType::ALL {
        assert!(names.contains(&kind.keyword()), "{}", kind.keyword());
    }
    let punctuation = ["(", ")", "{", "}", "]", ";", ",", ":"];
    for symbol in Symbol::ALL.iter().map(|symbol| symbol.text()).filter(|symbol| !punctuation.contains(symbol)) {
        assert!(names.contains(&symbol), "{symbol}");
    }
}

/// A word is an element because the parser treats it otherwise than any other word.
#[test]
fn every_entry_is_shown_in_use() {
    for element in all().filter(|element| element.names.len() == 1 && !element.names.contains(&"#")) {
        assert!(element.example.contains(element.names[0]), "{}", element.form);
        assert!(element.form.contains(element.names[0]), "{}", element.form);
    }
}
