//! The instructions of the virtual machine. Names are resolved: a slot is a position in one of the program's tables.

use crate::ast::{ArithmeticOperator, AssignOperator, CompareOperator};
use crate::host::ArgValue;
use crate::program::{Format, RouteIndex, VariableRef};
use bytes::Bytes;
use catalogue::{Flag, FunctionId, Value};
use std::net::IpAddr;
use std::sync::Arc;

/// A position in a table of the program.
pub type Slot = u32;
/// A position in the code.
pub type Address = u32;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// The top of the stack, which is taken.
    Pop,
    /// A constant.
    Constant(Slot),
    /// A variable.
    Variable(Slot),
    /// A format string.
    Format(Slot),
}

/// One instruction. Conditions leave their outcome in the truth register, values go to the stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Instruction {
    /// Goes on at the address.
    Jump(Address),
    /// Goes on at the address if true.
    JumpIf(Address),
    /// Goes on at the address if false.
    JumpUnless(Address),
    /// Evaluates what the next instruction needs, and waits for what that asks for.
    Prepare(Slot),
    /// Whether the value is true.
    Truth(Operand),
    /// `[ … ]`: whether the number is not zero.
    NonZero(Operand),
    /// Turns the truth round.
    Not,
    /// Compares.
    Compare {
        /// How.
        operator: CompareOperator,
        /// The left side.
        left: Operand,
        /// The right side.
        right: Operand,
    },
    /// Matches against a regular expression compiled before.
    Match {
        /// The text.
        left: Operand,
        /// The expression.
        pattern: Slot,
        /// `!~`
        negated: bool,
    },
    /// Matches against a regular expression that a variable holds.
    MatchComputed {
        /// The text.
        left: Operand,
        /// The expression.
        pattern: Operand,
        /// `!~`
        negated: bool,
    },
    /// Whether an address lies in a network.
    InNetwork {
        /// The address.
        left: Operand,
        /// The network.
        network: Slot,
        /// `!=`
        negated: bool,
    },
    /// Pushes a value.
    Push(Operand),
    /// Pushes the code of the last call.
    PushCode,
    /// Pushes 1 or 0.
    PushTruth,
    /// Pushes `left op right`.
    Arithmetic {
        /// What to do.
        operator: ArithmeticOperator,
        /// The left side.
        left: Operand,
        /// The right side.
        right: Operand,
    },
    /// Pushes `-value`.
    Negate(Operand),
    /// Pushes `~value`.
    BitNot(Operand),
    /// Assigns; true when it worked.
    Assign {
        /// The variable.
        target: Slot,
        /// How.
        operator: AssignOperator,
        /// What.
        value: Operand,
    },
    /// Calls a function; true when its code is positive, and 0 ends the script.
    Call(Slot),
    /// Calls a route; the same.
    CallRoute(Slot),
    /// `async()`: calls, then goes on in a route.
    Async(Slot),
    /// `launch()`
    Launch(Slot),
    /// Begins a loop.
    LoopEnter,
    /// Counts a turn; too many leave the loop.
    LoopTurn {
        /// Where the loop is left.
        exit: Address,
    },
    /// Gives the loop's variable the next value; without one the loop is left.
    ForTurn {
        /// The loop.
        list: Slot,
        /// Where it is left.
        exit: Address,
    },
    /// Ends a loop.
    LoopLeave,
    /// Goes on at the case that fits.
    Switch {
        /// What is compared.
        subject: Operand,
        /// The cases.
        table: Slot,
    },
    /// The condition before was asserted and is false.
    AssertFailed {
        /// The text for the log.
        text: Slot,
    },
    /// Logs constant text.
    Log {
        /// At which level.
        level: i32,
        /// The constant.
        text: Slot,
    },
    /// Logs a format string.
    Xlog {
        /// At which level.
        level: Operand,
        /// The format.
        format: Slot,
    },
    /// Leaves the route with a code; as many values as said are on the stack, for `$return`.
    Return {
        /// The code: NULL is -1, a string 1.
        code: Operand,
        /// How many values.
        values: u8,
    },
    /// Leaves the route with the code of the last call.
    ReturnCode,
    /// Leaves the route with 1 or -1.
    ReturnTruth,
    /// Ends the script.
    Exit,
    /// Ends the script, and what the route is for does not happen.
    Drop,
}

/// An instruction with its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The instruction.
    pub instruction: Instruction,
    /// The position of its line among the program's lines.
    pub place: u32,
    /// The statement that begins here, if one does: it is counted and traced.
    pub begins: Option<Began>,
}

/// A statement, by its number among the [`TRACED`]: an instruction is no place for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Began(u8);

/// What statements are called in a trace, in upstream's words.
const TRACED: &[&str] = &[
    // A call is traced itself, by its name.
    "",
    "core route",
    "assign equal",
    "assign colon equal",
    "assign with operator",
    "core expression",
    "core if",
    "core while",
    "core for each",
    "core switch",
    "core break",
    "core return",
    "core exit",
    "core drop",
    "core assert",
    "core log",
    "core xlog",
    "core async",
    "core launch",
    "core block",
];

impl Began {
    /// The statement with these words; without words a call.
    pub(crate) fn of(words: &str) -> Began {
        let found = TRACED.iter().position(|known| *known == words);
        debug_assert!(found.is_some(), "{words}");
        Began(found.and_then(|position| u8::try_from(position).ok()).unwrap_or_default())
    }

