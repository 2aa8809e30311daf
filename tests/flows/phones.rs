//! Two baresip phones register and call each other.

use crate::harness::{Running, Server, ServerBuilder, free_port};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const SCRIPT: &str = include_str!("configs/residential.cfg");

struct Phone {
    process: Running,
    directory: PathBuf,
}

impl Phone {
    /// A phone of this user; a callee answers by itself. `commands` are typed when it is registered.
    fn start(server: &Server, user: &str, password: &str, answers: bool, command: Option<&str>) -> Phone {
        let directory = std::env::temp_dir().join(format!("strowger-phone-{user}-{}", server.port));
        fs::create_dir_all(&directory).expect("directory");
        let mode = if answers { "auto" } else { "manual" };
        let account = format!(
            "<sip:{user}@127.0.0.1:{};transport=udp>;auth_user={user};auth_pass={password};answermode={mode};regint=600\n",
            server.port
        );
        fs::write(directory.join("accounts"), account).expect("accounts");
        fs::write(directory.join("contacts"), "").expect("contacts");
        fs::write(directory.join("config"), config()).expect("config");
        let mut baresip = Command::new("baresip");
        baresip.arg("-f").arg(&directory).args(["-t", "40"]);
        if let Some(command) = command {
            baresip.args(["-e", command]);
        }
        Phone { process: Running::start(&mut baresip), directory }
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn config() -> String {
    let modules = ["stdio.so", "g711.so", "account.so", "menu.so", "ausine.so", "aufile.so"];
    let modules: String = modules.iter().map(|module| format!("module {module}\n")).collect();
    format!(
        "sip_listen 127.0.0.1:{}\nmodule_path /usr/lib/baresip/modules\n{modules}\naudio_source ausine,440\naudio_player \
         aufile,/dev/null\naudio_alert aufile,/dev/null\nrtp_ports {}-{}\n",
        free_port(),
        30_000,
        40_000
    )
}

#[test]
fn two_phones_call_each_other() {
    let server =
        ServerBuilder::new(SCRIPT).with_database().with_user("alice", "wonderland").with_user("bob", "builder").start();
    let mut bob = Phone::start(&server, "bob", "builder", true, None);
    bob.process.wait_for("200 OK");
    let call = format!("/dial sip:bob@127.0.0.1:{}", server.port);
    let mut alice = Phone::start(&server, "alice", "wonderland", false, Some(&call));
    alice.process.wait_for("Call established");
    bob.process.wait_for("Call established");
    server.eventually(|| server.sql("SELECT method, sip_code FROM acc"), "INVITE|200");
    drop(alice);
    let contacts = server.mi(&["usrloc:dump"]);
    assert!(contacts.contains("bob@127.0.0.1"), "{contacts}");
}
