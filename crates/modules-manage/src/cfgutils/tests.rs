//! The helpers as scripts and operators see them.

use super::*;
use catalogue::Value;
use module_api::{Answer, ArgValue, Fault, Index, Operator, ParamSetting, Request};
use testkit::{Fixture, absent, check_examples, int, str};

fn started(params: &[(&'static str, ParamSetting)]) -> (Fixture, State) {
    let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
    let state = fixture.start(&MODULE, params);
    (fixture, state)
}

fn text(text: &str) -> ParamSetting {
    ParamSetting::Str(text.to_owned())
}

fn variable(fixture: &Fixture, name: &str) -> ArgValue {
    ArgValue::Var(fixture.variable(name))
}

#[test]
fn examples() {
    check_examples(&MODULE, &[]);
}

#[test]
fn sleeping_is_asked_for() {
    let (mut fixture, state) = started(&[]);
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    fixture.answer = Box::new(move |request| {
        seen.lock().unwrap().push(format!("{request:?}"));
        Answer::Done(Ok(()))
    });
    assert_eq!(fixture.call(&state, &waiting::SLEEP, &[int(2)]), 1);
    assert_eq!(fixture.call(&state, &waiting::USLEEP, &[int(500)]), 1);
    assert_eq!(fixture.call(&state, &waiting::SLEEP, &[str("soon")]), 1);
    assert_eq!(fixture.call(&state, &waiting::SLEEP, &[int(100_000)]), -1);
    assert_eq!(*asked.lock().unwrap(), ["Sleep(2s)", "Sleep(500µs)"]);
}

#[test]
fn a_lock_that_is_not_released_in_time_is_given_up() {
    let (mut fixture, state) = started(&[]);
    assert_eq!(fixture.call(&state, &locks::GET_DYNAMIC_LOCK, &[str("a")]), 1);
    assert_eq!(fixture.call(&state, &locks::GET_DYNAMIC_LOCK, &[str("b")]), 1);
    fixture.answer = Box::new(|request| {
        assert!(matches!(request, Request::Promise { .. }));
        Answer::Done(Err(Fault::backend("too late")))
    });
    assert_eq!(fixture.call(&state, &locks::GET_DYNAMIC_LOCK, &[str("a")]), -1);
    assert_eq!(fixture.call(&state, &locks::RELEASE_DYNAMIC_LOCK, &[str("a")]), 1);
    assert_eq!(fixture.call(&state, &locks::GET_DYNAMIC_LOCK, &[str("a")]), 1);
}

#[test]
fn shared_variables() {
    let params = [("shvset", text("debug=i:1")), ("shvset", text("gw=s:sip:10.0.0.1;transport=tcp"))];
    let (mut fixture, state) = started(&params);
    let read = |fixture: &mut Fixture, name: &str| fixture.read(&state, &shared::SHV, name, Index::None);
    assert_eq!(read(&mut fixture, "debug"), Value::Int(1));
    assert_eq!(read(&mut fixture, "gw"), Value::fixed("sip:10.0.0.1;transport=tcp"));
    assert_eq!(read(&mut fixture, "new"), Value::Int(0));
    fixture.write(&state, &shared::SHV, "new", Operator::Set, Value::fixed("x")).expect("a value");
    let mut command = |run, params: &[(&'static str, &str)]| {
        let params: Vec<_> = params.iter().map(|(name, value)| (*name, (*value).into())).collect();
        let reply = fixture.command(&state, run, &params);
        reply.map_or_else(|error| error.to_string(), |reply| reply.to_string())
    };
    assert_eq!(command(shared::MI_SET.run, &[("name", "debug"), ("type", "int"), ("value", "7")]), r#""OK""#);
    assert_eq!(
        command(shared::MI_SET.run, &[("name", "debug"), ("type", "float"), ("value", "7")]),
        "500 type not found"
    );
    assert_eq!(command(shared::MI_GET.run, &[("name", "debug")]), r#"{"VAR":{"type":"integer","value":7}}"#);
    assert_eq!(command(shared::MI_GET.run, &[("name", "none")]), "404 Not found");
    assert_eq!(
        command(shared::MI_GET.run, &[]),
        r#"[[{"name":"debug","type":"integer","value":7},{"name":"gw","type":"string","value":"sip:10.0.0.1;transport=tcp"},{"name":"new","type":"string","value":"x"}]]"#
    );
}

#[test]
fn first_values_of_script_variables() {
    let (fixture, _) = started(&[("varset", text("init=i:1"))]);
    let id = fixture.services.names.vars.intern(b"init").expect("a name");
    assert_eq!(fixture.wishes.variables, [(id, Value::Int(1))]);
    let mut other = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
    assert!(other.try_start(&MODULE, &[("varset", text("init=1"))]).is_err());
}

#[test]
fn values_are_counted_chosen_and_shuffled() {
    let (mut fixture, state) = started(&[]);
    let id = fixture.services.names.avps.intern(b"list").expect("a name");
    for number in [0, 5, 0] {
        fixture.msg.avps.push(id, Value::Int(number));
    }
    let list = variable(&fixture, "$avp(list)");
    let count = variable(&fixture, "$var(count)");
    fixture.call(&state, &values::SET_COUNT, &[list.clone(), count]);
    assert_eq!(fixture.value("$var(count)"), Value::Int(3));
    assert_eq!(fixture.call(&state, &values::SET_SELECT_WEIGHT, std::slice::from_ref(&list)), 2);
    fixture.msg.avps.clear(id);
    assert_eq!(fixture.call(&state, &values::SET_SELECT_WEIGHT, std::slice::from_ref(&list)), -1);
    for number in 0..50 {
        fixture.msg.avps.push(id, Value::Int(number));
    }
    fixture.call(&state, &values::SHUFFLE_AVPS, &[list]);
    let mut values: Vec<i32> = fixture.msg.avps.values(id).filter_map(Value::int).collect();
    assert_ne!(values, (0..50).rev().collect::<Vec<i32>>());
    values.sort_unstable();
    assert_eq!(values, (0..50).collect::<Vec<i32>>());
}

#[test]
fn moments() {
    let (mut fixture, state) = started(&[]);
    let [second, micro, both] = ["$var(s)", "$var(u)", "$var(b)"].map(|name| variable(&fixture, name));
    fixture.call(&state, &clock::GET_ACCURATE_TIME, &[second.clone(), micro.clone(), both.clone()]);
    assert_eq!(fixture.value("$var(b)"), Value::fixed("1700000000.000000"));
    let delta = |fixture: &mut Fixture, far: i32| {
        let args = [int(10), int(300), int(far), int(0), both.clone(), micro.clone()];
        (fixture.call(&state, &clock::TS_USEC_DELTA, &args), fixture.value("$var(b)"))
    };
    assert_eq!(delta(&mut fixture, 9), (1, Value::fixed("1000300")));
    assert_eq!(fixture.value("$var(u)"), Value::Int(1_000_300));
    assert_eq!(delta(&mut fixture, 1_000_000), (-1, Value::fixed("999989999700")));
    assert_eq!(fixture.call(&state, &clock::TS_USEC_DELTA, &[int(1), int(0), int(2), int(0), absent(), absent()]), 1);
}

#[test]
fn the_environment() {
    let (mut fixture, state) = started(&[]);
    fixture.services.settings.environment.push(("HOME".to_owned(), "/root".to_owned()));
    assert_eq!(fixture.read(&state, &process::ENV, "HOME", Index::None), Value::fixed("/root"));
    assert_eq!(fixture.read(&state, &process::ENV, "NONE", Index::None), Value::Null);
}

#[test]
fn a_changed_file_is_noticed() {
    let (mut fixture, state) = started(&[("hash_file", text("/etc/opensips.cfg"))]);
    let serve = |content: &'static str| -> Box<dyn FnMut(&Request) -> Answer> {
        Box::new(move |_| Answer::Read(Ok(Fixture::bytes(content))))
    };
    fixture.answer = serve("route { exit; }");
    for (_, job) in std::mem::take(&mut fixture.wishes.at_start) {
        let job = fixture.with_env(|env| job(env));
        fixture.run(job).expect("a start");
    }
    let reply = |fixture: &mut Fixture, run| {
        let reply = fixture.command(&state, run, &[]);
        reply.map_or_else(|error| error.to_string(), |reply| reply.to_string())
    };
    assert_eq!(reply(&mut fixture, config_hash::MI_GET.run), r#""6fe2d8cd0a345d58a069837e9cb6954c""#);
    let identical = r#""The actual config file hash is identical to the stored one.""#;
    assert_eq!(reply(&mut fixture, config_hash::MI_CHECK.run), identical);
    fixture.answer = serve("route { drop; }");
    let different = "400 The actual config file hash is not identical to the stored one.";
    assert_eq!(reply(&mut fixture, config_hash::MI_CHECK.run), different);
}

#[test]
fn without_a_file_nothing_is_compared() {
    let (mut fixture, state) = started(&[]);
    for run in [config_hash::MI_GET.run, config_hash::MI_CHECK.run] {
        assert_eq!(fixture.command(&state, run, &[]).unwrap_err().to_string(), "404 Functionality disabled");
    }
}

#[test]
fn chance() {
    let (mut fixture, state) = started(&[("initial_probability", ParamSetting::Int(30))]);
    let happened = (0..1000).filter(|_| fixture.call(&state, &random::RAND_EVENT, &[absent()]) == 1).count();
    assert!((200..400).contains(&happened), "{happened}");
    let set = fixture.command(&state, random::MI_SET.run, &[("prob_proc", 101.into())]);
    assert_eq!(set.unwrap_err().to_string(), "400 Bad parameter value");
    fixture.command(&state, random::MI_SET.run, &[("prob_proc", 99.into())]).expect("a reply");
    let shown = fixture.command(&state, random::MI_GET.run, &[]).expect("a reply");
    assert_eq!(shown.to_string(), r#"{"actual probability percent":99}"#);
}
