//! What a module declares: constant tables with the functions that run.

use crate::{
    Args, Call, Fault, Flow, Judging, Management, MiFlow, MiReply, Operator, Outcome, Setup, UnknownName, VariableName,
};
use catalogue::{Access, Event, Inner, Param, Statistic, Table, Value};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A module: what it offers and how it starts. A constant in the module's `mod.rs`; nothing is registered elsewhere.
#[derive(Clone, Copy)]
pub struct Module {
    /// OpenSIPS's name for it.
    pub name: &'static str,
    /// One sentence: what it is for.
    pub about: &'static str,
    /// Modules of older releases that are now part of it: loading one loads this.
    pub aliases: &'static [&'static str],
    /// Modules that must be loaded as well.
    pub depends: &'static [&'static str],
    /// Modules that start before it where they are loaded.
    pub after: &'static [&'static str],
    /// Its parameters.
    pub params: &'static [Param],
    /// Its functions.
    pub functions: &'static [Function],
    /// Its variables.
    pub variables: &'static [Variable],
    /// Its transformations.
    pub transformations: &'static [Transformation],
    /// Its management commands.
    pub commands: &'static [Command],
    /// Its statistics.
    pub statistics: &'static [Statistic],
    /// Its events.
    pub events: &'static [Event],
    /// The database tables it needs.
    pub tables: &'static [Table],
    /// Makes its state from its parameters.
    pub start: fn(&mut Setup<'_>) -> Result<State, StartError>,
    /// Judges what the script passes to its functions, once all modules have started.
    pub judge: fn(&mut Judging<'_>),
}

/// The state of a module, shared by all workers; what changes in it has its own lock.
pub type State = Arc<dyn Any + Send + Sync>;

/// A script function with what runs.
pub type Function = catalogue::Function<Run>;
/// A variable with what reads and writes it.
pub type Variable = catalogue::Variable<VariableRun>;
/// A transformation with what runs.
pub type Transformation = catalogue::Transformation<TransformationRun>;
/// A management command with what runs.
pub type Command = catalogue::Command<MiRun>;

/// What runs when a function is called. Number, types and routes of the arguments have been checked.
#[derive(Clone, Copy)]
pub enum Run {
    /// It never waits.
    Now(fn(&mut Call<'_>, Args<'_>) -> Outcome),
    /// It may wait.
    Wait(fn(&mut Call<'_>, Args<'_>) -> Flow),
}

/// What reads and writes a variable.
#[derive(Clone, Copy)]
pub struct VariableRun {
    /// Its value; NULL where there is none.
    pub read: fn(&mut Call<'_>, VariableName<'_>) -> Value,
    /// Assigns to it; `None` where it can only be read.
    pub write: Option<WriteVariable>,
}

/// What assigns to a variable.
pub type WriteVariable = fn(&mut Call<'_>, VariableName<'_>, Operator, Value) -> Result<(), Fault>;

/// What transforms a value: never called with NULL; NULL means it failed.
pub type TransformationRun = fn(&mut Call<'_>, Value, &[Value]) -> Value;

/// What runs for a management command.
#[derive(Clone, Copy)]
pub enum MiRun {
    /// It never waits.
    Now(fn(&mut Management<'_>) -> MiReply),
    /// It may wait.
    Wait(fn(&mut Management<'_>) -> MiFlow),
}

/// Why a module did not start: the server does not either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError {
    /// The parameter at fault, if it is one.
    pub param: Option<&'static str>,
    /// Its value at fault, where the parameter may have several.
    pub value: Option<String>,
    /// The constant at fault that the script passes to a function, if it is one.
    pub constant: Option<Box<PassedConstant>>,
    /// What is wrong, and what would help.
    pub text: String,
}

/// A constant that the script passes to a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedConstant {
    /// The function.
    pub function: &'static str,
    /// Which argument it is, from 0.
    pub argument: usize,
    /// The constant.
    pub text: String,
    /// The name at fault in it, where it is one that is not known.
    pub unknown: Option<UnknownName>,
}

impl Module {
    /// A module that offers nothing; the rest of a constant (`..Module::EMPTY`).
    pub const EMPTY: Module = Module {
        name: "",
        about: "",
        aliases: &[],
        depends: &[],
        after: &[],
        params: &[],
        functions: &[],
        variables: &[],
        transformations: &[],
        commands: &[],
        statistics: &[],
        events: &[],
        tables: &[],
        start: |_| Ok(Arc::new(())),
        judge: |_| {},
    };
}

/// A function that does nothing and returns 1: the rest of a constant (`..FUNCTION`).
pub const FUNCTION: Function = Function {
    name: "",
    aliases: &[],
    about: "",
    args: &[],
    routes: catalogue::Routes::ALL,
    is_async: false,
    unavailable: None,
    today: None,
    old_order: None,
    returns: &[(1, "done"), (-1, "an error, which is logged")],
    examples: &[],
    run: Run::Now(|_, _| Ok(1)),
};

/// A variable that is read only and NULL: the rest of a constant (`..VARIABLE`).
pub const VARIABLE: Variable = Variable {
    name: "",
    aliases: &[],
    about: "",
    access: Access::Read,
    inner: Inner::None,
    indexed: false,
    index_sets: &[],
    run: VariableRun { read: |_, _| Value::Null, write: None },
};

/// A command without parameters that answers "OK": the rest of a constant (`..COMMAND`).
pub const COMMAND: Command = Command {
    name: "",
    aliases: &[],
    about: "",
    recipes: &[&[]],
    named_only: false,
    reply: "\"OK\"",
    run: MiRun::Now(|_| Ok("OK".into())),
};

impl VariableRun {
    /// Read only.
    pub const fn read(read: fn(&mut Call<'_>, VariableName<'_>) -> Value) -> VariableRun {
        VariableRun { read, write: None }
    }

    /// Read and written.
    pub const fn read_write(read: fn(&mut Call<'_>, VariableName<'_>) -> Value, write: WriteVariable) -> VariableRun {
        VariableRun { read, write: Some(write) }
    }
}

impl StartError {
    /// An error of a parameter.
    pub fn param(param: &'static str, text: impl Into<String>) -> StartError {
        StartError { param: Some(param), ..StartError::new(text) }
    }

    /// Says which of the parameter's values it is about.
    pub fn value(mut self, value: impl Into<String>) -> StartError {
        self.value = Some(value.into());
        self
    }

    /// An error of a constant that the script passes to a function.
    pub fn constant(constant: PassedConstant, wrong: impl fmt::Display) -> StartError {
        let text = format!("{}(): {wrong}", constant.function);
        StartError { constant: Some(Box::new(constant)), ..StartError::new(text) }
    }

    /// Any other error.
    pub fn new(text: impl Into<String>) -> StartError {
        StartError { param: None, value: None, constant: None, text: text.into() }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.param {
            Some(param) => write!(out, "parameter {param}: {}", self.text),
            None => out.write_str(&self.text),
        }
    }
}

impl std::error::Error for StartError {}

impl From<Fault> for StartError {
    fn from(fault: Fault) -> StartError {
        StartError::new(fault.text)
    }
}
