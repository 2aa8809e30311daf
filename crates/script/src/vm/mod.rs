//! The virtual machine: a loop with a program counter and a stack of frames. An execution that waits is a value put
//! aside; it goes on with the code of the call it waited for.

mod arguments;
mod arithmetic;
mod calls;
mod compare;
mod conditions;
mod patterns;
mod preparing;
mod run;
mod scope;
mod values;

pub(crate) use arithmetic::{arithmetic, complement, negated};
pub use scope::{Parameter, Scope};

use crate::host::{ArgValue, Host};
use crate::program::instruction::{Address, Slot};
use crate::program::{Program, RouteIndex};
use catalogue::Value;
use patterns::Patterns;
use run::Machine;
use scope::Frame;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A script being run, or about to be. It keeps its memory from one run to the next, so a host may keep a few.
#[derive(Debug, Default)]
pub struct Execution {
    /// What the language knows: codes, parameters, the stack of routes.
    scope: Scope,
    /// The next instruction.
    counter: Address,
    /// The outcome of the last condition, call or assignment.
    truth: bool,
    /// The last expression of this statement had no value (a division by zero): an assignment of it fails.
    has_no_value: bool,
    /// Values in the middle of an expression.
    values: Vec<Value>,
    /// The turns of the loops that are running.
    loops: Vec<u32>,
    /// Arguments of the call that is being made.
    args: Vec<ArgValue>,
    /// The text that is being printed.
    text: Vec<u8>,
    /// Regular expressions from variables.
    patterns: Patterns,
    /// How many more instructions this run may take.
    steps_left: u64,
    /// What it waits for.
    waiting: Option<Awaited>,
    /// Whose counters of lines it uses.
    worker: usize,
    /// Whether the host wants to see each statement.
    is_tracing: bool,
}

/// What goes on when an execution is resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// The next instruction, with the code of the call.
    Code,
    /// This route, in place of what ran: `async()`.
    Route(RouteIndex),
    /// The next instruction, once nothing in these values asks any more. The code is not the script's.
    Prepared(Slot),
}

/// How a run begins.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// `$rc` at its beginning.
    pub code: i32,
    /// `$param`
    pub params: Vec<Parameter>,
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is over.
    Finished(Finished),
    /// It waits for a call; keep it and resume it with the code.
    Waiting,
}

/// How a script ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// The code of the last function or route, or of `return`.
    pub code: i32,
    /// By `exit`, `drop`, a code of 0 or a bound, rather than at the end of its outermost route.
    pub exited: bool,
    /// By `drop`: what the route is for does not happen.
    pub dropped: bool,
}

impl Execution {
    /// An execution that counts lines as this worker.
    pub fn new(worker: usize) -> Execution {
        Execution { worker, ..Execution::default() }
    }

    /// Runs a route.
    pub fn start(&mut self, program: Arc<Program>, route: RouteIndex, host: &mut dyn Host) -> Outcome {
        self.start_with(program, route, Start::default(), host)
    }

    /// Runs a route with parameters and a code.
    pub fn start_with(
        &mut self,
        program: Arc<Program>,
        route: RouteIndex,
        start: Start,
        host: &mut dyn Host,
    ) -> Outcome {
        self.steps_left = program.limits.steps_max;
        self.waiting = None;
        self.is_tracing = host.is_tracing();
        self.scope.program = Some(program);
        self.scope.params.clear();
        self.scope.params.extend(start.params);
        self.scope.code = start.code;
        self.enter(route);
        self.run(host)
    }

    /// Goes on after [`Outcome::Waiting`]. An execution that waits for nothing is finished.
    pub fn resume(&mut self, host: &mut dyn Host, code: i32) -> Outcome {
        let Some(awaited) = self.waiting.take() else { return Outcome::Finished(Finished::default()) };
        self.is_tracing = host.is_tracing();
        match awaited {
            Awaited::Prepared(slot) => return self.run_from(Some(slot), host),
            Awaited::Code => {
                self.scope.code = code;
                self.truth = code > 0;
                if code == 0 {
                    return self.finished(true, false);
                }
            }
            Awaited::Route(route) => {
                self.scope.code = code;
                self.scope.params.clear();
                self.enter(route);
            }
        }
        self.run(host)
    }

    /// The program that runs, or ran last.
    pub fn program(&self) -> Option<&Arc<Program>> {
        self.scope.program.as_ref()
    }

    /// The place of the statement that runs or waits.
    pub fn line(&self) -> Option<crate::program::Line> {
        self.scope.program.as_ref().map(|program| program.line_of(self.scope.place))
    }

    /// The value of one of the language's own variables as the script would read it now.
    pub fn language(&self, variable: crate::host::Language, name: &[u8], index: crate::host::Index) -> Value {
        self.scope.read(variable, name, index)
    }

    /// Lets go of the program and of all values, keeping the memory for the next run.
    pub fn clear(&mut self) {
        self.scope.program = None;
        self.scope.frames.clear();
        self.scope.params.clear();
        self.scope.returns.clear();
        self.values.clear();
        self.args.clear();
        self.waiting = None;
    }

    /// Makes a route the outermost one.
    fn enter(&mut self, route: RouteIndex) {
        let start = self.scope.program.as_ref().and_then(|program| program.route_info(route)).map(|route| route.start);
        self.scope.frames.clear();
        self.scope.returns.clear();
        self.values.clear();
        self.loops.clear();
        self.scope.frames.push(Frame { route, return_to: 0, params: 0, values: 0, loops: 0 });
        // A route that does not exist ends at once.
        self.counter = start.unwrap_or(Address::MAX);
    }

    fn run(&mut self, host: &mut dyn Host) -> Outcome {
        self.run_from(None, host)
    }

    /// Runs on, after preparing what is not ready yet.
    fn run_from(&mut self, prepared: Option<Slot>, host: &mut dyn Host) -> Outcome {
        let Some(program) = self.scope.program.clone() else { return self.finished(true, false) };
        let mut machine = Machine { execution: self, program: &program, host };
        if let Some(slot) = prepared
            && let ControlFlow::Break(outcome) = machine.prepare(slot)
        {
            return outcome;
        }
        machine.run()
    }

    fn finished(&mut self, exited: bool, dropped: bool) -> Outcome {
        Outcome::Finished(Finished { code: self.scope.code, exited, dropped })
    }
}
