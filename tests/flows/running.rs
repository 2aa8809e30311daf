//! Starting, stopping, refusing to start: what a supervisor and an operator see.

use crate::harness::{Running, ServerBuilder, free_port, run_to_end};
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

const BINARY: &str = env!("CARGO_BIN_EXE_strowger");
const SCRIPT: &str = include_str!("configs/residential.cfg");

fn strowger(args: &[&str]) -> (bool, String) {
    let (status, output) = run_to_end(Command::new(BINARY).args(args), Duration::from_secs(20));
    (status.success(), output)
}

fn scratch(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("strowger-{name}-{}", std::process::id()));
    // Left by a process that had the same number.
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("directory");
    directory
}

#[test]
fn a_supervisor_stops_it_with_success() {
    let mut server = ServerBuilder::new(SCRIPT).with_database().start();
    server.stop();
    let mut server = ServerBuilder::new(SCRIPT).with_database().args(&["-F", "-m", "64", "-M", "8", "-n", "2"]).start();
    server.process.signal("INT");
    assert!(server.process.wait(Duration::from_secs(10)).success());
}

#[test]
fn a_taken_port_is_named() {
    let server = ServerBuilder::new(SCRIPT).with_database();
    let _holder = UdpSocket::bind(("127.0.0.1", server.port)).expect("port");
    let port = server.port;
    let said = server.refused();
    assert!(said.contains(&format!("127.0.0.1:{port}")) && said.contains("in use"), "{said}");
}

#[test]
fn management_that_cannot_be_had_is_shown_where_the_script_asks_for_it() {
    let directory = scratch("management");
    let web = TcpListener::bind("127.0.0.1:0").expect("port");
    let datagrams = UdpSocket::bind("127.0.0.1:0").expect("port");
    let ports = [web.local_addr(), datagrams.local_addr()].map(|address| address.expect("address").port());
    let file = directory.join("fifo");
    fs::write(&file, "no FIFO").expect("file");
    for (module, line) in [
        ("httpd", format!("modparam(\"httpd\", \"port\", {})", ports[0])),
        ("mi_datagram", format!("modparam(\"mi_datagram\", \"socket_name\", \"udp:127.0.0.1:{}\")", ports[1])),
        ("mi_fifo", format!("modparam(\"mi_fifo\", \"fifo_name\", \"{}\")", file.display())),
    ] {
        let rest = if module == "httpd" {
            "\nmodparam(\"httpd\", \"ip\", \"127.0.0.1\")\nloadmodule \"mi_http.so\""
        } else {
            ""
        };
        let text = format!(
            "socket=udp:127.0.0.1:{}\nloadmodule \"proto_udp.so\"\nloadmodule \"{module}.so\"\n{line}{rest}\nroute {{ exit; }}\n",
            free_port()
        );
        let script = directory.join("script.cfg");
        fs::write(&script, text).expect("script");
        let path = script.display().to_string();
        let (success, said) = strowger(&["-f", &path]);
        let place = format!("--> {path}:4:");
        assert!(!success && said.contains(&place) && said.contains(&format!("4 | {line}")), "{said}");
    }
}

#[test]
fn a_missing_script_is_named() {
    let (success, said) = strowger(&["-f", "/nonexistent/strowger.cfg"]);
    assert!(!success && said.contains("/nonexistent/strowger.cfg"), "{said}");
}

#[test]
fn a_database_that_is_not_there_is_named() {
    let said = ServerBuilder::new(SCRIPT).refused();
    assert!(said.contains("strowger.sqlite") && said.contains("strowger db create"), "{said}");
}

