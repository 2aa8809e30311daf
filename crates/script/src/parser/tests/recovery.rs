//! Mistakes do not hide each other.

use super::{check, parse};

#[test]
fn a_block_that_is_left_open() {
    check(
        "route {\n\tif (f()) {\n\t\texit;\n}\n\nroute[relay] {\n\tt_relay();\n}\n",
        "\
error[S108]: this `{` has no `}`
 --> test.cfg:1:7
  |
1 | route {
  |       ^
  = note: something new begins here
 --> test.cfg:6:1
  |
6 | route[relay] {
  | ^^^^^",
    );
}

#[test]
fn a_brace_too_many() {
    check(
        "route {\n\texit;\n}\n}\nlog_level=3\n",
        "\
error[S101]: this `}` closes nothing: a `{` is missing before it, or it is one too many
 --> test.cfg:4:1
  |
4 | }
  | ^",
    );
}

#[test]
fn a_string_that_is_left_open() {
    check(
        "route {\n\txlog('oops);\n\texit;\n}\n",
        "\
error[S103]: this string has no end: a quote is missing
 --> test.cfg:2:7
  |
2 | \txlog('oops);
  | \t     ^
2 + \txlog('oops');",
    );
}

#[test]
fn ten_mistakes_give_ten_messages() {
    let (_, messages) = parse(TEN);
    let places: Vec<&str> = messages.lines().filter(|line| line.trim_start().starts_with("-->")).collect();
    assert_eq!(places.len(), 10, "{messages}");
}

const TEN: &str = r#"
log_levle = 3
socket = udp:1.2.3.4:port
loadmodule tm.so
modparam("tm", "fr_timeout" 5)
route {
    if ($rU = = 1) { exit; }
    if (has_totag) exit;
    xlog("$(ru");
    f(1 2);
    $var(x) = ;
    if (f()) exit
}
"#;

#[test]
fn a_quote_that_is_missing_is_missed_where_it_should_be() {
    check(
        "route {\n\txlog(\"a);\n\t5;\n\tsend_reply(404, \"x\");\n\tif ($rU == \"bob) {\n\t\tbar(;\n\t}\n\txlog(\"b\");\n}\n",
        "\
error[S103]: this string has no end: a quote is missing
 --> test.cfg:2:7
  |
2 | \txlog(\"a);
  | \t     ^
2 + \txlog(\"a\");
error[S103]: this string has no end: a quote is missing
 --> test.cfg:5:13
  |
5 | \tif ($rU == \"bob) {
  | \t           ^
5 + \tif ($rU == \"bob\") {
error[S101]: expected an argument, found `;`
 --> test.cfg:6:7
  |
6 | \t\tbar(;
  | \t\t    ^",
    );
}
