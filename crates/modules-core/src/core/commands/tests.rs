//! A command with its parameters, and the reply or error as text.

use crate::core::MODULE;
use crate::core::variables::{CTIME, formatted};
use module_api::{CacheOperation, CacheReply, Env};
use module_api::{
    Connection, ConnectionName, EventTransport, Events, Fault, Job, Json, KeyValueStore, LoadPeriod, Memory, Process,
    Proto, Raised, State, Task, Time,
};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::Fixture;

/// A process with two tasks and a connection.
#[derive(Default)]
struct Machine {
    stopped: AtomicBool,
}

impl Process for Machine {
    fn tasks(&self) -> Vec<Task> {
        let task = |id, about: &str| Task { id, pid: 100 + id, about: about.to_owned() };
        vec![task(0, "attendant"), task(1, "SIP receiver udp:192.0.2.1:5060")]
    }

    fn memory(&self) -> Memory {
        Memory { limit: 1000, used: 300, resident: 400, peak: 500 }
    }

    fn load(&self, task: Option<u32>, over: LoadPeriod) -> i64 {
        let over = if over == LoadPeriod::Now { 10 } else { 20 };
        task.map_or(over, |id| over + i64::from(id))
    }

    fn uptime_s(&self) -> i64 {
        77
    }

    fn connections(&self) -> Option<Vec<Connection>> {
        Some(vec![Connection {
            id: 9,
            proto: Proto::Tls,
            state: 0,
            remote: "192.0.2.10:4000".parse().unwrap(),
            local: "192.0.2.1:5061".parse().unwrap(),
            lifetime: 1_700_000_100,
            alias_ports: vec![5061],
            details: Vec::new(),
        }])
    }

