//! Numbers looked up: which names are asked about, and what becomes of the message.

use super::{MODULE, query};
use bytes::Bytes;
use catalogue::Today;
use module_api::{
    Answer, ArgValue, Branch, DnsRecord, Fault, Function, Naptr, ParamSetting, RecordKind, Request, State,
};
use std::cell::RefCell;
use std::rc::Rc;
use testkit::{Fixture, absent, str};

fn text(name: &'static str, value: &str) -> (&'static str, ParamSetting) {
    (name, ParamSetting::Str(value.to_owned()))
}

/// A request to this URI, and name servers that know `TXT` and `TYPE65300` of one name, and SIP of all numbers; with
/// what they were asked.
fn fixture(uri: &str, params: &[(&'static str, ParamSetting)]) -> (Fixture, State, Rc<RefCell<Vec<String>>>) {
    let mut fixture =
        Fixture::request(&format!("INVITE {uri} SIP/2.0\nFrom: <sip:+4930999@example.com>;tag=a\nTo: <{uri}>"));
    let state = fixture.start(&MODULE, params);
    let asked: Rc<RefCell<Vec<String>>> = Rc::default();
    let kept = Rc::clone(&asked);
    fixture.answer = Box::new(move |request| {
        let Request::Records(question) = request else { panic!("only records are asked for") };
        kept.borrow_mut().push(format!("{:?} {}", question.kind, question.name));
        let naptr = |preference, regexp: &'static str| {
            let (flags, services) = (Bytes::from_static(b"u"), Bytes::from_static(b"E2U+sip"));
            DnsRecord::Naptr(Naptr { order: 1, preference, flags, services, regexp: regexp.into() })
        };
        Answer::Records(match (question.kind, &*question.name) {
            (RecordKind::Txt, "i.1.e164.arpa.") => Ok(vec![DnsRecord::Txt("4".into())]),
            (RecordKind::Numbered(65_300), "i.1.e164.arpa.") => {
                Ok(vec![DnsRecord::Numbered(Bytes::from_static(b"\x04\x01c\x04e164\x04arpa\x00"))])
            }
            (RecordKind::Naptr, name) if name.ends_with(".dead.") => Err(Fault::backend("nobody answers")),
            (RecordKind::Naptr, name) if !name.starts_with('0') => {
                Ok(vec![naptr(20, "!^(.*)$!sip:\\1@second!"), naptr(10, "!^(.*)$!sip:\\1@first!")])
            }
            _ => Ok(Vec::new()),
        })
    });
    (fixture, state, asked)
}

fn branches(fixture: &Fixture) -> String {
    let shown = fixture.msg.branches.iter().map(|branch| {
        let q = branch.q.map_or_else(|| "-".to_owned(), |q| q.to_string());
        format!("{} {q}", String::from_utf8_lossy(&branch.uri))
    });
    shown.collect::<Vec<_>>().join(" | ")
}

#[test]
fn parameters_must_fit_a_uri() {
    for (params, fits) in [("", true), (";npdi", true), (";a=b;c", true), (";a b", false), (";a\r\nX: y", false)] {
        let started = Fixture::request("OPTIONS sip:x SIP/2.0").try_start(&MODULE, &[text("tel_uri_params", params)]);
        assert_eq!(started.is_ok(), fits, "{params:?}");
    }
}

#[test]
fn examples() {
    testkit::check_examples(&MODULE, &[]);
}

#[test]
fn the_best_uri_is_the_request_uri_and_the_others_are_branches() {
    let (mut fixture, state, asked) = fixture("sip:+4930123@example.com", &[text("tel_uri_params", ";npdi")]);
    fixture.msg.branches.first_mut().flags.set(3);
    fixture.msg.branches.push(Branch { uri: "sip:other@x".into(), ..Branch::default() });
    assert_eq!(fixture.call(&state, &query::ENUM_QUERY, &[absent(), absent(), absent()]), 1);
    assert_eq!(*asked.borrow(), ["Naptr 3.2.1.0.3.9.4.e164.arpa."]);
    let expected = "sip:+4930123@first;npdi 1 | sip:other@x - | sip:+4930123@second;npdi 0.99";
    assert_eq!(branches(&fixture), expected);
    assert!(fixture.msg.branches.at(2).unwrap().flags.is_set(3));
}

#[test]
fn who_is_asked_about_what() {
    type Case = (&'static Function, &'static str, [&'static str; 3], &'static str, i32);
    let cases: &[Case] = &[
        (&query::ENUM_QUERY, "sip:+4930123@x", ["e1234.arpa.", "", ""], "Naptr 3.2.1.0.3.9.4.e1234.arpa.", 1),
        (&query::ENUM_QUERY, "tel:+4930123", ["", "", ""], "Naptr 3.2.1.0.3.9.4.e164.arpa.", 1),
        (&query::ENUM_QUERY, "sip:+4930123@x", ["", "voice", ""], "Naptr 3.2.1.0.3.9.4.e164.arpa.", -1),
        (&query::ENUM_QUERY, "sip:+4930123@x", ["", "+fax+sip", ""], "Naptr 3.2.1.0.3.9.4.e164.arpa.", 1),
        (&query::ENUM_QUERY, "sip:bob@x", ["", "", "+4930125"], "Naptr 5.2.1.0.3.9.4.e164.arpa.", 1),
        (&query::ENUM_QUERY, "sip:+4930120@x", ["", "", ""], "Naptr 0.2.1.0.3.9.4.e164.arpa.", -1),
        (&query::ENUM_QUERY, "sip:030123@x", ["", "", ""], "", -1),
        (&query::ENUM_QUERY, "sip:+4930123@x", ["", "", "bob"], "", -1),
        (&query::ENUM_QUERY, "sip:+4930123@x", ["dead.", "", ""], "Naptr 3.2.1.0.3.9.4.dead.", -1),
        (&query::ENUM_PV_QUERY, "sip:bob@x", ["+4930125", "e1234.arpa", "+sip"], "Naptr 5.2.1.0.3.9.4.e1234.arpa", 1),
        (&query::ENUM_PV_QUERY, "sip:+4930123@x", ["030125", "", ""], "", -1),
        (&query::ISN_QUERY, "sip:56*1212@x", ["", "", ""], "Naptr 6.5.1212.freenum.org.", 1),
        (&query::ISN_QUERY, "sip:+4930123@x", ["", "", ""], "", -1),
        (&query::ISN_QUERY, "sip:56*1212@x", ["isn.example", "", ""], "Naptr 6.5.1212.isn.example", 1),
        (&query::IS_FROM_USER_ENUM, "sip:bob@x", ["", "", ""], "Naptr 9.9.9.0.3.9.4.e164.arpa.", 1),
        (&query::IS_FROM_USER_ENUM, "sip:bob@x", ["", "fax", ""], "Naptr 9.9.9.0.3.9.4.e164.arpa.", -1),
        (&query::I_ENUM_QUERY, "sip:+12345678999@x", ["", "", ""], "Naptr 9.9.9.8.7.6.5.4.3.2.i.1.e164.arpa.", 1),
        (&query::I_ENUM_QUERY, "sip:+4930123@x", ["n.arpa", "", ""], "Naptr 3.2.1.0.3.i.9.4.n.arpa", 1),
        (&query::I_ENUM_QUERY, "sip:bob@x", ["", "", ""], "", -1),
    ];
    for (function, uri, args, expected, code) in cases {
        let (mut fixture, state, asked) = fixture(uri, &[]);
        let args: Vec<ArgValue> = args.iter().map(|arg| if arg.is_empty() { absent() } else { str(arg) }).collect();
        assert_eq!(
            fixture.call(&state, function, &args[..function.args.len()]),
            *code,
            "{uri} {args_count}",
            args_count = args.len()
        );
        assert_eq!(asked.borrow().join(", "), *expected, "{uri}");
        if *code < 0 || function.name == "is_from_user_enum" {
            assert_eq!(branches(&fixture), format!("{uri} -"));
        }
    }
}

#[test]
fn another_number_is_asked_about_and_the_request_uri_is_what_expressions_see() {
    let (mut fixture, state, _) = fixture("sip:+4930123@x", &[]);
    assert_eq!(fixture.call(&state, &query::ENUM_QUERY, &[absent(), absent(), str("+4930777")]), 1);
    assert_eq!(branches(&fixture), "sip:+4930123@first 1 | sip:+4930123@second 0.99");
}

#[test]
fn records_say_where_the_infrastructure_branches_off() {
    for (algorithm, uri, expected) in [
        ("txt", "sip:+12345678999@x", "Txt i.1.e164.arpa., Naptr 9.9.9.8.7.6.5.i.4.3.2.1.e164.arpa."),
        ("ebl", "sip:+12345678999@x", "Numbered(65300) i.1.e164.arpa., Naptr 9.9.9.8.7.6.5.c.4.3.2.1.e164.arpa."),
        ("txt", "sip:+4930123@x", "Txt i.9.4.e164.arpa., Naptr 3.2.1.0.3.i.9.4.e164.arpa."),
    ] {
        let (mut fixture, state, asked) = fixture(uri, &[text("bl_algorithm", algorithm)]);
        assert_eq!(fixture.call(&state, &query::I_ENUM_QUERY, &[absent(), absent()]), 1);
        assert_eq!(asked.borrow().join(", "), expected);
    }
}

#[test]
fn calls_of_old_scripts_have_a_line_of_today() {
    let today = query::ENUM_PV_QUERY.today.unwrap();
    for (args, line) in [
        (&["\"$avp(n)\""][..], "enum_query(, , \"$avp(n)\")"),
        (&["\"$avp(n)\"", "\"x.\"", "\"voice\""], "enum_query(\"x.\", \"voice\", \"$avp(n)\")"),
    ] {
        assert_eq!(today(args), Today::Line(line.to_owned()));
    }
}
