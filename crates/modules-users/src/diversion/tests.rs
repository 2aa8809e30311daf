//! What the headers look like, and where they stand.

use super::{ADD_DIVERSION, MODULE};
use module_api::ParamSetting;
use testkit::{Fixture, absent, int, str};

fn diversions(fixture: &Fixture) -> String {
    let shown = fixture.shown();
    shown.lines().filter(|line| line.starts_with("Diversion")).collect::<Vec<_>>().join("\n")
}

#[test]
fn examples() {
    testkit::check_examples(&MODULE, &[]);
}

#[test]
fn the_latest_is_the_topmost() {
    for (received, below) in [
        ("", ""),
        (
            "\nDiversion: <sip:old@example.com>;reason=unknown\nSubject: x",
            "\nDiversion: <sip:old@example.com>;reason=unknown",
        ),
    ] {
        let mut fixture = Fixture::request(&format!("INVITE sip:bob@example.com SIP/2.0{received}"));
        let state = fixture.start(&MODULE, &[("suffix", ParamSetting::Str(";privacy=full".to_owned()))]);
        fixture.msg.branches.first_mut().uri = Fixture::bytes("sip:carol@example.com");
        assert_eq!(fixture.call(&state, &ADD_DIVERSION, &[str("user-busy"), absent(), absent()]), 1);
        assert_eq!(fixture.call(&state, &ADD_DIVERSION, &[str("no-answer"), str("sip:dora@example.com"), int(2)]), 1);
        let expected = "Diversion: <sip:dora@example.com>;reason=no-answer;counter=2;privacy=full\n\
                        Diversion: <sip:bob@example.com>;reason=user-busy;privacy=full";
        assert_eq!(diversions(&fixture), format!("{expected}{below}"));
    }
}

#[test]
fn nothing_ends_the_line() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    for (reason, uri) in
        [("", "sip:a@example.com"), ("a\r\nX: y", "sip:a@example.com"), ("a", "sip:a@x>;y=<z"), ("a", "b")]
    {
        assert_eq!(fixture.call(&state, &ADD_DIVERSION, &[str(reason), str(uri), absent()]), -1);
    }
    assert_eq!(diversions(&fixture), "");
    let suffix = ("suffix", ParamSetting::Str(";a\r\nX: y".to_owned()));
    assert!(fixture.try_start(&MODULE, &[suffix]).is_err());
}

#[test]
fn what_is_no_word_is_put_in_quotes() {
    for (reason, expected) in [
        ("user-busy", "user-busy"),
        ("user-busy;privacy=\"full\"", "user-busy;privacy=\"full\""),
        ("\"user busy\"", "\"user busy\""),
        ("user busy", "\"user busy\""),
        ("user busy;x=\"y", "\"user busy;x=\\\"y\""),
        ("a\\", "\"a\\\\\""),
        ("a, <sip:x@y>", "\"a, <sip:x@y>\""),
        ("a;", "\"a;\""),
    ] {
        let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
        let state = fixture.start(&MODULE, &[]);
        assert_eq!(fixture.call(&state, &ADD_DIVERSION, &[str(reason), absent(), absent()]), 1);
        assert_eq!(diversions(&fixture), format!("Diversion: <sip:bob@example.com>;reason={expected}"));
    }
}
