//! Real PostgreSQL and MariaDB servers from Debian's packages: each on a port of its own, with its data in a directory of
//! its own, as the user whom the server wants to be.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    Mariadb,
}

/// A server; its data goes when it is dropped.
pub struct SqlServer {
    kind: Kind,
    directory: PathBuf,
    port: u16,
    child: Option<Child>,
}

/// The user whom it knows, and his password.
const USER: &str = "strowger";
const PASSWORD: &str = "s3c:r@t";

impl SqlServer {
    /// Makes its data and starts it.
    pub fn start(kind: Kind) -> SqlServer {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("port").port();
        let directory = std::env::temp_dir().join(format!("strowger-sql-{}-{port}", std::process::id()));
        // Left by a process that had the same number.
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("directory");
        let mut server = SqlServer { kind, directory, port, child: None };
        server.make_data();
        server.run();
        server
    }

    /// The URL of a database of it.
    pub fn url(&self, database: &str) -> String {
        let scheme = if self.kind == Kind::Postgres { "postgres" } else { "mysql" };
        format!("{scheme}://{USER}:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// Kills it as a power cut would, and all its processes.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let children = Command::new("pgrep").args(["-P", &child.id().to_string()]).output();
        let children = children.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        // They may have ended meanwhile.
        let _ = child.kill();
        let _ = Command::new("kill").arg("-9").args(children.split_whitespace()).stderr(Stdio::null()).status();
        let _ = child.wait();
    }

    /// Starts it, again after [`SqlServer::kill`].
    pub fn run(&mut self) {
        let data = self.directory.join("data");
        let (data, place) = (data.display().to_string(), self.directory.display().to_string());
        let port = self.port.to_string();
        let mut command = match self.kind {
            Kind::Postgres => {
                // What a killed one has left: nobody else's is in this directory.
                let _ = fs::remove_file(Path::new(&data).join("postmaster.pid"));
                let mut command = as_user("postgres", &postgres_program("postgres"));
                command.args(["-D", &data, "-p", &port, "-k", &place, "-c", "listen_addresses=127.0.0.1"]);
                command
            }
            Kind::Mariadb => {
                let mut command = as_user("mysql", "/usr/sbin/mariadbd");
                let init = self.directory.join("init.sql");
                command.args(["--no-defaults", "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=16M"]);
                command.arg(format!("--datadir={data}")).arg(format!("--port={port}"));
                command.arg(format!("--socket={place}/socket")).arg(format!("--init-file={}", init.display()));
                command
            }
        };
        let log = fs::File::create(self.directory.join("log")).expect("log");
        let errors = log.try_clone().expect("log");
        let child = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn().expect("server");
        self.child = Some(child);
        self.wait_until_ready();
    }

    /// Runs statements with the server's own client; the rows as lines of columns with `|` between.
    #[allow(dead_code, reason = "one of the places that include this file does not read")]
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let output = self.client(database, statements).output().expect("client");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{statements}: {}", String::from_utf8_lossy(&output.stderr));
        text.replace('\t', "|")
    }

    fn client(&self, database: &str, statements: &str) -> Command {
        let port = self.port.to_string();
        match self.kind {
            Kind::Postgres => {
                let mut command = Command::new("psql");
                command.args(["-h", "127.0.0.1", "-p", &port, "-U", USER, "-d", database, "-qAt", "-c", statements]);
                command.env("PGPASSWORD", PASSWORD);
                command
            }
            Kind::Mariadb => {
                let mut command = Command::new("mariadb");
                command.args(["--no-defaults", "-h127.0.0.1", &format!("-P{port}"), &format!("-u{USER}")]);
                command.args([&format!("-p{PASSWORD}"), "-N", "-e", statements, database]);
                command
            }
        }
    }

    fn make_data(&self) {
        let place = self.directory.display().to_string();
        let data = format!("{place}/data");
        let mut command = match self.kind {
            Kind::Postgres => {
                fs::write(self.directory.join("password"), PASSWORD).expect("password");
                own(&self.directory, "postgres");
                let mut command = as_user("postgres", &postgres_program("initdb"));
                command.args(["-D", &data, "-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"]);
                command.arg(format!("--pwfile={place}/password"));
                command
            }
            Kind::Mariadb => {
                let init = format!(
                    "CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n\
                     CREATE USER IF NOT EXISTS '{USER}'@'localhost' IDENTIFIED BY '{PASSWORD}';\n\
                     GRANT ALL ON *.* TO '{USER}'@'127.0.0.1';\nGRANT ALL ON *.* TO '{USER}'@'localhost';\n"
                );
                fs::write(self.directory.join("init.sql"), init).expect("statements");
                own(&self.directory, "mysql");
                let mut command = as_user("mysql", "/usr/bin/mariadb-install-db");
                command.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"]);
                command.arg(format!("--datadir={data}"));
                command
            }
        };
        let output = command.output().expect("making the data");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Waits until it takes statements: after a kill it first mends its files.
    fn wait_until_ready(&mut self) {
        let database = if self.kind == Kind::Postgres { "postgres" } else { "information_schema" };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err()
            || !self.client(database, "SELECT 1").output().is_ok_and(|output| output.status.success())
        {
            let log = || fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "the server does not answer:\n{}", log());
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for SqlServer {
    fn drop(&mut self) {
        self.kill();
        // What is left is in the directory of things that are temporary.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A program of the newest PostgreSQL that is installed; Debian has them beside the usual places.
fn postgres_program(name: &str) -> String {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is not installed: cargo xtask test");
    let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let newest = versions.filter_map(|entry| Some(entry.ok()?.path())).max_by_key(number).expect("a version");
    newest.join("bin").join(name).display().to_string()
}

/// A program as this user, if we are root: the servers refuse to be.
fn as_user(user: &str, program: &str) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups", program]).current_dir("/");
    command
}

fn own(directory: &Path, user: &str) {
    if is_root() {
        let status = Command::new("chown").args(["-R", user]).arg(directory).status();
        assert!(status.is_ok_and(|status| status.success()), "chown");
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
