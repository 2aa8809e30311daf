//! The operator's side: upstream's command-line client over HTTP and FIFO, our own commands, reloading.

use crate::harness::{Server, ServerBuilder, run_to_end};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const SCRIPT: &str = include_str!("configs/residential.cfg");

fn provider() -> Server {
    ServerBuilder::new(SCRIPT).with_database().with_user("alice", "wonderland").start()
}

/// Where `cargo xtask test` has put the client: beside what cargo builds, unless something else is said.
fn client_environment() -> PathBuf {
    if let Some(environment) = std::env::var_os("STROWGER_TEST_CLIENT") {
        return environment.into();
    }
    let target = Path::new(env!("CARGO_BIN_EXE_strowger")).ancestors().nth(2).expect("target");
    let environment = target.join("peers/opensipscli");
    assert!(environment.exists(), "opensips-cli is not in {}: run `cargo xtask test` once", environment.display());
    environment
}

/// Runs upstream's client with these settings.
fn client(settings: &[String], words: &[&str]) -> String {
    let mut command = Command::new(client_environment().join("bin/opensips-cli"));
    for setting in settings {
        command.args(["-o", setting]);
    }
    let (status, output) = run_to_end(command.arg("-x").args(words), Duration::from_secs(30));
    assert!(status.success(), "{words:?}: {output}");
    output
}

fn over_http(server: &Server) -> Vec<String> {
    vec!["communication_type=http".to_owned(), format!("url=http://127.0.0.1:{}/mi", server.mi_port)]
}

fn over_fifo(server: &Server) -> Vec<String> {
    let directory = server.directory.display();
    let fifo = format!("fifo_file={directory}/fifo");
    vec!["communication_type=fifo".to_owned(), fifo, format!("fifo_reply_dir={directory}/")]
}

#[test]
fn the_client_of_opensips_manages_the_server() {
    let server = provider();
    for settings in [over_http(&server), over_fifo(&server)] {
        let version = client(&settings, &["mi", "version"]);
        assert!(version.contains("Server"), "{version}");
        let statistics = client(&settings, &["mi", "get_statistics", "core:", "tm:"]);
        assert!(statistics.contains("core:rcv_requests") && statistics.contains("tm:UAS_transactions"), "{statistics}");
        let processes = client(&settings, &["mi", "ps"]);
        assert!(processes.contains("SIP receiver udp:127.0.0.1"), "{processes}");
        let add =
            ["mi", "ul_add", "location", "carol@127.0.0.1", "sip:carol@127.0.0.1:7009", "600", "1.0", "0", "0", "0"];
        client(&settings, &add);
        let contact = client(&settings, &["mi", "ul_show_contact", "location", "carol@127.0.0.1"]);
        assert!(contact.contains("sip:carol@127.0.0.1:7009"), "{contact}");
        client(&settings, &["mi", "ul_rm", "location", "carol@127.0.0.1"]);
    }
}

#[test]
fn a_removed_fifo_is_made_again_at_sighup() {
    let server = provider();
    let fifo = server.directory.join("fifo");
    std::fs::remove_file(&fifo).expect("the FIFO");
    server.process.signal("HUP");
    server.until(|| fifo.exists());
    assert!(client(&over_fifo(&server), &["mi", "version"]).contains("Server"));
}

#[test]
fn errors_of_commands_reach_the_operator() {
    let server = provider();
    assert!(server.mi(&["nonsense"]).contains("Method not found"));
    assert!(server.mi(&["usrloc:rm", "location"]).contains("Invalid params"));
    assert!(server.mi(&["usrloc:show_contact", "location", "nobody@127.0.0.1"]).contains("404"));
}

