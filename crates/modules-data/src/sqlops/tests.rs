//! Results in variables, from a database that says what the test wants.

use super::{MODULE, avp, query, structured};
use catalogue::Value;
use module_api::sql::Cell;
use module_api::{ArgValue, ParamSetting, Request};
use std::sync::{Arc, Mutex};
use testkit::{Fixture, absent, str};

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
fn integers_wider_than_a_script_has_them() {
    let wide = [1 << 31, -(1 << 31) - 1, (1 << 32) + 7, i64::MAX, i64::from(i32::MAX), i64::from(i32::MIN)];
    let seen = |bigint_to_str: i32| {
        let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
        let db_url = ("db_url", ParamSetting::Str("sqlite:///x".to_owned()));
        let state = fixture.start(&MODULE, &[db_url, ("bigint_to_str", ParamSetting::Int(bigint_to_str))]);
        wide.map(|number| {
            fixture.answer = Box::new(move |_| Fixture::rows(&["id"], vec![vec![Cell::Int(number)]]));
            let out = variables(&fixture, &["$var(id)"]);
            assert_eq!(fixture.call(&state, &query::QUERY_ONE, &[str("SELECT id FROM x"), out]), 1);
            fixture.value("$var(id)")
        })
    };
    assert_eq!(seen(0), [i32::MIN, i32::MAX, 7, -1, i32::MAX, i32::MIN].map(Value::Int));
    let texts = ["2147483648", "-2147483649", "4294967303", "9223372036854775807"].map(Value::fixed);
    assert_eq!(seen(1)[..4], texts);
    assert_eq!(seen(1)[4..], [i32::MAX, i32::MIN].map(Value::Int));
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

/// What is asked of the database, one line for each statement; it answers with these rows.
fn journal(fixture: &mut Fixture, columns: &'static [&'static str], rows: Vec<Vec<Cell>>) -> Arc<Mutex<Vec<String>>> {
    let journal = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&journal);
    fixture.answer = Box::new(move |request| {
        let Request::Sql(query) = request else { panic!("only queries here") };
        for (statement, params) in &query.statements {
            let params: Vec<String> = params.iter().map(|cell| format!("{cell:?}")).collect();
            lines.lock().unwrap().push(format!("{} <- {}", statement.sql, params.join(", ")));
        }
        Fixture::rows(columns, rows.clone())
    });
    journal
}

fn asked(journal: &Mutex<Vec<String>>) -> String {
    std::mem::take(&mut *journal.lock().unwrap()).join("\n")
}

#[test]
fn structured_queries_keep_values_out_of_the_text() {
    let (mut fixture, state) = fixture(&[], vec![]);
    let journal = journal(&mut fixture, &["a"], vec![vec![Cell::Int(1)]]);
    let out = variables(&fixture, &["$var(a)"]);
    let args = [str("[\"a\"]"), str("t"), str("[{\"b\": \"it's\"}]"), str("a"), out];
    assert_eq!(fixture.call(&state, &structured::SELECT_ONE, &args), 1);
    assert_eq!(fixture.value("$var(a)"), Value::Int(1));
    assert_eq!(asked(&journal), "SELECT a FROM t WHERE b = ? ORDER BY a LIMIT 1 <- Text(b\"it's\")");
    assert_eq!(fixture.call(&state, &structured::SELECT, &[absent(), str("t")]), 1);
    assert_eq!(asked(&journal), "SELECT * FROM t <- ");
    fixture.call(&state, &structured::UPDATE, &[str("[{\"a\": 2}]"), str("t"), str("[{\"b\": {\">\": 1}}]")]);
    assert_eq!(asked(&journal), "UPDATE t SET a = ? WHERE b > ? <- Int(2), Int(1)");
    fixture.call(&state, &structured::INSERT, &[str("t"), str("[{\"a\": null}, {\"b\": \"x\"}]")]);
    assert_eq!(asked(&journal), "INSERT INTO t (a, b) VALUES (?, ?) <- Null, Text(b\"x\")");
    fixture.call(&state, &structured::REPLACE, &[str("t"), str("{\"a\": 1}")]);
    assert_eq!(asked(&journal), "REPLACE INTO t (a) VALUES (?) <- Int(1)");
    fixture.call(&state, &structured::DELETE, &[str("t"), str("[{\"a\": {\"!=\": null}}]")]);
    assert_eq!(asked(&journal), "DELETE FROM t WHERE a IS NOT NULL <- ");
    assert_eq!(fixture.call(&state, &structured::DELETE, &[str("t; DROP TABLE t")]), -1);
    assert_eq!(asked(&journal), "");
}

