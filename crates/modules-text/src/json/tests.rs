//! Documents as scripts use them.

use super::functions::{JSON_LINK, JSON_MERGE};
use super::variables::{JSON, JSON_COMPACT, JSON_COMPACT_NOESCAPE, JSON_PRETTY};
use super::{Documents, MODULE};
use bytes::Bytes;
use catalogue::Value;
use module_api::{ArgValue, Call, Fault, Index, Kind, Operator, ParamSetting, State, Variable, VariableAccess};
use proptest::prelude::*;
use std::sync::Arc;
use testkit::{Fixture, check_examples, str};

#[test]
fn examples() {
    check_examples(&MODULE, &[]);
}

/// A message, and its documents.
struct Script {
    fixture: Fixture,
    state: State,
}

impl Script {
    fn new() -> Script {
        Script::with(&[])
    }

    fn with(params: &[(&'static str, ParamSetting)]) -> Script {
        let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
        let state = fixture.start(&MODULE, params);
        Script { fixture, state }
    }

    fn set(&mut self, path: &str, value: impl Into<Value>) -> Result<(), Fault> {
        self.fixture.write(&self.state, &JSON, path, Operator::Set, value.into())
    }

    fn parse(&mut self, path: &str, text: &str) -> Result<(), Fault> {
        self.fixture.write(&self.state, &JSON, path, Operator::Replace, text.to_owned().into())
    }

    fn show(&mut self, variable: &Variable, path: &str) -> String {
        let mut out = Vec::new();
        self.fixture.read(&self.state, variable, path, Index::None).print(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn json(&mut self, path: &str) -> String {
        self.show(&JSON, path)
    }

    fn members(&mut self, path: &str) -> Vec<String> {
        let all = (0..).map(|index| self.fixture.read(&self.state, &JSON, path, Index::At(index)));
        let all = all.take_while(|value| !value.is_null());
        all.map(|value| String::from_utf8(value.text().unwrap().to_vec()).unwrap()).collect()
    }

    fn link(&mut self, dest: &str, source: &str) -> i32 {
        let args = [dest, source].map(|path| ArgValue::Var(Arc::new(Named(path.to_owned()))));
        self.fixture.call(&self.state, &JSON_LINK, &args)
    }
}

/// `$json(path)` as an argument.
struct Named(String);

impl VariableAccess for Named {
    fn read(&self, _: &mut Call<'_>) -> Value {
        Value::Null
    }

    fn write(&self, _: &mut Call<'_>, _: Operator, _: Value) -> Result<(), Fault> {
        Ok(())
    }

    fn inner(&self, _: &mut Call<'_>) -> Bytes {
        Bytes::copy_from_slice(self.0.as_bytes())
    }

    fn text(&self) -> &str {
        "$json(…)"
    }
}

#[test]
fn documents_are_built_and_printed() {
    let mut script = Script::new();
    script.parse("o", "{}").unwrap();
    script.set("o/path", "/a/\"b\"\n".to_owned()).unwrap();
    script.parse("o/list", "[1, 2.50, true, null, {}]").unwrap();
    script.set("o/list[]", 7).unwrap();
    script.set("o/list[0]", Value::Null).unwrap();
    assert_eq!(script.json("o"), r#"{ "path": "\/a\/\"b\"\n", "list": [ 2.50, true, null, { }, 7 ] }"#);
    assert_eq!(script.show(&JSON_COMPACT, "o"), r#"{"path":"\/a\/\"b\"\n","list":[2.50,true,null,{},7]}"#);
    assert_eq!(script.show(&JSON_COMPACT_NOESCAPE, "o/path"), "/a/\"b\"\n");
    assert_eq!(script.show(&JSON_COMPACT_NOESCAPE, "o").get(..10), Some(r#"{"path":"/"#));
    assert_eq!(script.show(&JSON_PRETTY, "o/list"), "[\n  2.50,\n  true,\n  null,\n  {},\n  7\n]");
    assert_eq!(script.json("o/path"), "/a/\"b\"\n");
    assert_eq!([script.json("o/list[-1]"), script.json("o/list[1]"), script.json("o/list[2]")], ["7", "true", "null"]);
}

#[test]
fn what_is_not_there_is_null_and_noted() {
    let mut script = Script::new();
    script.parse("o", r#"{"a": 1}"#).unwrap();
    for path in ["x", "o/b", "o/a/b", "o[0]", "o/"] {
        assert_eq!(script.json(path), "<null>", "{path}");
        assert_eq!(script.fixture.log_lines().len(), 1, "{path}");
    }
    for path in ["x/a", "o/b/c", "o[]", "o/a/b"] {
        assert!(script.set(path, 1).is_err(), "{path}");
    }
    assert!(script.parse("o", "{").is_err());
    assert_eq!(script.json("o"), r#"{ "a": 1 }"#);
}

#[test]
fn long_integers() {
    let text = "[2147483647, 2147483648, -9223372036854775808, 18446744073709551616]";
    let values = |quoting| {
        let mut script = Script::with(&[("enable_long_quoting", ParamSetting::Int(quoting))]);
        script.parse("n", text).unwrap();
        script.members("n")
    };
    assert_eq!(values(0), ["2147483647", "2147483647", "-2147483648", "18446744073709551616"]);
    assert_eq!(values(1), ["2147483647", "2147483648", "-9223372036854775808", "18446744073709551616"]);
}

#[test]
fn members_are_iterated_over() {
    let mut script = Script::new();
    script.parse("foo", r#"{"a": 1, "b": "x", "c": [3]}"#).unwrap();
    assert_eq!(script.members("foo.keys"), ["a", "b", "c"]);
    assert_eq!(script.members("foo.values"), ["1", "x", "[ 3 ]"]);
    assert_eq!(script.members("foo"), ["1", "x", "[ 3 ]"]);
    assert_eq!(script.members("foo/c"), ["3"]);
    assert_eq!(script.members("foo/a"), [""; 0]);
}

#[test]
fn links_show_changes_in_both_places() {
    let mut script = Script::new();
    script.parse("b", "[{},{},{}]").unwrap();
    assert_eq!(script.link("stub", "b[0]"), 1);
    script.set("stub/ana", "are".to_owned()).unwrap();
    script.parse("stub/ar", "[1, 2, 3]").unwrap();
    script.set("b[0]/ar[0]", Value::Null).unwrap();
    assert_eq!(script.json("stub"), r#"{ "ana": "are", "ar": [ 2, 3 ] }"#);
    assert_eq!(script.json("b"), r#"[ { "ana": "are", "ar": [ 2, 3 ] }, { }, { } ]"#);
    script.set("stub", Value::Null).unwrap();
    assert_eq!(script.json("stub"), "<null>");
    assert_eq!(script.json("b[0]/ana"), "are");
    assert_eq!(script.link("x", "nowhere"), -1);
}

#[test]
fn a_document_that_contains_itself_has_no_text() {
    let mut script = Script::new();
    script.parse("b", "[1, 1]").unwrap();
    assert_eq!([script.link("b[0]", "b"), script.link("b[1]", "b")], [1, 1]);
    assert_eq!(script.json("b"), "<null>");
    assert!(script.fixture.log_lines().concat().contains("contains itself"));
}

#[test]
fn what_is_no_longer_named_is_let_go() {
    let mut script = Script::new();
    script.parse("keep", "[[1], [2]]").unwrap();
    assert_eq!(script.link("one", "keep[1]"), 1);
    for _ in 0..100 {
        script.parse("x", &format!("[{}]", vec!["1"; 1000].join(","))).unwrap();
    }
    let count = script.fixture.msg.extensions.get::<Documents>().unwrap().0.count();
    assert!(count < 5000, "{count}");
    script.set("one[0]", 3).unwrap();
    assert_eq!(script.json("keep"), "[ [ 1 ], [ 3 ] ]");
}

#[test]
fn messages_begin_with_what_startup_route_left() {
    let mut script = Script::new();
    script.fixture.kind = Kind::Startup;
    script.parse("settings", r#"{"limit": 5}"#).unwrap();
    script.fixture.kind = Kind::Request;
    script.fixture.next_request("OPTIONS sip:a@b SIP/2.0");
    script.set("settings/limit", 6).unwrap();
    assert_eq!(script.json("settings/limit"), "6");
    script.fixture.next_request("OPTIONS sip:a@b SIP/2.0");
    assert_eq!(script.json("settings/limit"), "5");
}

/// RFC 7396, appendix A.
#[test]
fn documents_are_merged() {
    let mut script = Script::new();
    for (target, patch, result) in [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
        (r#"{"a":"foo"}"#, r#"null"#, r#"null"#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        (r#"[1,2]"#, r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        (r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ] {
        let out = ArgValue::Var(script.fixture.variable("$var(out)"));
        assert_eq!(script.fixture.call(&script.state, &JSON_MERGE, &[str(target), str(patch), out]), 1);
        assert_eq!(script.fixture.value("$var(out)"), Value::from(result.to_owned()), "{target} {patch}");
    }
}

proptest! {
    #[test]
    fn our_json_is_everybodys(text in "[ -~é]{0,20}", number in any::<i64>()) {
        let value = serde_json::json!({ &text: [number, text, true, null, { "x": 0.5 }] });
        let mut script = Script::new();
        script.parse("v", &value.to_string()).unwrap();
        for variable in [&JSON, &JSON_PRETTY, &JSON_COMPACT, &JSON_COMPACT_NOESCAPE] {
            let written: serde_json::Value = serde_json::from_str(&script.show(variable, "v")).unwrap();
            prop_assert_eq!(&written, &value);
        }
    }
}
