//! SIPp with a scenario of `tests/flows/sipp`.

use super::{Running, Server, free_port};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// SIPp being prepared.
pub struct Sipp {
    scenario: &'static str,
    replacements: Vec<(&'static str, String)>,
    args: Vec<String>,
    /// Its port on 127.0.0.1.
    pub port: u16,
    directory: PathBuf,
}

/// The fields a scenario reads: lines of `user;password` and more, separated by semicolons.
pub struct Users<'a>(pub &'a [&'a str]);

impl Sipp {
    /// With the scenario `tests/flows/sipp/NAME.xml`.
    pub fn new(scenario: &'static str) -> Sipp {
        let port = free_port();
        let directory = std::env::temp_dir().join(format!("strowger-sipp-{}-{port}", std::process::id()));
        // Left by a process that had the same number.
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).expect("directory");
        Sipp { scenario, replacements: Vec::new(), args: Vec::new(), port, directory }
    }

    /// With `@NAME@` in the scenario replaced.
    pub fn replace(mut self, name: &'static str, value: &str) -> Sipp {
        self.replacements.push((name, value.to_owned()));
        self
    }

    /// With more arguments (`-m 10`, `-key name value`).
    pub fn args(mut self, args: &[&str]) -> Sipp {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// With lines of fields, used one after the other.
    pub fn users(self, users: &Users<'_>) -> Sipp {
        let path = self.directory.join("fields.csv");
        std::fs::write(&path, format!("SEQUENTIAL\n{}\n", users.0.join("\n"))).expect("fields");
        let path = path.display().to_string();
        self.args(&["-inf", &path])
    }

    /// Starts it beside the test: a callee that waits.
    pub fn start(&self, server: &Server) -> Running {
        Running::start(&mut self.command(server))
    }

    /// Runs it to its end, which must be a success.
    pub fn run(&self, server: &Server) {
        let mut running = self.start(server);
        self.finish(&mut running, server);
    }

    /// Waits for the end of one that was started, which must be a success.
    pub fn finish(&self, running: &mut Running, server: &Server) {
        let status = running.wait(Duration::from_secs(60));
        let errors = self.errors();
        assert!(
            status.success(),
            "SIPp {}: {status}\n{errors}\n--- SIPp\n{}\n--- server\n{}",
            self.scenario,
            running.output(),
            server.process.output()
        );
    }

    fn command(&self, server: &Server) -> Command {
        let scenario = self.scenario();
        let mut command = Command::new("sipp");
        command.current_dir(&self.directory).env("TERM", "dumb");
        command.args(["-sf", &scenario.display().to_string(), "-i", "127.0.0.1", "-p", &self.port.to_string()]);
        command.args(["-nostdin", "-m", "1", "-trace_err", "-timeout", "40", "-timeout_error"]);
        command.args(&self.args).arg(server.address());
        command
    }

    /// The scenario with its places filled in, in the directory of this run.
    fn scenario(&self) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/flows/sipp");
        let path = folder.join(format!("{}.xml", self.scenario));
        let text = included(&read(&path), &folder);
        let text = self.replacements.iter().fold(text, |text, (name, value)| text.replace(name, value));
        let filled = self.directory.join("scenario.xml");
        std::fs::write(&filled, text).expect("scenario");
        filled
    }

    /// What its scenario's actions have logged, line by line.
    pub fn logged(&self) -> Vec<String> {
        self.files("logs").lines().map(str::to_owned).collect()
    }

    fn errors(&self) -> String {
        self.files("errors")
    }

    /// The files of this kind that it wrote.
    fn files(&self, kind: &str) -> String {
        let files = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let texts = files.filter(|file| file.file_name().to_string_lossy().contains(kind));
        texts.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect()
    }
}

/// The scenario with the steps of `parts/NAME.xml` in place of each `@include NAME@`.
fn included(scenario: &str, folder: &Path) -> String {
    let lines = scenario.lines().map(|line| match line.trim().strip_prefix("@include ") {
        Some(name) => read(&folder.join("parts").join(format!("{}.xml", name.trim_end_matches('@')))),
        None => format!("{line}\n"),
    });
    lines.collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
