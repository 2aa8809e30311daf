//! What the command line and the script say about the process: directory, limits, pid files, user, root, log.

use crate::harness::{Running, Server, ServerBuilder, run_to_end};
use crate::registration::register;
use std::fs;
use std::os::unix::fs::chown;
use std::process::Command;
use std::time::Duration;

const PROVIDER: &str = include_str!("configs/residential.cfg");
/// A server that answers and says so.
const ANSWER: &str = "socket = udp:127.0.0.1:@PORT@\nloadmodule \"proto_udp.so\"\nloadmodule \"sl.so\"\nroute {\n\t\
    xlog(\"asked \\\"politely\\\"\\n\");\n\tsl_send_reply(200, \"Here\");\n}\n";
/// One that can be managed.
const MANAGED: &str = "socket = udp:127.0.0.1:@PORT@\nloadmodule \"proto_udp.so\"\nloadmodule \"httpd.so\"\n\
    modparam(\"httpd\", \"port\", @MI_PORT@)\nloadmodule \"mi_http.so\"\nroute { exit; }\n";

fn ping(server: &Server) -> String {
    let address = format!("sip:{}", server.address());
    run_to_end(Command::new("sipsak").args(["-vv", "-s", &address]), Duration::from_secs(20)).1
}

/// A line of a file of `/proc/PID`.
fn proc_line(server: &Server, file: &str, start: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{}/{file}", server.process.pid())).expect("proc");
    text.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned()
}

fn link(server: &Server, name: &str) -> String {
    fs::read_link(format!("/proc/{}/{name}", server.process.pid())).expect("link").display().to_string()
}

#[test]
fn the_script_may_come_from_standard_input() {
    for (route, expected, succeeds) in
        [("route { exit; }", "it can run", true), ("route { exti(); }", "<stdin>:1:9", false)]
    {
        let pipe = format!("echo '{route} loadmodule \"proto_udp.so\"' | {} -f - -c", env!("CARGO_BIN_EXE_strowger"));
        let (status, said) = run_to_end(Command::new("sh").args(["-c", &pipe]), Duration::from_secs(20));
        assert!(status.success() == succeeds && said.contains(expected), "{said}");
    }
}

/// What is read again is empty: that must not become the script.
#[test]
fn a_script_from_standard_input_cannot_be_reloaded() {
    let builder = ServerBuilder::new(MANAGED).args(&["-F"]);
    let pipe = format!("printf '%s' \"$SCRIPT\" | {} -f -", env!("CARGO_BIN_EXE_strowger"));
    let mut command = Command::new("sh");
    let mut process = Running::start(command.args(["-c", &pipe]).env("SCRIPT", builder.script()));
    process.wait_for("management");
    let url = format!("http://127.0.0.1:{}/mi", builder.mi_port);
    let ask = |method: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
        run_to_end(command.args(["mi", "--url", &url, method]), Duration::from_secs(20)).1
    };
    assert!(ask("reload_routes").contains("standard input"));
    assert!(ask("core:kill").contains("OK"));
    assert!(process.wait(Duration::from_secs(10)).success());
}

#[test]
fn pid_files_are_written_and_removed() {
    let mut server = ServerBuilder::new(ANSWER).args(&["-P", "@DIR@/pid", "-G", "@DIR@/group"]).start();
    let pid_file = server.directory.join("pid");
    assert_eq!(fs::read_to_string(&pid_file).expect("pid").trim(), server.process.pid().to_string());
    assert!(server.directory.join("group").exists());

    // A second one by mistake does not get the port, and leaves the first one's file alone.
    let script = server.directory.join("strowger.cfg").display().to_string();
    let pid_path = pid_file.display().to_string();
    let second = ["-f", &script, "-P", &pid_path];
    let (status, said) = run_to_end(Command::new(env!("CARGO_BIN_EXE_strowger")).args(second), Duration::from_secs(20));
    assert!(!status.success() && said.contains("in use"), "{said}");
    assert!(pid_file.exists());

    server.stop();
    assert!(!pid_file.exists() && !server.directory.join("group").exists());
}

/// Started by root for somebody else, in a root of its own: the files are out of reach at the end.
#[test]
fn pid_files_out_of_reach_are_emptied() {
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    for args in [&["-u", "nobody", "-P", "@DIR@/pid"][..], &["-t", "@DIR@", "-u", "nobody", "-P", "@DIR@/pid"]] {
        let mut server = ServerBuilder::new(ANSWER).args(args).start();
        let pid_file = server.directory.join("pid");
        assert_eq!(fs::read_to_string(&pid_file).expect("pid").trim(), server.process.pid().to_string());
        server.stop();
        assert_eq!(fs::read_to_string(&pid_file).expect("pid"), "", "{args:?}");
    }
}

