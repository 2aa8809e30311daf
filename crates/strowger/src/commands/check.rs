//! `strowger check`: everything that is wrong with a script.

use crate::cli::ServeOptions;
use crate::configure::sockets::{plan, unspoken};
use crate::configure::{Ground, Origin, Paths, Report, Surroundings, Unused};
use module_api::Sockets;
use serde_json::json;
use std::path::PathBuf;

/// Prints every message; whether the script can run with these options. `made` is the database that a start makes.
pub fn run(origin: &Origin, options: &ServeOptions, as_json: bool, made: Option<PathBuf>) -> bool {
    let (report, unused) = check(origin, options, made);
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

pub(super) fn check(origin: &Origin, options: &ServeOptions, made: Option<PathBuf>) -> (Report, Unused) {
    let ground = Ground::new(1);
    let configured = match ground.configure(origin) {
        Ok(configured) => configured,
        Err(report) => return (*report, Unused::default()),
    };
    let (sockets, missing) = match plan(&configured, &ground, options) {
        // Of another machine neither addresses nor files are known.
        _ if options.elsewhere => (Sockets::default(), unspoken(&configured, &ground)),
        Ok((sockets, _)) => (sockets, Vec::new()),
        Err(found) => (Sockets::default(), found),
    };
    let missing = configured.report(missing);
    let paths = (!options.elsewhere).then(|| Paths::of(options, &configured.globals).making(made));
    let refused = configured.start(&ground, origin, options, Surroundings::of_check(sockets, paths)).err();
    let unused = Unused::of(&configured);
    let report = configured.warnings.with(missing);
    match refused {
        Some(refused) => (report.with(*refused), unused),
        None => (report, unused),
    }
}
