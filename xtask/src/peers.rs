//! The programs that tests talk to, and how they come onto a machine: Debian's packages and PyPI.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program or file, and the Debian package that has it.
const DEBIAN: [(&str, &str); 11] = [
    ("sipp", "sip-tester"),
    ("sipsak", "sipsak"),
    ("baresip", "baresip-core"),
    ("m4", "m4"),
    // What makes environments is a package of its own: python3 alone may be there.
    ("ensurepip", "python3-venv"),
    ("sqlite3", "sqlite3"),
    ("/usr/include/sqlite3ext.h", "libsqlite3-dev"),
    ("kill", "procps"),
    ("/usr/lib/postgresql", "postgresql"),
    ("psql", "postgresql-client"),
    ("/usr/sbin/mariadbd", "mariadb-server"),
];

/// The management client, from PyPI, in an environment of its own.
const CLIENT: &str = "opensipscli==0.4.1";

/// Installs what is missing.
pub fn install() -> Result<(), String> {
    install_packages()?;
    install_client()?;
    install_tool("cargo-nextest", "cargo-nextest")
}

/// The environment in which the management client is.
pub fn client_environment() -> PathBuf {
    target_directory().join("peers").join("opensipscli")
}

/// Cargo's build directory.
pub fn target_directory() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

/// Installs a cargo tool where it is missing.
pub fn install_tool(program: &str, package: &str) -> Result<(), String> {
    if on_path(program) {
        return Ok(());
    }
    run(Command::new("cargo").args(["install", "--locked", package]))
}

fn install_packages() -> Result<(), String> {
    let missing: Vec<&str> = DEBIAN.iter().filter(|(what, _)| !is_there(what)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("installing from Debian: {}", missing.join(" "));
    run(as_root("apt-get").args(["update", "-qq"]))?;
    let options = ["install", "-y", "-qq", "--no-install-recommends"];
    run(as_root("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(options).args(missing))
}

fn install_client() -> Result<(), String> {
    let place = client_environment();
    if place.join("bin/opensips-cli").exists() {
        return Ok(());
    }
    eprintln!("installing from PyPI: {CLIENT}");
    run(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    run(Command::new(place.join("bin/pip")).args(["install", "--quiet", CLIENT]))
}

fn as_root(program: &str) -> Command {
    let is_root = env::var("USER").is_ok_and(|user| user == "root") || Path::new("/root").read_dir().is_ok();
    if is_root {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

fn is_there(what: &str) -> bool {
    if what == "ensurepip" { has_ensurepip("python3") } else { on_path(what) }
}

/// Whether this Python can make an environment with pip in it.
fn has_ensurepip(python: &str) -> bool {
    let mut probe = Command::new(python);
    probe.args(["-c", "import ensurepip"]).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}

/// Whether it is in one of the places of programs, or, with a whole path, there.
fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).exists())
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}

#[cfg(test)]
mod tests {
    use super::has_ensurepip;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// Debian's python3 is there without python3-venv.
    #[test]
    fn a_python_that_makes_no_environments_is_not_enough() {
        let path = std::env::temp_dir().join(format!("xtask-python-{}", std::process::id()));
        for (script, is_enough) in
            [("case \"$*\" in *ensurepip*) exit 1;; esac", false), ("case \"$*\" in *ensurepip*) exit 0;; esac", true)]
        {
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a program");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
            assert_eq!(has_ensurepip(&path.display().to_string()), is_enough);
        }
        assert!(!has_ensurepip("/nonexistent/python3"));
        let _ = fs::remove_file(path);
    }
}