#[test]
fn a_new_script_is_swapped_in_and_a_broken_one_is_not() {
    let server = provider();
    let path = server.directory.join("strowger.cfg");
    let script = std::fs::read_to_string(&path).expect("script");
    let ping = || {
        run_to_end(
            Command::new("sipsak").args(["-vv", "-s", &format!("sip:{}", server.address())]),
            Duration::from_secs(20),
        )
        .1
    };
    assert!(ping().contains("200 OK"), "{}", ping());

    std::fs::write(&path, script.replace("send_reply(200, \"OK\")", "send_reply(200, \"Reloaded\")")).expect("script");
    assert!(server.mi(&["core:reload_routes"]).contains("OK"));
    assert!(ping().contains("200 Reloaded"), "{}", ping());

    std::fs::write(&path, script.replace("send_reply(200, \"OK\")", "send_replay(200, \"Broken\")")).expect("script");
    let refusal = server.mi(&["core:reload_routes"]);
    assert!(refusal.contains("send_replay") && refusal.contains("send_reply"), "{refusal}");
    assert!(ping().contains("200 Reloaded"), "{}", ping());

    // A module is started with the server only.
    let routes = script.replace("route {", "loadmodule \"cfgutils.so\"\nroute {");
    std::fs::write(&path, routes).expect("script");
    let refusal = server.mi(&["core:reload_routes"]);
    assert!(refusal.contains("restart to load cfgutils"), "{refusal}");
    assert!(ping().contains("200 Reloaded"), "{}", ping());
}

const OVER_TLS: &str = "socket = udp:127.0.0.1:@PORT@
loadmodule \"proto_udp.so\"
loadmodule \"httpd.so\"
modparam(\"httpd\", \"port\", @MI_PORT@)
modparam(\"httpd\", \"tls_cert_file\", \"@DIR@/own.pem\")
modparam(\"httpd\", \"tls_key_file\", \"@DIR@/own.key\")
loadmodule \"mi_http.so\"
route { exit; }
";

/// A certificate for 127.0.0.1 that nobody has signed but itself, and its key.
fn make_certificate(directory: &Path, name: &str) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    std::fs::write(directory.join(format!("{name}.pem")), made.cert.pem()).expect("certificate");
    std::fs::write(directory.join(format!("{name}.key")), made.signing_key.serialize_pem()).expect("key");
}

#[test]
fn management_over_https() {
    let builder = ServerBuilder::new(OVER_TLS);
    make_certificate(builder.directory(), "own");
    make_certificate(builder.directory(), "other");
    let server = builder.start();
    let url = format!("https://127.0.0.1:{}/mi", server.mi_port);
    assert!(server.process.output().contains(&format!("management https://127.0.0.1:{}/mi", server.mi_port)));
    let ask = |trusted: &str, words: &[&str]| {
        let trusted = server.directory.join(trusted).display().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
        command.args(["mi", "--url", &url, "--ca", &trusted]).args(words);
        run_to_end(&mut command, Duration::from_secs(20))
    };
    let (status, said) = ask("own.pem", &["version"]);
    assert!(status.success() && said.contains("Server"), "{said}");
    let (status, said) = ask("other.pem", &["version"]);
    assert!(!status.success() && said.contains("certificate"), "{said}");

    // Who speaks plain HTTP, or nothing at all, gets no answer, and is in nobody's way.
    let _silent = TcpStream::connect(("127.0.0.1", server.mi_port)).expect("a connection");
    let mut plain = TcpStream::connect(("127.0.0.1", server.mi_port)).expect("a connection");
    plain.write_all(b"POST /mi HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").expect("a request");
    let mut answer = Vec::new();
    // A server that hangs up may do so with a reset.
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    let failed = || ask("own.pem", &["get_statistics", "[\"failed_handshakes\"]"]).1;
    server.until(|| failed().contains("\"httpd:failed_handshakes\": 2"));
}

#[test]
fn a_certificate_that_cannot_be_used_stops_the_start() {
    let said = ServerBuilder::new(OVER_TLS).refused();
    assert!(said.contains("httpd: parameter tls_cert_file: ") && said.contains("own.pem: No such file"), "{said}");
    let builder = ServerBuilder::new(OVER_TLS);
    make_certificate(builder.directory(), "own");
    make_certificate(builder.directory(), "other");
    std::fs::copy(builder.directory().join("other.key"), builder.directory().join("own.key")).expect("a copy");
    let said = builder.refused();
    assert!(said.contains("own.key: the key is not that of the first certificate in "), "{said}");
    let script = OVER_TLS.replace("route {", "modparam(\"httpd\", \"tls_ciphers\", \"HIGH:!aNULL\")\nroute {");
    let said = ServerBuilder::new(&script).refused();
    assert!(said.contains("httpd: parameter tls_ciphers: \"HIGH\" is no suite that can be used"), "{said}");
}