#[test]
fn a_socket_may_come_from_the_command_line_alone() {
    let port = free_port();
    let script = "loadmodule \"proto_udp.so\"\nloadmodule \"sl.so\"\nroute { sl_send_reply(200, \"Here\"); }";
    let _server = ServerBuilder::new(script).args(&["-l", &format!("udp:127.0.0.1:{port}")]).start();
    let ping = run_to_end(
        Command::new("sipsak").args(["-vv", "-s", &format!("sip:127.0.0.1:{port}")]),
        Duration::from_secs(20),
    );
    assert!(ping.1.contains("200 Here"), "{}", ping.1);
}

#[test]
fn a_script_with_ten_mistakes_gets_ten_messages() {
    let directory = scratch("check");
    let path = directory.join("ten.cfg");
    fs::write(&path, include_str!("configs/ten_mistakes.cfg")).expect("script");
    let path = path.display().to_string();
    let (success, said) = strowger(&["check", &path]);
    assert!(!success);
    assert_eq!(said.lines().filter(|line| line.starts_with("error")).count(), 10, "{said}");
    let mut lines: Vec<u32> =
        said.lines().filter_map(|line| line.split("ten.cfg:").nth(1)?.split(':').next()?.parse().ok()).collect();
    lines.sort_unstable();
    assert_eq!(lines, [1, 7, 8, 9, 11, 14, 15, 16, 17, 18], "{said}");
    let (success, json) = strowger(&["-C", "-f", &path, "--json"]);
    assert!(!success && json.contains("\"line\""), "{json}");
}

/// Scripts that modules refuse when they start, and what is said about them: by the check and at the start.
#[test]
fn what_a_module_refuses_at_its_start_is_found_by_the_check_with_its_place() {
    let directory = scratch("refused");
    let usrloc = "loadmodule \"usrloc.so\"\nmodparam(\"usrloc\", \"db_url\", \"unixodbc://a:secret@db/c\")\n\
        modparam(\"usrloc\", \"working_mode_preset\", \"single-instance-sql-write-through\")\n";
    let globally = "db_default_url = \"postgres://db/c\"\nloadmodule \"auth.so\"\nloadmodule \"auth_db.so\"\n";
    let statistics = "loadmodule \"statistics.so\"\nmodparam(\"statistics\", \"variable\", \"g:two\")\n\
        modparam(\"statistics\", \"variable\", \"three\")\n";
    let acc = "loadmodule \"tm.so\"\nloadmodule \"acc.so\"\nmodparam(\"acc\", \"extra_fields\", \"nowhere: a\")\n\
        modparam(\"acc\", \"extra_fields\", \"log: b\")\n";
    let list = "dst_blacklist = bl:{ ( udp , 10.0.0.0/8 , 5060 , \"\" ) }\n";
    let lists = format!("{list}{list}");
    for (name, text, place, why) in [
        ("lists.cfg", &*lists, "lists.cfg:2:", "the blacklist \"bl\" is defined twice"),
        ("acc.cfg", acc, "acc.cfg:3:", "parameter extra_fields"),
        ("usrloc.cfg", usrloc, "usrloc.cfg:2:", "databases of the kind \"unixodbc\" cannot be reached"),
        (
            "globally.cfg",
            globally,
            "globally.cfg:1:",
            "the postgres URL names no user: write postgres://user:password@host",
        ),
        ("auth.cfg", "loadmodule \"auth.so\"\nloadmodule \"auth_db.so\"\n", "auth.cfg:2:", "parameter db_url"),
        ("statistics.cfg", statistics, "statistics.cfg:2:", "no group \"g\""),
    ] {
        let path = directory.join(name);
        let port = free_port();
        let listening = format!("loadmodule \"proto_udp.so\"\nsocket = udp:127.0.0.1:{port}\nroute {{ exit; }}\n");
        fs::write(&path, format!("{text}{listening}")).expect("script");
        let path = path.display().to_string();
        for args in [&["check", &path][..], &["-C", "-f", &path], &["-f", &path]] {
            let (success, said) = strowger(args);
            assert!(!success && said.contains(place) && said.contains(why), "{args:?}: {said}");
            assert!(said.contains("1 error, 0 warnings") && !said.contains("can run"), "{args:?}: {said}");
        }
    }
}

