//! Members by name and by expression.

use super::{MODULE, member, patterns};
use catalogue::Value;
use module_api::sql::Cell;
use module_api::{Answer, ArgValue, Fault, ParamSetting, Request, State};
use std::cell::RefCell;
use std::rc::Rc;
use testkit::{Fixture, str};

const REQUEST: &str = "INVITE sip:bob@example.net SIP/2.0\nFrom: <sip:alice@example.com>;tag=1\n\
    Proxy-Authorization: Digest username=\"user7\", realm=\"realm.example\", nonce=\"n\", \
    uri=\"sip:example.com\", response=\"00000000000000000000000000000000\"";

fn params(more: &[(&'static str, ParamSetting)]) -> Vec<(&'static str, ParamSetting)> {
    let url = ("db_url", ParamSetting::Str("sqlite:///groups".to_owned()));
    let re_table = ("re_table", ParamSetting::Str("re_grp".to_owned()));
    [url, re_table].into_iter().chain(more.iter().cloned()).collect()
}

fn fixture(more: &[(&'static str, ParamSetting)]) -> (Fixture, State, Rc<RefCell<String>>) {
    let mut fixture = Fixture::request(REQUEST);
    let state = fixture.start(&MODULE, &params(more));
    let header = fixture.msg.message.headers_called(b"Proxy-Authorization").next().map(|header| header.index);
    fixture.msg.credentials = header;
    let asked = Rc::new(RefCell::new(String::new()));
    let kept = Rc::clone(&asked);
    fixture.answer = Box::new(move |request| {
        let Request::Sql(query) = request else { panic!("only queries are asked") };
        let (statement, params) = &query.statements[0];
        if statement.sql.ends_with("FROM re_grp") {
            let row = |expression: &str, group: Cell| vec![Cell::text(expression), group];
            let rows = vec![
                row("^sip:alice@", Cell::Int(5)),
                row("^sip:(", Cell::Int(6)),
                row("@EXAMPLE\\.com$", Cell::Int(7)),
                row("^sip:bob@", Cell::text("many")),
            ];
            return Fixture::rows(&["reg_exp", "group_id"], rows);
        }
        let text = |cell: &Cell| String::from_utf8_lossy(&cell.to_bytes().unwrap_or_default()).into_owned();
        let values: Vec<String> = params.iter().map(text).collect();
        *kept.borrow_mut() = format!("{} | {}", statement.sql, values.join(" "));
        Fixture::rows(&["grp"], if values[0] == "bob" { Vec::new() } else { vec![vec![Cell::text("ld")]] })
    });
    for (_, job) in std::mem::take(&mut fixture.wishes.at_start) {
        let job = fixture.with_env(job);
        fixture.run(job).unwrap();
    }
    (fixture, state, asked)
}

#[test]
fn examples() {
    testkit::check_examples(&MODULE, &params(&[]));
}

#[test]
fn users_are_uris_or_words() {
    let (mut fixture, state, asked) = fixture(&[]);
    let select = "SELECT grp FROM grp WHERE username = ? AND grp = ? AND domain = ?";
    for (written, keys, code) in [
        ("Request-URI", "bob ld example.net", -1),
        ("from", "alice ld example.com", 1),
        ("To", "bob ld example.com", -1),
        ("Credentials", "user7 ld realm.example", 1),
        ("sip:carol@example.org;x=y", "carol ld example.org", 1),
        ("sip:%63arol@example.org", "carol ld example.org", 1),
    ] {
        let got = fixture.call(&state, &member::DB_IS_USER_IN, &[str(written), str("ld")]);
        assert_eq!((&*format!("{select} | {keys}"), code), (&**asked.borrow(), got), "{written}");
    }
    fixture.answer = Box::new(|_| Answer::Sql(Err(Fault::backend("it is gone"))));
    assert_eq!(fixture.call(&state, &member::DB_IS_USER_IN, &[str("From"), str("ld")]), -1);
}

#[test]
fn without_domains_names_alone_count() {
    let (mut fixture, state, asked) = fixture(&[("use_domain", ParamSetting::Int(0))]);
    assert_eq!(fixture.call(&state, &member::DB_IS_USER_IN, &[str("From"), str("ld")]), 1);
    assert_eq!(*asked.borrow(), "SELECT grp FROM grp WHERE username = ? AND grp = ? | alice ld");
}

#[test]
fn groups_by_expression() {
    for (multiple, expected) in [(1, vec![5, 7]), (0, vec![5])] {
        let (mut fixture, state, _) = fixture(&[("multiple_gid", ParamSetting::Int(multiple))]);
        assert_eq!(
            fixture.log_lines(),
            [
                "ERROR: table re_grp, row \"^sip:(\": column reg_exp is no expression: it is malformed; \
                 the row is passed over",
                "ERROR: table re_grp, row \"^sip:bob@\": column group_id is no number; the row is passed over",
            ]
        );
        let variable = fixture.variable("$avp(groups)");
        let output = || ArgValue::Var(variable.clone());
        assert_eq!(fixture.call(&state, &patterns::DB_GET_USER_GROUP, &[str("Request-URI"), output()]), -1);
        assert_eq!(fixture.call(&state, &patterns::DB_GET_USER_GROUP, &[str("From"), output()]), 1);
        let nothing: State = std::sync::Arc::new(());
        let values = fixture.with_call(&nothing, |call| {
            (0..variable.count(call)).map(|position| variable.read_at(call, position)).collect::<Vec<_>>()
        });
        assert_eq!(values, expected.into_iter().map(Value::Int).collect::<Vec<_>>());
    }
}
