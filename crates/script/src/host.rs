//! What the virtual machine runs on: the one who calls functions, reads and writes variables, and keeps the log.

use crate::ast::Context;
use crate::program::{Line, RouteIndex, VariableRef};
use bytes::Bytes;
use catalogue::{FunctionId, NameId, TransformationId, Value, VariableId};
use regex::bytes::Regex;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The world of a running script. The machine knows when and with what; the host knows what a name stands for.
pub trait Host {
    /// Calls a function with evaluated arguments. A fault of the function is the host's to log; it is the code -1.
    fn call(&mut self, function: FunctionId, args: &[ArgValue], line: Line) -> Called;

    /// The same where all arguments are known before: `site` is the call's number among those of the program, under
    /// which the host may keep what it makes of them.
    fn call_fixed(&mut self, site: u32, function: FunctionId, args: &[ArgValue], line: Line) -> Called {
        let _ = site;
        self.call(function, args, line)
    }

    /// Starts a function in the background (`launch()`). When it is done, `then` runs with its code as `$rc` and
    /// `param` as `$param(1)`, apart from this execution.
    fn launch(&mut self, function: FunctionId, args: &[ArgValue], then: Option<RouteIndex>, param: Value, line: Line);

    /// The next call is that of an `async()`: the host makes the transaction if there is none and remembers the
    /// deadline. A route goes on when the call is done.
    fn begin_async(&mut self, timeout_s: Option<i32>);

    /// The value of a variable, before transformations.
    fn read(&mut self, variable: &Reading<'_>) -> Value;

    /// Assigns to a variable; arithmetic (`+=`) has been done before.
    ///
    /// # Errors
    /// It cannot be written, or not with this value.
    fn write(&mut self, variable: &Reading<'_>, operator: Assign, value: Value) -> Result<(), Rejected>;

    /// Transforms a value, which is not NULL.
    fn transform(&mut self, transformation: TransformationId, value: Value, args: &[Value]) -> Value;

    /// A variable of the language itself, asked for where no script is running: by a format string that a module
    /// holds. A running script answers these by itself.
    fn language(&mut self, variable: Language, name: &[u8], index: Index) -> Value {
        let _ = (variable, name, index);
        Value::Null
    }

    /// Until [`Host::has_asked`], values that are read may ask for what they need.
    fn allow_asking(&mut self) {}

    /// Whether one of them has asked. Then the host has kept what it needs, and the execution goes on with `resume`.
    fn has_asked(&mut self, line: Line) -> bool {
        let _ = line;
        false
    }

    /// The level above which lines of `log` are dropped.
    fn log_level(&self) -> i32;

    /// The level above which xlog lines are not even formatted.
    fn xlog_level(&self) -> i32;

    /// Writes a line of `xlog` or `log`; its level has passed [`Host::xlog_level`] or
    /// [`Host::log_level`].
    fn print(&mut self, level: i32, text: &[u8], line: Line);

    /// Counts and logs something the script did wrong while running.
    fn warn(&mut self, fault: ScriptFault, line: Line);

    /// An `assert()` failed: the host fills the `$err` variables and decides whether to stop the server. The error
    /// route runs next.
    fn assert_failed(&mut self, text: &[u8], line: Line);

    /// A format string longer than this yields nothing (`pv_print_buf_size`).
    fn print_bytes_max(&self) -> usize {
        20_000
    }

    /// Whether [`Host::step`] wants to be called. Asked at the start of an execution and after each call.
    fn is_tracing(&self) -> bool {
        false
    }

    /// A statement or a call is about to run; only while tracing.
    fn step(&mut self, step: StepTrace<'_>) {
        let _ = step;
    }
}

/// What a call did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// It is finished with this return code.
    Done(i32),
    /// It waits. The host has kept what it needs; the execution goes on with `resume` and the code.
    Wait,
}

/// A variable being read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading<'a> {
    /// Which.
    pub variable: VariableId,
    /// What stands in its parentheses.
    pub name: Name<'a>,
    /// What stands in its brackets.
    pub index: Index,
    /// What the index counts in, if written: one of the declaration's [`catalogue::Variable::index_sets`].
    pub index_set: Option<&'static str>,
    /// `<request>` or `<reply>`, if written.
    pub context: Option<Context>,
}

/// The name in a variable's parentheses; empty where there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Name<'a> {
    /// The text.
    pub text: &'a [u8],
    /// Its number, where the variable is declared [`catalogue::Inner::Interned`] and the name is a constant. A name
    /// computed while running has none yet; the host looks it up.
    pub id: Option<NameId>,
}

/// `[…]` after a variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Index {
    /// Not written.
    #[default]
    None,
    /// A number; negative from the end.
    At(i32),
    /// `[*]`
    All,
    /// `[append]`
    Append,
}

/// How a variable is assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assign {
    /// `=`
    Set,
    /// `:=`
    Replace,
}

/// Why an assignment failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected(pub Cow<'static, str>);