#[test]
fn the_working_directory_and_the_limits_are_the_scripts() {
    let script = format!("wdir = \"@DIR@\"\nopen_files_limit = 64\ndisable_core_dump = yes\n{ANSWER}");
    let server = ServerBuilder::new(&script).start();
    assert_eq!(link(&server, "cwd"), server.directory.canonicalize().expect("directory").display().to_string());
    let core = proc_line(&server, "limits", "Max core file size");
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");

    // The command line is stronger; and without a word about it, the process may open what the system grants.
    let script = format!("wdir = \"/nonexistent\"\n{ANSWER}");
    let server = ServerBuilder::new(&script).args(&["-w", "/"]).start();
    assert_eq!(link(&server, "cwd"), "/");
    let files = proc_line(&server, "limits", "Max open files");
    let limits: Vec<&str> = files.split_whitespace().collect();
    assert_eq!(limits[3], limits[4], "{files}");
}

#[test]
fn output_may_end_early() {
    let pipe = format!("{} modules --json | head -n 1", env!("CARGO_BIN_EXE_strowger"));
    let (_, said) = run_to_end(Command::new("sh").args(["-c", &pipe]), Duration::from_secs(20));
    assert_eq!(said.trim(), "[");
}

/// As a service has it: started by root, it opens its sockets, then is shut into its directory as somebody else.
#[test]
fn privileges_are_dropped_before_anything_is_made() {
    let script = PROVIDER.replace("@DB@", "sqlite:///strowger.sqlite").replace("@DIR@/", "/");
    let args = ["-t", "@DIR@", "-u", "nobody", "-g", "nogroup"];
    let builder = ServerBuilder::new(&script).with_database().with_user("alice", "wonderland").args(&args);
    if !nix::unistd::Uid::effective().is_root() {
        assert!(builder.refused().contains("-t "));
        return;
    }
    let nobody = nix::unistd::User::from_name("nobody").expect("users").expect("nobody");
    for entry in [builder.directory().to_owned(), builder.directory().join("strowger.sqlite")] {
        chown(entry, Some(nobody.uid.as_raw()), None).expect("chown");
    }
    let server = builder.start();
    assert_eq!(link(&server, "root"), server.directory.canonicalize().expect("directory").display().to_string());
    let number = nobody.uid.to_string();
    let users = proc_line(&server, "status", "Uid:");
    assert!(users.split_whitespace().skip(1).all(|user| user == number), "{users}");
    let groups = proc_line(&server, "status", "Groups:");
    assert!(!groups.split_whitespace().any(|group| group == "0"), "root's groups are left too: {groups}");
    register(&server, "alice", "wonderland", "<sip:alice@127.0.0.1:7001>", "200", "Contact: ");
    assert_eq!(server.sql("SELECT contact FROM location").trim(), "sip:alice@127.0.0.1:7001");
}

#[test]
fn lines_of_the_log_have_the_form_that_is_asked_for() {
    let plain = ServerBuilder::new(&format!("log_prefix = \"gw\"\n{ANSWER}")).start();
    assert!(ping(&plain).contains("200 Here"));
    assert!(plain.process.output().contains("gw:NOTICE:asked \"politely\""), "{}", plain.process.output());

    let json = ServerBuilder::new(&format!("stderror_log_format = \"json\"\n{ANSWER}")).start();
    assert!(ping(&json).contains("200 Here"));
    let line = json.process.output().lines().find(|line| line.contains("asked")).unwrap_or_default().to_owned();
    let object: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!((&object["level"], &object["message"]), (&"NOTICE".into(), &"asked \"politely\"".into()));

    let silent = ServerBuilder::new(&format!("stderror_enabled = no\n{ANSWER}")).start();
    assert!(ping(&silent).contains("200 Here"));
    assert!(!silent.process.output().contains("asked"), "{}", silent.process.output());
    for args in [["-E", "-F"], ["-D", "-F"]] {
        let loud = ServerBuilder::new(&format!("stderror_enabled = no\n{ANSWER}")).args(&args).start();
        assert!(ping(&loud).contains("200 Here"));
        assert!(loud.process.output().contains("asked"), "{args:?}: {}", loud.process.output());
    }
}
