//! Whatever is thrown at it, the language neither panics nor runs for ever.

use crate::catalogue::catalogue;
use crate::world::{Tables, World, run};
use proptest::prelude::*;
use script::ast::RouteType;
use script::source::Source;
use script::{Environment, check};
use std::sync::Arc;

/// Words of the language and of the small catalogue.
const WORDS: &[&str] = &[
    "route",
    "{",
    "}",
    "(",
    ")",
    "if",
    "else",
    "while",
    "for",
    "in",
    "switch",
    "case",
    "default",
    "break",
    "return",
    "exit",
    "drop",
    "xlog",
    "assert",
    "async",
    "launch",
    ";",
    ",",
    "=",
    ":=",
    "+=",
    "==",
    "!=",
    "<",
    "=~",
    "&&",
    "||",
    "!",
    "+",
    "-",
    "*",
    "/",
    "[",
    "]",
    "$var(x)",
    "$avp(y)",
    "$(avp(y)[*])",
    "$rc",
    "$param(1)",
    "$route",
    "\"text\"",
    "\"$rU $var(x)\"",
    "5",
    "0",
    "NULL",
    "code",
    "wait",
    "show",
    "put",
    "route(a)",
    "code(0)",
    "wait(2)",
    "failure_route[f]",
    "1.2.3.0/24",
    "modparam",
    "loadmodule",
    "\"tm.so\"",
];

/// Statements that are well formed, so that most programs run.
const STATEMENTS: &[&str] = &[
    "$var(x) = 1;",
    "$var(x) += $sp;",
    "$avp(y) = $var(x);",
    "$(avp(y)[append]) = $rU;",
    "$avp(y) = NULL;",
    "$var(x) = $var(x) * 3 - $avp(y);",
    "$var(x) = $rU / 2;",
    "if ($var(x) > 3) {",
    "if (code($var(x))) {",
    "while ($var(x) < 100) {",
    "while (1) {",
    "for ($var(z) in $(avp(y)[*])) {",
    "switch ($var(x)) { case 1: {",
    "{",
    "}",
    "}",
    "}",
    "}}",
    "route(a);",
    "route(b, $var(x), \"text\");",
    "route($rU);",
    "return;",
    "return(-1, $rU);",
    "exit;",
    "drop;",
    "xlog(\"$var(x) $(route[*]) $(avp(y)[*])\");",
    "wait(1);",
    "wait(-1);",
    "code(0);",
    "show($avp(y));",
    "put($avp($param(1)), \"v\");",
    "assert($rc == 1);",
    "async(wait(1), a);",
    "launch(wait(2), b);",
    "if ($si == 10.0.0.0/8 && !($rU =~ $avp(y)) || [ $var(x) & 1 ]) {",
    "$ru = NULL;",
    "break;",
];

fn run_if_good(text: &str) {
    let source = Source::from_text("random.cfg", text.as_bytes());
    let (script, messages) = script::parser::parse(&source);
    let (catalogue, tables) = (catalogue(), Tables::default());
    let environment = Environment { catalogue: &catalogue, names: tables.all(), workers: 1 };
    let checked = check(&script, &source, &environment);
    if script::diagnostic::any_error(&messages) {
        return;
    }
    let Ok(program) = checked.compile() else { return };
    let program = Arc::new(program.with_steps_max(20_000));
    for kind in [RouteType::Request, RouteType::Failure] {
        for (route, _) in program.routes_of(kind) {
            run(&mut World::new(), &program, route);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn soup_of_words(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..60)) {
        run_if_good(&words.join(" "));
    }

    #[test]
    fn heaps_of_statements(
        main in proptest::collection::vec(proptest::sample::select(STATEMENTS), 0..14),
        sub in proptest::collection::vec(proptest::sample::select(STATEMENTS), 0..8),
    ) {
        let block = |statements: &[&str]| {
            let text = statements.join("\n");
            let open = text.matches('{').count();
            let closed = text.matches('}').count();
            format!("{text}\n{}", "}".repeat(open.saturating_sub(closed)))
        };
        let text = format!(
            "max_while_loops = 20\nenable_asserts = yes\nroute {{\n{}\n}}\nroute[a] {{\n{}\n}}\nroute[b] {{ xlog(\"$param(1)\"); }}\n",
            block(&main),
            block(&sub),
        );
        run_if_good(&text);
    }
}
