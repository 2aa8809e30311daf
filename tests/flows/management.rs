//! The operator's side: upstream's command-line client over HTTP and FIFO, our own commands, reloading.

use crate::harness::{Server, ServerBuilder, run_to_end};
use std::process::Command;
use std::time::Duration;

const SCRIPT: &str = include_str!("configs/residential.cfg");

fn provider() -> Server {
    ServerBuilder::new(SCRIPT).with_database().with_user("alice", "wonderland").start()
}

/// Runs upstream's client with these settings.
fn client(settings: &[String], words: &[&str]) -> String {
    let environment = std::env::var("STROWGER_TEST_CLIENT").expect("STROWGER_TEST_CLIENT: run `cargo xtask test`");
    let mut command = Command::new(format!("{environment}/bin/opensips-cli"));
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
