//! The project's automation: `cargo xtask test`, `ci`, `coverage`, `docs`.

mod coverage;
mod peers;
mod reference;
mod steps;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND
  test      install what the tests need where it is missing, build, run every test
  ci        the tree's own rules, format, dependencies, clippy, documentation, what is generated; then test
  coverage  how much of the inventory the catalogue holds; writes docs/compatibility.md
  docs      write the generated reference into docs/reference
  sim       lives through seeds in virtual time: --seeds N [--from S], or --seed S to repeat one
  tidy      the tree's own rules: file headers, rings, dead files";

fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    // All that follows is meant from the workspace's root, wherever in it this was typed.
    if let Some(root) = Path::new(env!("CARGO_MANIFEST_DIR")).parent()
        && let Err(error) = std::env::set_current_dir(root)
    {
        eprintln!("{}: {error}", root.display());
        return ExitCode::FAILURE;
    }
    let outcome = match command.as_deref() {
        Some("test") => steps::test(),
        Some("ci") => steps::ci(),
        Some("coverage") => steps::write_coverage(),
        Some("docs") => steps::write_reference(),
        Some("sim") => steps::simulate(std::env::args().skip(2)),
        Some("tidy") => tidy::check(),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
