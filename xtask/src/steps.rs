//! What each command runs.

use crate::peers::{client_environment, install, install_tool, run};
use crate::{coverage, tidy};
use std::fs;
use std::process::Command;

/// Installs what the tests need, builds, and runs them all.
pub fn test() -> Result<(), String> {
    install()?;
    let client = fs::canonicalize(client_environment()).map_err(|error| format!("management client: {error}"))?;
    run(&mut cargo(&["build", "--workspace", "--all-targets"]))?;
    run(cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]).env("STROWGER_TEST_CLIENT", client))
}

/// Everything a change must pass. The tests come last in the output, so that their summary is its last line.
pub fn ci() -> Result<(), String> {
    install()?;
    install_tool("cargo-deny", "cargo-deny")?;
    tidy::check()?;
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    run(cargo(&["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    run(&mut cargo(&["deny", "--log-level", "error", "check", "bans", "licenses", "sources"]))?;
    coverage::is_current()?;
    test()
}

/// Writes the generated reference.
pub fn reference() -> Result<(), String> {
    run(&mut cargo(&["run", "--quiet", "--package", "strowger", "--", "doc", "--all", "docs/reference"]))
}

fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args);
    command
}
