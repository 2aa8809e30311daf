//! Counters, walks and series as a script sees them.

use super::{MODULE, counters::*, iteration::*, series::UPDATE_STAT_SERIES};
use catalogue::Value;
use module_api::{ArgValue, Index, Operator, ParamSetting, State};
use std::time::Duration;
use testkit::{Fixture, check_examples, int, str};

fn setting(text: &str) -> ParamSetting {
    ParamSetting::Str(text.to_owned())
}

fn started(params: &[(&'static str, &str)]) -> (Fixture, State) {
    let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
    let params: Vec<_> = params.iter().map(|(name, text)| (*name, setting(text))).collect();
    let state = fixture.start(&MODULE, &params);
    (fixture, state)
}

fn stat(fixture: &mut Fixture, state: &State, name: &str) -> Value {
    fixture.read(state, &STAT, name, Index::None)
}

#[test]
fn examples() {
    check_examples(&MODULE, &[]);
}

#[test]
fn counters_count() {
    let (mut fixture, state) = started(&[("variable", "active/no_reset"), ("stat_groups", "method, packet")]);
    fixture.call(&state, &UPDATE_STAT, &[str("active"), int(3)]);
    fixture.call(&state, &UPDATE_STAT, &[str("active"), int(-1)]);
    fixture.call(&state, &UPDATE_STAT, &[str("method:invite"), int(1)]);
    assert_eq!(stat(&mut fixture, &state, "active"), Value::Int(2));
    assert_eq!(stat(&mut fixture, &state, "dynamic:active"), Value::Int(2));
    assert_eq!(stat(&mut fixture, &state, "method:invite"), Value::Int(1));
    assert_eq!(stat(&mut fixture, &state, "packet:invite"), Value::Null);
}

#[test]
fn zero_resets_what_may_be_reset() {
    let (mut fixture, state) = started(&[("variable", "kept/no_reset"), ("variable", "calls")]);
    for name in ["kept", "calls"] {
        fixture.call(&state, &UPDATE_STAT, &[str(name), int(5)]);
        fixture.write(&state, &STAT, name, Operator::Set, Value::Int(0)).expect("a reset");
    }
    assert_eq!(stat(&mut fixture, &state, "kept"), Value::Int(5));
    assert_eq!(stat(&mut fixture, &state, "calls"), Value::Int(0));
    assert!(fixture.write(&state, &STAT, "calls", Operator::Set, Value::Int(7)).is_err());
}

#[test]
fn bad_parameters_stop_the_start() {
    let refused = |name: &'static str, text: &str| {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
        fixture.try_start(&MODULE, &[(name, setting(text))]).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(refused("variable", "a/sticky"), "parameter variable: there is no flag \"sticky\", only no_reset");
    assert_eq!(refused("variable", "g:a"), "parameter variable: there is no group \"g\": name it in stat_groups");
    assert_eq!(refused("stat_groups", "a,,b"), "parameter stat_groups: \"a,,b\" is no list of group names");
}

#[test]
fn a_walk_sees_each_statistic_once() {
    let (mut fixture, state) = started(&[("stat_groups", "packet")]);
    for name in ["packet:a", "packet:b"] {
        fixture.call(&state, &UPDATE_STAT, &[str(name), int(4)]);
    }
    fixture.call(&state, &STAT_ITER_INIT, &[str("packet"), str("it")]);
    let variables = ["$var(n)", "$var(v)"].map(|name| ArgValue::Var(fixture.variable(name)));
    let [name, value] = variables;
    let mut seen = Vec::new();
    while fixture.call(&state, &STAT_ITER_NEXT, &[name.clone(), value.clone(), str("it")]) == 1 {
        seen.push((fixture.value("$var(n)"), fixture.value("$var(v)")));
    }
    assert_eq!(seen, [(Value::fixed("a"), Value::Int(4)), (Value::fixed("b"), Value::Int(4))]);
}

#[test]
fn series_forget() {
    let (mut fixture, state) = started(&[
        ("stat_series_profile", "sum: window=10 slots=5"),
        ("stat_series_profile", "avg: algorithm=average window=10 slots=5"),
        ("stat_series_profile", "asr: algorithm=percentage window=10 slots=5"),
    ]);
    let mut seen = Vec::new();
    for value in [6, -2, 1] {
        for profile in ["sum", "avg", "asr"] {
            fixture.call(&state, &UPDATE_STAT_SERIES, &[str(profile), str("x"), int(value)]);
        }
        seen.push(["sum:x", "avg:x", "asr:x"].map(|name| stat(&mut fixture, &state, name)));
        fixture.now = fixture.now + Duration::from_secs(4);
    }
    let ints = |values: [i32; 3]| values.map(Value::Int);
    assert_eq!(seen, [ints([6, 6, 100]), ints([4, 2, 75]), ints([5, 1, 77])]);
    for (_, timer) in std::mem::take(&mut fixture.wishes.timers) {
        let job = fixture.with_env(|env| timer(env));
        fixture.run(job).expect("a tick");
    }
    // Twelve seconds after the first value only the other two count.
    assert_eq!(stat(&mut fixture, &state, "sum:x"), Value::Int(-1));
}
