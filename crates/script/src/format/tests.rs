//! Format strings in, their parts out.

use super::{parse_format, parse_variable, parse_variables};
use crate::ast::{Index, Segment, Text, Variable};

fn check(text: &str, expected: &str) {
    let printed = match parse_format(text.as_bytes()) {
        Ok(format) => print_text(&format),
        Err(fault) => format!("{}..{}: {}", fault.span.start, fault.span.end, fault.message),
    };
    assert_eq!(printed, expected, "{text}");
}

fn print_text(text: &Text) -> String {
    let parts = text.segments.iter().map(|segment| match segment {
        Segment::Literal(literal) => format!("{:?}", String::from_utf8_lossy(literal)),
        Segment::Variable(variable) => print_variable(variable),
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn print_variable(variable: &Variable) -> String {
    let mut out = format!("<{}", variable.name);
    if let Some(context) = variable.context {
        out += &format!(" of {context:?}");
    }
    if let Some(inner) = &variable.inner {
        out += &format!(" ({})", print_text(inner));
    }
    out += &match &variable.index {
        None => String::new(),
        Some(Index::Variable(variable)) => format!(" [{}]", print_variable(variable)),
        Some(Index::InSet(within)) => match &within.0 {
            Index::Variable(variable) => format!(" [{} in {}]", print_variable(variable), within.1),
            index => format!(" [{index:?} in {}]", within.1),
        },
        Some(index) => format!(" [{index:?}]"),
    };
    for transformation in &variable.transformations {
        let args: Vec<String> = transformation.args.iter().map(print_text).collect();
        let number = transformation.number.map(|number| format!("#{number}")).unwrap_or_default();
        out += &format!(" {{{}{number}: {}}}", transformation.name, args.join(", "));
    }
    out + ">"
}

#[test]
fn text_and_variables() {
    check("", "");
    check("plain", r#""plain""#);
    check("sip:$rU@$rd;x", r#""sip:" <rU> "@" <rd> ";x""#);
    check("$rU.", "<rU.>");
    check("$(rU).", r#"<rU> ".""#);
    check("5 $$ or $$5", r#""5 $ or $5""#);
    check("$var(a)$avp(b)", r#"<var ("a")> <avp ("b")>"#);
    check("$ru{s.len}", r#"<ru> "{s.len}""#);
}

#[test]
fn everything_a_variable_has() {
    check(
        "$(<reply>hdr(Contact)[-1]{nameaddr.uri}{uri.user})",
        r#"<hdr of Reply ("Contact") [Number(-1)] {nameaddr.uri: } {uri.user: }>"#,
    );
    check("$(avp(x)[*])", r#"<avp ("x") [All]>"#);
    check("$(avp(x)[append])", r#"<avp ("x") [Append]>"#);
    check("$(avp(x)[$var(i)])", r#"<avp ("x") [<var ("i")>]>"#);
    check("$(tm.branch.uri[-1/active])", "<tm.branch.uri [Number(-1) in active]>");
    check("$(tm.branch.uri[ $var(i) / all ]{s.len})", r#"<tm.branch.uri [<var ("i")> in all] {s.len: }>"#);
    check("$avp($var(name))", r#"<avp (<var ("name")>)>"#);
    check("$json(doc/list[$var(i)]/name)", r#"<json ("doc/list[" <var ("i")> "]/name")>"#);
    check("$time(%d (%H))", r#"<time ("%d (%H)")>"#);
    check("$msg.branch.flag(NAT)", r#"<msg.branch.flag ("NAT")>"#);
}

#[test]
fn transformations() {
    check("$(ru{s.select, 1 ,,})", r#"<ru {s.select: " 1 ", , }>"#);
    check("$(ru{S.SubStr,$var(a),-2})", r#"<ru {s.substr: <var ("a")>, "-2"}>"#);
    check("$(ct{nameaddr.-1.param,q})", r#"<ct {nameaddr.param#-1: "q"}>"#);
    check("$(ru{re.subst,/^0{2}(,?)$/+\\1/g})", r#"<ru {re.subst: "/^0{2}(,?)$/+\\1/g"}>"#);
    check("$(rb{sdp.stream-delete,audio})", r#"<rb {sdp.stream-delete: "audio"}>"#);
}

#[test]
fn names_of_old() {
    check("$avp(s:caller)", r#"<avp ("caller")>"#);
    check("$avp(i:5)", r#"<avp ("5")>"#);
    check("$avp(i:x)", r#"<avp ("i:x")>"#);
    check("$var(s:x)", r#"<var ("s:x")>"#);
    check("$avp(s:$var(n))", r#"<avp (<var ("n")>)>"#);
}

#[test]
fn faults() {
    check("cost: 5$", "7..8: `$` is not followed by the name of a variable");
    check("$(ru", "0..4: `$(ru` has no `)`");
    check("$(ru/2)", "0..4: `/` cannot stand here in `$(ru`");
    check("$avp(x", "4..5: this `(` has no `)`");
    check("$(ru{s.len)", "4..5: this `{` has no `}`");
    check("$(avp(x)[y])", "8..10: an index is a number, a variable, `*` or `append`");
    check("$(x[1/])", "5..6: `/` is followed by a word: what the index counts in");
    check("$(x[*/all])", "5..6: only a number or a variable stands before a `/`");
    check("$(x[1/all all])", "3..4: this `[` has no `]`");
    check("$(<both>ru)", "2..7: a context is <request> or <reply>");
    let deep = "$avp(".repeat(100);
    check(&deep, "80..81: more than 16 variables stand inside each other");
}

#[test]
fn one_variable_and_several() {
    assert!(parse_variable(b" $avp(x) ").is_ok());
    assert_eq!(parse_variable(b"$avp(x)y").unwrap_err().message, "`y` follows the variable");
    assert_eq!(parse_variable(b"avp").unwrap_err().message, "a variable starts with `$`");
    assert_eq!(parse_variables(b"$avp(a); $avp(b),$var(c);").unwrap().len(), 3);
    assert!(parse_variables(b"").is_err());
}
