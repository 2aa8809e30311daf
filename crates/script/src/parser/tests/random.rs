//! Whatever the text, parsing ends, and every place it names can be shown.

use crate::ast::Script;
use crate::diagnostic::{Diagnostic, render, to_json};
use crate::format::{parse_format, parse_variable, parse_variables};
use crate::source::Source;
use proptest::prelude::*;

fn parse(text: &[u8]) -> (Script, Vec<Diagnostic>) {
    let source = Source::from_text("test.cfg", text);
    let (script, diagnostics) = crate::parser::parse(&source);
    for diagnostic in &diagnostics {
        render(diagnostic, &source.map);
        to_json(diagnostic, &source.map);
    }
    (script, diagnostics)
}

/// Pieces that scripts are made of, so that random texts get far.
const PIECES: &[&str] = &[
    "route",
    "route[a]",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    ":",
    "if",
    "else",
    "while",
    "switch",
    "case",
    "default",
    "for",
    "in",
    "exit",
    "return",
    "break",
    "xlog",
    "async",
    "launch",
    "$ru",
    "$(ru{s.len})",
    "$avp(",
    "$(",
    "\"a$rU\"",
    "\"",
    "'",
    "1",
    "10.0.0.1",
    "::1",
    "=",
    "==",
    "&&",
    "||",
    "!",
    "-",
    "+",
    "/*",
    "*/",
    "#",
    "\n",
    " ",
    "f",
    "uri",
    "myself",
    "msg:len",
    "socket=udp:1.2.3.4:5060",
    "alias=",
    "listen",
    "modparam(",
    "loadmodule",
    "mem-group",
    "é",
    "\\",
    "dst_blacklist=",
    "auto_scaling_profile=",
    "log_stderror=",
];

/// Each of these would take a walk to the end of the text, and again, were it not remembered or bounded by its line.
#[test]
fn openings_without_end() {
    for line in
        ["/*\n", "\\\"\n", "'\n\"", "$(ru{s.len,\n", "$avp(\n", "$(x{re.subst,/a\n", "xlog($x\n", "{\n", "(\n", "if\n"]
    {
        let text = format!("route {{ {}", line.repeat(20_000));
        assert!(!parse(text.as_bytes()).1.is_empty(), "{line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes(text in proptest::collection::vec(any::<u8>(), 0..300)) {
        parse(&text);
        let _ = (parse_format(&text), parse_variable(&text), parse_variables(&text));
    }

    #[test]
    fn any_words(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..120), blank in any::<bool>()) {
        let text = pieces.join(if blank { " " } else { "" });
        parse(text.as_bytes());
        parse(format!("route {{ {text} }}").as_bytes());
        let _ = (parse_format(text.as_bytes()), parse_variables(text.as_bytes()));
    }
}
