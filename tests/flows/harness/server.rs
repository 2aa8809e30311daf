//! A server of the test's own: script, database, ports, directory.

use super::{Running, free_port, run_to_end};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_strowger");

/// A server being prepared.
pub struct ServerBuilder {
    script: String,
    args: Vec<String>,
    directory: PathBuf,
    /// Its SIP port on 127.0.0.1.
    pub port: u16,
    /// Its management port.
    pub mi_port: u16,
}

/// A running server.
pub struct Server {
    /// The process.
    pub process: Running,
    /// Its SIP port on 127.0.0.1.
    pub port: u16,
    /// Its management port.
    pub mi_port: u16,
    /// Its directory: `strowger.cfg`, `strowger.sqlite`.
    pub directory: PathBuf,
    args: Vec<String>,
}

impl ServerBuilder {
    /// With a script, in which `@PORT@`, `@MI_PORT@`, `@DB@` and `@DIR@` are filled in.
    pub fn new(script: &str) -> ServerBuilder {
        let (port, mi_port) = (free_port(), free_port());
        let directory = std::env::temp_dir().join(format!("strowger-flow-{}-{port}", std::process::id()));
        // Left by a process that had the same number.
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("directory");
        let database = directory.join("strowger.sqlite");
        let script = script
            .replace("@PORT@", &port.to_string())
            .replace("@MI_PORT@", &mi_port.to_string())
            .replace("@DB@", &format!("sqlite://{}", database.display()))
            .replace("@DIR@", &directory.display().to_string());
        ServerBuilder { script, args: Vec::new(), directory, port, mi_port }
    }

    /// With more arguments, in which `@DIR@` is filled in.
    pub fn args(mut self, args: &[&str]) -> ServerBuilder {
        let directory = self.directory.display().to_string();
        self.args.extend(args.iter().map(|arg| arg.replace("@DIR@", &directory)));
        self
    }

    /// Makes the database with the standard tables, and a place in records for caller and callee.
    pub fn with_database(self) -> ServerBuilder {
        self.cli(&["db", "create", &self.database_url()]);
        let columns = ["acc", "missed_calls"].map(|table| {
            format!("ALTER TABLE {table} ADD COLUMN caller TEXT; ALTER TABLE {table} ADD COLUMN callee TEXT; ")
        });
        self.with_rows(&columns.concat())
    }

    /// Adds a subscriber of `127.0.0.1` (the host that the flows' phones use).
    pub fn with_user(self, name: &str, password: &str) -> ServerBuilder {
        let user = format!("{name}@127.0.0.1");
        self.cli(&["user", "--db", &self.database_url(), "add", &user, "--password", password]);
        self
    }

    /// Adds one whose password itself is stored, for scripts with `calculate_ha1`.
    pub fn with_plain_user(self, name: &str, password: &str) -> ServerBuilder {
        let user = format!("{name}@127.0.0.1");
        self.cli(&["user", "--db", &self.database_url(), "add", &user, "--plain", "--password", password]);
        self
    }

    /// Runs statements on its database.
    pub fn with_rows(self, statements: &str) -> ServerBuilder {
        let mut command = Command::new("sqlite3");
        command.arg(self.directory.join("strowger.sqlite")).arg(statements);
        let (status, output) = run_to_end(&mut command, Duration::from_secs(20));
        assert!(status.success(), "{statements}:\n{output}");
        self
    }

    /// Its database's URL.
    pub fn database_url(&self) -> String {
        format!("sqlite://{}", self.directory.join("strowger.sqlite").display())
    }

    /// Its script, with everything filled in.
    pub fn script(&self) -> &str {
        &self.script
    }