/// What a script needs of its machine, each with what is said of it when it is not there: by the check and at the start.
#[test]
fn what_is_not_there_is_found_by_the_check_with_its_place() {
    let directory = scratch("machine");
    let elsewhere = |name: &str| directory.join(name).display().to_string();
    let (empty, old) = (elsewhere("empty.sqlite"), elsewhere("old.sqlite"));
    assert!(strowger(&["db", "create", &format!("sqlite://{old}")]).0);
    for (path, sql) in [(&empty, "CREATE TABLE x (y)"), (&old, "UPDATE version SET table_version = 1")] {
        assert!(Command::new("sqlite3").args([path, sql]).status().expect("sqlite3").success());
    }
    let port = free_port();
    let here = format!("socket = udp:127.0.0.1:{port}\n");
    let database = |path: &str| {
        format!(
            "{here}loadmodule \"db_sqlite.so\"\nloadmodule \"usrloc.so\"\n\
             modparam(\"usrloc\", \"working_mode_preset\", \"single-instance-sql-write-through\")\n\
             modparam(\"usrloc\", \"db_url\", \"sqlite://{path}\")\n"
        )
    };
    let httpd = |param: &str| format!("{here}loadmodule \"httpd.so\"\nmodparam(\"httpd\", {param})\n");
    let fifo = |name: &str, replies: &str| {
        let params = "modparam(\"mi_fifo\", \"fifo_name\", \"@\")\nmodparam(\"mi_fifo\", \"reply_dir\", \"#\")\n";
        format!("{here}loadmodule \"mi_fifo.so\"\n{}", params.replace('@', name).replace('#', replies))
    };
    let datagram = format!(
        "{here}loadmodule \"mi_datagram.so\"\nmodparam(\"mi_datagram\", \"socket_name\", \"/nonexistent/mi\")\n"
    );
    for (name, text, place, why) in [
        (
            "address.cfg",
            format!("{here}socket = udp:203.0.113.9:{port}\n"),
            3,
            "no interface of this machine has this address",
        ),
        ("twice.cfg", format!("{here}socket = udp:0.0.0.0:{port}\n"), 3, "is there twice"),
        ("interface.cfg", "socket = udp:eth77:5060\n".to_owned(), 2, "it is no address, interface or known name"),
        ("transport.cfg", "socket = tcp:127.0.0.1:5060\n".to_owned(), 2, "loadmodule \"proto_tcp.so\" is missing"),
        (
            "bond.cfg",
            format!("{here}socket = bond:both {{\"udp:127.0.0.1:{port}\", \"udp:127.0.0.2:5060\"}}\n"),
            3,
            "bond both",
        ),
        ("missing.cfg", database(&elsewhere("missing.sqlite")), 6, "missing.sqlite: make it with `strowger db create"),
        ("empty.cfg", database(&empty), 6, "has no table \"version\" of versions"),
        ("old.cfg", database(&old), 6, "has version 1, version"),
        ("fifo.cfg", fifo("/nonexistent/fifo", "/tmp/"), 4, "parameter fifo_name: there is no directory /nonexistent"),
        (
            "reply.cfg",
            fifo("/tmp/fifo", "/nonexistent/"),
            5,
            "parameter reply_dir: there is no directory /nonexistent/",
        ),
        ("datagram.cfg", datagram, 4, "parameter socket_name: there is no directory /nonexistent"),
        ("proxied.cfg", format!("socket = udp:127.0.0.1:{port} proxy_protocol\n"), 2, "is not there yet"),
        ("httpd.cfg", httpd("\"ip\", \"nonsense\""), 4, "\"nonsense\" is no address"),
    ] {
        let path = elsewhere(name);
        fs::write(&path, format!("loadmodule \"proto_udp.so\"\n{text}route {{ exit; }}\n")).expect("script");
        for args in [&["check", &path][..], &["-C", "-f", &path], &["-f", &path]] {
            let (success, said) = strowger(args);
            assert!(!success && said.contains(&format!("{name}:{place}:")) && said.contains(why), "{args:?}: {said}");
        }
    }
    // Who checks it for another machine cannot know that.
    for name in ["address.cfg", "interface.cfg", "missing.cfg", "old.cfg", "fifo.cfg", "datagram.cfg"] {
        let (success, said) = strowger(&["check", "--elsewhere", &elsewhere(name)]);
        assert!(success, "{said}");
    }
    assert!(!std::path::Path::new(&elsewhere("missing.sqlite")).exists(), "a check makes nothing");
}

