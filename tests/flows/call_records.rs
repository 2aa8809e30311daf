//! Each answered call has exactly one record: thousands of calls, while the server is killed and started again, and while the
//! database is away. On SQLite, PostgreSQL and MariaDB.

use crate::harness::{Callees, Callers, Kind, Server, ServerBuilder, SqlServer, run_to_end};
use crate::records::Lock;
use std::process::Command;
use std::time::{Duration, Instant};

const SCRIPT: &str = include_str!("configs/call_records.cfg");
/// How many calls end before each thing that happens.
const SOME: usize = 400;
/// Records, the calls they are of, and whether all say how the call was.
const COUNTS: &str = "SELECT count(*), count(DISTINCT callid), sum(CASE WHEN method = 'INVITE' AND sip_code = '200' AND \
                      duration BETWEEN 0 AND 12 AND created IS NOT NULL THEN 1 ELSE 0 END) FROM acc";

fn script(callees: &Callees, db_mode: u32) -> String {
    SCRIPT.replace("@CALLEE@", &callees.port.to_string()).replace("@MODE@", &db_mode.to_string())
}

/// All calls have a record within the time that a call lasts which nobody has hung up.
fn each_has_one(server: &Server, calls: usize, look: impl Fn() -> String) {
    let (begun, expected) = (Instant::now(), format!("{calls}|{calls}|{calls}"));
    while look().trim() != expected {
        assert!(begun.elapsed() < Duration::from_secs(60), "{calls} calls, {}\n{}", look(), server.process.output());
        std::thread::sleep(Duration::from_millis(100));
    }
    // Nothing comes after.
    server.until(|| server.statistic("acc:open_calls") == 0 && server.statistic("acc:waiting_records") == 0);
    assert_eq!(look().trim(), expected);
}

/// Calls, and three kills in the midst of them.
fn call_and_kill(server: &mut Server, callers: &mut Callers) {
    for _ in 0..3 {
        callers.until_done(callers.done + SOME);
        server.crash_and_restart();
        assert!(server.statistic("acc:open_calls") > 0, "it was killed between calls");
    }
}

fn lives_through_kills(db_mode: u32) {
    let callees = Callees::start();
    let mut server = ServerBuilder::new(&script(&callees, db_mode)).with_database().start();
    let mut callers = Callers::new(&server, 200, Duration::from_millis(300));
    call_and_kill(&mut server, &mut callers);

    // The database is away for the rest, and the server is killed meanwhile.
    let lock = Lock::new(&server.directory.join("strowger.sqlite"));
    callers.until_done(callers.done + SOME);
    server.crash_and_restart();
    callers.until_done(callers.done + SOME);
    callers.finish();
    assert!(server.statistic("acc:waiting_records") > 700);
    drop(lock);
    each_has_one(&server, callers.begun(), || server.sql(COUNTS));
    server.stop();
}

#[test]
fn calls_are_recorded_once_though_the_server_is_killed_and_sqlite_is_away() {
    lives_through_kills(0);
}

fn lives_through_a_dead_database(kind: Kind) {
    let callees = Callees::start();
    let mut database = SqlServer::start(kind);
    let url = database.url("calls");
    let mut create = Command::new(env!("CARGO_BIN_EXE_strowger"));
    let (status, said) = run_to_end(create.args(["db", "create", &url]), Duration::from_secs(60));
    assert!(status.success(), "{said}");
    let module = if kind == Kind::Postgres { "db_postgres.so" } else { "db_mysql.so" };
    let script = script(&callees, 1).replace("@DB@", &url).replace("db_sqlite.so", module);
    let mut server = ServerBuilder::new(&script).start();
    let mut callers = Callers::new(&server, 200, Duration::from_millis(300));
    call_and_kill(&mut server, &mut callers);

    callers.until_done(callers.done + SOME);
    database.kill();
    callers.until_done(callers.done + SOME);
    assert!(server.statistic("acc:waiting_records") > 100);
    database.run();
    callers.until_done(callers.done + SOME);
    callers.finish();
    each_has_one(&server, callers.begun(), || database.sql("calls", COUNTS));
    server.stop();
}

#[test]
fn calls_are_recorded_once_though_the_server_and_postgres_are_killed() {
    lives_through_a_dead_database(Kind::Postgres);
}

#[test]
fn calls_are_recorded_once_though_the_server_and_mariadb_are_killed() {
    lives_through_a_dead_database(Kind::Mariadb);
}