    fn close_connection(&self, which: ConnectionName) -> bool {
        which == ConnectionName::Id(9)
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

fn fixture() -> (Fixture, State, Arc<Machine>) {
    let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
    let machine = Arc::new(Machine::default());
    fixture.services.process = Arc::clone(&machine) as Arc<dyn Process>;
    fixture.services.commands = MODULE.commands.iter().map(|command| ("core", command.declaration())).collect();
    let state = fixture.start(&MODULE, &[]);
    let jobs = std::mem::take(&mut fixture.wishes.at_start);
    for (_, job) in jobs {
        let job = fixture.with_env(job);
        fixture.run(job).unwrap();
    }
    (fixture, state, machine)
}

/// Runs a command found by any of its names.
fn run(fixture: &mut Fixture, state: &State, name: &str, params: Json) -> String {
    let is_called = |known: &str| known == name || known.split_once(':').is_some_and(|(_, bare)| bare == name);
    let command = MODULE.commands.iter().find(|command| is_called(command.name) || command.aliases.contains(&name));
    let command = command.unwrap_or_else(|| panic!("there is no command {name}"));
    let params: Vec<(&'static str, Json)> = command
        .recipes
        .iter()
        .flat_map(|recipe| recipe.iter())
        .filter_map(|param| Some((param.name, params.get(param.name)?.clone())))
        .collect();
    match fixture.command(state, command.run, &params) {
        Ok(reply) => reply.to_string(),
        Err(error) => error.to_string(),
    }
}

fn check(cases: &[(&str, Json, &str)]) {
    let (mut fixture, state, _) = fixture();
    for (name, params, expected) in cases {
        assert_eq!(run(&mut fixture, &state, name, params.clone()), *expected, "{name} {params}");
    }
}

#[test]
fn the_server() {
    let (mut fixture, state, machine) = fixture();
    let start = formatted(fixture.now, CTIME).unwrap();
    fixture.now = Time::from_unix_seconds(1_700_000_270);
    let now = formatted(fixture.now, CTIME).unwrap();
    fixture.services.settings.command_line = vec!["strowger".into(), "-f".into(), "x.cfg".into()];
    fixture.services.settings.working_directory = "/".into();
    for (name, params, expected) in [
        ("uptime", json!({}), format!(r#"{{"Now":"{now}","Up since":"{start}","Up time":"270 [sec]"}}"#)),
        ("pwd", json!({}), r#"{"WD":"/"}"#.into()),
        ("arg", json!({}), r#"["strowger","-f","x.cfg"]"#.into()),
        ("kill", json!({}), r#""OK""#.into()),
        ("reload_routes", json!({}), "500 reload failed".into()),
    ] {
        assert_eq!(run(&mut fixture, &state, name, params), expected, "{name}");
    }
    assert!(machine.stopped.load(Ordering::Relaxed));
    let version = run(&mut fixture, &state, "version", json!({"revision": "1"}));
    assert!(version.starts_with(r#"{"Server":"Strowger ("#) && version.contains(r#""git":"#), "{version}");
}

#[test]
fn what_there_is() {
    let (mut fixture, state, _) = fixture();
    let all = run(&mut fixture, &state, "which", json!({}));
    assert!(all.starts_with(r#"["core:uptime","core:version""#), "{all}");
    // The client of 3.x habits: `get_statistics` is an older name, `version` one without its module.
    assert!(all.contains(r#""get_statistics""#) && all.contains(r#""version""#), "{all}");
    for (name, params, expected) in [
        ("which", json!({"command": "cache:"}), r#"["cache:store","cache:fetch","cache:remove"]"#),
        ("which", json!({"command": "get_statistics"}), r#"[["statistics"]]"#),
        ("which", json!({"command": "log_level"}), r#"[[],["level"],["level","pid"]]"#),
        ("which", json!({"command": "nothing"}), "404 unknown MI command"),
        ("help", json!({"mi_cmd": "core:kill"}), r#"{"Help":"Stops the server cleanly.","Exported by":"core"}"#),
        ("help", json!({"mi_cmd": "nothing"}), "404 unknown MI command"),
    ] {
        assert_eq!(run(&mut fixture, &state, name, params), expected, "{name}");
    }
}

#[test]
fn tasks_and_logging() {
    check(&[
        (
            "ps",
            json!({}),
            r#"{"Processes":[{"ID":0,"PID":100,"Type":"attendant"},{"ID":1,"PID":101,"Type":"SIP receiver udp:192.0.2.1:5060"}]}"#,
        ),
        (
            "profiling_proc",
            json!({"id": 0}),
            r#"{"Processes":[{"ID":0,"PID":100,"Profiling level":0,"Type":"attendant"}]}"#,
        ),
        ("profiling_proc", json!({"id": 7}), "404 Process not found"),
        ("profiling_proc", json!({"level": 0}), r#""OK""#),
        ("profiling_proc", json!({"level": 2}), "501 Not supported"),
        ("log_level", json!({"level": 1}), r#"{"New global log level":1}"#),
        ("log_level", json!({"level": 2, "pid": 101}), r#"{"Log level":2}"#),
        ("log_level", json!({"level": 2, "pid": 7}), "404 Process not found"),
        (
            "log_level",
            json!({}),
            r#"{"Processes":[{"PID":100,"Log level":2,"Type":"attendant"},{"PID":101,"Log level":2,"Type":"SIP receiver udp:192.0.2.1:5060"}]}"#,
        ),
        ("xlog_level", json!({}), r#"{"xLog Level":4}"#),
        ("xlog_level", json!({"level": -9}), r#"{"New xLog level":-3}"#),
        ("log_level_filter", json!({"consumer": "syslog"}), r#"{"Log level filter":0}"#),
        ("log_level_filter", json!({"consumer": "syslog", "level_filter": 1}), r#""OK""#),
        ("log_level_filter", json!({"consumer": "syslog"}), r#"{"Log level filter":1}"#),
        ("log_level_filter", json!({"consumer": "pager"}), "404 Unknown log consumer"),
        ("log_mute_state", json!({"consumer": "stderror", "mute_state": 1}), r#""OK""#),
        ("log_mute_state", json!({"consumer": "stderror"}), r#"{"mute state":1}"#),
    ]);
}

#[test]
fn blacklists() {
    let (mut fixture, state, _) = fixture();
    fixture.services.blacklists.define("gw:{(udp,192.0.2.0/24,5060,\"\")}").unwrap();
    fixture.services.blacklists.define("dyn/expire,default").unwrap();
    fixture.services.blacklists.define("plain/default").unwrap();
    let rule = r#"{"flags":0,"IP":"192.0.2.0","Mask":"255.255.255.0","Proto":"udp","Port":5060,"Match":"","Expire":0}"#;
    let brief =
        r#"{"flags":1,"IP":"127.0.0.1","Mask":"255.255.255.255","Proto":"tcp","Port":5060,"Match":"","Expire":60}"#;
    for (name, params, expected) in [
        (
            "list_blacklists",
            json!({"name": "gw"}),
            format!(r#"{{"name":"gw","owner":"core","flags":["read-only"],"Rules":[{rule}]}}"#),
        ),
        ("list_blacklists", json!({"name": "x"}), "404 Unknown name".into()),
        ("check_blacklists", json!({"ip": "192.0.2.7"}), "[]".into()),
        ("check_blacklists", json!({"ip": "192.0.2.7", "proto": "udp", "port": 5060}), r#"["gw"]"#.into()),
        ("check_blacklists", json!({"ip": "x"}), "400 Missing or bad IP".into()),
        ("check_blacklists", json!({"ip": "192.0.2.7", "proto": "x"}), "404 Bad params".into()),
        ("check_blacklist", json!({"name": "gw", "ip": "192.0.2.7", "proto": "udp", "port": 5060}), rule.into()),
        ("check_blacklist", json!({"name": "gw", "ip": "192.0.2.7"}), "404 Not Matched".into()),
        ("check_blacklist", json!({"name": "x", "ip": "192.0.2.7"}), "400 Missing or bad blacklist name".into()),
        ("add_blacklist_rule", json!({"name": "dyn", "rule": "!tcp,127.0.0.1,5060", "expire": 60}), r#""OK""#.into()),
        (
            "list_blacklists",
            json!({"name": "dyn"}),
            format!(r#"{{"name":"dyn","owner":"core","flags":["expire","default"],"Rules":[{brief}]}}"#),
        ),
        ("add_blacklist_rule", json!({"name": "dyn", "rule": "x"}), "404 Bad rule".into()),
        ("add_blacklist_rule", json!({"name": "dyn", "rule": "udp,::1", "expire": -1}), "404 Bad expire value".into()),
        (
            "add_blacklist_rule",
            json!({"name": "plain", "rule": "udp,::1", "expire": 1}),
            "404 Blacklist without expire support".into(),
        ),
        (
            "add_blacklist_rule",
            json!({"name": "gw", "rule": "udp,::1"}),
            "403 Cannot modify read-only blacklist".into(),
        ),
        ("del_blacklist_rule", json!({"name": "dyn", "rule": "!tcp,127.0.0.1,5060"}), r#""OK""#.into()),
        ("del_blacklist_rule", json!({"name": "dyn", "rule": "tcp,127.0.0.1"}), "404 Rule not found".into()),
    ] {
        assert_eq!(run(&mut fixture, &state, name, params.clone()), expected, "{name} {params}");
    }
}

#[test]
fn connections_and_memory() {
    let (mut fixture, state, _) = fixture();
    let until = formatted(Time::from_unix_seconds(1_700_000_100), "%Y-%m-%d %H:%M:%S").unwrap();
    let connection = format!(
        r#"{{"ID":9,"Type":"tls","State":0,"Remote":"192.0.2.10:4000","Local":"192.0.2.1:5061","Lifetime":"{until}","Alias port":5061}}"#
    );
    for (name, params, expected) in [
        ("list_tcp_conns", json!({}), format!(r#"{{"Connections":[{connection}]}}"#)),
        ("list_tcp_conns", json!({"proto": "tcp"}), r#"{"Connections":[]}"#.into()),
        ("list_tcp_conns", json!({"proto": "x"}), "400 Bad protocol".into()),
        ("tcp:close", json!({"ipport": "9"}), r#""OK""#.into()),
        ("tcp:close", json!({"ipport": "192.0.2.10:4001"}), "400 Bad tcp connection".into()),
        ("tcp:close", json!({"ipport": "x"}), "400 Bad tcp connection".into()),
        ("mem_shm_check", json!({}), r#"{"total_fragments":0}"#.into()),
        ("mem_pkg_dump", json!({"pid": 101}), r#""OK""#.into()),
        ("mem_pkg_dump", json!({"pid": 7}), "404 Process not found".into()),
        ("mem_shm_dump", json!({"log_level": 1}), r#""OK""#.into()),
    ] {
        assert_eq!(run(&mut fixture, &state, name, params), expected, "{name}");
    }
    let line = "memory: 300 bytes in use, 400 held, at most 500 held, ceiling 1000";
    assert_eq!(fixture.log_lines(), [format!("NOTICE: {line}"), format!("WARNING: {line}")]);
    fixture.services.process = Arc::new(module_api::UnknownProcess);
    assert_eq!(run(&mut fixture, &state, "list_tcp_conns", json!({})), "null");
}

/// A store with one key.
struct OneKey;

impl KeyValueStore for OneKey {
    fn run(&self, operation: CacheOperation, _: Time) -> CacheReply {
        CacheReply::Now(match operation {
            CacheOperation::Fetch(key) if key == "known" => Ok(Some("value".into())),
            CacheOperation::Fetch(_) => Ok(None),
            CacheOperation::Store { key, .. } if key == "full" => Err(Fault::backend("it is full")),
            _ => Ok(None),
        })
    }
}

#[test]
fn caches() {
    let (mut fixture, state, _) = fixture();
    fixture.services.caches.push(("local".to_owned(), Arc::new(OneKey)));
    for (name, params, expected) in [
        ("cache_fetch", json!({"system": "local", "attr": "known"}), r#"{"key":"known","value":"value"}"#),
        ("cache_fetch", json!({"system": "local", "attr": "x"}), "400 Value not found"),
        ("cache_fetch", json!({"system": "none", "attr": "x"}), "500 Cache fetch command failed"),
        ("cache_store", json!({"system": "local", "attr": "x", "value": "y", "expire": 5}), r#""OK""#),
        ("cache_store", json!({"system": "local", "attr": "full", "value": "y"}), "500 Cache store command failed"),
        ("cache_remove", json!({"system": "local", "attr": "x"}), r#""OK""#),
        ("cache_remove", json!({"system": "none", "attr": "x"}), "500 Cache remove command failed"),
    ] {
        assert_eq!(run(&mut fixture, &state, name, params.clone()), expected, "{name} {params}");
    }
}

#[test]
fn reports() {
    let (mut fixture, state, _) = fixture();
    fixture.with_env(|env| {
        let reports = &env.services.reports;
        reports.set(env, "core", "main", 1, Some("running"));
        reports.set(env, "drouting", "pstn", -1, None);
        reports.report(env.now, "drouting", "pstn", "loading");
    });
    let date = formatted(fixture.now, CTIME).unwrap();
    let loading = format!(r#"[{{"Timestamp":1700000000,"Date":"{date}","Log":"loading"}}]"#);
    for (name, params, expected) in [
        ("sr_get_status", json!({"group": "core"}), r#"{"Readiness":true,"Status":1,"Details":"running"}"#.into()),
        (
            "sr_get_status",
            json!({"group": "drouting", "identifier": "all"}),
            r#"{"Readiness":false,"Status":-1,"Details":"aggregated"}"#.into(),
        ),
        ("sr_get_status", json!({"group": "x"}), "404 Group not found".into()),
        ("sr_get_status", json!({"group": "drouting"}), "404 Identity not found".into()),
        (
            "sr_list_status",
            json!({"group": "drouting"}),
            r#"[{"Name":"pstn","Readiness":false,"Status":-1}]"#.into(),
        ),
        (
            "sr_list_status",
            json!({}),
            r#"[{"Name":"core","Identifiers":[{"Name":"main","Readiness":true,"Status":1,"Details":"running"}]},{"Name":"drouting","Identifiers":[{"Name":"pstn","Readiness":false,"Status":-1}]}]"#.into(),
        ),
        ("sr_list_reports", json!({"group": "drouting", "identifier": "pstn"}), loading.clone()),
        ("sr_list_reports", json!({"group": "drouting"}), format!(r#"[{{"Name":"pstn","Reports":{loading}}}]"#)),
        ("sr_list_reports", json!({"group": "drouting", "identifier": "x"}), "404 Identifier not found".into()),
        (
            "sr_list_identifiers",
            json!({}),
            r#"[{"Group":"core","Identifiers":["main"]},{"Group":"drouting","Identifiers":["pstn"]}]"#.into(),
        ),
        (
            "sr_list_identifiers",
            json!({"group": "core"}),
            r#"{"Group":"core","Identifiers":["main"]}"#.into(),
        ),
    ] {
        assert_eq!(run(&mut fixture, &state, name, params.clone()), expected, "{name} {params}");
    }
}

/// Reaches every UDP address.
struct Udp;

impl EventTransport for Udp {
    fn protocol(&self) -> &str {
        "udp"
    }

    fn accepts(&self, _: &Events, _: &str) -> bool {
        true
    }

    fn deliver(&self, _: &mut Env<'_>, _: &str, _: &Raised) -> Job {
        Job::DONE
    }
}

#[test]
fn events() {
    let (mut fixture, state, _) = fixture();
    fixture.services.events.publish("E_X");
    fixture.services.events.offer_transport(Arc::new(Udp));
    // A script subscribes for ever.
    fixture.services.events.subscribe("E_Y", "udp:h:1", None, fixture.now).unwrap();
    let brief = r#"{"protocol":"udp","socket":"udp:127.0.0.1:8888","expire":1200,"ttl":1200}"#;
    for (name, params, expected) in [
        ("events_list", json!({}), r#"{"Events":[{"name":"E_X","id":0},{"name":"E_Y","id":1}]}"#.into()),
        ("event_subscribe", json!({"event": "E_X", "socket": "unix:/tmp/x"}), "400 Bad parameter value".into()),
        ("event_subscribe", json!({"event": "E_X", "socket": "udp:127.0.0.1:8888", "expire": 1200}), r#""OK""#.into()),
        ("event_subscribe", json!({"event": "E_X", "socket": "udp:h:2"}), r#""OK""#.into()),
        ("event_subscribe", json!({"event": "E_X", "socket": "udp:h:2", "expire": 0}), r#""OK""#.into()),
        (
            "subscribers_list",
            json!({}),
            format!(
                r#"{{"Events":[{{"name":"E_X","id":0,"Subscribers":[{brief}]}},{{"name":"E_Y","id":1,"Subscribers":[{{"protocol":"udp","socket":"udp:h:1","expire":"never"}}]}}]}}"#
            ),
        ),
        (
            "subscribers_list",
            json!({"event": "E_X"}),
            format!(r#"{{"Event":{{"name":"E_X","id":0,"Subscribers":[{brief}]}}}}"#),
        ),
        (
            "subscribers_list",
            json!({"event": "E_X", "socket": "udp:127.0.0.1:8888"}),
            format!(r#"{{"Event":{{"name":"E_X","id":0,"Subscriber":{brief}}}}}"#),
        ),
        ("subscribers_list", json!({"event": "E_Z"}), "404 Event not published".into()),
        ("subscribers_list", json!({"event": "E_X", "socket": "x"}), "404 Subscriber does not exist".into()),
        ("evi:raise", json!({"event": "E_Z"}), "404 Event not registered".into()),
        ("evi:raise", json!({"event": "E_X", "params": 5}), "400 Bad Params".into()),
        ("evi:raise", json!({"event": "E_X", "params": []}), "400 No Params".into()),
        ("evi:raise", json!({"event": "E_X", "params": ["127.0.0.1", 7]}), r#""OK""#.into()),
        ("evi:raise", json!({"event": "E_X", "params": "{\"ip\":\"127.0.0.1\"}"}), r#""OK""#.into()),
    ] {
        assert_eq!(run(&mut fixture, &state, name, params.clone()), expected, "{name} {params}");
    }
    let raised: Vec<String> = fixture.out.drain_events().map(|raised| format!("{:?}", raised.params)).collect();
    let last = raised.iter().rev().take(2).map(String::as_str).collect::<Vec<_>>();
    assert_eq!(last, [r#"[("ip", Str(b"127.0.0.1"))]"#, r#"[("", Str(b"127.0.0.1")), ("", Int(7))]"#]);
}

#[test]
fn statistics() {
    let (mut fixture, state, _) = fixture();
    fixture.services.statistics.counter("core", "rcv_requests", true).add(5);
    for (name, params, expected) in [
        ("get_statistics", json!({"statistics": ["rcv_requests"]}), r#"{"core:rcv_requests":5}"#),
        (
            "get_statistics",
            json!({"statistics": ["shmem:", "core:timestamp", "none"]}),
            r#"{"shmem:fragments":0,"shmem:free_size":600,"shmem:max_used_size":500,"shmem:real_used_size":400,"shmem:total_size":1000,"shmem:used_size":300,"core:timestamp":77}"#,
        ),
        (
            "get_statistics",
            json!({"statistics": ["load:load", "load:load1m-proc-1", "load:processes_number", "pkmem:1-free_size"]}),
            r#"{"load:load":10,"load:load1m-proc-1":21,"load:processes_number":2,"pkmem:1-free_size":600}"#,
        ),
        ("get_statistics", json!({"statistics": ["none"]}), "404 Statistics Not Found"),
        (
            "list_statistics",
            json!({"statistics": ["dns:"]}),
            r#"{"dns:dns_slow_queries":"incremental","dns:dns_total_queries":"incremental"}"#,
        ),
        ("list_statistics", json!({"statistics": ["shmem:used_size"]}), r#"{"shmem:used_size":"non-incremental"}"#),
        ("reset_statistics", json!({"statistics": ["rcv_requests"]}), r#""OK""#),
        ("get_statistics", json!({"statistics": ["rcv_requests"]}), r#"{"core:rcv_requests":0}"#),
        ("reset_all_statistics", json!({}), r#""OK""#),
    ] {
        assert_eq!(run(&mut fixture, &state, name, params.clone()), expected, "{name} {params}");
    }
    let all = run(&mut fixture, &state, "list_statistics", json!({}));
    assert!(all.contains("\"core:slow_messages\":\"incremental\""), "{all}");
}

#[test]
fn tasks_that_start_late_have_figures_too() {
    let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    fixture.services.process = Arc::new(Machine::default());
    let load = || json!({"statistics": ["load-proc-1"]});
    assert_eq!(run(&mut fixture, &state, "get_statistics", load()), "404 Statistics Not Found");
    let (_, look) = fixture.wishes.timers.remove(0);
    let job = fixture.with_env(|env| look(env));
    fixture.run(job).unwrap();
    assert_eq!(run(&mut fixture, &state, "get_statistics", load()), r#"{"load:load-proc-1":11}"#);
}