    /// The words; none for a call.
    pub(crate) fn words(self) -> Option<&'static str> {
        TRACED.get(usize::from(self.0)).copied().filter(|words| !words.is_empty())
    }
}

/// A call of a function.
#[derive(Clone, Debug)]
pub struct CallSite {
    /// The function.
    pub function: FunctionId,
    /// Its arguments, one for each parameter of its declaration.
    pub args: Arguments,
}

/// The arguments of a call.
#[derive(Clone, Debug)]
pub enum Arguments {
    /// All known before: passed as they are.
    Fixed(Box<[ArgValue]>),
    /// Some must be evaluated.
    Computed(Box<[Argument]>),
}

/// An argument.
#[derive(Clone, Debug)]
pub enum Argument {
    /// Known before.
    Fixed(ArgValue),
    /// Must be evaluated.
    Computed {
        /// Its value.
        operand: Operand,
        /// What it becomes.
        kind: Wanted,
        /// Whether NULL means that it is left out.
        optional: bool,
    },
    /// A variable that mentions what only the running script knows.
    Settled(Arc<VariableRef>),
}

/// What an evaluated argument becomes.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// An integer, in this range.
    Int(Option<(i32, i32)>),
    /// A string.
    Str,
    /// A regular expression, and how it is read.
    Regex(posix_regex::Pattern),
    /// Named flags.
    Flags(&'static [Flag]),
}

/// A call of a route.
#[derive(Clone, Debug)]
pub struct RouteSite {
    /// Which.
    pub target: RouteTarget,
    /// Its parameters.
    pub args: Box<[Operand]>,
}

/// The route that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteTarget {
    /// Known before.
    Fixed(RouteIndex),
    /// Looked up by name.
    Named(Operand),
}

/// An `async()` or `launch()`.
#[derive(Clone, Debug)]
pub struct AsyncSite {
    /// The function.
    pub call: Slot,
    /// The route that goes on.
    pub route: Option<RouteIndex>,
    /// Seconds until it counts as failed.
    pub timeout_s: Option<Operand>,
    /// `$param(1)` in the route of a `launch()`.
    pub param: Option<Operand>,
}

/// The cases of a switch.
#[derive(Clone, Debug)]
pub struct SwitchTable {
    /// Constants, and where each goes on.
    pub cases: Box<[(Value, Address)]>,
    /// Where everything else goes on.
    pub otherwise: Address,
}

/// What a `for` goes through.
#[derive(Clone, Debug)]
pub struct ForList {
    /// Takes the values.
    pub iterator: Slot,
    /// Has them.
    pub over: Slot,
}

/// What is evaluated before an instruction for what it may ask.
#[derive(Clone, Debug)]
pub struct Preparation {
    /// The values.
    pub operands: Box<[Operand]>,
    /// The level of an xlog line: one that is not written need not be prepared.
    pub level: Option<Operand>,
}

/// An address with the length of its network part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The address.
    pub address: IpAddr,
    /// How many bits count.
    pub bits: u8,
}

/// Everything instructions refer to by slot.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) constants: Vec<Value>,
    pub(crate) variables: Vec<VariableRef>,
    pub(crate) formats: Vec<Format>,
    pub(crate) patterns: Vec<Arc<regex::bytes::Regex>>,
    pub(crate) networks: Vec<Network>,
    pub(crate) calls: Vec<CallSite>,
    pub(crate) route_calls: Vec<RouteSite>,
    pub(crate) asyncs: Vec<AsyncSite>,
    pub(crate) switches: Vec<SwitchTable>,
    pub(crate) lists: Vec<ForList>,
    pub(crate) preparations: Vec<Preparation>,
}

impl Arguments {
    /// The text of an argument that is a constant string or integer.
    pub(crate) fn constant(&self, position: usize) -> Option<Bytes> {
        let value = match self {
            Arguments::Fixed(values) => values.get(position)?,
            Arguments::Computed(args) => match args.get(position)? {
                Argument::Fixed(value) => value,
                _ => return None,
            },
        };
        match value {
            ArgValue::Str(text) => Some(text.clone()),
            ArgValue::Int(number) => Some(Bytes::from(number.to_string())),
            _ => None,
        }
    }
}

impl Network {
    /// Reads `10.0.0.0/8`, `10.0.0.1`, `10.0.0.0/255.0.0.0`, `2001:db8::/32`, with or without brackets.
    pub fn parse(text: &str) -> Option<Network> {
        let (address, mask) = text.split_once('/').map_or((text, None), |(address, mask)| (address, Some(mask)));
        let address: IpAddr = address.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match mask {
            None => most,
            Some(mask) => mask.parse::<u8>().ok().or_else(|| bits_of_mask(mask))?,
        };
        (bits <= most).then_some(Network { address, bits })
    }

    /// Whether the address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let shift = |width: u32| width.saturating_sub(u32::from(self.bits));
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(address)) => {
                let differing = u32::from(net) ^ u32::from(address);
                differing.checked_shr(shift(32)).unwrap_or(0) == 0
            }
            (IpAddr::V6(net), IpAddr::V6(address)) => {
                let differing = u128::from(net) ^ u128::from(address);
                differing.checked_shr(shift(128)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

fn bits_of_mask(mask: &str) -> Option<u8> {
    let mask = u32::from(mask.parse::<std::net::Ipv4Addr>().ok()?);
    (mask.leading_ones() == mask.count_ones()).then(|| u8::try_from(mask.leading_ones()).unwrap_or(32))
}
