//! Records of whole calls: each answered call has one, however it ends and whatever happens in between.

use super::test_world::{World, world};
use super::{MODULE, functions, loaded, variables};
use crate::dialog;
use bytes::Bytes;
use catalogue::Value;
use module_api::sql::Cell;
use module_api::{HookEvent, Index, Operator, Outbox, ParamSetting, Sending, SocketId, State};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{Fixture, absent, str};

struct Server {
    fixture: Fixture,
    acc: State,
    world: Arc<Mutex<World>>,
}

fn text(value: &str) -> ParamSetting {
    ParamSetting::Str(value.to_owned())
}

impl Server {
    /// A server with these parameters of `acc`, whose dialogs are in the database or not.
    fn new(world: &Arc<Mutex<World>>, db_mode: i32, params: &[(&'static str, ParamSetting)]) -> Server {
        Server::at(world, db_mode, params, 0)
    }

    /// One that is started so many seconds later.
    fn at(world: &Arc<Mutex<World>>, db_mode: i32, params: &[(&'static str, ParamSetting)], seconds: u64) -> Server {
        let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
        fixture.now = fixture.now + Duration::from_secs(seconds);
        // No two starts draw the same numbers.
        for _ in 0..seconds {
            fixture.with_env(|env| env.random_below(2));
        }
        let mode = [("db_mode", ParamSetting::Int(db_mode)), ("db_url", text("sqlite:///x"))];
        fixture.start(&dialog::MODULE, &mode);
        let acc = fixture.start(&MODULE, params);
        let answering = Arc::clone(world);
        fixture.answer = Box::new(move |request| answering.lock().unwrap().answer(request));
        for (_, job) in std::mem::take(&mut fixture.wishes.at_start) {
            let job = fixture.with_env(job);
            fixture.run(job).unwrap();
        }
        fixture.run_background().unwrap();
        Server { fixture, acc, world: Arc::clone(world) }
    }

    fn moment(&mut self, moment: &HookEvent<'_>) {
        let hooks = std::mem::take(&mut self.fixture.wishes.hooks);
        for (state, hook) in &hooks {
            self.fixture.with_call(state, |call| hook(call, moment));
        }
        self.fixture.wishes.hooks = hooks;
    }

    fn replied(&mut self, code: u16, to_tag: &str) {
        let (reason, sent) = (b"Fine", Bytes::from("the reply"));
        self.fixture.out.send(Sending {
            socket: SocketId(0),
            to: "192.0.2.10:5060".parse().unwrap(),
            connection: None,
            reuse_only: false,
            bytes: sent.clone(),
            otherwise: None,
        });
        self.moment(&HookEvent::ReplyOut { code, reply: None, reason, to_tag: to_tag.as_bytes(), sent: &sent });
    }

    /// A call is marked and answered a second later.
    fn call(&mut self, callid: &str, types: &str) {
        self.invite(callid, types);
        self.replied(200, "to-1");
        self.fixture.run_background().unwrap();
    }

    fn invite(&mut self, callid: &str, types: &str) {
        self.fixture.next_request(&format!("INVITE sip:bob@example.com SIP/2.0\nCall-ID: {callid}"));
        self.fixture.msg.source.received_at = self.fixture.now;
        assert_eq!(
            self.fixture.call(&self.acc, &functions::DO_ACCOUNTING, &[str(types), str("cdr|missed"), absent()]),
            1
        );
        self.moment(&HookEvent::Created);
        self.pass(1_250);
    }

    fn pass(&mut self, ms: u64) {
        self.fixture.now = self.fixture.now + Duration::from_millis(ms);
    }

    fn bye(&mut self, callid: &str) {
        let to = "To: <sip:bob@example.com>;tag=to-1";
        self.fixture.next_request(&format!("BYE sip:bob@192.0.2.20 SIP/2.0\nCall-ID: {callid}\n{to}\nCSeq: 2 BYE"));
        self.fixture.msg.source.received_at = self.fixture.now;
        if let Some(dialogs) = self.fixture.services.dialogs.clone() {
            self.fixture.with_call(&Arc::clone(&self.acc), |call| dialogs.routed(call));
        }
        self.fixture.run_background().unwrap();
    }

    fn hang_up(&mut self, callid: &str) {
        self.bye(callid);
        self.replied(200, "to-1");
        self.fixture.run_background().unwrap();
    }

    fn tick(&mut self) {
        let timers = std::mem::take(&mut self.fixture.wishes.timers);
        for (_, timer) in &timers {
            let job = self.fixture.with_env(|env| timer(env));
            self.fixture.run(job).unwrap();
        }
        self.fixture.wishes.timers = timers;
        self.fixture.run_background().unwrap();
    }

    /// Call-ID, setup time, duration, duration in milliseconds of the records.
    fn records(&self) -> Vec<String> {
        let world = self.world.lock().unwrap();
        let text = |cell: &Cell| String::from_utf8_lossy(&cell.to_bytes().unwrap_or_default()).into_owned();
        world.rows.iter().map(|row| [3, 7, 9, 10].map(|at| text(&row[at])).join(" ")).collect()
    }

    fn is_nothing_left(&self) -> bool {
        let world = self.world.lock().unwrap();
        world.disk.is_empty() && world.held.is_empty() && self.open() == 0
    }

    fn open(&self) -> usize {
        Arc::clone(&self.acc).downcast::<super::params::Acc>().ok().unwrap().calls.count()
    }
}

fn on_disk() -> Vec<(&'static str, ParamSetting)> {
    vec![("db_url", text("sqlite:///x")), ("spool_file", text("/spool"))]
}

#[test]
fn a_call_has_a_line_an_event_and_a_row_when_its_bye_is_answered() {
    let params = [
        ("db_url", text("sqlite:///x")),
        ("extra_fields", text("log: who")),
        ("extra_fields", text("db: who->caller")),
        ("leg_fields", text("evi: to")),
    ];
    let mut server = Server::new(&world(&[]), 0, &params);
    server.call("a", "log|db|evi");
    server.pass(61_900);
    server.bye("a");
    assert_eq!(server.fixture.log_lines(), Vec::<String>::new());
    server.fixture.write(&server.acc, &variables::EXTRA, "who", Operator::Set, Value::fixed("alice")).unwrap();
    server.replied(200, "to-1");
    server.moment(&HookEvent::Ended);
    server.tick();
    let times = "setuptime=1;created=1700000000;duration=61;ms_duration=61900";
    assert_eq!(
        server.fixture.log_lines(),
        [format!(
            "NOTICE: ACC: call ended: timestamp=1700000001;method=INVITE;from_tag=from-1;to_tag=to-1;call_id=a;code=200;\
             reason=Fine;{times};who=alice"
        )]
    );
    let events: Vec<_> = server.fixture.out.drain_events().filter(|event| event.event == "E_ACC_CDR").collect();
    let [event] = &events[..] else { panic!("{events:?}") };
    let names: Vec<&str> = event.params.iter().map(|(name, _)| &name[..]).collect();
    assert_eq!(
        names.join(" "),
        "method from_tag to_tag callid sip_code sip_reason time to duration ms_duration setuptime created"
    );
    assert_eq!(server.records(), ["a 1 61 61900"]);
    assert_eq!(server.world.lock().unwrap().rows[0].last(), Some(&Cell::text("alice")));
    assert!(server.is_nothing_left());
}

#[test]
fn each_leg_of_a_call_has_a_row() {
    let params = [("db_url", text("sqlite:///x")), ("leg_fields", text("db: to"))];
    let mut server = Server::new(&world(&[]), 0, &params);
    server.invite("a", "db");
    for to in ["bob", "carol"] {
        server.fixture.write(&server.acc, &variables::LEG, "to", Operator::Set, Value::fixed(to)).unwrap();
        server.fixture.call(&server.acc, &functions::NEW_LEG, &[]);
    }
    server.replied(200, "to-1");
    server.hang_up("a");
    let world = server.world.lock().unwrap();
    let legs: Vec<&Cell> = world.rows.iter().filter_map(|row| row.last()).collect();
    assert_eq!(legs, [&Cell::text("bob"), &Cell::text("carol"), &Cell::Null]);
}

#[test]
fn a_call_that_is_not_answered_is_a_missed_one_alone() {
    let mut server = Server::new(&world(&[]), 0, &on_disk());
    server.invite("a", "db");
    server.moment(&HookEvent::Failed { code: 486, reason: b"Busy Here" });
    server.replied(486, "to-1");
    server.fixture.run_background().unwrap();
    assert_eq!(server.world.lock().unwrap().rows.len(), 1);
    assert!(server.is_nothing_left());
}

#[test]
fn a_call_whose_marks_are_dropped_has_no_record() {
    let mut server = Server::new(&world(&[]), 0, &on_disk());
    server.invite("a", "db");
    assert_eq!(server.fixture.call(&server.acc, &functions::DROP_ACCOUNTING, &[str("db"), str("cdr")]), 1);
    server.replied(200, "to-1");
    server.hang_up("a");
    // The answer itself is accounted then.
    assert_eq!(server.world.lock().unwrap().rows.len(), 1);
    assert!(server.is_nothing_left());
}

#[test]
fn a_call_ends_by_command_by_its_time_and_by_a_bye_that_nobody_answers() {
    let mut server = Server::new(&world(&[]), 0, &on_disk());
    let dialogs = server.fixture.services.dialogs.clone().unwrap();
    server.call("ended", "db");
    server.pass(3_000);
    let dialog = dialogs.find(b"ended").unwrap();
    server.fixture.with_env(|env| dialogs.end(env, &*dialog, "MI Termination"));
    server.fixture.run_background().unwrap();
    server.call("over", "db");
    let dialog = dialogs.find(b"over").unwrap();
    server.fixture.with_env(|env| dialogs.set_lifetime(env, &*dialog, Duration::from_secs(10)));
    server.pass(12_000);
    server.tick();
    server.call("silent", "db");
    server.pass(4_000);
    server.bye("silent");
    server.pass(39_000);
    server.tick();
    assert_eq!(server.records().len(), 2);
    server.pass(1_000);
    server.tick();
    assert_eq!(server.records(), ["ended 1 3 3000", "over 1 10 10000", "silent 1 4 4000"]);
    assert!(server.is_nothing_left());
}

#[test]
fn an_answer_leaves_when_the_call_is_on_the_disk() {
    let world = world(&[]);
    let mut server = Server::new(&world, 0, &on_disk());
    server.invite("a", "db");
    server.replied(200, "to-1");
    let sent = |out: &mut Outbox| out.drain_sends().filter(|send| &send.bytes[..] == b"the reply").count();
    assert_eq!((sent(&mut server.fixture.out), world.lock().unwrap().held.len()), (0, 0));
    server.fixture.run_background().unwrap();
    assert_eq!((sent(&mut server.fixture.out), world.lock().unwrap().held.len()), (1, 1));
    world.lock().unwrap().is_disk_full = true;
    server.call("b", "db");
    assert_eq!((sent(&mut server.fixture.out), world.lock().unwrap().held.len()), (1, 1));
    assert!(server.fixture.log_lines()[0].contains("a call is not on the disk (no space)"));
    server.hang_up("b");
    assert_eq!(server.records(), ["b 1 0 0"]);
}

#[test]
fn a_call_has_one_record_whenever_the_server_is_killed() {
    // Whether dialogs are in the database; when it is killed: before the BYE, before its reply, before or after the record
    // is in the database.
    for (db_mode, killed) in [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2), (0, 3), (1, 3)] {
        let world = world(&[]);
        let mut server = Server::new(&world, db_mode, &on_disk());
        server.call("a", "db");
        server.pass(20_000);
        let rows = world.lock().unwrap().dialogs.clone();
        let held = world.lock().unwrap().held.clone();
        assert_eq!((rows.len(), held.len()), (usize::try_from(db_mode).unwrap(), 1));
        match killed {
            0 => {}
            1 => server.bye("a"),
            _ => server.hang_up("a"),
        }
        if killed == 2 {
            // The disk has the call, the database no record of it.
            let mut world = world.lock().unwrap();
            world.held = held;
            world.rows.clear();
        } else if killed == 3 {
            world.lock().unwrap().held = held;
        }
        // The row of the dialog may still be there.
        world.lock().unwrap().dialogs = rows;
        let mut server = Server::at(&world, db_mode, &on_disk(), 25);
        server.fixture.now = server.fixture.now + Duration::from_secs(5);
        server.hang_up("a");
        server.tick();
        let lasted = if killed == 0 || killed == 2 { "a 1 28 28750" } else { "a 1 20 20000" };
        assert_eq!(server.records(), [lasted], "{db_mode} {killed}");
        assert!(server.is_nothing_left(), "{db_mode} {killed}");
    }
}

#[test]
fn a_call_whose_bye_is_lost_ends_with_its_time_though_its_dialog_is_nowhere() {
    let world = world(&[]);
    let mut server = Server::new(&world, 0, &on_disk());
    server.call("a", "db");
    let mut server = Server::at(&world, 0, &on_disk(), 43_000);
    server.tick();
    assert_eq!(server.records(), Vec::<String>::new());
    server.pass(1_000_000);
    server.tick();
    assert_eq!(server.records(), ["a 1 43200 43200000"]);
    assert!(server.is_nothing_left());
}

#[test]
fn an_answer_that_the_caller_never_heard_is_not_a_second_call() {
    let world = world(&[]);
    let mut server = Server::new(&world, 0, &on_disk());
    server.call("a", "db");
    let mut server = Server::at(&world, 0, &on_disk(), 5);
    server.call("a", "db");
    server.pass(2_000);
    server.hang_up("a");
    server.pass(50_000_000);
    server.tick();
    assert_eq!(server.records(), ["a 1 2 2000"]);
    assert!(server.is_nothing_left());
}

#[test]
fn without_spool_file_a_dialogs_row_keeps_its_call() {
    let world = world(&[]);
    let params = [("db_url", text("sqlite:///x")), ("extra_fields", text("db: who"))];
    let mut server = Server::new(&world, 1, &params);
    server.invite("a", "db");
    server.fixture.write(&server.acc, &variables::EXTRA, "who", Operator::Set, Value::fixed("alice")).unwrap();
    server.replied(200, "to-1");
    server.fixture.run_background().unwrap();
    let mut server = Server::at(&world, 1, &params, 30);
    server.hang_up("a");
    assert_eq!(server.records(), ["a 1 28 28750"]);
    assert_eq!(world.lock().unwrap().rows[0].last(), Some(&Cell::text("alice")));
}

#[test]
fn values_of_another_call_are_looked_at_for_a_while() {
    let mut server = Server::new(&world(&[]), 0, &[("extra_fields", text("log: who"))]);
    let who = |server: &mut Server| server.fixture.read(&server.acc, &variables::EXTRA, "who", Index::None);
    server.invite("a", "log");
    server.fixture.write(&server.acc, &variables::EXTRA, "who", Operator::Set, Value::fixed("alice")).unwrap();
    server.fixture.next_request("OPTIONS sip:example.com SIP/2.0");
    assert_eq!(server.fixture.call(&server.acc, &loaded::LOAD, &[]), -1);
    server.fixture.write(&server.acc, &variables::EXTRA, "who", Operator::Set, Value::fixed("own")).unwrap();
    let dialog = server.fixture.services.dialogs.as_ref().unwrap().find(b"a").unwrap();
    server.fixture.msg.dialog = Some(module_api::DialogOf { dialog, direction: module_api::Direction::Downstream });
    assert_eq!(server.fixture.call(&server.acc, &loaded::LOAD, &[]), 1);
    assert_eq!(who(&mut server), Value::fixed("alice"));
    assert_eq!(server.fixture.call(&server.acc, &loaded::LOAD, &[]), -1);
    assert_eq!(server.fixture.call(&server.acc, &loaded::UNLOAD, &[]), 1);
    assert_eq!(who(&mut server), Value::fixed("own"));
    assert_eq!(server.fixture.call(&server.acc, &loaded::UNLOAD, &[]), -1);
}

#[test]
fn the_flag_of_older_scripts_makes_records_of_calls() {
    let params =
        [("log_flag", ParamSetting::Int(1)), ("cdr_flag", ParamSetting::Int(2)), ("log_extra", text("who=$avp(who)"))];
    let mut server = Server::new(&world(&[]), 0, &params);
    server.fixture.next_request("INVITE sip:bob@example.com SIP/2.0\nCall-ID: a");
    for name in ["1", "2"] {
        let flag = server.fixture.services.names.flags.message.number(name).unwrap();
        server.fixture.msg.flags.set(flag);
    }
    server.moment(&HookEvent::Created);
    server.replied(200, "to-1");
    server.hang_up("a");
    let lines = server.fixture.log_lines();
    assert!(lines.len() == 1 && lines[0].contains("ACC: call ended"), "{lines:?}");
}

#[test]
fn a_script_that_wants_records_of_calls_needs_dialogs() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    fixture.constants = vec![("do_accounting", 1, "missed|cdr".to_owned())];
    let error = fixture.try_start(&MODULE, &[]).err().unwrap();
    assert!(error.to_string().contains("dialog.so"), "{error}");
}
