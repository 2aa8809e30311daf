//! `strowger check`: everything that is wrong with a script.

use crate::configure::{Ground, Origin};

/// Prints every message; whether the script can run.
pub fn run(origin: &Origin, as_json: bool) -> bool {
    let (report, runs) = match Ground::new(1).configure(origin) {
        Ok(configured) => (configured.warnings, true),
        Err(report) => (report, false),
    };
    if as_json {
        println!("{}", report.json());
    } else {
        eprint!("{}", report.text());
        if runs {
            println!("{}: it can run", origin.name());
        }
    }
    runs
}
