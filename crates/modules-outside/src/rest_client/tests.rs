//! Requests as scripts make them; the answers are made up here.

use super::{MODULE, escape, headers, request};
use bytes::Bytes;
use catalogue::Value;
use module_api::{Answer, ArgValue, Fault, HttpFailure, HttpRequest, HttpResponse, ParamSetting, Request, State};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{Fixture, absent, check_examples, str};

/// What was asked.
type Asked = Arc<Mutex<Vec<HttpRequest>>>;

fn started(
    params: &[(&'static str, ParamSetting)],
    answer: Result<HttpResponse, HttpFailure>,
) -> (Fixture, State, Asked) {
    let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
    let state = fixture.start(&MODULE, params);
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    fixture.answer = Box::new(move |request| {
        let Request::Http(request) = request else { panic!("{request:?}") };
        seen.lock().unwrap().push((**request).clone());
        Answer::Http(answer.clone())
    });
    (fixture, state, asked)
}

fn answer(status: u16) -> HttpResponse {
    HttpResponse { status, content_type: Some("text/plain".into()), body: "text".into() }
}

fn outputs(fixture: &Fixture) -> [ArgValue; 3] {
    ["$var(body)", "$var(type)", "$var(code)"].map(|name| ArgValue::Var(fixture.variable(name)))
}

/// Body, type and status code in the variables.
fn kept(fixture: &mut Fixture) -> [Value; 3] {
    ["$var(body)", "$var(type)", "$var(code)"].map(|name| fixture.value(name))
}

#[test]
fn examples() {
    check_examples(&MODULE, &[]);
}

#[test]
fn an_answer_goes_to_variables() {
    let (mut fixture, state, asked) = started(&[], Ok(answer(404)));
    let [body, kind, code] = outputs(&fixture);
    assert_eq!(fixture.call(&state, &request::GET, &[str("http://a/?b"), body, kind, code]), 1);
    assert_eq!(kept(&mut fixture), [Value::fixed("text"), Value::fixed("text/plain"), Value::Int(404)]);
    let request = asked.lock().unwrap().remove(0);
    assert_eq!((request.method, request.url.as_str(), request.body), ("GET", "http://a/?b", None));
    assert_eq!((request.headers, request.answer_within), (vec![], Duration::from_secs(20)));
    assert_eq!((request.body_bytes_max, request.connects_alone), (10_485_760, false));
}

#[test]
fn bodies_have_a_type() {
    let params = [("enable_expect_100", ParamSetting::Int(1)), ("max_transfer_size", ParamSetting::Int(0))];
    let (mut fixture, state, asked) = started(&params, Ok(answer(200)));
    let [body, _, _] = outputs(&fixture);
    assert_eq!(fixture.call(&state, &request::POST, &[str("http://a"), str("x=1"), absent(), body.clone()]), 1);
    let long = "x".repeat(1025);
    let put = [str("http://a"), str(&long), str("text/plain"), body];
    assert_eq!(fixture.call(&state, &request::PUT, &put), 1);
    let asked = asked.lock().unwrap();
    let shown: Vec<_> = asked
        .iter()
        .map(|one| (one.method, one.headers.clone(), one.body.as_ref().unwrap().len(), one.asks_before_body))
        .collect();
    let kind = |text: &'static str| vec![("Content-Type".to_owned(), Bytes::from_static(text.as_bytes()))];
    assert_eq!(
        shown,
        [("POST", kind("application/x-www-form-urlencoded"), 3, false), ("PUT", kind("text/plain"), 1025, true)]
    );
    assert_eq!(asked[0].body_bytes_max, 256 << 20);
}

#[test]
fn added_headers_are_for_one_request() {
    let (mut fixture, state, asked) = started(&[], Ok(answer(200)));
    for field in ["X-One: a: b ", "content-type: text/own\r\n"] {
        assert_eq!(fixture.call(&state, &headers::APPEND_HF, &[str(field)]), 1);
    }
    let [body, _, _] = outputs(&fixture);
    for _ in 0..2 {
        fixture.call(&state, &request::POST, &[str("http://a"), str("x"), absent(), body.clone()]);
    }
    let asked = asked.lock().unwrap();
    let first: Vec<String> =
        asked[0].headers.iter().map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value))).collect();
    assert_eq!(first, ["X-One=a: b", "content-type=text/own"]);
    assert_eq!(asked[1].headers.len(), 1);
}

#[test]
fn failures_have_their_codes() {
    let partial = answer(200);
    let text = |text| Value::fixed(text);
    for (failure, code, variables) in [
        (HttpFailure::Refused, -1, [Value::Null, Value::Null, Value::Int(0)]),
        (HttpFailure::ConnectTimeout, -2, [Value::Null, Value::Null, Value::Int(0)]),
        (HttpFailure::TransferTimeout(None), -3, [Value::Null, Value::Null, Value::Int(0)]),
        (HttpFailure::TransferTimeout(Some(partial)), -3, [text("text"), text("text/plain"), Value::Int(200)]),
        (HttpFailure::AlreadyConnecting, -4, [Value::Null, Value::Null, Value::Int(0)]),
        (HttpFailure::TooLong { status: 200 }, -10, [Value::Null, Value::Null, Value::Int(200)]),
        (HttpFailure::Other("why".to_owned()), -10, [Value::Null, Value::Null, Value::Int(0)]),
    ] {
        let (mut fixture, state, _) = started(&[], Err(failure.clone()));
        let [body, kind, status] = outputs(&fixture);
        let url = str("http://user:secret@a/path?token=secret");
        assert_eq!(fixture.call(&state, &request::GET, &[url, body, kind, status]), code, "{failure:?}");
        assert_eq!(kept(&mut fixture), variables, "{failure:?}");
        assert_eq!(fixture.log_lines(), [format!("ERROR: rest_client: http://a/path: {failure}")]);
    }
}

#[test]
fn a_wait_that_the_script_cuts_short_is_an_error() {
    let (mut fixture, state, _) = started(&[], Ok(answer(200)));
    fixture.answer = Box::new(|_| Answer::Done(Err(Fault::backend("no answer came in time"))));
    let [body, _, _] = outputs(&fixture);
    assert_eq!(fixture.call(&state, &request::GET, &[str("http://a"), body]), -10);
}

#[test]
fn the_edge_gets_the_parameters() {
    let params = [("ssl_verifypeer", ParamSetting::Int(0)), ("ssl_capath", ParamSetting::Str("/certs".to_owned()))];
    let (fixture, _, _) = started(&params, Ok(answer(200)));
    let (edge, params) = fixture.wishes.edges.first().unwrap();
    let seen =
        ["ssl_verifypeer", "ssl_verifyhost", "ssl_capath", "curl_http_version"].map(|name| params[name].as_str());
    assert_eq!((*edge, seen), ("rest_client", ["0", "1", "/certs", "0"]));
}

#[test]
fn text_becomes_part_of_a_url_and_back() {
    let (mut fixture, state, _) = started(&[], Ok(answer(200)));
    let plain = Value::fixed("a b&c/é~-._Z9");
    let escaped = fixture.with_call(&state, |call| (escape::ESCAPE.run)(call, plain.clone(), &[]));
    assert_eq!(escaped, Value::fixed("a%20b%26c%2F%C3%A9~-._Z9"));
    assert_eq!(fixture.with_call(&state, |call| (escape::UNESCAPE.run)(call, escaped, &[])), plain);
    let stray = fixture.with_call(&state, |call| (escape::UNESCAPE.run)(call, Value::fixed("50%+%4"), &[]));
    assert_eq!(stray, Value::fixed("50%+%4"));
}
