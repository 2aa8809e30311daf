//! Accounting records while the database is away and the server is killed: each is there once.

use crate::harness::{Server, ServerBuilder, Wire};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const SCRIPT: &str = r#"
socket = udp:127.0.0.1:@PORT@
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "proto_udp.so"
loadmodule "httpd.so"
loadmodule "mi_http.so"
loadmodule "db_sqlite.so"
loadmodule "acc.so"
modparam("httpd", "port", @MI_PORT@)
modparam("acc", "db_url", "@DB@")
modparam("acc", "spool_file", "@DIR@/acc.spool")
route {
    do_accounting("db");
    t_newtran();
    t_reply(200, "OK");
}
"#;

/// Somebody else who writes the database for a long time.
pub struct Lock(Child);

impl Lock {
    /// From now on.
    pub fn new(database: &Path) -> Lock {
        let mut command = Command::new("sqlite3");
        let mut child =
            command.arg(database).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sqlite3 starts");
        let input = child.stdin.as_mut().expect("a pipe");
        input.write_all(b"PRAGMA busy_timeout = 10000;\nBEGIN IMMEDIATE;\nSELECT 'locked';\n").expect("written");
        let output = child.stdout.as_mut().expect("a pipe");
        let locked = BufReader::new(output).lines().map_while(Result::ok).any(|line| line == "locked");
        assert!(locked, "the database could not be locked");
        Lock(child)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn account(server: &Server, calls: std::ops::Range<u32>) {
    let wire = Wire::new(server);
    for call in calls {
        let port = wire.port;
        wire.send(&format!(
            "MESSAGE sip:bob@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{call}\n\
             From: <sip:alice@127.0.0.1>;tag={call}\nTo: <sip:bob@127.0.0.1>\nCall-ID: call-{call}\nCSeq: 1 MESSAGE\n\
             Max-Forwards: 70\nContent-Length: 0\n\n"
        ));
        wire.expect("SIP/2.0 200 OK");
    }
}

fn rows(server: &Server) -> u32 {
    server.sql("SELECT count(*) FROM acc").trim().parse().expect("a number")
}

#[test]
fn records_outlive_a_database_that_is_away_and_kills() {
    let mut server = ServerBuilder::new(SCRIPT).with_database().start();
    account(&server, 0..50);
    server.until(|| rows(&server) == 50 && server.statistic("acc:waiting_records") == 0);

    let lock = Lock::new(&server.directory.join("strowger.sqlite"));
    account(&server, 50..400);
    server.until(|| server.statistic("acc:waiting_records") == 350);
    server.crash_and_restart();
    assert_eq!(server.statistic("acc:waiting_records"), 350);
    account(&server, 400..500);
    server.until(|| server.statistic("acc:waiting_records") == 450);
    drop(lock);
    // In the middle of writing what waits.
    server.until(|| rows(&server) > 50);
    server.crash_and_restart();
    account(&server, 500..520);
    server.until(|| server.statistic("acc:waiting_records") == 0);
    server.eventually(|| server.sql("SELECT count(*), count(DISTINCT callid) FROM acc"), "520|520");
    server.stop();
}

#[test]
fn a_spool_file_that_cannot_be_used_is_told_at_the_start() {
    let script = SCRIPT.replace("@DIR@/acc.spool", "/nonexistent/acc.spool");
    let output = ServerBuilder::new(&script).with_database().refused();
    assert!(output.contains("spool_file: /nonexistent/acc.spool: No such file or directory"), "{output}");
}
