//! Pictures of what functions do to a message: a line of script, and what is different afterwards.

use crate::core::MODULE;
use bytes::Bytes;
use catalogue::Value;
use module_api::{
    Answer, ArgValue, CacheOperation, CacheReply, Fault, Function, KeyValueStore, Request, ScriptTrace, State, Time,
};
use std::sync::Arc;
use std::time::Duration;
use testkit::{Fixture, int, str};

const INVITE: &str = "INVITE sip:bob@example.com SIP/2.0";

fn fixture() -> (Fixture, State) {
    let mut fixture = Fixture::request(INVITE);
    let state = fixture.start(&MODULE, &[]);
    (fixture, state)
}

fn function(name: &str) -> &'static Function {
    MODULE.functions.iter().find(|function| function.name == name).unwrap()
}

/// The destination set, a branch a line: URI, then what else it has.
fn shown(fixture: &Fixture) -> String {
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    let line = |branch: &module_api::Branch| {
        let mut line = text(&branch.uri);
        line.extend(branch.destination.iter().map(|uri| format!(" via {}", text(uri))));
        line.extend(branch.q.map(|q| format!(" q={q}")));
        line.extend((branch.flags.0 != 0).then(|| format!(" flags={}", branch.flags.0)));
        line
    };
    fixture.msg.branches.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_example_returns_what_it_says() {
    testkit::check_examples(&MODULE, &[]);
}

#[test]
fn the_request_uri_changes_in_place() {
    let (mut fixture, state) = fixture();
    for (name, argument, expected) in [
        ("sethost", str("gw.net"), "sip:bob@gw.net"),
        ("setport", str("5080"), "sip:bob@gw.net:5080"),
        ("prefix", str("00"), "sip:00bob@gw.net:5080"),
        ("strip", int(3), "sip:ob@gw.net:5080"),
        ("seturi", str("sip:x@y"), "sip:x@y"),
        ("revert_uri", ArgValue::Absent, "sip:bob@example.com"),
    ] {
        assert_eq!(fixture.call(&state, function(name), &[argument]), 1, "{name}");
        assert_eq!(shown(&fixture), expected, "{name}");
    }
}

#[test]
fn append_branch_old_moves_what_belongs_to_the_request_uri() {
    let (mut fixture, state) = fixture();
    fixture.call(&state, function("setdsturi"), &[str("sip:192.0.2.7")]);
    fixture.call(&state, function("append_branch_old"), &[str("sip:c@d"), str("0.5")]);
    fixture.call(&state, function("append_branch_old"), &[]);
    assert_eq!(
        shown(&fixture),
        "sip:bob@example.com\nsip:c@d via sip:192.0.2.7 q=0.5\nsip:bob@example.com via sip:192.0.2.7"
    );
}

#[test]
fn branches_move_swap_and_go() {
    let (mut fixture, state) = fixture();
    for uri in ["sip:1@x", "sip:2@x", "sip:3@x"] {
        fixture.call(&state, function("append_msg_branch"), &[str(uri)]);
    }
    fixture.call(&state, function("swap_msg_branches"), &[int(-1), int(2)]);
    assert_eq!(shown(&fixture), "sip:3@x\nsip:1@x\nsip:2@x\nsip:bob@example.com");
    fixture.call(&state, function("move_msg_branch"), &[int(2), int(0)]);
    assert_eq!(shown(&fixture), "sip:3@x\nsip:bob@example.com\nsip:2@x");
    fixture.call(&state, function("move_msg_branch"), &[int(1), int(-1), str("keep")]);
    assert_eq!(shown(&fixture), "sip:2@x\nsip:bob@example.com\nsip:2@x");
    fixture.call(&state, function("remove_msg_branch"), &[int(0)]);
    assert_eq!(shown(&fixture), "sip:2@x\nsip:2@x");
    assert_eq!(fixture.call(&state, function("remove_msg_branch"), &[int(1)]), -1);
}

#[test]
fn the_thirteenth_branch_is_refused() {
    let (mut fixture, state) = fixture();
    let mut append = || fixture.call(&state, function("append_msg_branch"), &[str("sip:x@y")]);
    assert!((0..11).all(|_| append() == 1));
    assert_eq!(append(), -1);
}

#[test]
fn branches_are_tried_by_preference() {
    let (mut fixture, state) = fixture();
    for (uri, q) in [("sip:low@x", "0.1"), ("sip:high@x", "1"), ("sip:low2@x", "0.1")] {
        fixture.call(&state, function("append_msg_branch"), &[str(uri), str(q)]);
    }
    assert_eq!(fixture.call(&state, function("serialize_branches"), &[int(1)]), 1);
    assert_eq!(shown(&fixture), "sip:bob@example.com");
    let mut steps = Vec::new();
    loop {
        let code = fixture.call(&state, function("next_branches"), &[]);
        if code < 0 {
            break;
        }
        steps.push(format!("{code}\n{}", shown(&fixture)));
    }
    assert_eq!(steps, ["1\nsip:high@x q=1", "1\nsip:low@x q=0.1\nsip:low2@x q=0.1", "2\nsip:bob@example.com"]);
}

#[test]
fn kept_order_is_one_by_one() {
    let (mut fixture, state) = fixture();
    fixture.call(&state, function("append_msg_branch"), &[str("sip:high@x"), str("1")]);
    fixture.call(&state, function("serialize_branches"), &[int(1), int(1)]);
    let mut step = || (fixture.call(&state, function("next_branches"), &[]), shown(&fixture));
    assert_eq!(step(), (1, "sip:bob@example.com".to_owned()));
    assert_eq!(step(), (2, "sip:high@x q=1".to_owned()));
}

#[test]
fn blacklists_are_used_and_filled() {
    let (mut fixture, state) = fixture();
    fixture.services.blacklists.define("dynamic/expire").unwrap();
    let name = || str("dynamic");
    let mut call = |function_name, args: &[ArgValue]| fixture.call(&state, function(function_name), args);
    let rule = [name(), str("192.0.2.0/24"), int(5060), str("udp")];
    assert_eq!(call("add_blacklist_rule", &[&rule[..], &[ArgValue::Absent, int(60)]].concat()), 1);
    assert_eq!(call("check_blacklist_rule", &[name(), str("192.0.2.7"), int(5060), str("udp")]), 1);
    assert_eq!(call("check_blacklist_rule", &[name(), str("192.0.2.7")]), -1);
    let in_use = [str(""), str("192.0.2.7"), int(5060), str("udp")];
    assert_eq!(call("check_blacklist_rule", &in_use), -1);
    assert_eq!(call("use_blacklist", &[name()]), 1);
    assert_eq!(call("check_blacklist_rule", &in_use), 1);
    assert_eq!(call("unuse_blacklist", &[name()]), 1);
    assert_eq!(call("check_blacklist_rule", &in_use), -1);
    assert_eq!(call("del_blacklist_rule", &rule), 1);
    assert_eq!(call("del_blacklist_rule", &rule), -1);
}

/// A store whose counters are all 41 and that must be waited for.
struct Slow;

impl KeyValueStore for Slow {
    fn run(&self, operation: CacheOperation, _: Time) -> CacheReply {
        CacheReply::Wait(
            Request::Sleep(Duration::from_millis(1)),
            Box::new(move |_| match operation {
                CacheOperation::Fetch(key) if key == "missing" => Ok(None),
                CacheOperation::Fetch(key) => Ok(Some(key)),
                CacheOperation::Add { amount, .. } => Ok(Some(Bytes::from((41 + amount).to_string()))),
                CacheOperation::Raw(_) => Err(Fault::backend("no raw queries")),
                _ => Ok(None),
            }),
        )
    }
}

#[test]
fn stores_may_wait() {
    let (mut fixture, state) = fixture();
    fixture.services.caches.push(("slow".to_owned(), Arc::new(Slow)));
    fixture.answer = Box::new(|_| Answer::Done(Ok(())));
    let result = || ArgValue::Var(Fixture::request(INVITE).variable("$var(x)"));
    assert_eq!(fixture.call(&state, function("cache_fetch"), &[str("slow"), str("key"), result()]), 1);
    let result = ArgValue::Var(fixture.variable("$var(x)"));
    assert_eq!(fixture.call(&state, function("cache_fetch"), &[str("slow"), str("missing"), result.clone()]), -1);
    assert_eq!(fixture.call(&state, function("cache_sub"), &[str("slow"), str("k"), int(1), int(0), result]), 1);
    assert_eq!(fixture.value("$var(x)"), Value::Int(40));
    assert_eq!(fixture.call(&state, function("cache_raw_query"), &[str("slow"), str("q")]), -1);
    assert_eq!(fixture.services.statistics.find("cdb:cdb_total_queries").unwrap().value(), 4);
}

#[test]
fn events_carry_names_and_values() {
    let (mut fixture, state) = fixture();
    for (avp, value) in [("$avp(n)", "one"), ("$avp(n)", "two"), ("$avp(v)", "1"), ("$avp(v)", "2")] {
        let variable = fixture.variable(avp);
        let value = Value::copied(value.as_bytes());
        fixture.with_call(&state, |call| variable.write(call, module_api::Operator::Set, value)).unwrap();
    }
    let (names, values) = (ArgValue::Var(fixture.variable("$avp(n)")), ArgValue::Var(fixture.variable("$avp(v)")));
    fixture.call(&state, function("raise_event"), &[str("E_X"), names, values.clone()]);
    fixture.call(&state, function("raise_event"), &[str("E_X"), ArgValue::Absent, values.clone()]);
    fixture.call(&state, function("raise_event"), &[str("E_X"), values]);
    let raised: Vec<String> = fixture.out.drain_events().map(|raised| format!("{:?}", raised.params)).collect();
    let unnamed = r#"[("", Str(b"1")), ("", Str(b"2"))]"#;
    assert_eq!(raised, [r#"[("one", Str(b"1")), ("two", Str(b"2"))]"#, unnamed, unnamed]);
    assert!(fixture.services.events.find("E_X").is_some());
}

#[test]
fn connections_get_aliases() {
    let (mut fixture, state) = fixture();
    fixture.msg.source.connection = Some(7);
    fixture.call(&state, function("force_tcp_alias"), &[]);
    fixture.call(&state, function("force_tcp_alias"), &[int(5099)]);
    assert_eq!(fixture.out.drain_aliases().collect::<Vec<_>>(), [(7, 5060), (7, 5099)]);
}

#[test]
fn bonds_choose_the_member_that_suits() {
    let (mut fixture, state) = fixture();
    let ids: Vec<_> = fixture.services.sockets.iter().map(|socket| socket.id).collect();
    fixture.services.sockets.add_bond("out", ids.clone());
    let mut by = |uri| {
        fixture.call(&state, function("seturi"), &[str(uri)]);
        fixture.call(&state, function("force_send_socket"), &[str("bond:out")]);
        fixture.msg.branches.first().socket.unwrap()
    };
    assert_eq!(by("sip:b@192.0.2.9"), ids[0]);
    assert_eq!(by("sip:b@192.0.2.9;transport=tcp"), ids[1]);
    assert_eq!(fixture.call(&state, function("socket_belongs_to_bond"), &[str("tcp:192.0.2.1"), str("out")]), 1);
}

#[test]
fn status_zero_does_not_end_the_script() {
    let (mut fixture, state) = fixture();
    fixture.with_env(|env| {
        let services = env.services;
        services.reports.set(env, "drouting", "pstn", 0, None);
        services.reports.set(env, "drouting", "main", 1, None);
    });
    let mut check = |args: &[ArgValue]| fixture.call(&state, function("sr_check_status"), args);
    assert_eq!(check(&[str("drouting")]), 1);
    assert_eq!(check(&[str("drouting"), str("pstn")]), -1);
    assert_eq!(check(&[str("drouting"), str("all")]), 1);
}

#[test]
fn tracing_starts_and_stops() {
    let (mut fixture, state) = fixture();
    fixture.call(&state, function("script_trace"), &[int(1), str("ruri=$var(x)"), str("me")]);
    let trace = fixture.msg.extensions.get::<ScriptTrace>().unwrap().clone();
    let values = fixture.with_call(&state, |call| trace.format.unwrap().print(call));
    assert_eq!((trace.tag, values), ("me".into(), "ruri=<null>".into()));
    fixture.call(&state, function("script_trace"), &[]);
    assert!(fixture.msg.extensions.get::<ScriptTrace>().is_none());
}

#[test]
fn avps_are_logged() {
    let (mut fixture, state) = fixture();
    let variable = fixture.variable("$avp(x)");
    fixture.with_call(&state, |call| variable.write(call, module_api::Operator::Set, 7.into())).unwrap();
    fixture.call(&state, function("avp_print"), &[]);
    assert_eq!(fixture.log_lines(), ["INFO: $avp(x) = <7>"]);
}
