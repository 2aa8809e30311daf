//! `regex`: matching with Perl's regular expressions, by the PCRE2 library itself, so that every expression of a script
//! means what it meant.
//!
//! A match takes a bounded number of steps; what hits the bound matches nothing and is counted. Groups of expressions
//! come from a file that is read before the first message and again on demand.

mod expression;
mod file;
mod functions;
mod fuzz;
mod groups;
mod management;
#[cfg(test)]
mod tests;

use catalogue::{Param, ParamKind, Statistic};
use expression::{Compiled, Options};
use groups::Groups;
use module_api::{Counter, Module, Setup, StartError, State};
use std::sync::Arc;

pub use fuzz::fuzz;

/// The module.
pub const MODULE: Module = Module {
    name: "regex",
    about: "Matching with Perl's regular expressions, also in groups from a file.",
    params: &[FILE, MAX_GROUPS, GROUP_MAX_SIZE, PCRE_CASELESS, PCRE_MULTILINE, PCRE_DOTALL, PCRE_EXTENDED],
    functions: &[functions::PCRE_MATCH, functions::PCRE_MATCH_GROUP],
    commands: &[management::RELOAD, management::MATCH, management::MATCH_GROUP],
    statistics: &[STEPS_EXCEEDED],
    start,
    ..Module::EMPTY
};

const FILE: Param =
    Param::unset("file", ParamKind::Str, "The file of groups: a line `[0]`, then an expression a line.");
const MAX_GROUPS: Param = Param::int("max_groups", 20, "How many groups the file may have.").within(1, 65_536);
const GROUP_MAX_SIZE: Param =
    Param::int("group_max_size", 8192, "How many bytes the expressions of a group may have.").within(1, 1 << 20);
const PCRE_CASELESS: Param = Param::int("pcre_caseless", 0, "Whether letters match in either case: (?i).");
const PCRE_MULTILINE: Param = Param::int("pcre_multiline", 0, "Whether ^ and $ match at each line: (?m).");
const PCRE_DOTALL: Param = Param::int("pcre_dotall", 0, "Whether . matches line ends: (?s).");
const PCRE_EXTENDED: Param =
    Param::int("pcre_extended", 0, "Whether white space and #comments in expressions do not count: (?x).");

const STEPS_EXCEEDED: Statistic =
    Statistic::counter("steps_exceeded", "Matches that were given up because they took too many steps.");

/// The module's state.
struct Regexes {
    compiled: Compiled,
    groups: Option<Groups>,
    steps_exceeded: Counter,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let params = setup.params;
    let options = Options {
        caseless: params.is_on(&PCRE_CASELESS),
        multi_line: params.is_on(&PCRE_MULTILINE),
        dotall: params.is_on(&PCRE_DOTALL),
        extended: params.is_on(&PCRE_EXTENDED),
    };
    let compiled = Compiled::new(options);
    setup.hold(functions::PCRE_MATCH.name, 1, |text| {
        compiled.get(&text.to_owned().into()).map(|_| ()).map_err(|fault| fault.text)
    });
    if params.str(&FILE).is_none_or(str::is_empty) {
        setup.hold(functions::PCRE_MATCH_GROUP.name, 1, |_| {
            Err("without the parameter file there are no groups".to_owned())
        });
    }
    let bounds = file::Bounds {
        groups: usize::try_from(params.int(&MAX_GROUPS)).unwrap_or_default(),
        group_bytes: usize::try_from(params.int(&GROUP_MAX_SIZE)).unwrap_or_default(),
    };
    let groups = params.str(&FILE).filter(|path| !path.is_empty()).map(|path| Groups::new(path, bounds, options));
    let state = Arc::new(Regexes { compiled, groups, steps_exceeded: setup.counter(&STEPS_EXCEEDED) });
    groups::read_at_start(setup, &state);
    Ok(state)
}
