//! Domains as the table has them, asked each time and from memory.

use super::{MODULE, functions, mi};
use catalogue::Value;
use module_api::sql::Cell;
use module_api::{Answer, ArgValue, Fault, ParamSetting, Request, State};
use std::sync::{Arc, Mutex};
use testkit::{Fixture, absent, str};

type Table = Arc<Mutex<Result<Vec<Vec<Cell>>, Fault>>>;

fn params(mode: i32) -> [(&'static str, ParamSetting); 2] {
    [("db_url", ParamSetting::Str("sqlite:///domains".to_owned())), ("db_mode", ParamSetting::Int(mode))]
}

fn row(domain: &str, attrs: Cell, accepts: Cell) -> Vec<Cell> {
    vec![Cell::text(domain), attrs, accepts]
}

fn some_rows() -> Vec<Vec<Cell>> {
    vec![
        row("Example.com", Cell::text("gold"), Cell::Int(0)),
        row("example.net", Cell::Null, Cell::Int(1)),
        row("", Cell::Null, Cell::Int(0)),
        row("bad.example", Cell::Null, Cell::text("maybe")),
    ]
}

/// A server whose table can be changed: a query for names gets the rows of those names.
fn fixture(mode: i32, request: &str) -> (Fixture, State, Table) {
    let request = if request.is_empty() { "OPTIONS sip:example.com SIP/2.0" } else { request };
    let mut fixture = Fixture::request(request);
    let table: Table = Arc::new(Mutex::new(Ok(some_rows())));
    let answers = Arc::clone(&table);
    fixture.answer = Box::new(move |request| {
        let Request::Sql(query) = request else { panic!("only queries are asked") };
        let (statement, params) = &query.statements[0];
        assert!(statement.sql.starts_with("SELECT domain, attrs, accept_subdomain FROM domain"), "{}", statement.sql);
        let names = statement.sql.ends_with(&format!(" WHERE domain IN ({})", vec!["?"; params.len()].join(", ")));
        assert_eq!(names, !params.is_empty(), "{}", statement.sql);
        let rows = match &*answers.lock().unwrap() {
            Ok(rows) => rows.clone(),
            Err(fault) => return Answer::Sql(Err(fault.clone())),
        };
        let is_asked = |row: &Vec<Cell>| params.is_empty() || params.contains(&row[0]);
        Fixture::rows(&["domain", "attrs", "accept_subdomain"], rows.into_iter().filter(is_asked).collect())
    });
    let state = fixture.start(&MODULE, &params(mode));
    for (_, job) in std::mem::take(&mut fixture.wishes.at_start) {
        let job = fixture.with_env(job);
        fixture.run(job).unwrap();
    }
    (fixture, state, table)
}

fn is_local(fixture: &mut Fixture, state: &State, domain: &str) -> i32 {
    fixture.call(state, &functions::IS_DOMAIN_LOCAL, &[str(domain), absent()])
}

#[test]
fn examples() {
    testkit::check_examples(&MODULE, &params(0));
}

#[test]
fn domains_and_those_below_them() {
    for mode in [0, 1] {
        let (mut fixture, state, _) =
            fixture(mode, "INVITE sip:b@example.net SIP/2.0\nFrom: <sip:a@Example.com>;tag=1");
        assert_eq!(fixture.call(&state, &functions::IS_URI_HOST_LOCAL, &[absent()]), 1);
        let attrs = ArgValue::Var(fixture.variable("$avp(attrs)"));
        assert_eq!(fixture.call(&state, &functions::IS_FROM_LOCAL, &[attrs]), 1);
        assert_eq!(fixture.value("$avp(attrs)"), Value::fixed("gold"));
        let expected = [
            ("Example.com", 1),
            ("example.net", 1),
            ("SIP.example.net", 1),
            ("a.b.example.net", 1),
            ("sip.example.com", -1),
            ("notexample.net", -1),
            ("net", -1),
            ("bad.example", -1),
        ];
        for (domain, code) in expected {
            assert_eq!(is_local(&mut fixture, &state, domain), code, "{domain}, db_mode {mode}");
        }
    }
}

#[test]
fn in_memory_the_case_of_the_table_does_not_count() {
    let (mut fixture, state, _) = fixture(1, "");
    assert_eq!(is_local(&mut fixture, &state, "EXAMPLE.COM"), 1);
    assert_eq!(
        fixture.log_lines(),
        [
            "ERROR: table domain, row domain= attrs= accept_subdomain=0: column domain is empty; the row is passed over",
            "ERROR: table domain, row domain=bad.example attrs= accept_subdomain=maybe: column accept_subdomain is no number; the row is passed over",
        ]
    );
}

#[test]
fn a_reload_is_whole_and_one_that_fails_changes_nothing() {
    let (mut fixture, state, table) = fixture(1, "");
    let dump = fixture.command(&state, mi::DUMP.run, &[]).unwrap();
    let shown = r#"{"Domains":[{"name":"Example.com","attributes":"gold"},{"name":"example.net","attributes":""}]}"#;
    assert_eq!(dump.to_string(), shown);

    *table.lock().unwrap() = Err(Fault::backend("it is gone"));
    let error = fixture.command(&state, mi::RELOAD.run, &[]).unwrap_err();
    assert_eq!(error.to_string(), "500 Domain table reload failed");
    assert_eq!(is_local(&mut fixture, &state, "example.com"), 1);

    *table.lock().unwrap() = Ok(vec![row("example.org", Cell::Null, Cell::Int(0))]);
    assert_eq!(is_local(&mut fixture, &state, "example.org"), -1);
    assert_eq!(fixture.command(&state, mi::RELOAD.run, &[]), Ok("OK".into()));
    assert_eq!(is_local(&mut fixture, &state, "example.org"), 1);
    assert_eq!(is_local(&mut fixture, &state, "example.com"), -1);
}

#[test]
fn without_memory_there_is_nothing_to_reload() {
    let (mut fixture, state, table) = fixture(0, "");
    for run in [mi::RELOAD.run, mi::DUMP.run] {
        assert_eq!(fixture.command(&state, run, &[]).unwrap_err().to_string(), "500 DB is disabled (db_mode=0)");
    }
    *table.lock().unwrap() = Err(Fault::backend("it is gone"));
    assert_eq!(is_local(&mut fixture, &state, "example.com"), -1);
    assert_eq!(fixture.wishes.databases[0].tables, [("domain".to_owned(), 4)]);
}

#[test]
fn a_table_that_cannot_be_read_stops_the_start() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    fixture.answer = Box::new(|_| Answer::Sql(Err(Fault::backend("it is gone"))));
    fixture.start(&MODULE, &params(1));
    let (_, job) = fixture.wishes.at_start.remove(0);
    let job = fixture.with_env(job);
    let fault = fixture.run(job).unwrap_err();
    assert_eq!(fault.to_string(), "the domains of table domain could not be loaded: it is gone");
}
