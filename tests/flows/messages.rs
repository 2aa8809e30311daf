//! Messages for phones that are not there: kept, sent on once, or at their time.

use crate::harness::{Kind, Server, ServerBuilder, SqlServer, Wire, run_to_end};
use std::process::Command;
use std::time::Duration;

const SCRIPT: &str = include_str!("configs/messages.cfg");

fn server() -> Server {
    ServerBuilder::new(SCRIPT).with_database().start()
}

fn request(method: &str, number: u32, from: &str, to: &str, at: &Wire, more: &str, body: &str) -> String {
    let uri = if method == "REGISTER" { "sip:127.0.0.1".to_owned() } else { format!("sip:{to}@127.0.0.1") };
    format!(
        "{method} {uri} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{method}{number}-{port}\n\
         Max-Forwards: 70\nFrom: <sip:{from}@127.0.0.1>;tag=a\nTo: <sip:{to}@127.0.0.1>\n\
         Call-ID: {method}-{number}-{port}\nCSeq: {number} {method}\n{more}Content-Length: {length}\n\n{body}",
        port = at.port,
        length = body.len(),
    )
}

fn register(phone: &Wire, number: u32, user: &str, expires: u32) {
    let more = format!("Contact: <sip:{user}@127.0.0.1:{}>;expires={expires}\n", phone.port);
    phone.send(&request("REGISTER", number, user, user, phone, &more, ""));
    phone.expect("SIP/2.0 200");
}

fn message(phone: &Wire, number: u32, from: &str, to: &str, more: &str, body: &str) {
    let more = format!("Content-Type: text/plain\n{more}");
    phone.send(&request("MESSAGE", number, from, to, phone, &more, body));
}

/// The sender hears twice, in whichever order: that the message was taken, and where it is.
fn told(sender: &Wire, whom: &str) {
    let both = [sender.expect(""), sender.expect("")];
    let is_reply = |text: &&String| text.starts_with("SIP/2.0 202 Accepted");
    assert_eq!(both.iter().filter(is_reply).count(), 1, "{both:?}");
    let notice = both.iter().find(|text| !is_reply(text)).expect("a notice");
    assert!(notice.contains("\r\nFrom: <sip:message_handler@127.0.0.1>;tag="), "{notice}");
    assert!(notice.contains("\r\nContent-Type: text/plain\r\n"), "{notice}");
    assert!(notice.contains(&format!("\r\nX-Silo: {whom}")), "{notice}");
    assert!(notice.contains(&format!("\r\n\r\nUser {whom}@127.0.0.1")), "{notice}");
    assert!(notice.ends_with(" is offline, your message was stored for later delivery"), "{notice}");
    sender.answer(notice, "200 OK", "n");
}

fn count(server: &Server, what: &str) {
    server.eventually(|| server.sql("SELECT count(*) FROM silo"), what);
}

#[test]
fn a_message_waits_for_a_phone_and_comes_once() {
    let mut server = server();
    let (alice, bob) = (Wire::new(&server), Wire::new(&server));
    register(&alice, 1, "alice", 600);
    for (number, body) in [(2, "one"), (3, "two")] {
        message(&alice, number, "alice", "bob", "", body);
        told(&alice, "bob");
    }
    let rows = server.sql("SELECT src_addr, username, domain, body, exp_time - inc_time FROM silo ORDER BY id");
    assert_eq!(
        rows.trim(),
        "sip:alice@127.0.0.1|bob|127.0.0.1|one|259200\nsip:alice@127.0.0.1|bob|127.0.0.1|two|259200"
    );

    // What was acknowledged is there after a power cut.
    server.crash_and_restart();
    register(&alice, 4, "alice", 600);
    register(&bob, 1, "bob", 600);
    let first = bob.expect("MESSAGE sip:bob@127.0.0.1:");
    assert!(first.contains("\r\nFrom: <sip:alice@127.0.0.1>") && first.contains("\r\nDate: "), "{first}");
    assert!(first.contains("\r\n\r\n[Offline message - ") && first.ends_with("] one"), "{first}");
    // A phone that does not take it now gets it, and what follows, when it comes again.
    bob.answer(&first, "480 Busy", "b");
    server.until(|| server.statistic("msilo:failed_messages") == 1);
    count(&server, "2");
    register(&bob, 2, "bob", 600);
    for body in ["] one", "] two"] {
        let request = bob.expect("MESSAGE sip:bob@127.0.0.1:");
        assert!(request.ends_with(body), "{request}");
        bob.answer(&request, "200 OK", "b");
    }
    count(&server, "0");
    assert_eq!(server.statistic("msilo:dumped_messages"), 2);

    // There is nothing more: the next thing that comes is a message from a phone.
    register(&bob, 3, "bob", 600);
    message(&alice, 5, "alice", "bob", "", "here you are");
    let request = bob.expect("MESSAGE");
    assert!(request.ends_with("\r\n\r\nhere you are"), "{request}");
    // A phone that takes no messages does not lose them.
    bob.answer(&request, "405 Not Allowed", "b");
    told(&alice, "bob");
    count(&server, "1");
    // Leaving brings none.
    register(&bob, 4, "bob", 0);
    register(&bob, 5, "bob", 600);
    bob.answer(&bob.expect("MESSAGE"), "200 OK", "b");
    count(&server, "0");
}

