//! Messages kept and sent on, with a table in memory and owners who answer as they like.

use super::{MODULE, dump, store};
use bytes::Bytes;
use catalogue::Value;
use module_api::sql::{Cell, Query};
use module_api::{Answer, ArgValue, Fault, Kind, ParamSetting, Request, State};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{Fixture, SentRequest, absent, int, str};

/// The rows of the table: number, sender, addressee, user, domain, body, type, and the three times.
type Table = Arc<Mutex<Vec<Vec<Cell>>>>;

const MESSAGE: &str = "MESSAGE sip:bob@Example.com;x=y SIP/2.0\nFrom: \"A\" <sip:alice@example.com>;tag=a\n\
                       To: <sip:bob@example.com>\nContent-Type: text/plain\n";
const NOW: i64 = 1_700_000_000;

fn text(name: &'static str, value: &str) -> (&'static str, ParamSetting) {
    (name, ParamSetting::Str(value.to_owned()))
}

fn params(more: &[(&'static str, ParamSetting)]) -> Vec<(&'static str, ParamSetting)> {
    let most = [text("db_url", "sqlite:///silo"), ("add_date", ParamSetting::Int(0))];
    most.into_iter().chain(more.iter().cloned()).collect()
}

fn fixture(more: &[(&'static str, ParamSetting)]) -> (Fixture, State, Table) {
    let mut fixture = request(MESSAGE, "hello");
    let state = fixture.start(&MODULE, &params(more));
    let table = Table::default();
    let rows = Arc::clone(&table);
    fixture.answer = Box::new(move |request| {
        let Request::Sql(query) = request else { panic!("only queries are asked") };
        answer(&mut rows.lock().unwrap(), query)
    });
    (fixture, state, table)
}

/// A fixture with a body.
fn request(lines: &str, body: &str) -> Fixture {
    Fixture::request(&format!("{lines}Content-Length: {}\n\n{body}", body.len()))
}

/// What the table answers.
fn answer(table: &mut Vec<Vec<Cell>>, query: &Query) -> Answer {
    let (statement, params) = &query.statements[0];
    let number = |cell: &Cell| cell.to_int().unwrap();
    let same = |row: &[Cell]| row[3].to_bytes() == params[0].to_bytes() && row[4].to_bytes() == params[1].to_bytes();
    let found: Vec<Vec<Cell>> = match &statement.sql {
        sql if sql.starts_with("INSERT") => {
            let mut row = vec![Cell::Int(table.last().map_or(1, |last| number(&last[0]) + 1))];
            row.extend(params.iter().cloned());
            table.push(row);
            Vec::new()
        }
        sql if sql.contains("count(*)") => {
            let count = table.iter().filter(|row| same(row) && number(&row[8]) > number(&params[2])).count();
            vec![vec![Cell::Int(count.try_into().unwrap())]]
        }
        sql if sql.contains("LIMIT 1") => {
            let fits = |row: &&Vec<Cell>| {
                same(row)
                    && number(&row[8]) > number(&params[2])
                    && number(&row[9]) == 0
                    && row[0].to_int() > params[3].to_int()
            };
            table.iter().find(fits).cloned().into_iter().collect()
        }
        sql if sql.contains("LIMIT 50") => {
            let fits = |row: &&Vec<Cell>| {
                let (ends, at) = (number(&row[8]), number(&row[9]));
                at > 0 && at <= number(&params[0]) && ends > number(&params[1]) && row[0].to_int() > params[2].to_int()
            };
            table.iter().filter(fits).take(50).cloned().collect()
        }
        sql if sql.contains("WHERE id = ?") => {
            table.retain(|row| row[0] != params[0]);
            Vec::new()
        }
        sql => {
            assert_eq!(sql, "DELETE FROM silo WHERE exp_time <= ?");
            table.retain(|row| number(&row[8]) > number(&params[0]));
            Vec::new()
        }
    };
    Fixture::rows(&[], found)
}

/// The rows, fields parted by blanks.
fn shown(table: &Table) -> String {
    let field = |cell: &Cell| String::from_utf8_lossy(&cell.to_bytes().unwrap_or_default()).into_owned();
    let lines: Vec<String> =
        table.lock().unwrap().iter().map(|row| row.iter().map(field).collect::<Vec<_>>().join(" ")).collect();
    lines.join("\n")
}

fn add(table: &Table, user: &str, body: &str, kind: &str, send_at: i64) {
    let mut rows = table.lock().unwrap();
    let id = rows.last().map_or(1, |last| last[0].to_int().unwrap() + 1);
    let texts = ["sip:alice@example.com", "sip:bob@example.com", user, "example.com", body, kind].map(Cell::text);
    let times = [NOW - 60, NOW + 1000, send_at].map(Cell::Int);
    rows.push(std::iter::once(Cell::Int(id)).chain(texts).chain(times).collect());
}

/// The one request that is under way.
fn sent(fixture: &mut Fixture) -> SentRequest {
    fixture.run_background().unwrap();
    let mut requests = fixture.sent_requests();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

fn body(request: &SentRequest) -> String {
    String::from_utf8_lossy(&request.0.body).into_owned()
}

fn reply(fixture: &mut Fixture, request: SentRequest, code: u16) {
    fixture.final_reply(request.1.unwrap(), code).unwrap();
}

fn count(fixture: &Fixture, name: &str) -> i64 {
    fixture
        .services
        .statistics
        .find(&format!("msilo:{name}"))
        .or_else(|| fixture.services.statistics.find(name))
        .unwrap()
        .value()
}

const M_DUMP: &[ArgValue] = &[ArgValue::Absent, ArgValue::Absent];

fn register(fixture: &mut Fixture, lines: &str) {
    fixture.next_request(&format!("REGISTER sip:example.com SIP/2.0\nTo: <sip:bob@EXAMPLE.com:5070;a=b>;x\n{lines}"));
}

#[test]
fn examples() {
    testkit::check_examples(&MODULE, &params(&[]));
}

#[test]
fn a_message_is_kept_for_its_owner() {
    let (mut fixture, state, table) = fixture(&[("expire_time", ParamSetting::Int(100))]);
    assert_eq!(fixture.call(&state, &store::M_STORE, &[absent()]), 1);
    assert_eq!(fixture.call(&state, &store::M_STORE, &[str("sips:carol@example.net:5070")]), 1);
    fixture.msg.branches.first_mut().uri = Fixture::bytes("sip:192.0.2.7:5060");
    assert_eq!(fixture.call(&state, &store::M_STORE, &[str("")]), 1);
    let expected = "1 sip:alice@example.com sip:bob@example.com bob example.com hello text/plain 1700000000 1700000100 0\n\
                    2 sip:alice@example.com sip:bob@example.com carol example.net hello text/plain 1700000000 1700000100 0\n\
                    3 sip:alice@example.com sip:bob@example.com bob example.com hello text/plain 1700000000 1700000100 0";
    assert_eq!(shown(&table), expected);
    assert_eq!(count(&fixture, "stored_messages"), 3);
    assert!(fixture.sent_requests().is_empty(), "nobody is told");
    assert_eq!(fixture.wishes.databases[0].tables, [("silo".to_owned(), 6)]);
}

#[test]
fn what_cannot_be_sent_on_is_not_kept() {
    let (mut fixture, state, table) = fixture(&[]);
    for (lines, owner) in [
        (format!("{MESSAGE}Content-Length: 0\n\n"), ""),
        (format!("{}Content-Length: 1\n\nx", MESSAGE.replace("Content-Type", "X")), ""),
        (format!("{MESSAGE}Content-Length: 1\n\nx"), "sip:example.com"),
        (format!("{MESSAGE}Content-Length: 1\n\nx"), "bob"),
    ] {
        fixture.next_request(&lines);
        assert_eq!(fixture.call(&state, &store::M_STORE, &[str(owner)]), -1, "{lines} {owner}");
    }
    assert_eq!(shown(&table), "");
    fixture.next_request(&format!("{MESSAGE}Content-Length: 1\n\nx"));
    fixture.answer = Box::new(|_| Answer::Sql(Err(Fault::backend("it is down"))));
    assert_eq!(fixture.call(&state, &store::M_STORE, &[absent()]), -1);
    assert_eq!(count(&fixture, "stored_messages"), 0);
}

#[test]
fn the_sender_may_wish_for_less_time() {
    for (expires, ends) in [("30", NOW + 30), ("0", NOW + 100), ("1000", NOW + 100), ("soon", NOW + 100)] {
        let (mut fixture, state, table) = fixture(&[("expire_time", ParamSetting::Int(100))]);
        fixture.next_request(&format!("{MESSAGE}Expires: {expires}\nContent-Length: 1\n\nx"));
        assert_eq!(fixture.call(&state, &store::M_STORE, &[absent()]), 1);
        assert_eq!(table.lock().unwrap()[0][8], Cell::Int(ends), "{expires}");
    }
}

#[test]
fn an_owner_has_so_many_messages() {
    let (mut fixture, state, table) = fixture(&[("max_messages", ParamSetting::Int(2))]);
    let codes: Vec<i32> = (0..3).map(|_| fixture.call(&state, &store::M_STORE, &[absent()])).collect();
    assert_eq!(codes, [1, 1, -1]);
    assert_eq!(fixture.call(&state, &store::M_STORE, &[str("sip:carol@example.com")]), 1);
    table.lock().unwrap()[0][8] = Cell::Int(NOW);
    assert_eq!(fixture.call(&state, &store::M_STORE, &[absent()]), 1, "one has run out");
}

#[test]
fn senders_are_told() {
    let told = [
        text("from_address", "sip:$var(who)@example.com"),
        text("offline_message", "$var(whom) is away"),
        text("contact_hdr", "Contact: <sip:null@example.com>\r\n"),
        text("content_type_hdr", "Content-Type: text/html\r\n"),
        text("outbound_proxy", "sip:192.0.2.1;transport=tcp"),
    ];
    let (mut fixture, state, table) = fixture(&told);
    let set = |fixture: &mut Fixture, name: &str, value: &str| {
        let variable = fixture.variable(name);
        let value = Value::copied(value.as_bytes());
        let nothing: State = Arc::new(());
        fixture.with_call(&nothing, |call| variable.write(call, module_api::Operator::Set, value)).unwrap();
    };
    set(&mut fixture, "$var(who)", "silo");
    set(&mut fixture, "$var(whom)", "Bob");
    assert_eq!(fixture.call(&state, &store::M_STORE, &[absent()]), 1);
    let (request, done) = sent(&mut fixture);
    assert!(done.is_none());
    let expected = "From: <sip:silo@example.com>\r\nTo: <sip:alice@example.com>\r\nContent-Type: text/html\r\n\
                    Contact: <sip:null@example.com>\r\n";
    assert_eq!(String::from_utf8_lossy(&request.headers), expected);
    assert_eq!((&request.method[..], &request.uri[..]), (&b"MESSAGE"[..], &b"sip:alice@example.com"[..]));
    assert_eq!((&request.body[..], request.next_hop), (&b"Bob is away"[..], Some(told_proxy())));
    // A Contact is where they are; what is no address makes no request; and notices are not answered by notices.
    fixture.next_request(&format!("{MESSAGE}Contact: <sip:a@192.0.2.7:5070>\nContent-Length: 1\n\nx"));
    set(&mut fixture, "$var(who)", "silo");
    assert_eq!(fixture.call(&state, &store::M_STORE, &[absent()]), 1);
    assert_eq!(sent(&mut fixture).0.uri, "sip:a@192.0.2.7:5070");
    for who in ["a b", "ALICE>\r\nX: y", "alice"] {
        set(&mut fixture, "$var(who)", who);
        assert_eq!(fixture.call(&state, &store::M_STORE, &[absent()]), 1);
        assert!(fixture.sent_requests().is_empty(), "{who}");
    }
    assert_eq!(table.lock().unwrap().len(), 5);
}

fn told_proxy() -> Bytes {
    Bytes::from_static(b"sip:192.0.2.1;transport=tcp")
}

#[test]
fn messages_come_one_after_the_other_and_are_gone_once_taken() {
    let (mut fixture, state, table) = fixture(&[]);
    for (user, body) in [("bob", "one"), ("carol", "hers"), ("bob", "two")] {
        add(&table, user, body, "text/plain", 0);
    }
    add(&table, "bob", "later", "text/plain", NOW + 10);
    register(&mut fixture, "Contact: <sip:bob@192.0.2.7>");
    assert_eq!(fixture.call(&state, &dump::M_DUMP, M_DUMP), 1);
    let first = sent(&mut fixture);
    let headers = "From: <sip:alice@example.com>\r\nTo: <sip:bob@example.com>\r\nContent-Type: text/plain\r\n\
                   Date: Tue, 14 Nov 2023 22:12:20 GMT\r\n";
    assert_eq!(String::from_utf8_lossy(&first.0.headers), headers);
    assert_eq!(first.0.uri, "sip:bob@EXAMPLE.com:5070");
    assert_eq!(body(&first), "one");
    // Registering again meanwhile sends nothing twice.
    assert_eq!(fixture.call(&state, &dump::M_DUMP, M_DUMP), 1);
    assert!(fixture.sent_requests().is_empty());
    reply(&mut fixture, first, 200);
    let second = sent(&mut fixture);
    assert_eq!(body(&second), "two");
    reply(&mut fixture, second, 202);
    assert!(fixture.sent_requests().is_empty());
    assert_eq!(table.lock().unwrap().len(), 2);
    assert_eq!((count(&fixture, "dumped_messages"), count(&fixture, "failed_messages")), (2, 0));
    // The turn is over: another one can begin.
    add(&table, "bob", "three", "text/plain", 0);
    assert_eq!(fixture.call(&state, &dump::M_DUMP, M_DUMP), 1);
    assert_eq!(body(&sent(&mut fixture)), "three");
}

#[test]
fn what_is_not_taken_stays() {
    let (mut fixture, state, table) = fixture(&[]);
    for body in ["one", "two", "three"] {
        add(&table, "bob", body, "text/plain", 0);
    }
    register(&mut fixture, "Contact: <sip:bob@192.0.2.7>");
    assert_eq!(fixture.call(&state, &dump::M_DUMP, M_DUMP), 1);
    // A body that does not suit says nothing of the next; nobody there does.
    let first = sent(&mut fixture);
    reply(&mut fixture, first, 415);
    let second = sent(&mut fixture);
    assert_eq!(body(&second), "two");
    reply(&mut fixture, second, 408);
    assert!(fixture.sent_requests().is_empty());
    assert_eq!((table.lock().unwrap().len(), count(&fixture, "failed_messages")), (3, 2));
    // Who has come again meanwhile gets all of them.
    assert_eq!(fixture.call(&state, &dump::M_DUMP, M_DUMP), 1);
    let again = sent(&mut fixture);
    assert_eq!(fixture.call(&state, &dump::M_DUMP, M_DUMP), 1);
    reply(&mut fixture, again, 480);
    assert_eq!(body(&sent(&mut fixture)), "one");
}

/// Lets deletions fail, or succeed again; what else the table is asked is answered.
fn refuse_deletions(fixture: &mut Fixture, table: &Table, is_refused: bool) {
    let rows = Arc::clone(table);
    fixture.answer = Box::new(move |request| match request {
        Request::Sql(query) if is_refused && query.statements[0].0.sql.contains("WHERE id = ?") => {
            Answer::Sql(Err(Fault::backend("it is read only")))
        }
        Request::Sql(query) => answer(&mut rows.lock().unwrap(), query),
        _ => panic!("only queries are asked"),
    });
}

#[test]
fn what_was_taken_and_is_not_deleted_is_not_sent_again() {
    let (mut fixture, state, table) = fixture(&reminding());
    add(&table, "bob", "one", "text/plain", 0);
    add(&table, "bob", "two", "text/plain", 0);
    add(&table, "bob", "now", "text/plain", NOW - 1);
    refuse_deletions(&mut fixture, &table, true);
    register(&mut fixture, "Contact: <sip:bob@192.0.2.7>");
    assert_eq!(fixture.call(&state, &dump::M_DUMP, M_DUMP), 1);
    let request = sent(&mut fixture);
    let fault = fixture.final_reply(request.1.unwrap(), 200).unwrap_err();
    assert!(fault.text.contains("is not deleted: it is read only"), "{fault}");
    tick(&mut fixture, 5).unwrap();
    let reminder = sent(&mut fixture);
    assert_eq!(body(&reminder), "now");
    assert!(fixture.final_reply(reminder.1.unwrap(), 200).is_err());
    // Looked for again, both are only deleted again; that fails as well, and sends nothing.
    assert_eq!(fixture.call(&state, &dump::M_DUMP, M_DUMP), 1);
    assert!(fixture.run_background().is_err());
    tick(&mut fixture, 5).unwrap();
    assert!(fixture.run_background().is_err());
    assert!(fixture.sent_requests().is_empty());
    assert_eq!(table.lock().unwrap().len(), 3);
    refuse_deletions(&mut fixture, &table, false);
    assert_eq!(fixture.call(&state, &dump::M_DUMP, M_DUMP), 1);
    tick(&mut fixture, 5).unwrap();
    assert_eq!(body(&sent(&mut fixture)), "two");
    assert_eq!(table.lock().unwrap().len(), 1);
    assert_eq!((count(&fixture, "dumped_messages"), count(&fixture, "dumped_reminders")), (1, 1));
}

#[test]
fn so_many_are_sent_as_the_script_wants() {
    let (mut fixture, state, table) = fixture(&[]);
    for body in ["one", "two", "three"] {
        add(&table, "bob", body, "text/plain", 0);
    }
    fixture.kind = Kind::Event;
    assert_eq!(fixture.call(&state, &dump::M_DUMP, &[str("sip:bob@example.com"), int(2)]), 1);
    for _ in 0..2 {
        let request = sent(&mut fixture);
        reply(&mut fixture, request, 200);
    }
    assert!(fixture.sent_requests().is_empty());
    assert_eq!(table.lock().unwrap().len(), 1);
}

#[test]
fn only_who_takes_messages_gets_them() {
    let (mut fixture, state, table) = fixture(&[]);
    add(&table, "bob", "one", "text/plain", 0);
    for (lines, code) in [
        ("Contact: <sip:bob@192.0.2.7>", 1),
        ("Contact: <sip:bob@192.0.2.7>\nExpires: 60", 1),
        ("Contact: <sip:bob@192.0.2.7>\nExpires: 0", -1),
        ("Contact: <sip:bob@192.0.2.7>;expires=0", -1),
        ("Contact: <sip:old@192.0.2.7>;expires=0, <sip:bob@192.0.2.8>", 1),
        ("Contact: *\nExpires: 0", -1),
        ("X: y", -1),
        ("Contact: <sip:bob@192.0.2.7>\nAllow: INVITE, ACK", -1),
        ("Contact: <sip:bob@192.0.2.7>\nAllow: INVITE, MESSAGE", 1),
        ("Contact: <sip:bob@192.0.2.7>;methods=\"INVITE,ACK\"", -1),
        ("Contact: <sip:bob@192.0.2.7>;methods=\"INVITE,MESSAGE\"\nAllow: INVITE", 1),
    ] {
        register(&mut fixture, lines);
        assert_eq!(fixture.call(&state, &dump::M_DUMP, M_DUMP), code, "{lines}");
        // Its turn ends when the request is forgotten.
        drop(fixture.sent_requests());
    }
}

#[test]
fn a_row_that_is_no_message_is_passed_over() {
    let (mut fixture, state, table) = fixture(&[]);
    add(&table, "bob", "bad", "text/plain\r\nX: y", 0);
    add(&table, "bob", "good", "", 0);
    register(&mut fixture, "Contact: <sip:bob@192.0.2.7>");
    assert_eq!(fixture.call(&state, &dump::M_DUMP, M_DUMP), 1);
    let request = sent(&mut fixture);
    assert_eq!(body(&request), "good");
    assert!(String::from_utf8_lossy(&request.0.headers).contains("\r\nContent-Type: text/plain\r\n"));
    assert!(fixture.log_lines().concat().contains("the row 1 is no message"));
}

#[test]
fn text_begins_with_its_date() {
    for (kind, begins) in [("text/plain", true), ("Text/HTML;charset=utf-8", true), ("message/cpim", false)] {
        let (mut fixture, state, table) = fixture(&[("add_date", ParamSetting::Int(1))]);
        add(&table, "bob", "hello", kind, 0);
        register(&mut fixture, "Contact: <sip:bob@192.0.2.7>");
        assert_eq!(fixture.call(&state, &dump::M_DUMP, M_DUMP), 1);
        let body = body(&sent(&mut fixture));
        assert_eq!(body.starts_with("[Offline message - ") && body.ends_with(" 2023] hello"), begins, "{body}");
        assert!(begins || body == "hello");
    }
}

/// Runs the timer of this interval.
fn tick(fixture: &mut Fixture, interval: u64) -> Result<(), Fault> {
    let timers = std::mem::take(&mut fixture.wishes.timers);
    let (_, job) = timers.iter().find(|(every, _)| *every == Duration::from_secs(interval)).unwrap();
    let job = fixture.with_env(|env| job(env));
    let done = fixture.run(job);
    fixture.wishes.timers = timers;
    done
}

#[test]
fn what_is_too_old_is_deleted() {
    let (mut fixture, _, table) =
        fixture(&[("check_time", ParamSetting::Int(7)), ("clean_period", ParamSetting::Int(3))]);
    add(&table, "bob", "one", "text/plain", 0);
    add(&table, "bob", "two", "text/plain", 0);
    table.lock().unwrap()[0][8] = Cell::Int(NOW);
    tick(&mut fixture, 21).unwrap();
    assert_eq!(table.lock().unwrap().len(), 1);
    fixture.answer = Box::new(|_| Answer::Sql(Err(Fault::backend("it is down"))));
    assert!(tick(&mut fixture, 21).unwrap_err().text.contains("old messages are not deleted"));
}

fn reminding() -> Vec<(&'static str, ParamSetting)> {
    vec![
        text("reminder", "sip:clock@example.com"),
        ("send_time", ParamSetting::Int(5)),
        text("snd_time_avp", "$avp(when)"),
        ("expire_time", ParamSetting::Int(1000)),
    ]
}

#[test]
fn a_message_with_a_time_waits_for_it() {
    let (mut fixture, state, table) = fixture(&reminding());
    let set = |fixture: &mut Fixture, value: &str| {
        let name = fixture.services.names.avps.intern(b"when").unwrap();
        fixture.msg.avps.push(name, Value::copied(value.as_bytes()));
    };
    set(&mut fixture, "tomorrow");
    assert_eq!(fixture.call(&state, &store::M_STORE, &[absent()]), -1);
    set(&mut fixture, "20231116120000");
    assert_eq!(fixture.call(&state, &store::M_STORE, &[absent()]), 1);
    let row = table.lock().unwrap()[0].clone();
    let (ends_at, send_at) = (row[8].to_int().unwrap(), row[9].to_int().unwrap());
    // Whatever the time zone of this machine.
    assert!((send_at - 1_700_136_000).abs() <= 15 * 3600 && ends_at == send_at + 1000, "{row:?}");
    tick(&mut fixture, 5).unwrap();
    assert!(fixture.sent_requests().is_empty());
    fixture.now = module_api::Time::from_unix_seconds(u64::try_from(send_at).unwrap());
    tick(&mut fixture, 5).unwrap();
    let request = sent(&mut fixture);
    assert_eq!((&request.0.uri[..], body(&request).as_str()), (&b"sip:bob@example.com"[..], "hello"));
    assert!(request.0.headers.starts_with(b"From: <sip:clock@example.com>\r\nTo: <sip:bob@example.com>\r\n"));
    // While it is under way it is not sent again; not taken, it is; taken, it is gone.
    tick(&mut fixture, 5).unwrap();
    assert!(fixture.sent_requests().is_empty());
    reply(&mut fixture, request, 480);
    tick(&mut fixture, 5).unwrap();
    let request = sent(&mut fixture);
    reply(&mut fixture, request, 200);
    assert_eq!((count(&fixture, "dumped_reminders"), count(&fixture, "failed_reminders")), (1, 1));
    assert_eq!(shown(&table), "");
}

#[test]
fn reminders_that_nobody_takes_do_not_stand_in_the_way() {
    let (mut fixture, _, table) = fixture(&reminding());
    for number in 0..230 {
        add(&table, &format!("u{number}"), "x", "text/plain", NOW - 1);
    }
    tick(&mut fixture, 5).unwrap();
    let first = fixture.sent_requests();
    assert_eq!(first.len(), 200);
    // No room: it stays where it was.
    tick(&mut fixture, 5).unwrap();
    assert_eq!(fixture.sent_requests().len(), 0);
    for request in first {
        reply(&mut fixture, request, 408);
    }
    tick(&mut fixture, 5).unwrap();
    let second = fixture.sent_requests();
    assert_eq!((second.len(), &second[0].0.uri[..]), (30, &b"sip:u200@example.com"[..]));
    tick(&mut fixture, 5).unwrap();
    let third = fixture.sent_requests();
    assert_eq!((third.len(), &third[0].0.uri[..]), (170, &b"sip:u0@example.com"[..]));
}

#[test]
fn what_makes_no_sense_is_refused_or_said() {
    for (name, value) in [("outbound_proxy", "nowhere"), ("reminder", "clock")] {
        let error = Fixture::request(MESSAGE).try_start(&MODULE, &params(&[text(name, value)])).err().unwrap();
        assert_eq!(error.param, Some(name));
    }
    let (fixture, ..) = fixture(&[text("snd_time_avp", "$avp(when)")]);
    assert!(fixture.log_lines().concat().contains("nobody here sends them"));
    assert!(!fixture.wishes.timers.is_empty());
}
