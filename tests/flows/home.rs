//! Without arguments: the default provider in the user's data directory, and its subscribers.

use crate::harness::{Running, free_port, run_to_end};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const BINARY: &str = env!("CARGO_BIN_EXE_strowger");
const LIMIT: Duration = Duration::from_secs(20);

/// A user's data directory, which is not there yet.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Home {
        let directory = std::env::temp_dir().join(format!("strowger-home-{name}-{}", std::process::id()));
        // Left by a process that had the same number.
        let _ = fs::remove_dir_all(&directory);
        Home(directory)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("STROWGER_HOME", &self.0);
        command
    }

    fn strowger(&self, args: &[&str]) -> (Option<i32>, String) {
        let (status, said) = run_to_end(self.command(BINARY).args(args), LIMIT);
        (status.code(), said)
    }

    fn sql(&self, statement: &str) -> String {
        let mut command = Command::new("sqlite3");
        run_to_end(command.arg(self.file("strowger.sqlite")).arg(statement), LIMIT).1.trim().to_owned()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// In a network of its own, where port 5060 is free.
const FIRST_START: &str = "ip link set lo up && exec \"$0\"";

#[test]
fn a_start_without_anything_makes_all_it_needs() {
    let home = Home::new("first");
    let mut probe = Command::new("unshare");
    if !run_to_end(probe.args(["--net", "ip", "link", "set", "lo", "up"]), LIMIT).0.success() {
        // Not everybody may make a namespace: the other tests start it with a script of its own.
        return;
    }
    let start = || {
        let mut process = Running::start(home.command("unshare").args(["--net", "sh", "-c", FIRST_START, BINARY]));
        process.wait_for("ready");
        process
    };
    let mut server = start();
    let said = server.output();
    for line in [
        "script     default script".to_owned(),
        format!("database   {}", home.file("strowger.sqlite").display()),
        "subscriber strowger user add NAME".to_owned(),
        "listening  udp:".to_owned(),
        "management http://127.0.0.1:8888/mi".to_owned(),
    ] {
        assert!(said.contains(&line), "{line:?} is not in\n{said}");
    }
    let (status, said) = home.strowger(&["user", "add", "alice", "--password", "wonderland"]);
    assert_eq!((status, said.trim()), (Some(0), "added alice  realm strowger"));
    for file in ["secret", "strowger.sqlite"] {
        let mode = fs::metadata(home.file(file)).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{file}");
    }
    let secret = fs::read_to_string(home.file("secret")).expect("secret");

    let inside = |program: &str, args: &[&str]| {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &server.pid().to_string(), program]).args(args);
        run_to_end(&mut command, LIMIT).1
    };
    let register = ["-U", "-s", "sip:alice@127.0.0.1", "-u", "alice", "-a", "wonderland", "-x", "600", "-vv"];
    let said = inside("sipsak", &register);
    assert!(said.contains("completed successful"), "{said}\n{}", server.output());
    let said = inside(BINARY, &["ul"]);
    assert!(said.contains("alice"), "{said}");
    server.signal("TERM");
    assert!(server.wait(LIMIT).success());

    // The second start finds all that, and makes what a newer release needs besides.
    assert_eq!(home.sql("DROP TABLE acc; DELETE FROM version WHERE table_name = 'acc'"), "");
    let mut server = start();
    assert_eq!(home.sql("SELECT count(*) FROM acc; SELECT username FROM location"), "0\nalice");
    assert_eq!(fs::read_to_string(home.file("secret")).expect("secret"), secret);
    server.signal("TERM");
    assert!(server.wait(LIMIT).success());
}

#[test]
fn a_script_in_the_home_is_the_one_that_runs() {
    let home = Home::new("script");
    let (status, said) = home.strowger(&["init", &home.0.display().to_string()]);
    assert_eq!(status, Some(0), "{said}");
    let (port, mi_port) = (free_port(), free_port());
    let script = fs::read_to_string(home.file("strowger.cfg")).expect("script");
    let script = script.replace("udp:*:5060", &format!("udp:127.0.0.1:{port}")).replace("8888", &mi_port.to_string());
    fs::write(home.file("strowger.cfg"), script.replace("\"strowger\"", "\"exchange\"")).expect("script");
    let (status, said) = home.strowger(&["-C"]);
    assert!(status == Some(0) && said.contains("it can run"), "{said}");
    let (status, said) = home.strowger(&["user", "add", "alice@example.com", "--password", "wonderland"]);
    assert_eq!((status, said.trim()), (Some(0), "added alice@example.com  realm exchange"));

    let mut server = Running::start(&mut home.command(BINARY));
    server.wait_for(&format!("script     {}", home.file("strowger.cfg").display()));
    server.wait_for("ready");
    let address = format!("sip:alice@127.0.0.1:{port}");
    let register = ["-U", "-s", &address, "-u", "alice", "-a", "wonderland", "-x", "600", "-vv"];
    let (_, said) = run_to_end(Command::new("sipsak").args(register), LIMIT);
    assert!(said.contains("completed successful"), "{said}\n{}", server.output());
    server.signal("TERM");
    assert!(server.wait(LIMIT).success());
}