#[test]
fn a_message_has_its_time() {
    let server = server();
    let (alice, bob) = (Wire::new(&server), Wire::new(&server));
    register(&alice, 1, "alice", 600);
    register(&bob, 1, "bob", 600);
    message(&alice, 2, "alice", "bob", "X-When: now\n", "time to go");
    told(&alice, "bob");
    let reminder = bob.expect("MESSAGE sip:bob@127.0.0.1:");
    assert!(reminder.contains("\r\nFrom: <sip:clock@127.0.0.1>"), "{reminder}");
    assert!(reminder.contains("\r\n\r\n[Reminder message - ") && reminder.ends_with("] time to go"), "{reminder}");
    bob.answer(&reminder, "200 OK", "b");
    count(&server, "0");
    assert_eq!(server.statistic("msilo:dumped_reminders"), 1);

    // What is too old is neither sent nor kept; what has another time waits for that.
    server.change(
        "INSERT INTO silo (src_addr, dst_addr, username, domain, inc_time, exp_time, snd_time, ctype, body) VALUES
         ('sip:a@x', 'sip:bob@127.0.0.1', 'bob', '127.0.0.1', 1, 2, 0, 'text/plain', 'old'),
         ('sip:a@x', 'sip:bob@127.0.0.1', 'bob', '127.0.0.1', 1, 2147483647, 2147483600, 'text/plain', 'far')",
    );
    register(&bob, 2, "bob", 600);
    server.eventually(|| server.sql("SELECT body FROM silo"), "far");
    message(&alice, 3, "alice", "bob", "", "now");
    assert!(bob.expect("MESSAGE").ends_with("\r\n\r\nnow"));
}

/// The same on another engine: what is kept comes byte by byte, and goes from the table.
fn waits_in(kind: Kind) {
    let database = SqlServer::start(kind);
    let url = database.url("silo");
    let mut create = Command::new(env!("CARGO_BIN_EXE_strowger"));
    let (status, output) = run_to_end(create.args(["db", "create", &url]), Duration::from_secs(60));
    assert!(status.success(), "{output}");
    let module = if kind == Kind::Postgres { "db_postgres.so" } else { "db_mysql.so" };
    let server = ServerBuilder::new(&SCRIPT.replace("@DB@", &url).replace("db_sqlite.so", module)).start();
    let (alice, bob) = (Wire::new(&server), Wire::new(&server));
    register(&alice, 1, "alice", 600);
    message(&alice, 2, "alice", "bob", "", "it's \\ \"one\" \u{e4}\u{1f600}");
    told(&alice, "bob");
    message(&alice, 3, "alice", "carol", "", "hers");
    told(&alice, "carol");
    register(&bob, 1, "bob", 600);
    let request = bob.expect("MESSAGE");
    assert!(request.ends_with("] it's \\ \"one\" \u{e4}\u{1f600}"), "{request}");
    bob.answer(&request, "200 OK", "b");
    server.eventually(|| database.sql("silo", "SELECT username FROM silo"), "carol");
    message(&alice, 4, "alice", "bob", "X-When: now\n", "time to go");
    told(&alice, "bob");
    let reminder = bob.expect("MESSAGE");
    assert!(reminder.ends_with("] time to go"), "{reminder}");
    bob.answer(&reminder, "200 OK", "b");
    database.sql("silo", "UPDATE silo SET exp_time = 1 WHERE username = 'carol'");
    server.eventually(|| database.sql("silo", "SELECT count(*) FROM silo"), "0");
}

#[test]
fn messages_wait_in_postgresql() {
    waits_in(Kind::Postgres);
}

#[test]
fn messages_wait_in_mariadb() {
    waits_in(Kind::Mariadb);
}
