//! Expressions of scripts, groups of a file, and what is given up.

use super::{MODULE, functions, management};
use module_api::{Answer, Fault, MiError, ParamSetting, Request, State};
use testkit::{Fixture, absent, check_examples, int, str};

#[test]
fn examples() {
    check_examples(&MODULE, &[]);
}

const GROUPS: &str = "[0]\n^Twinkle/1\n^X-Lite\n[1]\n[2]\n^1\\d{3}$\n^((\\+|00)34)?900\\d{6}$\n";

/// A server whose file says this.
fn with_file(content: &'static str) -> (Fixture, State) {
    let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
    let state = fixture.start(&MODULE, &[("file", ParamSetting::Str("/etc/groups".to_owned()))]);
    says(&mut fixture, content);
    (fixture, state)
}

fn says(fixture: &mut Fixture, content: &'static str) {
    fixture.answer = Box::new(move |request| match request {
        Request::Read { path, .. } if path == "/etc/groups" => Answer::Read(Ok(Fixture::bytes(content))),
        other => panic!("{other:?}"),
    });
}

/// Runs what comes before the first message.
fn begin(fixture: &mut Fixture) -> Result<(), Fault> {
    for (_, job) in std::mem::take(&mut fixture.wishes.at_start) {
        let job = fixture.with_env(job);
        fixture.run(job)?;
    }
    Ok(())
}

#[test]
fn groups_match() {
    let (mut fixture, state) = with_file(GROUPS);
    begin(&mut fixture).unwrap();
    for (text, group, code) in [
        ("X-Lite 3", absent(), 1),
        ("X-Lite 3", int(0), 1),
        ("X-Lite 3", int(2), -1),
        ("+34900123456", int(2), 1),
        ("", int(1), -1),
        ("X-Lite 3", int(3), -1),
        ("X-Lite 3", int(-1), -1),
    ] {
        assert_eq!(fixture.call(&state, &functions::PCRE_MATCH_GROUP, &[str(text), group]), code, "{text}");
    }
}

#[test]
fn a_wrong_file_stops_the_start_and_changes_nothing_later() {
    let (mut fixture, state) = with_file("[0]\n(");
    let fault = begin(&mut fixture).unwrap_err().to_string();
    let expected = r#"/etc/groups: group 0: "((())" is no expression: missing closing parenthesis, at byte 5"#;
    assert_eq!(fault, expected);
    let (mut fixture, good) = with_file(GROUPS);
    begin(&mut fixture).unwrap();
    says(&mut fixture, "[0]\n(");
    let error = fixture.command(&good, management::RELOAD.run, &[]).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (500, "Internal error"));
    assert_eq!(fixture.call(&good, &functions::PCRE_MATCH_GROUP, &[str("X-Lite")]), 1);
    says(&mut fixture, "[0]\n^Snom");
    assert_eq!(fixture.command(&good, management::RELOAD.run, &[]), Ok("OK".into()));
    assert_eq!(fixture.call(&good, &functions::PCRE_MATCH_GROUP, &[str("X-Lite")]), -1);
    drop(state);
}

#[test]
fn options_are_parameters() {
    let matches = |param: &'static str, text: &str, expression: &str| {
        let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
        let plain = fixture.start(&MODULE, &[]);
        let state = fixture.start(&MODULE, &[(param, ParamSetting::Int(1))]);
        let args = [str(text), str(expression)];
        [plain, state].map(|state| fixture.call(&state, &functions::PCRE_MATCH, &args))
    };
    assert_eq!(matches("pcre_caseless", "ABC", "abc"), [-1, 1]);
    assert_eq!(matches("pcre_multiline", "a\nb", "^b"), [-1, 1]);
    assert_eq!(matches("pcre_dotall", "a\nb", "a.b"), [-1, 1]);
    assert_eq!(matches("pcre_extended", "ab", "a b # both"), [-1, 1]);
}

#[test]
fn bytes_are_matched_as_bytes() {
    let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    let text = module_api::ArgValue::Str(bytes::Bytes::from_static(b"a\xff\xfeb"));
    assert_eq!(fixture.call(&state, &functions::PCRE_MATCH, &[text, str("^a..b$")]), 1);
}

#[test]
fn what_takes_too_long_is_given_up_and_counted() {
    let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    let text = format!("{}b", "a".repeat(60));
    for expression in ["^(a+)+$", "(*LIMIT_MATCH=4000000000)^(a+)+$"] {
        assert_eq!(fixture.call(&state, &functions::PCRE_MATCH, &[str(&text), str(expression)]), -1);
    }
    let count = fixture.services.statistics.find("regex:steps_exceeded").unwrap().value();
    assert_eq!(count, 2);
}

#[test]
fn constants_of_the_script_are_checked_at_start() {
    let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
    fixture.constants.push(("pcre_match", 1, "a[".to_owned()));
    let error = fixture.try_start(&MODULE, &[]).err().unwrap().to_string();
    assert!(error.starts_with("pcre_match(): \"a[\" is no expression"), "{error}");
}

#[test]
fn management_matches_too() {
    let (mut fixture, state) = with_file(GROUPS);
    begin(&mut fixture).unwrap();
    let mut run = |command: &module_api::Command, params: &[(&'static str, module_api::Json)]| {
        fixture.command(&state, command.run, params)
    };
    let one = |expression: &str| [("string", "1234".into()), ("pcre_regex", expression.into())];
    assert_eq!(run(&management::MATCH, &one("^1234$")), Ok("Match".into()));
    assert_eq!(run(&management::MATCH, &one("^1235$")), Ok("Not Match".into()));
    assert_eq!(run(&management::MATCH, &one("(")).unwrap_err().message, "Error pcre_re compilation");
    let group = |number: i32| [("string", "1234".into()), ("group", number.into())];
    assert_eq!(run(&management::MATCH_GROUP, &group(2)), Ok("Match".into()));
    assert_eq!(run(&management::MATCH_GROUP, &group(0)), Ok("Not Match".into()));
    assert_eq!(run(&management::MATCH_GROUP, &group(9)), Err(MiError::new(500, "Error invalid pcre index")));
    let bare = fixture.start(&MODULE, &[]);
    let error = |fixture: &mut Fixture, command: &module_api::Command| fixture.command(&bare, command.run, &group(0));
    assert_eq!(error(&mut fixture, &management::RELOAD), Err(MiError::new(403, "Group matching not enabled")));
    let disabled = Err(MiError::new(500, "Error group matching is disabled"));
    assert_eq!(error(&mut fixture, &management::MATCH_GROUP), disabled);
}
