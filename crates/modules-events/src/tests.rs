//! Events on their way, as edges are asked to bring them.

use crate::{event_datagram, event_route, event_stream, event_virtual};
use catalogue::Value;
use module_api::{Answer, Events, Fault, Module, ParamSetting, Raised, Request, State, SubscribeError, Time, Way};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{Fixture, str};

/// What edges were asked, a line each.
type Asked = Arc<Mutex<Vec<String>>>;

struct World {
    fixture: Fixture,
    states: Vec<State>,
    asked: Asked,
}

/// These modules, started; who listens at a port above 100 cannot be reached.
fn world(modules: &[(&Module, &[(&'static str, ParamSetting)])]) -> World {
    let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    fixture.answer = Box::new(move |request| {
        let (line, works) = match request {
            Request::Notify(told) => {
                let id = if let Way::Confirmed(id) = told.way { id.to_string() } else { String::new() };
                let text = String::from_utf8_lossy(&told.bytes).replace(&format!("\"id\":{id}"), "\"id\":ID");
                let way = match told.way {
                    Way::Datagram => "datagram",
                    Way::Stream => "stream",
                    Way::Confirmed(_) => "confirmed",
                };
                (format!("{way} {}:{} {:?} {text}", told.host, told.port, told.deadline), told.port <= 100)
            }
            Request::Write { path, socket: true, bytes, .. } => {
                (format!("unix {path} {}", String::from_utf8_lossy(bytes)), true)
            }
            other => panic!("{other:?}"),
        };
        seen.lock().unwrap().push(line);
        Answer::Done(if works { Ok(()) } else { Err(Fault::backend("nobody there")) })
    });
    let states = modules.iter().map(|(module, params)| fixture.start(module, params)).collect();
    for (_, job) in std::mem::take(&mut fixture.wishes.at_start) {
        let job = fixture.with_env(job);
        fixture.run(job).unwrap();
    }
    World { fixture, states, asked }
}

impl World {
    fn events(&self) -> &Events {
        &self.fixture.services.events
    }

    fn subscribe(&self, socket: &str) -> Result<(), SubscribeError> {
        self.events().subscribe("E_X", socket, None, Time::from_unix_seconds(0))
    }

    /// Raises `E_X`; what was asked for it, and the first fault.
    fn raise(&mut self) -> (Vec<String>, Result<(), Fault>) {
        let event = Raised { event: "E_X".to_owned(), params: vec![("n".to_owned(), Value::Int(1))] };
        let services = Arc::clone(&self.fixture.services.events);
        self.fixture.with_env(|env| services.deliver(env, &event));
        let outcome = self.fixture.run_background();
        (std::mem::take(&mut *self.asked.lock().unwrap()), outcome)
    }
}

const TEXT: &str = r#"{"jsonrpc":"2.0","method":"E_X","params":{"n":1}}"#;

#[test]
fn datagrams() {
    let mut world = world(&[(&event_datagram::MODULE, &[])]);
    for wrong in ["udp:127.0.0.1", "udp::1", "unix:relative", "nowhere"] {
        assert_eq!(world.subscribe(wrong), Err(SubscribeError::BadSocket), "{wrong}");
    }
    assert_eq!(world.subscribe("tcp:127.0.0.1:1"), Err(SubscribeError::UnknownProtocol));
    for right in ["udp:[::1]:9", "unix:/tmp/a", "/tmp/b"] {
        assert_eq!(world.subscribe(right), Ok(()), "{right}");
    }
    let expected = [format!("datagram ::1:9 2s {TEXT}"), format!("unix /tmp/a {TEXT}"), format!("unix /tmp/b {TEXT}")];
    assert_eq!(world.raise(), (expected.to_vec(), Ok(())));
}

#[test]
fn an_event_too_long_for_a_datagram_is_a_fault() {
    let mut world = world(&[(&event_datagram::MODULE, &[])]);
    world.subscribe("udp:127.0.0.1:9").unwrap();
    let event = Raised { event: "E_X".to_owned(), params: vec![(String::new(), Value::from(vec![b'x'; 70_000]))] };
    let services = Arc::clone(&world.fixture.services.events);
    world.fixture.with_env(|env| services.deliver(env, &event));
    assert_eq!(world.fixture.run_background().unwrap_err().text, "E_X is too long for a datagram: 70046 bytes");
}

#[test]
fn streams() {
    let mut world = world(&[(&event_stream::MODULE, &[])]);
    assert_eq!(world.subscribe("tcp:127.0.0.1:7/"), Err(SubscribeError::BadSocket));
    world.subscribe("tcp:events.example.com:7/handle").unwrap();
    let expected = format!("stream events.example.com:7 1s {}", TEXT.replace("E_X", "handle"));
    assert_eq!(world.raise(), (vec![expected], Ok(())));
}

#[test]
fn confirmed_streams() {
    let params = [
        ("reliable_mode", ParamSetting::Int(1)),
        ("timeout", ParamSetting::Int(200)),
        ("event_param", ParamSetting::Str("event".to_owned())),
    ];
    let mut world = world(&[(&event_stream::MODULE, &params)]);
    world.subscribe("tcp:127.0.0.1:7").unwrap();
    let text = r#"{"id":ID,"jsonrpc":"2.0","method":"E_X","params":{"event":"E_X","n":1}}"#;
    assert_eq!(world.raise(), (vec![format!("confirmed 127.0.0.1:7 200ms {text}")], Ok(())));
}

#[test]
fn all_are_told_or_each_in_turn() {
    let mut world = world(&[(&event_datagram::MODULE, &[]), (&event_virtual::MODULE, &[])]);
    assert_eq!(world.subscribe("virtual:PARALLEL udp:h:1 tcp:h:2"), Err(SubscribeError::BadSocket));
    let told = |port: u16| format!("datagram h:{port} 2s {TEXT}");
    world.subscribe("virtual:PARALLEL udp:h:1 udp:h:2").unwrap();
    assert_eq!(world.raise().0, [told(1), told(2)]);
    world.subscribe("virtual:ROUND-ROBIN udp:h:3 udp:h:4").unwrap();
    let turns: Vec<String> = (0..3).flat_map(|_| world.raise().0).collect();
    let turns: Vec<&String> = turns.iter().filter(|line| line.contains("h:3 ") || line.contains("h:4 ")).collect();
    assert_eq!(turns, [&told(3), &told(4), &told(3)]);
}

#[test]
fn the_first_who_can_be_reached_is_told() {
    let params = [("failover_timeout", ParamSetting::Int(5))];
    let mut world = world(&[(&event_datagram::MODULE, &[]), (&event_virtual::MODULE, &params)]);
    world.subscribe("virtual:FAILOVER udp:h:101 udp:h:1 udp:h:2").unwrap();
    let told = |port: u16| format!("datagram h:{port} 2s {TEXT}");
    assert_eq!(world.raise(), (vec![told(101), told(1)], Ok(())));
    // Until the time is over the one that failed is not tried again.
    assert_eq!(world.raise(), (vec![told(1)], Ok(())));
    world.fixture.now = world.fixture.now + Duration::from_secs(5);
    assert_eq!(world.raise(), (vec![told(101), told(1)], Ok(())));
}

#[test]
fn when_nobody_can_be_reached_it_is_a_fault() {
    let mut world = world(&[(&event_datagram::MODULE, &[]), (&event_virtual::MODULE, &[])]);
    world.subscribe("virtual:FAILOVER udp:h:101 udp:h:102").unwrap();
    let (asked, outcome) = world.raise();
    assert_eq!((asked.len(), outcome.unwrap_err().text), (2, "no subscriber can be told of E_X".into()));
    assert_eq!(world.raise().0, Vec::<String>::new());
}

#[test]
fn parameters_are_fetched_into_variables() {
    let mut world = world(&[(&event_route::MODULE, &[])]);
    let list = [str("ip=$avp(ip); $var(second)")];
    let fetch = &event_route::MODULE.functions[0];
    world.fixture.msg.params = vec![("ip".into(), Value::fixed("192.0.2.7")), ("n".into(), Value::Int(3))];
    assert_eq!(world.fixture.call(&world.states[0], fetch, &list), 1);
    assert_eq!(
        (world.fixture.value("$avp(ip)"), world.fixture.value("$var(second)")),
        (Value::fixed("192.0.2.7"), Value::Int(3))
    );
    world.fixture.msg.params.pop();
    assert_eq!(world.fixture.call(&world.states[0], fetch, &list), -1);
    assert_eq!(world.fixture.log_lines(), ["ERROR: the event has no parameter number 2"]);
}

#[test]
fn a_route_is_a_subscriber() {
    let mut world = world(&[(&event_route::MODULE, &[])]);
    world.subscribe("route:E_X").unwrap();
    assert_eq!(world.raise().1, Ok(()));
    world.subscribe("route:E_OTHER").unwrap();
    assert_eq!(world.raise().1.unwrap_err().text, "there is no event_route[E_OTHER]");
}
