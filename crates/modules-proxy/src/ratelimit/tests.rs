//! Pipes as scripts, management and other servers see them.

use super::{MODULE, functions, management, values};
use bytes::Bytes;
use catalogue::Value;
use module_api::{
    Answer, ArgValue, CacheOperation, CacheReply, Fault, Index, Json, KeyValueStore, LoadPeriod, MiError, ParamSetting,
    Process, Proto, Request, State, Time,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{Fixture, absent, check_examples, int, regex, str};

#[test]
fn examples() {
    check_examples(&MODULE, &[]);
}

fn text(value: &str) -> ParamSetting {
    ParamSetting::Str(value.to_owned())
}

fn started(params: &[(&'static str, ParamSetting)]) -> (Fixture, State) {
    let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
    let state = fixture.start(&MODULE, params);
    (fixture, state)
}

fn check(fixture: &mut Fixture, state: &State, name: &str, limit: i32, algorithm: ArgValue) -> i32 {
    fixture.call(state, &functions::RL_CHECK, &[str(name), int(limit), algorithm])
}

/// An interval passes, and its timer runs.
fn turn(fixture: &mut Fixture) {
    fixture.now = fixture.now + Duration::from_secs(10);
    let timers = std::mem::take(&mut fixture.wishes.timers);
    for (_, job) in &timers {
        let job = fixture.with_env(|env| job(env));
        fixture.run(job).unwrap();
    }
    fixture.wishes.timers = timers;
}

#[test]
fn counters_begin_anew_with_each_interval() {
    let (mut fixture, state) = started(&[("limit_per_interval", ParamSetting::Int(1))]);
    let codes: Vec<i32> = (0..3).map(|_| check(&mut fixture, &state, "gw", 2, absent())).collect();
    assert_eq!(codes, [1, 1, -1]);
    assert_eq!(fixture.read(&state, &values::RL_COUNT, "gw", Index::None), 3.into());
    assert!(fixture.read(&state, &values::RL_COUNT, "other", Index::None).is_null());
    turn(&mut fixture);
    assert_eq!(check(&mut fixture, &state, "gw", 2, absent()), 1);
}

#[test]
fn pipes_that_nobody_uses_go() {
    let (mut fixture, state) = started(&[("expire_time", ParamSetting::Int(15))]);
    check(&mut fixture, &state, "gw", 2, absent());
    turn(&mut fixture);
    assert_eq!(fixture.services.statistics.find("ratelimit:pipes").unwrap().value(), 1);
    turn(&mut fixture);
    assert_eq!(fixture.services.statistics.find("ratelimit:pipes").unwrap().value(), 0);
}

#[test]
fn names_from_messages_are_bounded() {
    let (mut fixture, state) = started(&[]);
    for number in 0..70_000 {
        check(&mut fixture, &state, &format!("user{number}"), 2, absent());
    }
    let pipes = fixture.services.statistics.find("ratelimit:pipes").unwrap().value();
    assert!(pipes <= 65_536, "{pipes}");
    assert!(fixture.services.statistics.find("ratelimit:pipes_evicted").unwrap().value() > 0);
    assert_eq!(check(&mut fixture, &state, &"x".repeat(300), 2, absent()), -1);
}

#[test]
fn names_are_listed() {
    let (mut fixture, state) = started(&[]);
    for name in ["gw_b", "user", "gw_a"] {
        check(&mut fixture, &state, name, 5, absent());
    }
    let avp = ArgValue::Var(fixture.variable("$avp(names)"));
    assert_eq!(fixture.call(&state, &values::RL_VALUES, &[avp, regex("^gw")]), 1);
    assert_eq!(fixture.value("$avp(names)"), Value::fixed("gw_a"));
    let mut list = |params: &[(&'static str, Json)]| {
        let reply = fixture.command(&state, management::LIST.run, params).map(|reply| reply.to_string());
        reply.unwrap_or_else(|error| error.to_string())
    };
    let entry = |name: &str| format!(r#"{{"id":"{name}","algorithm":"TAILDROP","limit":5,"counter":1}}"#);
    let some = format!(r#"{{"Pipes":[{},{}],"drop_rate":0}}"#, entry("gw_a"), entry("gw_b"));
    assert_eq!(list(&[("filter", "gw_*".into())]), some);
    assert_eq!(list(&[("filter_out", "user".into())]), some);
    assert_eq!(list(&[("pipe", "user".into())]), format!(r#"{{"Pipe":{}}}"#, entry("user")));
    assert_eq!(list(&[("pipe", "nobody".into())]), "404 Pipe Not Found");
}

#[test]
fn management_resets_and_dumps() {
    let params = [("window_size", ParamSetting::Int(3)), ("slot_period", ParamSetting::Int(1000))];
    let (mut fixture, state) = started(&params);
    for seconds in [0, 1, 1] {
        fixture.now = fixture.now + Duration::from_secs(seconds);
        check(&mut fixture, &state, "gw", 5, str("SBT"));
    }
    let mut run =
        |command: &module_api::Command, params: &[(&'static str, Json)]| fixture.command(&state, command.run, params);
    let pipe = [("pipe", "gw".into())];
    let dump = r#"{"Window":{"Buckets":[{"Index":0,"Count":1},{"Index":1,"Count":1},{"Index":2,"Count":1}],"Status":"OK","Window Size":3,"Bucket Total":3},"Pipe":"gw","Algorithm":"SBT","Counter":3,"Replication Nodes":[],"Total":3}"#;
    assert_eq!(run(&management::DUMP_PIPE, &pipe).unwrap().to_string(), dump);
    assert_eq!(run(&management::RESET_PIPE, &pipe), Ok("OK".into()));
    assert!(run(&management::DUMP_PIPE, &pipe).unwrap().to_string().contains("\"Total\":0"));
    let other = [("pipe", "other".into())];
    assert_eq!(run(&management::DUMP_PIPE, &other), Err(MiError::new(404, "Pipe not found")));
    assert_eq!(run(&management::RESET_PIPE, &other).unwrap_err().message, "Internal error");
    let pid = |ki: &str| [("ki", ki.into()), ("kp", "0.5".into()), ("kd", "-1".into())];
    assert_eq!(run(&management::SET_PID, &pid("x")), Err(MiError::new(400, "Bad parameter value")));
    assert_eq!(run(&management::SET_PID, &pid("-20")), Ok("OK".into()));
    let shown = r#"{"PID":{"ki":"-20.000","kp":"0.500","kd":"-1.000"}}"#;
    assert_eq!(run(&management::GET_PID, &[]).unwrap().to_string(), shown);
}

/// A busy machine.
struct Busy {
    load: AtomicI64,
    bytes: AtomicI64,
}

impl Process for Busy {
    fn load(&self, _: Option<u32>, _: LoadPeriod) -> i64 {
        self.load.load(Ordering::Relaxed)
    }

    fn waiting_bytes(&self, proto: Proto) -> i64 {
        if proto == Proto::Udp { self.bytes.load(Ordering::Relaxed) } else { 0 }
    }
}

#[test]
fn load_and_waiting_bytes_are_measured_each_interval() {
    let (mut fixture, state) = started(&[]);
    let busy = Arc::new(Busy { load: 100.into(), bytes: 5000.into() });
    fixture.services.process = Arc::clone(&busy) as Arc<dyn Process>;
    let passed = |fixture: &mut Fixture| {
        let mut codes = |name, limit, algorithm| {
            (0..100).filter(|_| check(fixture, &state, name, limit, str(algorithm)) == 1).count()
        };
        (codes("net", 1000, "NETWORK"), codes("load", 50, "FEEDBACK"))
    };
    assert_eq!(passed(&mut fixture), (100, 100));
    turn(&mut fixture);
    let (network, feedback) = passed(&mut fixture);
    assert_eq!(network, 0);
    assert!(feedback < 100, "{feedback}");
    busy.load.store(10, Ordering::Relaxed);
    busy.bytes.store(0, Ordering::Relaxed);
    (0..5).for_each(|_| turn(&mut fixture));
    assert_eq!(passed(&mut fixture), (100, 100));
}

/// A store that others use too, which answers later.
#[derive(Default)]
struct Remote {
    values: Arc<Mutex<BTreeMap<Bytes, i32>>>,
    is_down: AtomicBool,
}

impl KeyValueStore for Remote {
    fn run(&self, operation: CacheOperation, _: Time) -> CacheReply {
        let (values, is_down) = (Arc::clone(&self.values), self.is_down.load(Ordering::Relaxed));
        let read = move |_: Answer| {
            if is_down {
                return Err(Fault::backend("it is down"));
            }
            let mut values = values.lock().unwrap();
            let number = match operation {
                CacheOperation::Add { key, amount, .. } => {
                    let value = values.entry(key).or_default();
                    *value += amount;
                    Some(*value)
                }
                CacheOperation::FetchCounter(key) => values.get(&key).copied(),
                CacheOperation::Remove(key) => values.remove(&key),
                other => panic!("{other:?}"),
            };
            Ok(number.map(|number| Bytes::from(number.to_string())))
        };
        CacheReply::Wait(Request::Sleep(Duration::ZERO), Box::new(read))
    }
}

/// Two servers and their store.
fn cluster() -> (Arc<Remote>, [(Fixture, State); 2]) {
    let store = Arc::new(Remote::default());
    let servers = [0, 1].map(|_| {
        let params =
            [("cachedb_url", text("redis:lb://localhost:6379/")), ("limit_per_interval", ParamSetting::Int(1))];
        let (mut fixture, state) = started(&params);
        fixture.services.caches.push(("redis:lb".to_owned(), Arc::clone(&store) as Arc<dyn KeyValueStore>));
        fixture.answer = Box::new(|_| Answer::Done(Ok(())));
        (fixture, state)
    });
    (store, servers)
}

#[test]
fn servers_share_a_pipe() {
    let (store, mut servers) = cluster();
    let codes: Vec<i32> = (0..6)
        .map(|number| {
            let (fixture, state) = &mut servers[number % 2];
            check(fixture, state, "gw/s", 4, absent())
        })
        .collect();
    assert_eq!(codes, [1, 1, 1, 1, -1, -1]);
    assert_eq!(store.values.lock().unwrap().first_key_value().unwrap().0, "rl_pipe_gw:170000000");
    let [(fixture, state), (other, other_state)] = &mut servers;
    assert_eq!(fixture.read(state, &values::RL_COUNT, "gw", Index::None), 5.into());
    (0..3).for_each(|_| assert_eq!(fixture.call(state, &functions::RL_DEC_COUNT, &[str("gw/s")]), 1));
    assert_eq!(check(other, other_state, "gw/s", 4, absent()), 1);
    assert_eq!(fixture.call(state, &functions::RL_RESET_COUNT, &[str("gw/s")]), 1);
    assert!(store.values.lock().unwrap().is_empty());
}

#[test]
fn red_goes_by_what_all_servers_had() {
    let (_, mut servers) = cluster();
    for (fixture, state) in &mut servers {
        (0..5).for_each(|_| assert_eq!(check(fixture, state, "gw/s", 5, str("RED")), 1));
        turn(fixture);
    }
    let (fixture, state) = &mut servers[0];
    // Ten came where five may: every second one passes.
    let codes: Vec<i32> = (0..4).map(|_| check(fixture, state, "gw/s", 5, str("RED"))).collect();
    assert_eq!(codes, [-1, 1, -1, 1]);
}

#[test]
fn without_its_store_a_server_counts_by_itself() {
    let (store, mut servers) = cluster();
    store.is_down.store(true, Ordering::Relaxed);
    let (fixture, state) = &mut servers[0];
    let codes: Vec<i32> = (0..3).map(|_| check(fixture, state, "gw/s", 2, absent())).collect();
    assert_eq!(codes, [1, 1, -1]);
    assert!(fixture.log_lines().concat().contains("counts by itself: it is down"));
}

#[test]
fn what_cannot_work_is_refused_at_start() {
    let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
    let refused = |fixture: &mut Fixture, params: &[(&'static str, ParamSetting)]| {
        fixture.try_start(&MODULE, params).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let slots = [("slot_period", ParamSetting::Int(1))];
    assert!(refused(&mut fixture, &slots).contains("10000 slots"));
    fixture.constants.push(("rl_check", 0, "gw/s".to_owned()));
    assert!(refused(&mut fixture, &[]).contains("cachedb_url"));
    let params = [("cachedb_url", text("redis://localhost/"))];
    fixture.constants.clear();
    fixture.start(&MODULE, &params);
    let (_, job) = fixture.wishes.at_start.pop().unwrap();
    let job = fixture.with_env(job);
    let fault = fixture.run(job).unwrap_err().to_string();
    assert_eq!(fault, "cachedb_url: no cachedb module offers the storage \"redis\"");
}
