//! Scripts out of any bytes, compiled and run: none may panic, and each ends within its bound of steps.

use super::host::{World, catalogue};
use super::writer::script;
use crate::ast::RouteType;
use crate::program::RouteIndex;
use crate::source::Source;
use crate::vm::{Execution, Outcome, Parameter, Start};
use crate::{Environment, NameTables, Program, check};
use ::catalogue::{FlagNames, Names, Value};
use std::sync::Arc;

/// How many instructions one run may take.
const STEPS_MAX: u64 = 3_000;

/// How often one instruction may call the host: it has few operands, and a format string few variables.
const CALLS_A_STEP: u64 = 32;

/// How many routes that `launch()` left are run.
const LAUNCHED_MAX: usize = 8;

/// Writes the script that the bytes choose, compiles it, and runs its routes.
#[doc(hidden)]
pub fn fuzz_vm(data: &[u8]) {
    let source = Source::from_text("vm.cfg", script(data).as_bytes());
    let (script, messages) = crate::parse(&source);
    assert!(!crate::diagnostic::any_error(&messages), "{messages:?}");
    let (avps, vars) = (Names::default(), Names::default());
    let (message_flags, branch_flags) = (FlagNames::default(), FlagNames::default());
    let names = NameTables { avps: &avps, vars: &vars, message_flags: &message_flags, branch_flags: &branch_flags };
    let catalogue = catalogue();
    let environment = Environment { catalogue: &catalogue, names, workers: 1 };
    let compiled = check(&script, &source, &environment).compile();
    assert!(compiled.is_ok(), "{:?}", compiled.err());
    let Ok(program) = compiled else { return };
    let program = Arc::new(program.with_steps_max(STEPS_MAX));
    for kind in [RouteType::Request, RouteType::Failure] {
        for (route, _) in program.routes_of(kind) {
            run(&mut World::new(&catalogue), &program, route);
        }
    }
}

/// Runs a route and those it launches.
fn run(world: &mut World<'_>, program: &Arc<Program>, route: RouteIndex) {
    drive(world, program, route, Value::Null);
    for _ in 0..LAUNCHED_MAX {
        let Some((route, param)) = world.launched.pop() else { return };
        drive(world, program, route, param);
    }
}

fn drive(world: &mut World<'_>, program: &Arc<Program>, route: RouteIndex, param: Value) {
    let calls = world.calls;
    let mut execution = Execution::new(0);
    let start = Start { code: 1, params: vec![Parameter::unnamed(param)] };
    let mut outcome = execution.start_with(Arc::clone(program), route, start, world);
    let mut waits = 0;
    while outcome == Outcome::Waiting {
        waits += 1;
        let code = world.awaited.take();
        assert!(code.is_some() && waits <= STEPS_MAX);
        outcome = execution.resume(world, code.unwrap_or_default());
    }
    assert!(world.calls - calls <= STEPS_MAX * CALLS_A_STEP);
}

#[cfg(test)]
mod tests {
    use super::fuzz_vm;
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/vm");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|data| fuzz_vm(data));
        assert!(files.len() >= 4);
    }

    /// Each statement and each condition compiles, so that no input is lost on one that does not.
    #[test]
    fn every_choice_compiles() {
        for choice in 0..64 {
            fuzz_vm(&[4, choice, 1, 4, choice, 0, 0, 2, choice, 0, 1, 0]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn any_script_ends(data in prop::collection::vec(any::<u8>(), 0..200)) {
            fuzz_vm(&data);
        }
    }
}
