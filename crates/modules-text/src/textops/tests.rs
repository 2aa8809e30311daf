//! Messages before and after.

use super::{MODULE, WITH_TEXT, replace, subst};
use module_api::Function;
use testkit::{Fixture, check_examples, line_regex, regex, str};

#[test]
fn examples() {
    check_examples(&MODULE, &[]);
}

fn invite() -> Fixture {
    Fixture::request(&format!("INVITE sip:bob@example.com SIP/2.0\n{WITH_TEXT}"))
}

/// The lines that a substitution or replacement makes and unmakes.
fn changes(functions: &[(&Function, &[module_api::ArgValue])]) -> String {
    let mut fixture = invite();
    let before = fixture.shown();
    let state = fixture.start(&MODULE, &[]);
    for (function, args) in functions {
        assert_eq!(fixture.call(&state, function, args), 1, "{}: {:?}", function.name, fixture.log_lines());
    }
    let after = fixture.shown();
    let gone = before.lines().filter(|line| !after.lines().any(|other| other == *line)).map(|line| format!("-{line}"));
    let come = after.lines().filter(|line| !before.lines().any(|other| other == *line)).map(|line| format!("+{line}"));
    gone.chain(come).filter(|line| !line.contains("Content-Length")).collect::<Vec<_>>().join("|")
}

#[test]
fn first_matches_and_all() {
    let args = [line_regex("openser"), str("X")];
    assert_eq!(changes(&[(&replace::REPLACE, &args)]), "-User-Agent: Openser 1.0|+User-Agent: X 1.0");
    assert_eq!(changes(&[(&replace::REPLACE_BODY, &args)]), "-Openser is old|+X is old");
    assert_eq!(
        changes(&[(&replace::REPLACE_BODY_ALL, &args)]),
        "-Openser is old|-openser was good|+X is old|+X was good"
    );
    assert_eq!(
        changes(&[(&replace::SEARCH_APPEND, &[line_regex("User-Agent: [a-z]*"), str("!")])]),
        "-User-Agent: Openser 1.0|+User-Agent: Openser! 1.0"
    );
    assert_eq!(
        changes(&[(&replace::REPLACE_BODY_ATONCE, &[regex("^.+$"), str("gone")])]),
        "-Openser is old|-openser was good|+gone"
    );
}

#[test]
fn changes_add_up() {
    let first = [line_regex("openser"), str("X")];
    let second = [line_regex("good$"), str("better")];
    assert_eq!(
        changes(&[(&replace::REPLACE_BODY_ALL, &first), (&replace::REPLACE_BODY, &[line_regex("old"), str("new")])]),
        "-Openser is old|-openser was good|+X is new|+X was good"
    );
    let mut fixture = invite();
    let state = fixture.start(&MODULE, &[]);
    fixture.msg.edits.set_body(Fixture::bytes("not good\n"), None);
    // The body that an earlier function set is what leaves, so it is what is changed.
    fixture.call(&state, &replace::REPLACE_BODY, &[line_regex("good$"), second[1].clone()]);
    assert!(fixture.shown().ends_with("not better\n"), "{}", fixture.shown());
}

#[test]
fn a_line_wise_expression_keeps_to_its_line() {
    let mut fixture = invite();
    let state = fixture.start(&MODULE, &[]);
    assert_eq!(fixture.call(&state, &replace::REPLACE_BODY, &[line_regex("old.*good"), str("x")]), -1);
    assert_eq!(fixture.call(&state, &replace::REPLACE_BODY_ATONCE, &[regex("old.*good"), str("x")]), 1);
}

#[test]
fn substitutions_have_groups_and_variables() {
    let mut fixture = invite();
    let state = fixture.start(&MODULE, &[]);
    let avp = fixture.variable("$avp(x)");
    fixture.with_call(&state, |call| avp.write(call, module_api::Operator::Set, 7.into())).unwrap();
    assert_eq!(fixture.call(&state, &subst::SUBST, &[str(r"/^Subject: (\w*good).*$/Subject: $avp(x) \1/i")]), 1);
    assert!(fixture.shown().contains("Subject: 7 good\n"), "{}", fixture.shown());
    for (text, uri) in [
        (r"/bob/$avp(x)/", "sip:7@example.com"),
        (r"/^.*$/\0\0/", "sip:77@example.com"),
        (r"/^.*$//", "sip:example.com"),
        (r"/^$/new/", "sip:new@example.com"),
    ] {
        assert_eq!(fixture.call(&state, &subst::SUBST_USER, &[str(text)]), 1, "{text}");
        assert_eq!(fixture.msg.request_uri(), uri);
    }
    assert_eq!(fixture.call(&state, &subst::SUBST_URI, &[str("/^sip/tel x/")]), -1);
    assert_eq!(fixture.msg.request_uri(), "sip:new@example.com");
}

#[test]
fn a_wrong_substitution_is_refused_at_start() {
    let mut fixture = invite();
    fixture.constants.push(("subst", 0, "/(/x/".to_owned()));
    let error = fixture.try_start(&MODULE, &[]).err().unwrap().to_string();
    assert_eq!(error, "subst(): the expression cannot be used: it is malformed");
}
