//! Contacts in memory and in SQL, across failures and restarts; management commands; events.

use super::fake_table::FakeTable;
use super::*;
use crate::registrar;
use module_api::{Answer, Json, MiError, ParamSetting};
use testkit::{Fixture, absent, flags, str};

mod management;

/// A server with a database.
pub struct Server {
    pub fixture: Fixture,
    usrloc: State,
    registrar: State,
}

fn text(text: &str) -> ParamSetting {
    ParamSetting::Str(text.to_owned())
}

impl Server {
    pub fn new(preset: &str, table: &FakeTable, more: &[(&'static str, ParamSetting)]) -> Server {
        let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
        fixture.answer = table.answerer();
        let params = [
            ("working_mode_preset", text(preset)),
            ("db_url", text("sqlite:///location")),
            ("timer_interval", ParamSetting::Int(1)),
        ];
        let params: Vec<_> = params.iter().chain(more).cloned().collect();
        let usrloc = fixture.start(&MODULE, &params);
        let registrar = fixture.start(&registrar::MODULE, &[]);
        let mut server = Server { fixture, usrloc, registrar };
        for (_, job) in std::mem::take(&mut server.fixture.wishes.at_start) {
            let job = server.fixture.with_env(job);
            server.fixture.run(job).unwrap();
        }
        server
    }

    pub fn register(&mut self, user: &str, lines: &str) -> String {
        self.register_with(user, lines, absent())
    }

    fn register_with(&mut self, user: &str, lines: &str, flags: module_api::ArgValue) -> String {
        let lines = format!("To: <sip:{user}@example.com>\nCall-ID: {user}\n{lines}");
        self.fixture.next_request(&format!("REGISTER sip:example.com SIP/2.0\n{lines}"));
        let save = registrar::MODULE.functions.iter().find(|function| function.name == "save").unwrap();
        self.fixture.call(&self.registrar, save, &[str("location"), flags]);
        self.fixture.journal().join("\n")
    }

    pub fn usrloc(&self) -> State {
        Arc::clone(&self.usrloc)
    }

    fn is_registered(&mut self, user: &str) -> bool {
        let lookup = registrar::MODULE.functions.iter().find(|function| function.name == "lookup").unwrap();
        self.fixture.next_request(&format!("INVITE sip:{user}@example.com SIP/2.0"));
        self.fixture.call(&self.registrar, lookup, &[str("location")]) == 1
    }

    pub fn tick(&mut self) -> Result<(), Fault> {
        let timers = std::mem::take(&mut self.fixture.wishes.timers);
        let job = self.fixture.with_env(|env| timers[0].1(env));
        self.fixture.wishes.timers = timers;
        let done = self.fixture.run(job);
        self.fixture.run_background()?;
        done
    }

    fn stop(&mut self) {
        for (_, job) in std::mem::take(&mut self.fixture.wishes.at_stop) {
            let job = self.fixture.with_env(job);
            self.fixture.run(job).unwrap();
        }
    }

    pub fn wait(&mut self, seconds: u64) {
        self.fixture.now = self.fixture.now + Duration::from_secs(seconds);
    }

    pub fn command(&mut self, name: &str, params: &[(&'static str, Json)]) -> Result<Json, MiError> {
        let command = MODULE.commands.iter().find(|command| command.name == name).unwrap();
        self.fixture.command(&self.usrloc, command.run, params)
    }

    pub fn events(&mut self) -> Vec<String> {
        let shown = |raised: module_api::Raised| {
            let values = raised.params.iter().map(|(name, value)| {
                let text = value.text().unwrap_or_default();
                format!("{name}={}", String::from_utf8_lossy(&text))
            });
            format!("{} {}", raised.event, values.collect::<Vec<_>>().join(" "))
        };
        self.fixture.out.drain_events().map(shown).collect()
    }
}

pub const CONTACT: &str = "Contact: <sip:a@192.0.2.1>;q=0.5;expires=600";

#[test]
fn written_through_before_it_is_answered() {
    let table = FakeTable::default();
    let mut server = Server::new("single-instance-sql-write-through", &table, &[]);
    let reply = server.register("alice", &format!("User-Agent: Desk 7\nAllow: INVITE, ACK\n{CONTACT}"));
    assert_eq!(reply, "reply 200 OK\nContact: <sip:a@192.0.2.1>;q=0.5;expires=600");
    let columns = [
        "username",
        "domain",
        "contact",
        "received",
        "path",
        "expires",
        "q",
        "callid",
        "cseq",
        "last_modified",
        "flags",
        "cflags",
        "user_agent",
        "socket",
        "methods",
        "sip_instance",
        "kv_store",
        "attr",
    ];
    assert_eq!(
        table.shown(&columns),
        "alice example.com sip:a@192.0.2.1 NULL NULL 1700000600 0.5 alice 1 1700000000 0 NULL Desk 7 \
         udp:192.0.2.1:5060 5 NULL NULL NULL"
    );
    server.register("alice", "CSeq: 2 REGISTER\nContact: <sip:a@192.0.2.1>;expires=900, <sip:a@192.0.2.2>");
    assert_eq!(
        table.shown(&["contact", "expires", "q", "cseq"]),
        "sip:a@192.0.2.1 1700000900 -1 2\nsip:a@192.0.2.2 1700003600 -1 2"
    );
    server.register("alice", "CSeq: 3 REGISTER\nContact: *\nExpires: 0");
    assert_eq!(table.shown(&["contact"]), "");
    server.register_with("alice", "CSeq: 4 REGISTER\nContact: <sip:a@192.0.2.1>", flags(&["memory-only"]));
    assert_eq!(table.shown(&["contact"]), "");
    assert!(server.is_registered("alice"));
}

#[test]
fn what_could_not_be_written_is_refused_and_has_never_been() {
    let table = FakeTable::default();
    let mut server = Server::new("single-instance-sql-write-through", &table, &[]);
    let before = "CSeq: 1 REGISTER\nContact: <sip:a@192.0.2.1>;q=0.5;expires=600, <sip:b@192.0.2.2>;q=0.9;expires=700";
    server.register("bob", before);
    let bob = |server: &mut Server| {
        server.command("usrloc:show_contact", &[("table_name", "location".into()), ("aor", "bob@example.com".into())])
    };
    let shown = bob(&mut server).unwrap();
    server.events();
    table.kill(true);
    let refused = "reply 500 Server Internal Error\nP-Registrar-Error: the contacts could not be stored";
    assert_eq!(server.register("alice", CONTACT), refused);
    assert_eq!(server.register("bob", "CSeq: 2 REGISTER\nContact: <sip:a@192.0.2.1>;expires=0"), refused);
    assert_eq!(server.register("bob", "CSeq: 3 REGISTER\nContact: <sip:a@192.0.2.1>;q=1;expires=900"), refused);
    assert_eq!(server.register("bob", "CSeq: 4 REGISTER\nContact: <sip:c@192.0.2.3>"), refused);
    assert_eq!(server.register("bob", "CSeq: 5 REGISTER\nContact: *\nExpires: 0"), refused);
    assert!(!server.is_registered("alice"));
    assert_eq!(shape(&bob(&mut server).unwrap()), shape(&shown));
    assert_eq!(server.events(), Vec::<String>::new());
    // Nobody knows what the database has of all that: it gets what holds.
    assert!(server.tick().is_err());
    table.kill(false);
    server.tick().unwrap();
    let columns = ["username", "contact", "expires", "q", "cseq"];
    assert_eq!(table.shown(&columns), "bob sip:a@192.0.2.1 1700000600 0.5 1\nbob sip:b@192.0.2.2 1700000700 0.9 1");
    assert_eq!(server.register("alice", CONTACT).lines().next(), Some("reply 200 OK"));
    assert_eq!(
        server.register("bob", "CSeq: 3 REGISTER\nContact: <sip:a@192.0.2.1>;expires=0").lines().next(),
        Some("reply 200 OK")
    );
    assert_eq!(table.shown(&["username", "contact"]), "alice sip:a@192.0.2.1\nbob sip:b@192.0.2.2");
}

/// What is shown of a record but for how it stands to the database.
fn shape(shown: &Json) -> Vec<String> {
    let contacts = shown["Contacts"].as_array().unwrap().iter();
    contacts
        .map(|contact| ["Contact", "Q", "Expires", "Callid", "Cseq"].map(|name| contact[name].to_string()).join(" "))
        .collect()
}

#[test]
fn written_behind_in_batches_and_at_a_stop() {
    let table = FakeTable::default();
    let mut server =
        Server::new("single-instance-sql-write-back", &table, &[("max_contact_delete", ParamSetting::Int(3))]);
    for user in 0..7 {
        server.register(&format!("user{user}"), CONTACT);
    }
    assert_eq!(table.shown(&["username"]), "");
    server.tick().unwrap();
    assert_eq!(table.shown(&["username"]), "user0\nuser1\nuser2\nuser3\nuser4\nuser5\nuser6");
    let transactions = table.transactions();
    server.tick().unwrap();
    assert_eq!(table.transactions(), transactions, "nothing has changed");
    server.register("user0", "CSeq: 2 REGISTER\nContact: <sip:a@192.0.2.1>;expires=700");
    for user in 1..6 {
        server.register(&format!("user{user}"), "CSeq: 2 REGISTER\nContact: <sip:a@192.0.2.1>;expires=0");
    }
    table.kill(true);
    assert!(server.tick().is_err());
    table.kill(false);
    server.stop();
    assert_eq!(table.shown(&["username", "expires"]), "user0 1700000700\nuser6 1700000600");
}

#[test]
fn rows_follow_the_clock_on_the_wall_and_lifetimes_do_not() {
    let table = FakeTable::default();
    let mut server = Server::new("single-instance-sql-write-back", &table, &[]);
    server.register("alice", CONTACT);
    server.tick().unwrap();
    assert_eq!(table.shown(&["expires"]), "1700000600");
    let hour = Duration::from_secs(3600);
    server.fixture.services.wall.set(server.fixture.now, server.fixture.now + hour);
    server.tick().unwrap();
    assert_eq!(table.shown(&["expires", "last_modified"]), "1700004200 1700003600");
    server.wait(599);
    server.tick().unwrap();
    assert!(server.is_registered("alice"), "the step of the clock took nothing from its time");

    // The next process begins with the right clock.
    let mut next = Server::new("single-instance-sql-write-back", &table, &[]);
    next.fixture.now = server.fixture.now + hour;
    assert!(next.is_registered("alice"));
    next.wait(1);
    assert!(!next.is_registered("alice"));
    server.wait(1);
    assert!(!server.is_registered("alice"));
}

#[test]
fn a_table_in_sql_alone_goes_by_the_clock_on_the_wall() {
    let table = FakeTable::default();
    let mut server = Server::new("sql-only", &table, &[]);
    server.fixture.services.wall.set(server.fixture.now, server.fixture.now - Duration::from_secs(3600));
    server.register("alice", CONTACT);
    assert_eq!(table.shown(&["expires"]), "1699997000");
    assert!(server.is_registered("alice"));
    server.wait(600);
    assert!(!server.is_registered("alice"));
}

#[test]
fn a_restart_loads_what_is_good_and_reports_the_rest() {
    let table = FakeTable::default();
    let mut server = Server::new("single-instance-sql-write-through", &table, &[]);
    for user in ["alice", "bob", "carol", "dave"] {
        let path = "Path: <sip:edge.example.com;lr>\nSupported: path, outbound";
        let contact = "Contact: <sip:a@192.0.2.1>;q=0.5;reg-id=3;+sip.instance=\"<urn:uuid:7>\"";
        server.register_with(user, &format!("User-Agent: Desk\n{path}\n{contact}"), flags(&["path-lazy"]));
    }
    let before = table.shown(&["contact_id", "username", "path", "kv_store", "sip_instance"]);
    table.set(1, "q", module_api::sql::Cell::Real(7.0));
    table.set(2, "expires", module_api::sql::Cell::Int(1_600_000_000));

    let mut server = Server::new("single-instance-sql-write-through", &table, &[]);
    let users = ["alice", "bob", "carol", "dave"].map(|user| server.is_registered(user));
    assert_eq!(users.iter().filter(|is| **is).count(), 2);
    let lines = server.fixture.log_lines().join("\n");
    assert!(lines.contains("table location, row "), "{lines}");
    assert!(lines.contains("column q is not between 0 and 1; the row is passed over"), "{lines}");
    assert!(before.contains("{\"reg-id\":3} <urn:uuid:7>"), "{before}");
    server.tick().unwrap();
    assert_eq!(table.shown(&["username"]).lines().count(), 3, "the expired row is deleted, the bad one kept");
    for user in ["alice", "bob", "carol", "dave"] {
        // The same flow registers again under the same identifier.
        server.register(
            user,
            "CSeq: 2 REGISTER\nSupported: outbound\nContact: <sip:z@192.0.2.9>;reg-id=3;+sip.instance=\"<urn:uuid:7>\"",
        );
    }
    let ids = table.shown(&["contact_id", "username"]);
    let kept = ids.lines().filter(|line| before.contains(*line)).count();
    assert_eq!(kept, 3, "{before}\n{ids}");
}

#[test]
fn rows_of_upstream_say_which_phones_sleep() {
    let table = FakeTable::default();
    let mut server = Server::new("single-instance-sql-write-back", &table, &[]);
    server.register("alice", CONTACT);
    server.command("usrloc:flush", &[]).unwrap();
    // A phone that sleeps, and a bit that here means that a contact is kept out of the database.
    table.set(0, "flags", module_api::sql::Cell::Int(5));
    let server = Server::new("single-instance-sql-write-back", &table, &[]);
    let domain = server.usrloc().downcast::<Usrloc>().unwrap().known_domain(b"location").unwrap();
    let (flags, is_stored) = domain.read(b"alice@example.com", |record| {
        let contact = &record.unwrap().contacts()[0];
        (contact.flags, contact.is_stored())
    });
    assert_eq!((flags & contact::PUSHED_AWAKE, is_stored), (4, true));
}

#[test]
fn a_contact_registered_after_a_restart_outlives_the_expired_one_of_its_record() {
    let table = FakeTable::default();
    let mut server = Server::new("single-instance-sql-write-through", &table, &[]);
    server.register("alice", "Contact: <sip:a@192.0.2.1>, <sip:b@192.0.2.2>");
    table.set(1, "expires", module_api::sql::Cell::Int(1_600_000_000));
    let mut server = Server::new("single-instance-sql-write-through", &table, &[]);
    server.register("alice", "CSeq: 2 REGISTER\nContact: <sip:c@192.0.2.3>");
    server.tick().unwrap();
    assert_eq!(table.shown(&["contact"]), "sip:a@192.0.2.1\nsip:c@192.0.2.3");
}

#[test]
fn a_row_that_goes_while_it_is_updated_is_there_again() {
    let table = FakeTable::default();
    let mut server = Server::new("sql-only", &table, &[]);
    server.register("alice", CONTACT);
    table.lose_what_is_read(true);
    server.register("alice", "CSeq: 2 REGISTER\nContact: <sip:a@192.0.2.1>;expires=700");
    assert_eq!(table.shown(&["contact", "expires"]), "sip:a@192.0.2.1 1700000700");
}

#[test]
fn a_contact_that_two_requests_wrote_at_once_is_one() {
    let table = FakeTable::default();
    let mut server = Server::new("sql-only", &table, &[]);
    server.register("alice", CONTACT);
    table.double_rows();
    table.set(1, "cseq", module_api::sql::Cell::Int(2));
    assert_eq!(table.shown(&["contact"]).lines().count(), 2);
    let listed = server.register("alice", "CSeq: 3 REGISTER");
    assert_eq!(listed.matches("sip:a@192.0.2.1").count(), 1, "{listed}");
    server.register("alice", "CSeq: 4 REGISTER\nContact: <sip:a@192.0.2.1>;expires=700");
    assert_eq!(table.shown(&["contact", "expires"]), "sip:a@192.0.2.1 1700000700");
    table.double_rows();
    server.register("alice", "CSeq: 5 REGISTER\nContact: <sip:a@192.0.2.1>;expires=0");
    assert_eq!(table.shown(&["contact"]), "");
}

#[test]
fn identifiers_of_another_server_are_replaced_if_asked() {
    let table = FakeTable::default();
    Server::new("single-instance-sql-write-through", &table, &[]).register("alice", CONTACT);
    let before = table.shown(&["contact_id"]);
    let more = [("hash_size", ParamSetting::Int(16)), ("regen_broken_contactid", ParamSetting::Int(1))];
    let mut server = Server::new("single-instance-sql-write-through", &table, &more);
    server.tick().unwrap();
    let after = table.shown(&["contact_id"]);
    assert_ne!(before, after);
    assert_eq!(after.lines().count(), 1);
    assert!(server.is_registered("alice"));
}

#[test]
fn servers_share_a_database_without_memory() {
    let table = FakeTable::default();
    let mut one = Server::new("sql-only", &table, &[]);
    let mut other = Server::new("sql-only", &table, &[]);
    assert!(!one.is_registered("alice"));
    one.register("alice", CONTACT);
    assert!(other.is_registered("alice"));
    other.register("alice", "CSeq: 2 REGISTER\nContact: <sip:a@192.0.2.1>;expires=60, <sip:b@192.0.2.2>;expires=600");
    assert_eq!(table.shown(&["contact", "expires"]), "sip:a@192.0.2.1 1700000060\nsip:b@192.0.2.2 1700000600");
    let shown =
        one.command("usrloc:show_contact", &[("table_name", "location".into()), ("aor", "alice@example.com".into())]);
    assert_eq!(shown.unwrap()["Contacts"].as_array().unwrap().len(), 2);
    one.wait(100);
    one.tick().unwrap();
    assert_eq!(table.shown(&["contact"]), "sip:b@192.0.2.2");
    let removed = other.command(
        "usrloc:rm_contact",
        &[
            ("table_name", "location".into()),
            ("aor", "alice@example.com".into()),
            ("contact", "sip:b@192.0.2.2".into()),
        ],
    );
    assert_eq!(removed, Ok("OK".into()));
    assert!(!one.is_registered("alice"));
    table.kill(true);
    assert!(one.register("alice", CONTACT).starts_with("reply 500"));
}

#[test]
fn old_and_single_modes() {
    let start = |params: &[(&'static str, ParamSetting)]| {
        let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
        let url = ("db_url", text("sqlite:///x"));
        let params: Vec<_> = std::iter::once(url).chain(params.iter().cloned()).collect();
        let state = fixture.try_start(&MODULE, &params).map_err(|error| error.to_string())?;
        let config = &state.downcast_ref::<Usrloc>().unwrap().config;
        Ok::<_, String>((config.mode, config.loads))
    };
    for (number, mode) in [
        (0, (Mode::Memory, false)),
        (1, (Mode::WriteThrough, true)),
        (2, (Mode::WriteBack, true)),
        (3, (Mode::SqlOnly, false)),
        (4, (Mode::Memory, true)),
    ] {
        assert_eq!(start(&[("db_mode", ParamSetting::Int(number))]), Ok(mode));
    }
    let loads = ("restart_persistency", text("load-from-sql"));
    assert_eq!(start(&[]), Ok((Mode::Memory, false)));
    assert_eq!(start(std::slice::from_ref(&loads)), Ok((Mode::WriteBack, true)));
    assert_eq!(start(&[loads, ("sql_write_mode", text("write-through"))]), Ok((Mode::WriteThrough, true)));
    assert_eq!(start(&[("sql_write_mode", text("write-through"))]), Ok((Mode::Memory, false)));
    assert_eq!(start(&[("cluster_mode", text("sql-only"))]), Ok((Mode::SqlOnly, false)));
    for (param, value) in [
        ("cluster_mode", text("full-sharing")),
        ("working_mode_preset", text("federation-cachedb-cluster")),
        ("restart_persistency", text("sync-from-cluster")),
    ] {
        assert!(start(&[(param, value)]).unwrap_err().contains("needs module clusterer"), "{param}");
    }
}

#[test]
fn keys_of_an_address_of_record() {
    let table = FakeTable::default();
    let mut server = Server::new("single-instance-no-db", &table, &[]);
    let [aor, key] = [str("alice@example.com"), str("service")];
    let variable = module_api::ArgValue::Var(server.fixture.variable("$var(x)"));
    let call = |server: &mut Server, function, value| {
        server.fixture.call(&server.usrloc, function, &[str("location"), aor.clone(), key.clone(), value])
    };
    assert_eq!(call(&mut server, &keys::UL_ADD_KEY, str("gold")), -1, "not registered");
    server.register("alice", CONTACT);
    assert_eq!(call(&mut server, &keys::UL_GET_KEY, variable.clone()), -1);
    assert_eq!(call(&mut server, &keys::UL_ADD_KEY, str("gold")), 1);
    assert_eq!(call(&mut server, &keys::UL_GET_KEY, variable.clone()), 1);
    assert_eq!(server.fixture.value("$var(x)"), catalogue::Value::fixed("gold"));
    assert_eq!(call(&mut server, &keys::UL_DEL_KEY, absent()), 1);
    assert_eq!(call(&mut server, &keys::UL_GET_KEY, variable), -1);
}

#[test]
fn two_writes_at_once_end_in_a_third() {
    let mut sync = contact::SyncState { need: contact::Need::Insert, in_flight: 0, overlapped: false, version: 0 };
    sync.begin();
    sync.need = contact::Need::Update;
    sync.begin();
    sync.end(true);
    sync.end(true);
    assert_eq!(sync, contact::SyncState { need: contact::Need::Rewrite, in_flight: 0, overlapped: false, version: 0 });
}

#[test]
fn what_changes_while_a_write_is_under_way_is_written_whole() {
    let written = contact::SyncState { need: contact::Need::Nothing, in_flight: 0, overlapped: false, version: 0 };
    for (in_flight, need) in [(0, contact::Need::Update), (1, contact::Need::Rewrite)] {
        let mut sync = contact::SyncState { in_flight, ..written };
        sync.change();
        assert_eq!(sync, contact::SyncState { need, in_flight, version: 1, ..written });
    }
}

#[test]
fn a_dead_database_stops_the_start() {
    let table = FakeTable::default();
    table.kill(true);
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    fixture.answer = table.answerer();
    let params = [("working_mode_preset", text("single-instance-sql-write-back")), ("db_url", text("sqlite:///x"))];
    fixture.start(&MODULE, &params);
    let (_, job) = fixture.wishes.at_start.pop().unwrap();
    let job = fixture.with_env(job);
    let fault = fixture.run(job).unwrap_err();
    assert_eq!(fault.to_string(), "the contacts of table location could not be loaded: the database is gone");
    assert!(matches!((fixture.answer)(&module_api::Request::Sleep(Duration::ZERO)), Answer::Done(Ok(()))));
}

#[test]
fn a_retransmission_does_not_overtake_the_database() {
    let table = FakeTable::default();
    let mut server = Server::new("single-instance-sql-write-through", &table, &[]);
    let usrloc = Arc::clone(&server.usrloc).downcast::<Usrloc>().unwrap();
    let domain = usrloc.domain(b"location").unwrap();
    server.register("alice", CONTACT);
    let sync = |begins: bool| {
        domain.touch(b"alice@example.com", |record| {
            let sync = &mut record.contacts_mut()[0].sync;
            if begins { sync.begin() } else { sync.end(false) }
        });
    };
    sync(true);
    assert_eq!(server.register("alice", CONTACT), "", "the first one is still being written, and will be answered");
    sync(false);
    assert!(server.register("alice", CONTACT).starts_with("reply 200"), "that failed: this one is written");
    server.register_with("alice", &format!("CSeq: 2 REGISTER\n{CONTACT}"), flags(&["memory-only"]));
    assert_eq!(table.shown(&["username"]), "", "what is kept in memory only is taken out of the database");
}

#[test]
fn a_write_that_nobody_waits_for_any_more_is_repeated() {
    let table = FakeTable::default();
    let mut server = Server::new("single-instance-sql-write-back", &table, &[]);
    let usrloc = Arc::clone(&server.usrloc).downcast::<Usrloc>().unwrap();
    server.register("alice", CONTACT);
    let mut flush = Flush::begin(&usrloc, 0..Domain::shard_count()).unwrap();
    let begun = server.fixture.with_env(|env| flush.next(env).map(drop));
    assert_eq!(begun, Some(()));
    assert!(Flush::begin(&usrloc, 0..Domain::shard_count()).is_none(), "one at a time");
    drop(flush);
    server.tick().unwrap();
    assert_eq!(table.shown(&["username"]), "alice");
}

#[test]
fn tables_are_those_that_the_script_names() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    fixture.constants = vec![("save", 0, "phones".to_owned()), ("remove_ip_port", 2, "trunks".to_owned())];
    let params = [("working_mode_preset", text("sql-only")), ("db_url", text("sqlite:///x"))];
    let state = fixture.start(&MODULE, &params);
    let names = state.downcast_ref::<Usrloc>().unwrap().domains();
    let names: Vec<&str> = names.iter().map(|domain| domain.name.as_str()).collect();
    assert_eq!(names, ["phones", "trunks"]);
    let wanted: Vec<(String, i32)> = fixture.wishes.databases[0].tables.clone();
    assert_eq!(wanted, [("phones".to_owned(), 1013), ("trunks".to_owned(), 1013)]);
}

/// A server that is made many times in one process, as tests and the simulator do, must not stay there.
#[test]
fn nothing_is_left_of_a_module_whose_server_is_gone() {
    let server = Server::new("single-instance-no-db", &FakeTable::default(), &[]);
    let [usrloc, registrar] = [&server.usrloc, &server.registrar].map(Arc::downgrade);
    drop(server);
    assert!(usrloc.upgrade().is_none() && registrar.upgrade().is_none());
}
