//! Short numbers as the table answers them.

use super::{MODULE, SD_LOOKUP};
use module_api::sql::Cell;
use module_api::{Answer, Fault, ParamSetting, Request, State};
use std::cell::RefCell;
use std::rc::Rc;
use testkit::{Fixture, absent, str};

const REQUEST: &str = "INVITE sip:12@short.example.com SIP/2.0\nFrom: <sip:alice@tel.example.com>;tag=1";

fn params(more: &[(&'static str, ParamSetting)]) -> Vec<(&'static str, ParamSetting)> {
    let url = ("db_url", ParamSetting::Str("sqlite:///numbers".to_owned()));
    std::iter::once(url).chain(more.iter().cloned()).collect()
}

fn fixture(more: &[(&'static str, ParamSetting)], uri: &'static str) -> (Fixture, State, Rc<RefCell<String>>) {
    let mut fixture = Fixture::request(REQUEST);
    let state = fixture.start(&MODULE, &params(more));
    let asked = Rc::new(RefCell::new(String::new()));
    let kept = Rc::clone(&asked);
    fixture.answer = Box::new(move |request| {
        let Request::Sql(query) = request else { panic!("only queries are asked") };
        let (statement, params) = &query.statements[0];
        let text = |cell: &Cell| String::from_utf8_lossy(&cell.to_bytes().unwrap_or_default()).into_owned();
        let values: Vec<String> = params.iter().map(text).collect();
        *kept.borrow_mut() = format!("{} | {}", statement.sql, values.join(" "));
        Fixture::rows(&["new_uri"], vec![vec![Cell::text(uri)]])
    });
    (fixture, state, asked)
}

#[test]
fn examples() {
    testkit::check_examples(&MODULE, &params(&[]));
}

#[test]
fn domains_count_as_far_as_the_script_says() {
    let select = "SELECT new_uri FROM speed_dial WHERE username = ? AND sd_username = ?";
    for (use_domain, expected) in [
        (0, format!("{select} | alice 12")),
        (1, format!("{select} AND domain = ? | alice 12 example.com")),
        (2, format!("{select} AND domain = ? AND sd_domain = ? | alice 12 example.com short.example.com")),
    ] {
        let more =
            [("use_domain", ParamSetting::Int(use_domain)), ("domain_prefix", ParamSetting::Str("tel.".to_owned()))];
        let (mut fixture, state, asked) = fixture(&more, "sip:bob@example.net");
        assert_eq!(fixture.call(&state, &SD_LOOKUP, &[str("speed_dial"), absent()]), 1);
        assert_eq!(*asked.borrow(), expected);
        assert_eq!(&**fixture.msg.request_uri(), b"sip:bob@example.net");
    }
}

#[test]
fn the_owner_may_be_another() {
    let (mut fixture, state, asked) = fixture(&[], "sip:bob@example.net");
    assert_eq!(fixture.call(&state, &SD_LOOKUP, &[str("mine"), str("sip:boss@example.com")]), 1);
    assert_eq!(*asked.borrow(), "SELECT new_uri FROM mine WHERE username = ? AND sd_username = ? | boss 12");
}

#[test]
fn what_is_no_uri_or_not_there_changes_nothing() {
    let (mut fixture, state, _) = fixture(&[], "bob");
    assert_eq!(fixture.call(&state, &SD_LOOKUP, &[str("speed_dial"), absent()]), -1);
    assert_eq!(fixture.log_lines(), ["ERROR: table speed_dial: column new_uri: \"bob\" for 12 of alice is no URI"]);
    fixture.answer = Box::new(|_| Fixture::rows(&["new_uri"], Vec::new()));
    assert_eq!(fixture.call(&state, &SD_LOOKUP, &[str("speed_dial"), absent()]), -1);
    fixture.answer = Box::new(|_| Answer::Sql(Err(Fault::backend("it is gone"))));
    assert_eq!(fixture.call(&state, &SD_LOOKUP, &[str("speed_dial"), absent()]), -1);
    assert_eq!(&**fixture.msg.request_uri(), b"sip:12@short.example.com");
}
