//! Single mistakes and what is said about them.

use super::{check, parse};
use crate::diagnostic::to_json;
use crate::source::Source;

#[test]
fn a_missing_semicolon() {
    check(
        "route {\n\tif (f())\n\t\texit\n\tg();\n}",
        "\
error[S102]: `;` is missing at the end of the statement
 --> test.cfg:3:7
  |
3 | \t\texit
  | \t\t    ^
3 + \t\texit;",
    );
}

#[test]
fn a_missing_parenthesis() {
    check(
        "route {\n\tif (f() {\n\t\texit;\n\t}\n\tg(1;\n}",
        "\
error[S102]: `)` is missing at the end of the condition
 --> test.cfg:2:9
  |
2 | \tif (f() {
  | \t       ^
2 + \tif (f()) {
error[S102]: `)` is missing after the arguments
 --> test.cfg:5:5
  |
5 | \tg(1;
  | \t   ^
5 + \tg(1);",
    );
}

#[test]
fn words_that_are_no_values() {
    check(
        "route {\n\tif ($rm == INVITE)\n\t\tt_relay;\n\tif (has_totag) exit;\n}",
        "\
error[S111]: `INVITE` stands without quotes
 --> test.cfg:2:13
  |
2 | \tif ($rm == INVITE)
  | \t           ^^^^^^
2 + \tif ($rm == \"INVITE\")
error[S112]: `t_relay` is neither a value nor a call: a call needs its parentheses
 --> test.cfg:3:3
  |
3 | \t\tt_relay;
  | \t\t^^^^^^^
3 + \t\tt_relay();
error[S112]: `has_totag` is neither a value nor a call: a call needs its parentheses
 --> test.cfg:4:6
  |
4 | \tif (has_totag) exit;
  | \t    ^^^^^^^^^
4 + \tif (has_totag()) exit;",
    );
}

#[test]
fn comparisons_the_wrong_way_round() {
    check(
        "route {\n\tif (\"a\" == $rU) exit;\n\tif (f() == 1) exit;\n\tif ($rU = \"a\") exit;\n\tif ($rU == \"$fU\") exit;\n}",
        "\
error[S115]: a comparison has its variable on the left
 --> test.cfg:2:6
  |
2 | \tif (\"a\" == $rU) exit;
  | \t    ^^^
2 + \tif ($rU == \"a\") exit;
error[S115]: the outcome of a call cannot be compared: it is true or false
 --> test.cfg:3:6
  |
3 | \tif (f() == 1) exit;
  | \t    ^^^
  = help: call it first, its return code is in `$rc`
warning[S306]: this assigns, it does not compare: the condition is always true
 --> test.cfg:4:6
  |
4 | \tif ($rU = \"a\") exit;
  | \t    ^^^^^^^^^
  = help: a comparison is written `==`
4 + \tif ($rU == \"a\") exit;
warning[S307]: the variables in this string are not expanded: a comparison takes it as it stands
 --> test.cfg:5:13
  |
5 | \tif ($rU == \"$fU\") exit;
  | \t           ^^^^^
  = help: assign the string to a `$var(…)` first, and compare with that",
    );
}

#[test]
fn logic_after_an_assignment() {
    check(
        "route {\n\t$var(x) = f() && g();\n}",
        "\
error[S118]: an assignment ends at `&&` and `||`
 --> test.cfg:2:2
  |
2 | \t$var(x) = f() && g();
  | \t^^^^^^^^^^^^^^^^^^^^
  = help: write `$var(x) = (f() && g())`, or an `if` on the assignment",
    );
}

#[test]
fn variables_that_cannot_be_read() {
    check(
        "route {\n\txlog(\"a\\t$(ru{s.len)\\n\");\n\txlog(\"5 $\");\n\t$avp(x = 5;\n\tif ($(ru{s.len) > 5) {\n\t}\n}",
        "\
error[S110]: this `{` has no `}`
 --> test.cfg:2:15
  |
2 | \txlog(\"a\\t$(ru{s.len)\\n\");
  | \t             ^
error[S110]: `$` is not followed by the name of a variable
 --> test.cfg:3:10
  |
3 | \txlog(\"5 $\");
  | \t        ^
  = help: a dollar sign in a format string is written `$$`
error[S110]: this `(` has no `)`
 --> test.cfg:4:6
  |
4 | \t$avp(x = 5;
  | \t    ^
error[S110]: this `{` has no `}`
 --> test.cfg:5:10
  |
5 | \tif ($(ru{s.len) > 5) {
  | \t        ^",
    );
}

#[test]
fn other_slips() {
    check(
        "route {\n\t// note\n\tf(\"a\" \"b\");\n\tswitch ($rU) { default: exit; case X: exit; }\n\terror(\"x\");\n\txlog(\"L_LOUD\", \"x\");\n}",
        "\
error[S107]: `//` does not start a comment
 --> test.cfg:2:2
  |
2 | \t// note
  | \t^^
  = help: write `#`
2 + \t# note
error[S116]: two strings stand side by side: they are one only in xlog and modparam
 --> test.cfg:3:8
  |
3 | \tf(\"a\" \"b\");
  | \t      ^^^
  = help: put a `,` between them, or write them as one string
error[S114]: `default` is the last part of a switch
 --> test.cfg:4:17
  |
4 | \tswitch ($rU) { default: exit; case X: exit; }
  | \t               ^^^^^^^
error[S111]: `X` stands without quotes
 --> test.cfg:4:37
  |
4 | \tswitch ($rU) { default: exit; case X: exit; }
  | \t                                   ^
4 + \tswitch ($rU) { default: exit; case \"X\": exit; }
warning[S308]: `error()` does nothing
 --> test.cfg:5:2
  |
5 | \terror(\"x\");
  | \t^^^^^^^^^^
  = help: `xlog` writes to the log, `exit` ends the script
error[S101]: `L_LOUD` is no level of the log
 --> test.cfg:6:7
  |
6 | \txlog(\"L_LOUD\", \"x\");
  | \t     ^^^^^^^^
  = help: the levels are L_ALERT, L_CRIT, L_ERR, L_WARN, L_NOTICE, L_INFO and L_DBG",
    );
}

#[test]
fn headers_of_routes() {
    check(
        "timer_route[t] {\n}\nfailure_route {\n}\nlocal_route[x] {\n}\nroutes[a] {\n\texit;\n}\nf();",
        "\
error[S101]: the seconds between two runs are missing: timer_route[name, seconds]
 --> test.cfg:1:1
  |
1 | timer_route[t] {
  | ^^^^^^^^^^^
error[S101]: a failure_route has a name: failure_route[name]
 --> test.cfg:3:1
  |
3 | failure_route {
  | ^^^^^^^^^^^^^
error[S101]: there is one local_route, and it has no name
 --> test.cfg:5:13
  |
5 | local_route[x] {
  |             ^
error[S101]: `routes` is no kind of route
 --> test.cfg:7:1
  |
7 | routes[a] {
  | ^^^^^^
  = help: `route` is one
7 + route[a] {
error[S119]: `f(…)` stands outside of a route
  --> test.cfg:10:1
   |
10 | f();
   | ^",
    );
}

#[test]
fn depth_is_bounded() {
    for (open, close) in [("(", ")"), ("!", ""), ("- ", ""), ("{", "}"), ("[", "]")] {
        let deep = format!("route {{ if ({}$x{}) exit; }}", open.repeat(5000), close.repeat(5000));
        let (_, messages) = parse(&deep);
        assert!(messages.contains("things stand inside each other"), "{open}");
    }
    let (_, messages) = parse(&format!("route {{ if ($x{}) exit; }}", " && $x".repeat(5000)));
    assert!(messages.contains("operators in a row"));
    let (_, messages) = parse(&format!("route {{ {} exit; }}", "if (f()) exit; else ".repeat(5000)));
    assert!(messages.contains("times `else if`"));
    let (_, messages) = parse(&format!("route {{ {}", "if (f()) ".repeat(5000)));
    assert!(messages.contains("things stand inside each other"));
}

#[test]
fn messages_for_programs() {
    let source = Source::from_text("test.cfg", b"children=4\n");
    let (_, diagnostics) = super::super::parse(&source);
    assert_eq!(
        to_json(&diagnostics[0], &source.map).to_string(),
        r#"{"severity":"warning","code":"S301","message":"`children` is called `udp_workers` today","place":{"file":"test.cfg","line":1,"column":1,"end_line":1,"end_column":9},"notes":[],"help":null,"fix":{"place":{"file":"test.cfg","line":1,"column":1,"end_line":1,"end_column":9},"replacement":"udp_workers"}}"#
    );
}

#[test]
fn forwarding_to_the_request_uri() {
    check(
        "route {\n\tforward(uri:host, uri:port);\n\tforward( uri:host );\n\tforward(sip.example.com);\n}",
        "\
warning[S505]: the parts of the Request-URI are no arguments
 --> test.cfg:2:9
  |
2 | \tforward(uri:host, uri:port);
  | \t       ^^^^^^^^^^^^^^^^^^^^
  = help: forward() goes where the Request-URI says
2 + \tforward();
warning[S505]: the parts of the Request-URI are no arguments
 --> test.cfg:3:9
  |
3 | \tforward( uri:host );
  | \t       ^^^^^^^^^^^^
  = help: forward() goes where the Request-URI says
3 + \tforward();
warning[S305]: `sip.example.com` stands without quotes
 --> test.cfg:4:10
  |
4 | \tforward(sip.example.com);
  | \t        ^^^^^^^^^^^^^^^
4 + \tforward(\"sip.example.com\");",
    );
}

#[test]
fn an_index_outside_of_the_parentheses() {
    check(
        "route {\n\t$avp(a) = $hdr(X)[0];\n\tif ($(hdr(X))[-1] == 1) exit;\n}",
        "\
error[S110]: the index of a variable stands in parentheses with it
 --> test.cfg:2:12
  |
2 | \t$avp(a) = $hdr(X)[0];
  | \t          ^^^^^^^^^^
2 + \t$avp(a) = $(hdr(X)[0]);
error[S110]: the index of a variable stands in parentheses with it
 --> test.cfg:3:6
  |
3 | \tif ($(hdr(X))[-1] == 1) exit;
  | \t    ^^^^^^^^^^^^^",
    );
}
