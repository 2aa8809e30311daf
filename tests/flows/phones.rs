//! Two baresip phones register and call each other.

use crate::harness::{Running, Server, free_port, provider};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Name and password.
type User = (&'static str, &'static str);

const ALICE: User = ("alice", "wonderland");
const BOB: User = ("bob", "builder");

struct Phone {
    process: Running,
    directory: PathBuf,
}

impl Phone {
    /// A phone of this user that answers by itself; `command` is typed when it is ready.
    fn start(server: &Server, (user, password): User, command: Option<&str>) -> Phone {
        let directory = std::env::temp_dir().join(format!("strowger-phone-{user}-{}", server.port));
        fs::create_dir_all(&directory).expect("directory");
        let account = format!(
            "<sip:{user}@127.0.0.1:{};transport=udp>;auth_user={user};auth_pass={password};answermode=auto;regint=600\n",
            server.port
        );
        fs::write(directory.join("accounts"), account).expect("accounts");
        fs::write(directory.join("contacts"), "").expect("contacts");
        fs::write(directory.join("voice.wav"), voice()).expect("voice");
        fs::write(directory.join("config"), config(&directory.join("voice.wav"))).expect("config");
        let mut baresip = Command::new("baresip");
        baresip.arg("-f").arg(&directory).args(["-t", "40"]);
        if let Some(command) = command {
            baresip.args(["-e", command]);
        }
        Phone { process: Running::start(&mut baresip), directory }
    }

    /// Hangs up and unregisters.
    fn stop(&mut self) {
        self.process.signal("TERM");
        self.process.wait(Duration::from_secs(10));
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn config(voice: &Path) -> String {
    let modules = ["g711.so", "account.so", "menu.so", "aufile.so", "aubridge.so"];
    let modules: String = modules.iter().map(|module| format!("module {module}\n")).collect();
    format!(
        "sip_listen 127.0.0.1:{}\nmodule_path /usr/lib/baresip/modules\n{modules}audio_source aufile,{}\n\
         audio_player aubridge,heard\naudio_alert aubridge,alert\nrtp_ports 30000-40000\n",
        free_port(),
        voice.display()
    )
}

/// Half a minute of a tone: a WAV file with one channel of 16 bits at 8000 Hz.
fn voice() -> Vec<u8> {
    let samples =
        (0..240_000).flat_map(|sample: i32| i16::to_le_bytes(if sample / 10 % 2 == 0 { 4_000 } else { -4_000 }));
    let samples: Vec<u8> = samples.collect();
    let length = u32::try_from(samples.len()).expect("length");
    let mut wav = [&b"RIFF"[..], &(36 + length).to_le_bytes(), b"WAVEfmt "].concat();
    for field in [16, 0x0001_0001, 8_000, 16_000, 0x0010_0002] {
        wav.extend_from_slice(&u32::to_le_bytes(field));
    }
    [wav.as_slice(), b"data", &length.to_le_bytes(), &samples].concat()
}

/// One calls the other, both hear that the call is established, and the caller hangs up.
fn call(server: &Server, caller: User, callee: User) {
    let mut called = Phone::start(server, callee, None);
    called.process.wait_for("200 OK");
    let dial = format!("/dial sip:{}@127.0.0.1:{}", callee.0, server.port);
    let mut calling = Phone::start(server, caller, Some(&dial));
    called.process.wait_for("Call established");
    calling.process.wait_for("Call established");
    calling.stop();
    called.process.wait_for("session closed");
    called.stop();
}

#[test]
fn two_phones_call_each_other() {
    let server = provider().start();
    call(&server, ALICE, BOB);
    call(&server, BOB, ALICE);
    let accounted = || server.sql("SELECT method, sip_code, caller, callee FROM acc ORDER BY method DESC, id");
    server.eventually(accounted, "INVITE|200|alice|bob\nINVITE|200|bob|alice\nBYE|200||\nBYE|200||");
    assert_eq!(server.sql("SELECT contact FROM location").trim(), "", "phones that stop unregister");
}
