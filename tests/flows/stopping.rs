//! The end: what is written before it, a stop amid the start, and what process 1 of a container owes its orphans.

use crate::harness::{Running, Server, ServerBuilder, Wire, comes_true, run_to_end};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Contacts go to the database a minute later.
const WRITE_BACK: &str = "socket = udp:127.0.0.1:@PORT@\ndb_default_url = \"@DB@\"\nloadmodule \"proto_udp.so\"\n\
    loadmodule \"db_sqlite.so\"\nloadmodule \"sl.so\"\nloadmodule \"usrloc.so\"\n\
    modparam(\"usrloc\", \"working_mode_preset\", \"single-instance-sql-write-back\")\n\
    loadmodule \"registrar.so\"\nroute { save(\"location\"); }\n";
const BARE: &str = "socket = udp:127.0.0.1:@PORT@\nloadmodule \"proto_udp.so\"\nloadmodule \"sl.so\"\n";

fn registered(script: &str) -> Server {
    let server = ServerBuilder::new(script).with_database().start();
    let phone = Wire::new(&server);
    phone.send(&format!(
        "REGISTER sip:127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{};branch=z9hG4bK-1\n\
         From: <sip:alice@127.0.0.1>;tag=1\nTo: <sip:alice@127.0.0.1>\nCall-ID: 1\nCSeq: 1 REGISTER\n\
         Contact: <sip:alice@127.0.0.1:7001>\nContent-Length: 0\n\n",
        phone.port
    ));
    phone.expect("SIP/2.0 200");
    server
}

/// Another program that holds the database's lock for so many seconds, from now on.
fn lock(directory: &Path, seconds: u32) -> Running {
    let database = directory.join("strowger.sqlite");
    let held = format!(
        "(echo 'BEGIN IMMEDIATE;'; echo '.shell echo locked'; sleep {seconds}) | sqlite3 {}",
        database.display()
    );
    let mut holder = Running::start(Command::new("sh").args(["-c", &held]));
    holder.wait_for("locked");
    holder
}

#[test]
fn a_stop_waits_for_a_database_that_another_program_has_locked() {
    let mut server = registered(WRITE_BACK);
    assert_eq!(server.sql("SELECT count(*) FROM location").trim(), "0", "it is written later");
    let mut holder = lock(&server.directory, 2);
    server.stop();
    holder.wait(Duration::from_secs(10));
    assert_eq!(server.sql("SELECT username FROM location").trim(), "alice");
}

#[test]
fn a_stop_that_could_not_write_everything_says_so() {
    let mut server = registered(WRITE_BACK);
    let _holder = lock(&server.directory, 60);
    server.process.signal("TERM");
    let status = server.process.wait(Duration::from_secs(20));
    assert_eq!(status.code(), Some(1));
    let said = server.process.output();
    assert!(said.contains("contacts were not written") && said.contains("not everything was written, of usrloc"));
    assert!(!said.contains("tried again"), "there is no again: {said}");
}

#[test]
fn a_stop_amid_the_start_stops_it() {
    let starting = format!("{BARE}startup_route {{ xlog(\"starting\\n\"); sleep(100); }}\nroute {{ exit; }}\n")
        .replace("loadmodule \"sl.so\"", "loadmodule \"cfgutils.so\"");
    let (mut process, _directory) = launched(&starting, &[]);
    process.wait_for("starting");
    process.signal("TERM");
    assert!(process.wait(Duration::from_secs(20)).success(), "{}", process.output());
    assert!(!process.output().contains("ready"), "{}", process.output());
}

/// A preprocessor that hangs is stopped like anything else.
#[test]
fn a_stop_while_the_script_is_read_stops_it() {
    let (mut process, _directory) =
        launched(&format!("{BARE}route {{ exit; }}\n"), &["-p", "echo reading >&2; exec sleep 100"]);
    // What a preprocessor says is shown only with its failure: the process is there, and it waits for it.
    let children = format!("/proc/{0}/task/{0}/children", process.pid());
    assert!(comes_true(|| !fs::read_to_string(&children).unwrap_or_default().trim().is_empty()));
    process.signal("TERM");
    assert!(process.wait(Duration::from_secs(20)).success(), "{}", process.output());
}

/// A server that need not come to be ready.
fn launched(script: &str, args: &[&str]) -> (Running, ServerBuilder) {
    let builder = ServerBuilder::new(script);
    let path = builder.directory().join("strowger.cfg");
    fs::write(&path, builder.script()).expect("script");
    let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
    (Running::start(command.arg("-f").arg(path).args(args)), builder)
}

const AS_FIRST: [&str; 4] = ["--pid", "--fork", "--mount-proc", "--kill-child"];

/// A program that a script runs may leave others behind, whose parent process 1 becomes.
#[test]
fn as_process_1_it_buries_orphans_and_stops_as_ever() {
    let mut probe = Command::new("unshare");
    if !run_to_end(probe.args(AS_FIRST).arg("true"), Duration::from_secs(20)).0.success() {
        // Not everybody may make a namespace; then nobody is process 1 here.
        return;
    }
    let orphan = "loadmodule \"exec.so\"\nroute {\n\
        exec(\"(sleep 0.2 >/dev/null 2>&1 &) ; echo left; exit 3\", , $var(said));\n\
        sl_send_reply(200, \"$rc $var(said)\");\n}\n";
    let builder = ServerBuilder::new(&format!("{BARE}{orphan}"));
    let path = builder.directory().join("strowger.cfg");
    fs::write(&path, builder.script()).expect("script");
    let mut command = Command::new("unshare");
    command.args(AS_FIRST).arg(env!("CARGO_BIN_EXE_strowger")).arg("-f").arg(path);
    let mut process = Running::start(&mut command);
    process.wait_for("ready");
    let first = only_child(process.pid());
    let server = only_child(first);
    let address = format!("sip:127.0.0.1:{}", builder.port);
    for _ in 0..3 {
        let (_, said) = run_to_end(Command::new("sipsak").args(["-vv", "-s", &address]), Duration::from_secs(20));
        assert!(said.contains("200 1 left"), "{said}\n{}", process.output());
    }
    // The status of the program that was waited for was nobody else's to take.
    assert!(process.output().contains("exit status: 3"), "{}", process.output());
    assert!(comes_true(|| children(first) == [server]), "{:?} are left", children(first));
    let signalled = Command::new("kill").args(["-TERM", &first.to_string()]).status().expect("kill");
    assert!(signalled.success());
    assert!(process.wait(Duration::from_secs(20)).success(), "{}", process.output());
}

fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("tasks").flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

fn only_child(pid: u32) -> u32 {
    let children = children(pid);
    assert_eq!(children.len(), 1, "of {pid}");
    children[0]
}
