//! What is compared without a table, and what a table is asked.

use super::{MODULE, functions};
use module_api::sql::Cell;
use module_api::{ArgValue, ParamSetting, Request, State};
use std::cell::RefCell;
use std::rc::Rc;
use testkit::{Fixture, str};

const REQUEST: &str = "INVITE sip:bob@example.com SIP/2.0\nFrom: <sip:alice@example.com>;tag=1\n\
    To: <sip:bob@example.com>\nProxy-Authorization: Digest username=\"alice\", realm=\"example.com\", nonce=\"n\", \
    uri=\"sip:example.com\", response=\"00000000000000000000000000000000\"";

/// A request whose credentials were verified, and the queries that are asked.
fn fixture(params: &[(&'static str, ParamSetting)]) -> (Fixture, State, Rc<RefCell<Vec<String>>>) {
    let mut fixture = Fixture::request(REQUEST);
    let state = fixture.start(&MODULE, params);
    let header = fixture.msg.message.headers_called(b"Proxy-Authorization").next().map(|header| header.index);
    fixture.msg.credentials = header;
    let asked = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&asked);
    fixture.answer = Box::new(move |request| {
        let Request::Sql(query) = request else { panic!("only queries are asked") };
        let (statement, params) = &query.statements[0];
        let text = |cell: &Cell| String::from_utf8_lossy(&cell.to_bytes().unwrap_or_default()).into_owned();
        kept.borrow_mut().push(format!(
            "{} | {}",
            statement.sql,
            params.iter().map(text).collect::<Vec<_>>().join(" ")
        ));
        Fixture::rows(&["a", "b"], vec![vec![Cell::text("alice"), Cell::text("example.com")]])
    });
    (fixture, state, asked)
}

fn url() -> (&'static str, ParamSetting) {
    ("db_url", ParamSetting::Str("sqlite:///users".to_owned()))
}

#[test]
fn without_a_table_the_names_are_compared() {
    let (mut fixture, state, asked) = fixture(&[]);
    assert_eq!(fixture.call(&state, &functions::CHECK_FROM, &[]), 1);
    assert_eq!(fixture.call(&state, &functions::CHECK_TO, &[]), -1);
    assert_eq!(fixture.call(&state, &functions::IS_USER, &[str("alice")]), 1);
    assert_eq!(fixture.call(&state, &functions::IS_USER, &[str("bob")]), -1);
    assert_eq!(fixture.call(&state, &functions::DOES_URI_EXIST, &[]), -1, "there is no database");
    fixture.msg.credentials = None;
    assert_eq!(fixture.call(&state, &functions::CHECK_FROM, &[]), -1);
    assert!(asked.borrow().is_empty());
}

#[test]
fn the_table_of_subscribers() {
    let (mut fixture, state, asked) = fixture(&[url(), ("use_domain", ParamSetting::Int(1))]);
    assert_eq!(fixture.call(&state, &functions::DOES_URI_EXIST, &[]), 1);
    let variables = ["$avp(auth)", "$var(realm)"].map(|text| ArgValue::Var(fixture.variable(text)));
    let [auth, realm] = variables;
    assert_eq!(fixture.call(&state, &functions::GET_AUTH_ID, &[str("sip:bob@example.com"), auth, realm]), 1);
    assert_eq!(fixture.value("$avp(auth)"), catalogue::Value::fixed("alice"));
    assert_eq!(
        *asked.borrow(),
        [
            "SELECT username FROM subscriber WHERE username = ? AND domain = ? | bob example.com",
            "SELECT username, domain FROM subscriber WHERE username = ? | bob",
        ]
    );
}

#[test]
fn the_uri_table() {
    let params = [url(), ("use_uri_table", ParamSetting::Int(1)), ("db_table", ParamSetting::Str("uri".to_owned()))];
    let (mut fixture, state, asked) = fixture(&params);
    assert_eq!(fixture.call(&state, &functions::CHECK_TO, &[]), 1);
    assert_eq!(fixture.call(&state, &functions::DOES_URI_EXIST, &[]), 1);
    assert_eq!(
        *asked.borrow(),
        [
            "SELECT uri_user FROM uri WHERE username = ? AND domain = ? AND uri_user = ? | alice example.com bob",
            "SELECT uri_user FROM uri WHERE uri_user = ? | bob",
        ]
    );
}