    /// Where its things are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn cli(&self, args: &[&str]) {
        let (status, output) = run_to_end(Command::new(BINARY).args(args), Duration::from_secs(20));
        assert!(status.success(), "strowger {args:?}:\n{output}");
    }

    /// Starts it and waits until it serves.
    pub fn start(self) -> Server {
        let path = self.directory.join("strowger.cfg");
        fs::write(&path, &self.script).expect("script");
        let mut args = vec!["-f".to_owned(), path.display().to_string()];
        args.extend(self.args);
        let process = launch(&args);
        Server { process, port: self.port, mi_port: self.mi_port, directory: self.directory, args }
    }

    /// Starts it where it should refuse, and returns what it said.
    pub fn refused(self) -> String {
        let path = self.directory.join("strowger.cfg");
        fs::write(&path, &self.script).expect("script");
        let mut command = Command::new(BINARY);
        command.args(["-f", &path.display().to_string()]).args(&self.args);
        let (status, output) = run_to_end(&mut command, Duration::from_secs(20));
        assert!(!status.success(), "it started:\n{output}");
        output
    }
}

impl Server {
    /// Kills it as a power cut would, and starts it again.
    pub fn crash_and_restart(&mut self) {
        self.process.signal("KILL");
        self.process.wait(Duration::from_secs(5));
        self.process = launch(&self.args);
    }

    /// Stops it as a supervisor would: it must end by itself, with success.
    pub fn stop(&mut self) {
        self.process.signal("TERM");
        let status = self.process.wait(Duration::from_secs(10));
        assert!(status.success(), "{status}:\n{}", self.process.output());
    }

    /// Stops it as a supervisor would, and starts it again.
    pub fn restart(&mut self) {
        self.stop();
        self.process = launch(&self.args);
    }

    /// Runs another command of the program; returns what it printed.
    pub fn strowger(&self, args: &[&str]) -> String {
        let (status, output) = run_to_end(Command::new(BINARY).args(args), Duration::from_secs(20));
        assert!(status.success(), "strowger {args:?}:\n{output}");
        output
    }

    /// Runs a management command with `strowger mi` and returns what it prints.
    pub fn mi(&self, args: &[&str]) -> String {
        let mut command = Command::new(BINARY);
        command.args(["mi", "--url", &self.management()]).args(args);
        run_to_end(&mut command, Duration::from_secs(20)).1
    }

    /// Where its management answers.
    pub fn management(&self) -> String {
        format!("http://127.0.0.1:{}/mi", self.mi_port)
    }

    /// A figure of its statistics.
    pub fn statistic(&self, name: &str) -> u64 {
        let said = self.mi(&["get_statistics", &format!("[\"{name}\"]")]);
        let figure = said.rsplit(':').next().unwrap_or_default();
        figure.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or_else(|_| panic!("{said}"))
    }

    /// How much memory it has in use.
    pub fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.pid())).expect("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("number") * 1024
    }

    /// Changes its database while it runs.
    pub fn change(&self, statements: &str) {
        let mut command = Command::new("sqlite3");
        command.arg("-cmd").arg(".timeout 5000").arg(self.directory.join("strowger.sqlite")).arg(statements);
        let (status, output) = run_to_end(&mut command, Duration::from_secs(20));
        assert!(status.success(), "{statements}:\n{output}");
    }

    /// The rows of a query on its database, columns separated by `|`.
    pub fn sql(&self, query: &str) -> String {
        let mut command = Command::new("sqlite3");
        command.arg("-readonly").arg(self.directory.join("strowger.sqlite")).arg(query);
        run_to_end(&mut command, Duration::from_secs(20)).1
    }

    /// Waits until `look` gives `expected` (blanks at the ends aside): records are written in the background.
    pub fn eventually(&self, look: impl Fn() -> String, expected: &str) {
        let mut seen = String::new();
        let came = comes_true(|| {
            seen = look();
            seen.trim() == expected
        });
        assert!(came, "expected {expected:?}, there is {seen:?}\n{}", self.process.output());
    }

    /// Waits until something is so.
    pub fn until(&self, is_so: impl FnMut() -> bool) {
        assert!(comes_true(is_so), "it does not come true:\n{}", self.process.output());
    }

    /// Its SIP address.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What a failed test leaves is of use; the next run of the same number removes it.
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

/// Waits until something is so: whether it came true in time.
pub fn comes_true(mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

fn launch(args: &[String]) -> Running {
    let mut process = Running::start(Command::new(BINARY).args(args));
    // Other lines say "already".
    while process.wait_for("ready") != "ready" {}
    process
}
