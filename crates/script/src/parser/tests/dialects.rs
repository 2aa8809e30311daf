//! Scripts of older releases: what they become, and the line to write.

use super::{check, parse, print};

/// The warnings by their corrected lines, and the tree.
fn check_old(statement: &str, expected: &str) {
    let (script, messages) = parse(&format!("route {{\n{statement}\n}}"));
    let corrected: Vec<&str> = messages.lines().filter(|line| line.starts_with("2 + ")).collect();
    assert!(!messages.contains("error["), "{messages}");
    let printed = format!("{}\n{}", corrected.join("\n"), print::script(&script));
    assert_eq!(printed, expected, "{messages}");
}

#[test]
fn operands_that_were_words() {
    check_old("if (uri==myself) exit;", "2 + if (is_myself(\"$rd\")) exit;\nif is_myself(f\"<$rd>\") {exit}");
    check_old(
        "if (!(from_uri!=myself)) exit;",
        "2 + if (!(!is_myself(\"$fd\"))) exit;\nif not not is_myself(f\"<$fd>\") {exit}",
    );
    check_old("if (method==\"ACK\") exit;", "2 + if ($rm == \"ACK\") exit;\nif ($rm Equal \"ACK\") {exit}");
    check_old("if (method==ACK) exit;", "2 + if ($rm == \"ACK\") exit;\nif ($rm Equal \"ACK\") {exit}");
    check_old("if (src_ip==10.0.0.0/8) exit;", "2 + if ($si == 10.0.0.0/8) exit;\nif ($si Equal 10.0.0.0/8) {exit}");
    check_old(
        "if (proto==UDP) exit;",
        "2 + if ($socket_in(proto) == \"udp\") exit;\nif ($socket_in'proto' Equal \"udp\") {exit}",
    );
    check_old(
        "if (af==INET6) exit;",
        "2 + if ($socket_in(af) == \"INET6\") exit;\nif ($socket_in'af' Equal \"INET6\") {exit}",
    );
    check_old(
        "if (status=~\"(183)|2[0-9][0-9]\") exit;",
        "2 + if ($rs =~ \"(183)|2[0-9][0-9]\") exit;\nif ($rs Match \"(183)|2[0-9][0-9]\") {exit}",
    );
    check_old("if (status==\"200\") exit;", "2 + if ($rs == 200) exit;\nif ($rs Equal 200) {exit}");
    check_old("if (msg:len >= max_len) exit;", "2 + if ($ml >= 65535) exit;\nif ($ml GreaterOrEqual 65535) {exit}");
    check_old("if (msg:len>2048) exit;", "2 + if ($ml > 2048) exit;\nif ($ml Greater 2048) {exit}");
    check_old("if ($rd==myself) exit;", "2 + if (is_myself(\"$rd\")) exit;\nif is_myself(f\"<$rd>\") {exit}");
    check_old("if ($ru!=myself) exit;", "2 + if (!is_myself(\"$rd\")) exit;\nif not is_myself(f\"<$rd>\") {exit}");
    check_old("setdebug();", "2 + $log_level = NULL;\n($log_level = NULL)");
    check_old("switch (retcode) { }", "2 + switch ($retcode) { }\nswitch $retcode");
}

#[test]
fn names_of_avps() {
    check_old("$avp(s:caller) = 1;", "2 + $avp(caller) = 1;\n($avp'caller' = 1)");
    check_old("xlog(\"$avp(i:5)\");", "2 + xlog(\"$avp(5)\");\nxlog - \"<$avp'5'>\"");
}

#[test]
fn text_without_quotes() {
    check_old(
        "force_send_socket(udp:10.0.0.1:5060);",
        "2 + force_send_socket(\"udp:10.0.0.1:5060\");\nforce_send_socket(\"udp:10.0.0.1:5060\")",
    );
    check_old("forward(10.0.0.1, 5060);", "2 + forward(\"10.0.0.1\", 5060);\nforward(\"10.0.0.1\", 5060)");
}

#[test]
fn globals_by_another_name() {
    check(
        "children=4\nlisten=10.0.0.1:5060\nlog_stderror=no\nfork=yes\nport=5060\nport=5070\nuser=\"sip\"",
        "\
warning[S301]: `children` is called `udp_workers` today
 --> test.cfg:1:1
  |
1 | children=4
  | ^^^^^^^^
1 + udp_workers=4
warning[S301]: `listen` is called `socket` today
 --> test.cfg:2:1
  |
2 | listen=10.0.0.1:5060
  | ^^^^^^
2 + socket=10.0.0.1:5060
warning[S301]: a socket names its protocol
 --> test.cfg:2:8
  |
2 | listen=10.0.0.1:5060
  |        ^^^^^^^^^^^^^
2 + listen=udp:10.0.0.1:5060
warning[S301]: `log_stderror` is `stderror_enabled` and `syslog_enabled` today
 --> test.cfg:3:1
  |
3 | log_stderror=no
  | ^^^^^^^^^^^^
  + stderror_enabled=no
  + syslog_enabled=yes
warning[S308]: `fork` does nothing any more
 --> test.cfg:4:1
  |
4 | fork=yes
  | ^^^^
  = help: the command line decides: -F stays in the foreground, -D debugs
warning[S308]: `port` does nothing any more
 --> test.cfg:5:1
  |
5 | port=5060
  | ^^^^
  = help: 5060 is the port of a socket that names none
warning[S301]: `port` is written in each socket today
 --> test.cfg:6:1
  |
6 | port=5070
  | ^^^^
  = help: socket = udp:ADDRESS:5070, or modparam(\"proto_udp\", \"udp_port\", 5070)
warning[S301]: `user` is of older releases
 --> test.cfg:7:1
  |
7 | user=\"sip\"
  | ^^^^
  = help: it is given on the command line: -u NAME",
    );
}

#[test]
fn event_routes_run_on_their_own() {
    check(
        "event_route[E_X, sync] {\n}",
        "\
warning[S304]: event routes always run on their own: `sync` and `async` mean nothing any more
 --> test.cfg:1:18
  |
1 | event_route[E_X, sync] {
  |                  ^^^^
1 + event_route[E_X] {",
    );
}

#[test]
fn a_break_that_meant_two_things() {
    check(
        "route {\n\tbreak;\n}",
        "\
error[S113]: `break` stands in no while, for or switch
 --> test.cfg:2:2
  |
2 | \tbreak;
  | \t^^^^^
  = note: the oldest releases ended the script here, later ones the route
  = help: write `exit;` to end the script, or `return;` to end this route",
    );
}
