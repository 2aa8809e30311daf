//! `strowger check`: everything that is wrong with a script.

use crate::cli::ServeOptions;
use crate::configure::{Configured, Ground, Origin, Report, Surroundings, Unused};
use serde_json::json;

/// Prints every message; whether the script can run with these options.
pub fn run(origin: &Origin, options: &ServeOptions, as_json: bool) -> bool {
    let (report, unused) = check(origin, options);
    let runs = !report.has_errors();
    if as_json {
        println!("{}", json!({ "ok": runs, "diagnostics": report.json(), "without_effect": unused.json() }));
        return runs;
    }
    eprint!("{}{}", report.text(), unused.text());
    if runs {
        println!("{}: it can run", origin.name());
    }
    runs
}

fn check(origin: &Origin, options: &ServeOptions) -> (Report, Unused) {
    let ground = Ground::new(1);
    let configured = match ground.configure(origin) {
        Ok(configured) => configured,
        Err(report) => return (*report, Unused::default()),
    };
    let refused = configured.start(&ground, origin, options, Surroundings::nothing()).err();
    let unused = Unused::of(&configured);
    let Configured { warnings, .. } = configured;
    match refused {
        Some(report) => (warnings.with(*report), unused),
        None => (warnings, unused),
    }
}