/// A state whose script names the AVP `whose` as a source.
fn with_sources(fixture: &mut Fixture, params: &[(&'static str, &str)]) -> module_api::State {
    let mut all = vec![("db_url", ParamSetting::Str("sqlite:///x".to_owned()))];
    all.extend(params.iter().map(|(name, text)| (*name, ParamSetting::Str((*text).to_owned()))));
    let texts = ["$avp(whose)", "$avp(whose)/uri", "$avp(whose)/domain"];
    fixture.constants = texts.map(|text| ("sql_avp_load", 0, text.to_owned())).to_vec();
    set(fixture, "whose", Value::fixed("sip:alice@example.com"));
    fixture.start(&MODULE, &all)
}

#[test]
fn only_scripts_that_keep_avps_need_the_table() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    with_sources(&mut fixture, &[("usr_table", "prefs")]);
    assert_eq!(fixture.wishes.databases[0].tables, [("prefs".to_owned(), 3)]);
    let (fixture, _) = self::fixture(&[], vec![]);
    assert!(fixture.wishes.databases[0].tables.is_empty());
}

fn set(fixture: &mut Fixture, name: &str, value: Value) {
    let id = fixture.services.names.avps.intern(name.as_bytes()).unwrap();
    fixture.msg.avps.push(id, value);
}

#[test]
fn avps_are_loaded_by_whose_they_are() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    let state = with_sources(&mut fixture, &[]);
    let rows = vec![
        vec![Cell::text("7"), Cell::text("limit"), Cell::Int(1)],
        vec![Cell::text("sip:b@c"), Cell::text("cfna"), Cell::Int(0)],
    ];
    let journal = journal(&mut fixture, &["value", "attribute", "type"], rows);
    let select = "SELECT value, attribute, type FROM usr_preferences WHERE";
    let args = [str("$avp(whose)/uri"), str("*"), absent(), str("callee_")];
    assert_eq!(fixture.call(&state, &avp::LOAD, &args), 1);
    assert_eq!(
        asked(&journal),
        format!("{select} username = ? AND domain = ? <- Text(b\"alice\"), Text(b\"example.com\")")
    );
    assert_eq!(
        [fixture.value("$avp(callee_limit)"), fixture.value("$avp(callee_cfna)")],
        [Value::Int(7), Value::fixed("sip:b@c")]
    );
    fixture.call(&state, &avp::LOAD, &[str("$avp(whose)"), str("$avp(cfna)")]);
    assert_eq!(
        asked(&journal),
        format!("{select} uuid = ? AND attribute = ? <- Text(b\"sip:alice@example.com\"), Text(b\"cfna\")")
    );
    fixture.call(&state, &avp::LOAD, &[str("$avp(whose)/domain"), str("*/other")]);
    assert_eq!(
        asked(&journal),
        format!("{} domain = ? <- Text(b\"example.com\")", select.replace("usr_preferences", "other"))
    );
    assert_eq!(fixture.call(&state, &avp::LOAD, &[str("bob/uri"), str("*")]), -1);
}

#[test]
fn avps_are_loaded_from_tables_of_another_shape() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    let scheme = "rates:table=subscriber;uuid_col=uid;value_col=rate;value_type=integer";
    let state = with_sources(&mut fixture, &[("db_scheme", scheme)]);
    let journal = journal(&mut fixture, &["rate"], vec![vec![Cell::Int(3)]]);
    let args = [str("$avp(whose)"), str("$avp(rate)/$rates")];
    assert_eq!(fixture.call(&state, &avp::LOAD, &args), 1);
    assert_eq!(asked(&journal), "SELECT rate FROM subscriber WHERE uid = ? <- Text(b\"sip:alice@example.com\")");
    assert_eq!(fixture.value("$avp(rate)"), Value::Int(3));
    assert_eq!(fixture.call(&state, &avp::STORE, &args), -1);
}

#[test]
fn avps_are_stored_and_deleted() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    let state = with_sources(&mut fixture, &[]);
    let journal = journal(&mut fixture, &[], vec![]);
    assert_eq!(fixture.call(&state, &avp::STORE, &[str("carol/username"), str("$avp(email)")]), -1);
    set(&mut fixture, "email", Value::fixed("a@b"));
    set(&mut fixture, "email", Value::Int(5));
    assert_eq!(fixture.call(&state, &avp::STORE, &[str("carol/username"), str("$avp(email)")]), 1);
    let insert = "INSERT INTO usr_preferences (username, attribute, value, type) VALUES (?, ?, ?, ?) \
                  <- Text(b\"carol\"), Text(b\"email\")";
    assert_eq!(asked(&journal), format!("{insert}, Text(b\"a@b\"), Int(0)\n{insert}, Text(b\"5\"), Int(1)"));
    assert_eq!(fixture.call(&state, &avp::DELETE, &[str("carol/username"), str("$avp(email)")]), 1);
    assert_eq!(
        asked(&journal),
        "DELETE FROM usr_preferences WHERE username = ? AND attribute = ? <- Text(b\"carol\"), Text(b\"email\")"
    );
}