/// An evaluated argument.
#[derive(Clone, Debug)]
pub enum ArgValue {
    /// Left out, or an optional one whose variable is NULL.
    Absent,
    /// An integer, or the number of a flag.
    Int(i32),
    /// A string.
    Str(Bytes),
    /// A variable to read or write. All such variables of a program are numbered, see
    /// [`crate::program::Program::argument_variables`].
    Var(Arc<VariableRef>),
    /// Several.
    Vars(Arc<[Arc<VariableRef>]>),
    /// A regular expression.
    Regex(Arc<Regex>),
    /// A route of the running program.
    Route(RouteIndex),
    /// Named flags with their values.
    Flags(Arc<[FlagValue]>),
}

/// A named flag, and its value where it is written `name=value`.
pub type FlagValue = (&'static str, Option<Bytes>);

/// The variables that the machine itself answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `$rc`, `$retcode`
    Code,
    /// `$param(x)`
    Param,
    /// `$return(x)`
    Return,
    /// `$route`
    Route,
    /// `$route.name`
    RouteName,
    /// `$route.type`
    RouteType,
    /// `$cfg_line`
    Line,
    /// `$cfg_file`
    File,
}

/// A statement or call about to run.
#[derive(Clone, Copy, Debug)]
pub struct StepTrace<'a> {
    /// Where it stands.
    pub line: Line,
    /// The file's name.
    pub file: &'a str,
    /// The routes that are running, the current one last.
    pub route: &'a str,
    /// How deep routes are nested; 1 is the outermost.
    pub depth: usize,
    /// `$rc`
    pub code: i32,
    /// What is about to be done.
    pub action: Action,
}

/// What a traced step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A statement, in upstream's words: `core if`, `assign equal`.
    Statement(&'static str),
    /// A call of a function, also within another statement.
    Call(FunctionId),
}

/// What a script can do wrong while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptFault {
    /// A string was compared with an integer: the result is false.
    Incomparable,
    /// Arithmetic on a string that holds no number: it yields nothing.
    NotANumber,
    /// A division by zero: it yields nothing.
    DivisionByZero,
    /// `+=` and its kin with NULL: nothing is assigned.
    NullOperand,
    /// The assignment failed.
    Rejected(Cow<'static, str>),
    /// A loop ran `max_while_loops` times and was left.
    TooManyTurns,
    /// Routes call each other deeper than 100: the call was not made.
    TooDeep,
    /// The script ran longer than any script should: it was stopped.
    TooManySteps,
    /// A route named by a variable does not exist: the call was not made.
    UnknownRoute(Bytes),
    /// A regular expression from a variable cannot be compiled: the result is false.
    BadPattern(String),
    /// A format string became longer than `pv_print_buf_size`: it yields nothing.
    TextTooLong,
    /// `+` would have made a string longer than any message: it yields nothing.
    JoinedTooLong,
    /// A function was not called, because an argument (counted from 1) was not what it takes.
    BadArgument {
        /// The function.
        function: FunctionId,
        /// Which argument.
        position: u8,
        /// What is wrong with it.
        what: ArgFault,
    },
}

/// What is wrong with an argument's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgFault {
    /// It is NULL and may not be left out.
    Null,
    /// It must be an integer.
    NotAnInteger,
    /// An integer that the function does not take.
    OutOfRange {
        /// The integer.
        number: i32,
        /// The least it may be.
        least: i32,
        /// The greatest.
        greatest: i32,
    },
    /// It names a flag that the function does not know.
    UnknownFlag(String),
    /// It is not a regular expression.
    BadPattern(String),
}

impl fmt::Display for ScriptFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScriptFault::Incomparable => out.write_str("a string is compared with an integer, which counts as false"),
            ScriptFault::NotANumber => out.write_str("arithmetic on a string that is no number"),
            ScriptFault::DivisionByZero => out.write_str("division by zero"),
            ScriptFault::NullOperand => out.write_str("an operand of the assignment is NULL; nothing is assigned"),
            ScriptFault::Rejected(why) => write!(out, "the assignment failed: {why}"),
            ScriptFault::TooManyTurns => out.write_str("the loop ran max_while_loops times and was left"),
            ScriptFault::TooDeep => out.write_str("routes are nested more than 100 deep; the route was not called"),
            ScriptFault::TooManySteps => out.write_str("the script ran too many steps and was stopped"),
            ScriptFault::UnknownRoute(name) => write!(out, "there is no route[{}]", String::from_utf8_lossy(name)),
            ScriptFault::BadPattern(why) => write!(out, "the regular expression cannot be used: {why}"),
            ScriptFault::JoinedTooLong => out.write_str("`+` would make a string of more than 65535 bytes"),
            ScriptFault::TextTooLong => out.write_str("a string became longer than pv_print_buf_size"),
            ScriptFault::BadArgument { position, what, .. } => write!(out, "parameter {position} {what}"),
        }
    }
}

impl fmt::Display for ArgFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArgFault::Null => out.write_str("is NULL"),
            ArgFault::NotAnInteger => out.write_str("must be an integer"),
            ArgFault::OutOfRange { number, least, greatest: i32::MAX } => {
                write!(out, "must be at least {least}, it is {number}")
            }
            ArgFault::OutOfRange { number, least, greatest } => {
                write!(out, "must be from {least} to {greatest}, it is {number}")
            }
            ArgFault::UnknownFlag(name) => write!(out, "has the unknown flag \"{name}\""),
            ArgFault::BadPattern(why) => write!(out, "is not a regular expression: {why}"),
        }
    }
}
