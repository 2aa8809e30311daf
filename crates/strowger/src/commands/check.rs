//! `strowger check`: everything that is wrong with a script.

use crate::configure::{Configured, Ground, Origin, Unused};
use serde_json::json;

/// Prints every message; whether the script can run.
pub fn run(origin: &Origin, as_json: bool) -> bool {
    let (report, unused, runs) = match Ground::new(1).configure(origin) {
        Ok(configured) => {
            let unused = Unused::of(&configured);
            let Configured { warnings, .. } = configured;
            (warnings, unused, true)
        }
        Err(report) => (*report, Unused::default(), false),
    };
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
