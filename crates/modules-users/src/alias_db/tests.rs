//! Aliases as the table answers them, and what becomes of the message.

use super::{MODULE, lookup};
use catalogue::Value;
use module_api::sql::Cell;
use module_api::{Answer, ArgValue, Fault, ParamSetting, Request, State};
use std::cell::RefCell;
use std::rc::Rc;
use testkit::{Fixture, absent, str};

fn params(more: &[(&'static str, ParamSetting)]) -> Vec<(&'static str, ParamSetting)> {
    let url = ("db_url", ParamSetting::Str("sqlite:///aliases".to_owned()));
    std::iter::once(url).chain(more.iter().cloned()).collect()
}

/// A request for an alias, a table with these rows, and what it was asked.
fn fixture(
    more: &[(&'static str, ParamSetting)],
    rows: &'static [[&'static str; 2]],
) -> (Fixture, State, Rc<RefCell<String>>) {
    let mut fixture = Fixture::request("INVITE sip:100@sip.example.com;x=y SIP/2.0");
    let state = fixture.start(&MODULE, &params(more));
    let asked = Rc::new(RefCell::new(String::new()));
    let kept = Rc::clone(&asked);
    fixture.answer = Box::new(move |request| {
        let Request::Sql(query) = request else { panic!("only queries are asked") };
        let (statement, params) = &query.statements[0];
        let text = |cell: &Cell| String::from_utf8_lossy(&cell.to_bytes().unwrap_or_default()).into_owned();
        let values: Vec<String> = params.iter().map(text).collect();
        *kept.borrow_mut() = format!("{} | {}", statement.sql, values.join(" "));
        Fixture::rows(&["a", "b"], rows.iter().map(|row| row.map(Cell::text).to_vec()).collect())
    });
    (fixture, state, asked)
}

#[test]
fn examples() {
    testkit::check_examples(&MODULE, &params(&[]));
}

#[test]
fn the_alias_gives_way_to_the_user() {
    let rows = &[["bob", "example.com"], ["carol", "example.com"]];
    let (mut fixture, state, asked) = fixture(&[("domain_prefix", ParamSetting::Str("sip.".to_owned()))], rows);
    assert_eq!(fixture.call(&state, &lookup::ALIAS_DB_LOOKUP, &[str("dbaliases"), absent()]), 1);
    let select = "SELECT username, domain FROM dbaliases WHERE alias_username = ? AND alias_domain = ?";
    assert_eq!(*asked.borrow(), format!("{select} | 100 example.com"));
    assert_eq!(&**fixture.msg.request_uri(), b"sip:bob@example.com");
    assert_eq!(fixture.msg.branches.count(), 1);
}

#[test]
fn all_users_of_an_alias_become_branches() {
    let rows = &[["bob", "example.com"], ["", "example.com"], ["c\r\n", "example.com"], ["dora", "example.net"]];
    let (mut fixture, state, asked) = fixture(&[("append_branches", ParamSetting::Int(1))], rows);
    assert_eq!(fixture.call(&state, &lookup::ALIAS_DB_LOOKUP, &[str("t"), str("dz")]), 1);
    assert_eq!(*asked.borrow(), "SELECT username, domain FROM t WHERE alias_username = ? | 100");
    let branches: Vec<_> = fixture.msg.branches.iter().map(|branch| branch.uri.clone()).collect();
    assert_eq!(branches, ["sip:bob@example.com", "sip:dora@example.net"]);
    assert_eq!(
        fixture.log_lines().join("\n"),
        "WARNING: alias_db: flag z means nothing\n\
         ERROR: table t, row username= domain=example.com for sip:100@sip.example.com;x=y: it is no user's address; the row is passed over\n\
         ERROR: table t, row username=c\\r\\n domain=example.com for sip:100@sip.example.com;x=y: it is no user's address; the row is passed over"
    );
}

#[test]
fn the_alias_of_a_user_into_a_variable() {
    let rows = &[["100", "example.com"], ["200", "example.com"]];
    let (mut fixture, state, asked) = fixture(&[("append_branches", ParamSetting::Int(1))], rows);
    let variable = ArgValue::Var(fixture.variable("$avp(alias)"));
    let args = [str("dbaliases"), str("sip:bob@example.com"), variable, str("r")];
    assert_eq!(fixture.call(&state, &lookup::ALIAS_DB_FIND, &args), 1);
    let select = "SELECT alias_username, alias_domain FROM dbaliases WHERE username = ? AND domain = ?";
    assert_eq!(*asked.borrow(), format!("{select} | bob example.com"));
    assert_eq!(fixture.value("$avp(alias)"), Value::fixed("sip:100@example.com"), "the first row comes first");
    assert_eq!(&**fixture.msg.request_uri(), b"sip:100@sip.example.com;x=y", "the message is as it was");
}

#[test]
fn no_alias_and_no_database() {
    let (mut fixture, state, _) = fixture(&[], &[]);
    assert_eq!(fixture.call(&state, &lookup::ALIAS_DB_LOOKUP, &[str("dbaliases"), absent()]), -1);
    fixture.answer = Box::new(|_| Answer::Sql(Err(Fault::backend("it is gone"))));
    assert_eq!(fixture.call(&state, &lookup::ALIAS_DB_LOOKUP, &[str("dbaliases"), absent()]), -1);
    assert_eq!(fixture.log_lines(), ["ERROR: it is gone"]);
    assert_eq!(&**fixture.msg.request_uri(), b"sip:100@sip.example.com;x=y");
}

#[test]
fn only_the_table_of_our_name_has_our_version() {
    for (name, expected) in [("dbaliases", 1), ("mine", 0)] {
        let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
        fixture.constants = vec![("alias_db_lookup", 0, name.to_owned())];
        fixture.start(&MODULE, &params(&[]));
        assert_eq!(fixture.wishes.databases[0].tables.len(), expected);
    }
}