#[test]
fn a_check_notes_what_has_no_effect() {
    let directory = scratch("unused");
    let path = directory.join("unused.cfg");
    let listening = "loadmodule \"proto_udp.so\"\nsocket = udp:127.0.0.1 use_workers 2\n";
    fs::write(&path, format!("udp_workers = 4\nmemlog = 4\n{listening}route {{ exit; }}\n")).expect("script");
    let path = path.display().to_string();
    let (success, said) = strowger(&["check", &path]);
    assert!(
        success
            && said.contains("note: no effect here: udp_workers (line 1), use_workers of a socket (line 4): threads"),
        "{said}"
    );
    let (_, json) = strowger(&["check", "--json", &path]);
    let found: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&found["ok"], &found["without_effect"][1]["name"]), (&true.into(), &"memlog".into()), "{json}");
}

#[test]
fn the_default_provider_works_at_once() {
    let home = scratch("home");
    let mut command = Command::new(BINARY);
    let port = free_port();
    // The default listens on port 5060 of all addresses, which may be taken here: the same script on another port.
    let (made, said) = strowger(&["init", &home.display().to_string()]);
    assert!(made, "{said}");
    let script = home.join("strowger.cfg");
    let mi_port = free_port();
    let text = fs::read_to_string(&script).expect("script");
    assert_eq!(mode(&script), 0o600, "it holds a key");
    let text = text.replace("udp:*:5060", &format!("udp:127.0.0.1:{port}")).replace("8888", &mi_port.to_string());
    fs::write(&script, text).expect("script");
    let database = format!("sqlite://{}", home.join("strowger.sqlite").display());
    let (added, said) = strowger(&["user", "--db", &database, "add", "alice", "--password", "wonderland"]);
    assert!(added, "{said}");
    let (_, listed) = strowger(&["user", "--db", &database, "list"]);
    assert!(listed.contains("alice"), "{listed}");

    let mut server = Running::start(command.args(["-f", &script.display().to_string()]));
    server.wait_for("ready");
    let register =
        ["-U", "-s", &format!("sip:alice@127.0.0.1:{port}"), "-u", "alice", "-a", "wonderland", "-x", "600", "-vv"];
    let (_, said) = run_to_end(Command::new("sipsak").args(register), Duration::from_secs(20));
    assert!(said.contains("completed successful"), "{said}\n{}", server.output());
    let (_, contacts) = strowger(&["ul", "--url", &format!("http://127.0.0.1:{mi_port}/mi")]);
    assert!(contacts.contains("alice"), "{contacts}");
    server.signal("TERM");
    assert!(server.wait(Duration::from_secs(10)).success());
    let _ = fs::remove_dir_all(home);
}

#[test]
fn the_program_explains_itself() {
    let (_, version) = strowger(&["-V"]);
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    let (_, modules) = strowger(&["modules"]);
    assert!(modules.contains("registrar"), "{modules}");
    let (_, doc) = strowger(&["doc", "t_relay"]);
    assert!(doc.contains("no-auto-477"), "{doc}");
    let (known, said) = strowger(&["doc", "t_rely"]);
    assert!(!known && said.contains("t_relay"), "{said}");
}

fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}
