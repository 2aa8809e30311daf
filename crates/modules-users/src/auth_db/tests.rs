//! Users, hashes and tables as the database answers them.

use super::settings::AuthDb;
use super::{MODULE, authorize, uri};
use crate::auth;
use crate::auth::tests::{Answerer, REGISTER, ha1_of_nothing};
use module_api::sql::Cell;
use module_api::{Fault, ParamSetting, Request, State};
use testkit::{Fixture, str};

fn fixture(params: &[(&'static str, ParamSetting)]) -> (Fixture, State, State) {
    let mut fixture = Fixture::request(REGISTER);
    let auth = fixture.start(&auth::MODULE, &[]);
    let url = ("db_url", ParamSetting::Str("sqlite:///subscribers".to_owned()));
    let params: Vec<_> = std::iter::once(url).chain(params.iter().cloned()).collect();
    let state = fixture.start(&MODULE, &params);
    (fixture, auth, state)
}

/// Answers queries with this row, or none; the text of each query is the second value of what the test compares.
fn row(fixture: &mut Fixture, row: Option<Vec<Cell>>) -> std::rc::Rc<std::cell::RefCell<String>> {
    let seen = std::rc::Rc::new(std::cell::RefCell::new(String::new()));
    let writes = std::rc::Rc::clone(&seen);
    fixture.answer = Box::new(move |request| {
        let Request::Sql(query) = request else { panic!("only queries are asked") };
        let (statement, params) = &query.statements[0];
        let text = |cell: &Cell| String::from_utf8_lossy(&cell.to_bytes().unwrap_or_default()).into_owned();
        let values: Vec<String> = params.iter().map(text).collect();
        *writes.borrow_mut() = format!("{} | {}", statement.sql, values.join(" "));
        Fixture::rows(&["c"], row.clone().into_iter().collect())
    });
    seen
}

const HA1: &str = "3e4b0d5a8d2c6e8e4ae4b7f8dc0e8a6a";

fn ha1(answerer: &Answerer) -> Vec<Cell> {
    vec![Cell::text(answerer.ha1().as_bytes())]
}

#[test]
fn hashes_come_from_the_column_of_the_algorithm() {
    for (algorithm, column) in [("MD5", "ha1"), ("SHA-256", "ha1_sha256"), ("SHA-512-256-sess", "ha1_sha512t256")] {
        let (mut fixture, auth, state) = fixture(&[]);
        let answerer = Answerer::challenged(&mut fixture, &auth, "auth", algorithm);
        let seen = row(&mut fixture, Some(ha1(&answerer)));
        fixture.next_request(&answerer.request(REGISTER, 1));
        assert_eq!(fixture.call(&state, &authorize::WWW_AUTHORIZE, &[str(""), str("subscriber")]), 1, "{algorithm}");
        let query = format!("SELECT {column} FROM subscriber WHERE username = ? AND domain = ? | alice example.com");
        assert_eq!(*seen.borrow(), query);
    }
}

#[test]
fn a_name_with_its_domain_has_a_column_of_its_own_where_the_script_names_one() {
    let second = ("password_column_2", ParamSetting::Str("ha1b".to_owned()));
    for (params, name, algorithm, column) in [
        (vec![second.clone()], "alice@example.com", "MD5", "ha1b"),
        (vec![second.clone()], "alice@example.com", "SHA-256", "ha1_sha256"),
        (vec![second.clone()], "alice", "MD5", "ha1"),
        (vec![second, ("calculate_ha1", ParamSetting::Int(1))], "alice@example.com", "MD5", "ha1"),
        (vec![], "alice@example.com", "MD5", "ha1"),
    ] {
        let (mut fixture, auth, state) = fixture(&params);
        let answerer = Answerer::challenged(&mut fixture, &auth, "auth", algorithm);
        let seen = row(&mut fixture, Some(ha1(&answerer)));
        let request = answerer.request(REGISTER, 1).replace("\"alice\"", &format!("\"{name}\""));
        fixture.next_request(&request);
        fixture.call(&state, &authorize::WWW_AUTHORIZE, &[str(""), str("subscriber")]);
        let query = format!("SELECT {column} FROM subscriber WHERE username = ? AND domain = ? | alice example.com");
        assert_eq!(*seen.borrow(), query, "{name} {algorithm}");
    }
}

#[test]
fn wrong_unknown_and_failed_are_told_apart() {
    let (mut fixture, auth, state) = fixture(&[]);
    let answerer = Answerer::challenged(&mut fixture, &auth, "auth", "");
    fixture.next_request(&answerer.request(REGISTER, 1));
    let check = |fixture: &mut Fixture| fixture.call(&state, &authorize::WWW_AUTHORIZE, &[str(""), str("subscriber")]);
    row(&mut fixture, Some(vec![Cell::text(HA1)]));
    assert_eq!(check(&mut fixture), auth::WRONG_PASSWORD);
    row(&mut fixture, None);
    assert_eq!(check(&mut fixture), auth::UNKNOWN_USER);
    row(&mut fixture, Some(vec![Cell::text("")]));
    assert_eq!(check(&mut fixture), auth::UNKNOWN_USER);
    fixture.answer = Box::new(|_| module_api::Answer::Sql(Err(Fault::backend("it is gone"))));
    assert_eq!(check(&mut fixture), auth::ERROR);
    row(&mut fixture, Some(ha1(&answerer)));
    assert_eq!(check(&mut fixture), auth::OK);
    fixture.next_request(&format!("{}Contact: <sip:mallory@192.0.2.66>\n", answerer.request(REGISTER, 1)));
    assert_eq!(check(&mut fixture), auth::STALE_NONCE, "a nonce count is good for one request");
}

#[test]
fn an_empty_password_is_none() {
    let params =
        [("calculate_ha1", ParamSetting::Int(1)), ("password_column", ParamSetting::Str("password".to_owned()))];
    let (mut fixture, auth, state) = fixture(&params);
    let mut answerer = Answerer::challenged(&mut fixture, &auth, "auth", "");
    answerer.forged_ha1 = Some(ha1_of_nothing());
    row(&mut fixture, Some(vec![Cell::text("")]));
    fixture.next_request(&answerer.request(REGISTER, 1));
    assert_eq!(fixture.call(&state, &authorize::WWW_AUTHORIZE, &[str(""), str("subscriber")]), auth::UNKNOWN_USER);
}

#[test]
fn passwords_are_hashed_and_columns_loaded() {
    let params = [
        ("calculate_ha1", ParamSetting::Int(1)),
        ("password_column", ParamSetting::Str("password".to_owned())),
        ("use_domain", ParamSetting::Int(0)),
        ("load_credentials", ParamSetting::Str("$avp(id)=rpid; email".to_owned())),
    ];
    let (mut fixture, auth, state) = fixture(&params);
    let answerer = Answerer::challenged(&mut fixture, &auth, "auth", "");
    let cells = vec![Cell::text("secret"), Cell::text("sip:+15551234@example.com"), Cell::Int(5)];
    let seen = row(&mut fixture, Some(cells));
    fixture.next_request(&answerer.request(REGISTER, 1));
    assert_eq!(fixture.call(&state, &authorize::WWW_AUTHORIZE, &[str(""), str("subscriber")]), 1);
    assert_eq!(*seen.borrow(), "SELECT password, rpid, email FROM subscriber WHERE username = ? | alice");
    assert_eq!(fixture.value("$avp(id)"), catalogue::Value::fixed("sip:+15551234@example.com"));
    assert_eq!(fixture.value("$avp(email)"), catalogue::Value::Int(5));
    assert!(state.downcast_ref::<AuthDb>().is_some());
}

#[test]
fn users_and_who_may_use_them() {
    let (mut fixture, auth, state) = fixture(&[]);
    let seen = row(&mut fixture, Some(vec![Cell::text("bob")]));
    let exists =
        |fixture: &mut Fixture, uri| fixture.call(&state, &uri::DB_DOES_URI_EXIST, &[str(uri), str("subscriber")]);
    assert_eq!(exists(&mut fixture, "sip:bob@example.com;x=y"), 1);
    assert_eq!(*seen.borrow(), "SELECT username FROM subscriber WHERE username = ? AND domain = ? | bob example.com");
    assert_eq!(exists(&mut fixture, "sip:example.com"), -1);

    assert_eq!(fixture.call(&state, &uri::DB_IS_TO_AUTHORIZED, &[str("uri")]), -1, "nothing is verified yet");
    let answerer = Answerer::challenged(&mut fixture, &auth, "auth", "");
    let hash = ha1(&answerer);
    row(&mut fixture, Some(hash));
    fixture.next_request(&answerer.request(REGISTER, 1));
    assert_eq!(fixture.call(&state, &authorize::WWW_AUTHORIZE, &[str(""), str("subscriber")]), 1);
    let seen = row(&mut fixture, Some(vec![Cell::text("alice")]));
    assert_eq!(fixture.call(&state, &uri::DB_IS_TO_AUTHORIZED, &[str("uri")]), 1);
    let query = "SELECT uri_user FROM uri WHERE username = ? AND uri_user = ? AND domain = ? | alice alice example.com";
    assert_eq!(*seen.borrow(), query);
    row(&mut fixture, None);
    assert_eq!(fixture.call(&state, &uri::DB_IS_FROM_AUTHORIZED, &[str("uri")]), -1);
}

#[test]
fn the_credentials_of_a_uri() {
    let (mut fixture, _, state) = fixture(&[]);
    let seen = row(&mut fixture, Some(vec![Cell::text("user-7"), Cell::text("example.com")]));
    let variables = ["$avp(auth)", "$var(realm)"].map(|text| module_api::ArgValue::Var(fixture.variable(text)));
    let [auth, realm] = variables;
    let args = [str("uri"), str("sip:bob@example.com"), auth, realm];
    assert_eq!(fixture.call(&state, &uri::DB_GET_AUTH_ID, &args), 1);
    assert_eq!(*seen.borrow(), "SELECT username, domain FROM uri WHERE uri_user = ? AND domain = ? | bob example.com");
    assert_eq!(fixture.value("$avp(auth)"), catalogue::Value::fixed("user-7"));
    assert_eq!(fixture.value("$var(realm)"), catalogue::Value::fixed("example.com"));
}

#[test]
fn versions_are_checked_of_the_tables_that_the_script_names() {
    for (skips, expected) in [(0, "subscriber 8"), (1, "")] {
        let mut fixture = Fixture::request(REGISTER);
        fixture.constants =
            vec![("www_authorize", 1, "subscriber".to_owned()), ("db_does_uri_exist", 1, "mine".to_owned())];
        fixture.start(&auth::MODULE, &[]);
        let url = ("db_url", ParamSetting::Str("sqlite:///subscribers".to_owned()));
        fixture.start(&MODULE, &[url, ("skip_version_check", ParamSetting::Int(skips))]);
        let tables = &fixture.wishes.databases[0].tables;
        let tables: Vec<String> = tables.iter().map(|(name, version)| format!("{name} {version}")).collect();
        assert_eq!(tables.join(", "), expected);
    }
}
