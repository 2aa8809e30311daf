//! What each command runs.

use crate::peers::{client_environment, install, install_tool, run, target_directory};
use crate::{coverage, reference, tidy};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// Installs what the tests need, builds, and runs them all.
pub fn test() -> Result<(), String> {
    install()?;
    run_tests()
}

/// Everything a change must pass. The tests come last in the output, so that their summary is its last line.
pub fn ci() -> Result<(), String> {
    install()?;
    install_tool("cargo-deny", "cargo-deny")?;
    step("tidy", tidy::check)?;
    step("format", || {
        run(&mut cargo(&["fmt", "--all", "--check"]))?;
        run(&mut cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))
    })?;
    step("dependencies", || {
        run(&mut cargo(&["deny", "--log-level", "error", "check", "bans", "licenses", "sources"]))
    })?;
    step("clippy", || run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])))?;
    step("documentation", || {
        run(cargo(&["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    step("fuzz targets", || {
        run(&mut cargo(&["clippy", "--quiet", "--manifest-path", "fuzz/Cargo.toml", "--", "-D", "warnings"]))
    })?;
    step("build", || run(&mut cargo(&["nextest", "run", "--workspace", "--no-run"])))?;
    step("coverage", || coverage::is_current(&built_server()))?;
    step("reference", || reference::is_current(&built_server()))?;
    step("simulator", || simulate(["--seeds", "2000"].map(str::to_owned)))?;
    run_tests()
}

/// Lives through seeds of the simulator.
pub fn simulate(args: impl IntoIterator<Item = String>) -> Result<(), String> {
    run(cargo(&["run", "--quiet", "--profile", "sim", "--package", "sim", "--"]).args(args))
}

/// Writes the coverage report.
pub fn write_coverage() -> Result<(), String> {
    coverage::write(&server()?)
}

/// Writes the generated reference.
pub fn write_reference() -> Result<(), String> {
    reference::write(&server()?)
}

fn run_tests() -> Result<(), String> {
    let client = fs::canonicalize(client_environment()).map_err(|error| format!("management client: {error}"))?;
    run(cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]).env("STROWGER_TEST_CLIENT", client))
}

/// The server, built now.
fn server() -> Result<PathBuf, String> {
    // As part of the workspace, so that what its tests have built serves here too.
    run(&mut cargo(&["build", "--quiet", "--workspace", "--bin", "strowger"]))?;
    Ok(built_server())
}

/// The server that building the tests has left.
fn built_server() -> PathBuf {
    target_directory().join("debug").join("strowger")
}

/// Runs a step and says how long it took.
fn step(name: &str, run: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    eprintln!("== {name}");
    let began = Instant::now();
    run()?;
    eprintln!("== {name}: {:.1} s", began.elapsed().as_secs_f32());
    Ok(())
}

fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args);
    command
}
