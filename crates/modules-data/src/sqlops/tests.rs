//! Results in variables, from a database that says what the test wants.

use super::{MODULE, query};
use catalogue::Value;
use module_api::sql::Cell;
use module_api::{ArgValue, ParamSetting, Request};
use testkit::{Fixture, str};

fn fixture(columns: &'static [&'static str], rows: Vec<Vec<Cell>>) -> (Fixture, module_api::State) {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[("db_url", ParamSetting::Str("sqlite:///x".to_owned()))]);
    fixture.answer = Box::new(move |request| match request {
        Request::Sql(_) => Fixture::rows(columns, rows.clone()),
        _ => panic!("only queries here"),
    });
    (fixture, state)
}

fn variables(fixture: &Fixture, names: &[&str]) -> ArgValue {
    ArgValue::Vars(names.iter().map(|name| fixture.variable(name)).collect())
}

#[test]
fn one_row_into_variables() {
    let (mut fixture, state) =
        fixture(&["ha1", "id"], vec![vec![Cell::text("abc"), Cell::Int(7)], vec![Cell::text("def"), Cell::Null]]);
    let out = variables(&fixture, &["$var(ha1)", "$var(id)"]);
    assert_eq!(fixture.call(&state, &query::QUERY_ONE, &[str("SELECT ha1, id FROM subscriber"), out]), 1);
    assert_eq!([fixture.value("$var(ha1)"), fixture.value("$var(id)")], [Value::fixed("abc"), Value::Int(7)]);
}

#[test]
fn all_rows_into_avps_the_first_on_top() {
    let (mut fixture, state) = fixture(&["name"], vec![vec![Cell::text("a")], vec![Cell::Null]]);
    let out = variables(&fixture, &["$avp(name)"]);
    assert_eq!(fixture.call(&state, &query::QUERY, &[str("SELECT name FROM x"), out]), 1);
    let name = fixture.services.names.avps.intern(b"name").unwrap();
    let values: Vec<Value> = fixture.msg.avps.values(name).cloned().collect();
    assert_eq!(values, [Value::fixed("a"), Value::fixed("<null>")]);
}

#[test]
fn an_empty_result_and_too_few_variables() {
    let (mut empty, state) = fixture(&["name"], vec![]);
    assert_eq!(empty.call(&state, &query::QUERY_ONE, &[str("SELECT name FROM x")]), -2);
    let (mut two, state) = fixture(&["a", "b"], vec![vec![Cell::Int(1), Cell::Int(2)]]);
    let out = variables(&two, &["$var(a)"]);
    assert_eq!(two.call(&state, &query::QUERY_ONE, &[str("SELECT a, b FROM x"), out]), -1);
    assert!(two.log_lines()[0].contains("2 columns, there are 1 variables"));
}
