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

/// Statements without others in them.
const STATEMENTS: &[&str] = &[
    "$var(x) = 1;",
    "$var(x) += $sp;",
    "$avp(y) = $var(x);",
    "$(avp(y)[append]) = $rU;",
    "$(avp(y)[$var(x)]) = 5;",
    "$avp(y) = NULL;",
    "$var(x) = $var(x) * 3 - $avp(y);",
    "$var(x) = $rU / 2;",
    "$var(x) = code($var(x)) + -1;",
    "route(a);",
    "route(b, $var(x), \"text\", NULL);",
    "$var(x) = route(a) + wait(3);",
    "route($rU);",
    "return;",
    "return(-1, $rU, $var(x) + 1);",
    "exit;",
    "drop;",
    "xlog(\"$var(x) $(route[*]) $(avp(y)[*]) $return(0)\");",
    "wait(1);",
    "wait(-1);",
    "code(0);",
    "show($avp(y));",
    "put($avp($param(1)), \"v\");",
    "assert($rc == 1);",
    "async(wait(1), a);",
    "launch(wait(2), b);",
    "$ru = NULL;",
];

const CONDITIONS: &[&str] = &[
    "$var(x) > 3",
    "$var(x) < 100 && !code($var(x))",
    "$si == 10.0.0.0/8 && !($rU =~ $avp(y)) || [ $var(x) & 1 ]",
    "wait($var(x))",
    "$var(x) = $var(x) - 1",
    "$avp(y) == NULL",
    "route(a)",
    "$var(y) != \"\" || $rc < 0",
];

/// What opens a block in which there are statements; `break` may follow them.
const LOOPS: &[&str] = &["while (1) {", "for ($var(z) in $(avp(y)[*])) {", "switch ($var(x)) { default: "];

fn statements() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(STATEMENTS).prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 4, |inner| {
        let block = proptest::collection::vec(inner, 0..4).prop_map(|statements| statements.join("\n"));
        let condition = proptest::sample::select(CONDITIONS);
        prop_oneof![
            (condition.clone(), block.clone(), block.clone())
                .prop_map(|(condition, then, other)| format!("if ({condition}) {{\n{then}\n}} else {{\n{other}\n}}")),
            (condition, block.clone()).prop_map(|(condition, body)| format!("while ({condition}) {{\n{body}\n}}")),
            (proptest::sample::select(LOOPS), block.clone(), proptest::sample::select(&["", "break;"][..]))
                .prop_map(|(open, body, end)| format!("{open}\n{body}\n{end}\n}}")),
            block,
        ]
    })
}

fn blocks() -> impl Strategy<Value = String> {
    proptest::collection::vec(statements(), 0..6).prop_map(|statements| statements.join("\n"))
}

/// Whether there was nothing wrong with it, so that it ran.
fn run_if_good(text: &str) -> bool {
    let source = Source::from_text("random.cfg", text.as_bytes());
    let (script, messages) = script::parser::parse(&source);
    let (catalogue, tables) = (catalogue(), Tables::default());
    let environment = Environment { catalogue: &catalogue, names: tables.all(), workers: 1 };
    let checked = check(&script, &source, &environment);
    if script::diagnostic::any_error(&messages) {
        return false;
    }
    let Ok(program) = checked.compile() else { return false };
    let program = Arc::new(program.with_steps_max(20_000));
    for kind in [RouteType::Request, RouteType::Failure] {
        for (route, _) in program.routes_of(kind) {
            run(&mut World::new(), &program, route);
        }
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn soup_of_words(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..60)) {
        run_if_good(&words.join(" "));
    }

    #[test]
    fn heaps_of_statements(main in blocks(), sub in blocks()) {
        let text = format!(
            "max_while_loops = 20\nenable_asserts = yes\nroute {{\n{main}\n}}\nroute[a] {{\n{sub}\n}}\n\
             route[b] {{ xlog(\"$param(1)\"); }}\nerror_route {{ assert($rc == 77); xlog(\"error\"); }}\n",
        );
        let ran = run_if_good(&text);
        prop_assert!(ran, "{text}");
    }
}