/// As upstream's service file has it before each start, the first one too.
#[test]
fn a_check_before_the_first_start_finds_nothing_wrong_and_makes_nothing() {
    let home = Home::new("check");
    for option in ["-C", "-c"] {
        let (status, said) = home.strowger(&[option]);
        assert!(status == Some(0) && said.contains("default script: it can run"), "{said}");
    }
    assert!(!home.0.exists());
}

#[test]
fn subscribers_may_come_before_the_first_start() {
    let home = Home::new("users");
    let (status, said) = home.strowger(&["user", "add", "alice", "--password", "wonderland"]);
    assert_eq!((status, said.trim()), (Some(0), "added alice  realm strowger"));
    assert_eq!(home.strowger(&["user", "list"]), (Some(0), "alice\n".to_owned()));
}

/// Domains tell nobody apart in the default provider: whom the server would find must be whom the command means.
#[test]
fn a_name_is_there_once_where_domains_do_not_count() {
    let home = Home::new("once");
    let (_, said) = home.strowger(&["init", &home.0.display().to_string()]);
    assert!(home.file("strowger.cfg").exists(), "{said}");
    let url = format!("sqlite://{}", home.file("strowger.sqlite").display());
    let user = |args: &[&str]| {
        let (status, said) = home.strowger(&[&["user", "--db", &url], args].concat());
        (status == Some(0), said.trim().to_owned())
    };
    let done = |said: &str| (true, said.to_owned());
    let hash = || home.sql("SELECT ha1 FROM subscriber WHERE username = 'carol'");
    let expected = |password: &str| crate::harness::ha1("carol", "strowger", password);
    assert_eq!(
        user(&["add", "carol@example.com", "--password", "one"]),
        done("added carol@example.com  realm strowger")
    );
    assert_eq!(hash(), expected("one"));
    for again in ["carol", "carol@example.com", "carol@example.org"] {
        let (added, said) = user(&["add", again, "--password", "two"]);
        assert!(!added && said.contains("carol@example.com is there already"), "{said}");
    }
    assert_eq!(user(&["passwd", "carol", "--password", "three"]), done("changed carol  realm strowger"));
    assert_eq!(hash(), expected("three"));
    assert!(!user(&["passwd", "carol@example.org", "--password", "four"]).0);
    assert_eq!(user(&["list"]), done("carol@example.com"));
    assert!(!user(&["rm", "carol@example.org"]).0);
    assert_eq!(
        user(&["rm", "carol"]),
        done("removed carol; phones that are registered stay so until they would have to refresh it")
    );
    assert_eq!(user(&["list"]), done(""));

    // By another script domains count, and are the realms.
    let other = Home::new("domains");
    fs::create_dir_all(&other.0).expect("directory");
    let url = format!("sqlite://{}", other.file("strowger.sqlite").display());
    assert_eq!(other.strowger(&["db", "create", &url]).0, Some(0));
    for name in ["carol@example.com", "carol@example.org"] {
        let (status, said) = other.strowger(&["user", "--db", &url, "add", name, "--password", "x"]);
        let realm = name.split_once('@').map(|(_, domain)| domain).unwrap_or_default();
        assert_eq!((status, said.trim()), (Some(0), format!("added {name}  realm {realm}").as_str()));
    }
    let (_, said) = other.strowger(&["user", "--db", &url, "add", "dave", "--realm", "here", "--password", "x"]);
    assert_eq!(said.trim(), "added dave  realm here");
}

#[test]
fn sockets_of_the_command_line_are_shown_as_they_were_typed() {
    let script = script_file();
    for (given, expected) in [
        ("udp:127.0.0.1:0", "-l udp:127.0.0.1:0: it is written [proto:]address[:port]"),
        ("::1", "-l ::1: an IPv6 address is written in brackets"),
        ("udp:::1:5060", "-l udp:::1:5060: an IPv6 address is written in brackets"),
        ("eth77", "-l eth77: it is no address, interface or known name"),
    ] {
        let (status, said) =
            run_to_end(Command::new(BINARY).args(["-C", "-f"]).arg(&script).args(["-l", given]), LIMIT);
        assert!(!status.success() && said.contains(expected), "{given}: {said}");
    }
    let (status, said) = run_to_end(Command::new(BINARY).args(["-C", "-f"]).arg(&script).args(["-l", "[::1]"]), LIMIT);
    assert!(status.success() || said.contains("no interface of this machine"), "{said}");
    for given in ["", "a b", "sip.example.com:5080", "x;y=<z>"] {
        let (status, said) =
            run_to_end(Command::new(BINARY).args(["-C", "-f"]).arg(&script).args(["-A", given]), LIMIT);
        assert!(!status.success() && said.contains("IPv6 address in brackets"), "{given}: {said}");
    }
    let _ = fs::remove_file(script);
}

fn script_file() -> PathBuf {
    let path = Path::new(&std::env::temp_dir()).join(format!("strowger-sockets-{}.cfg", std::process::id()));
    fs::write(&path, "loadmodule \"proto_udp.so\"\nroute { exit; }\n").expect("script");
    path
}
