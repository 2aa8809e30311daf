//! The declaration of a script function.

use crate::{Judge, Refused, Routes};

/// A function a script may call. `R` is what runs; `()` where only the declaration is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Function<R: 'static> {
    /// The name of today.
    pub name: &'static str,
    /// Names of older releases that mean the same.
    pub aliases: &'static [Alias],
    /// One sentence: what it does.
    pub about: &'static str,
    /// Its parameters, in order.
    pub args: &'static [Arg],
    /// The routes it may be called from.
    pub routes: Routes,
    /// Whether `async()` and `launch()` take it.
    pub is_async: bool,
    /// What it needs that is not there yet; calling it is a start-up error with this text.
    pub unavailable: Option<&'static str>,
    /// How a call is written today, from its arguments as they are written: for functions kept for old scripts, and those
    /// whose arguments of older releases mean another function today.
    pub today: Option<fn(&[&str]) -> Today>,
    /// Where the parameters stand in a call that older releases wrote in another order.
    pub old_order: Option<OldOrder>,
    /// Return codes and their meaning.
    pub returns: &'static [(i32, &'static str)],
    /// Examples; each is a test too.
    pub examples: &'static [Example],
    /// What runs.
    pub run: R,
}

impl<R> Function<R> {
    /// The declaration alone.
    pub const fn declaration(&self) -> Function<()> {
        Function {
            name: self.name,
            aliases: self.aliases,
            about: self.about,
            args: self.args,
            routes: self.routes,
            is_async: self.is_async,
            unavailable: self.unavailable,
            today: self.today,
            old_order: self.old_order,
            returns: self.returns,
            examples: self.examples,
            run: (),
        }
    }

    /// The least and the greatest number of parameters.
    pub fn arity(&self) -> (usize, usize) {
        let required = self.args.iter().rposition(|arg| !arg.optional).map_or(0, |last| last + 1);
        (required, self.args.len())
    }
}

/// Tells from the arguments as they are written, quotes and all, whether they stand in another order than today's.
pub type OldOrder = fn(&[&str]) -> Order;

/// The order of the arguments of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// That of today.
    Today,
    /// Another: the position of each parameter of today among them.
    Old(&'static [usize]),
    /// It may be the one or the other: an error, whose text shows both readings.
    Unclear(String),
}

/// How a call of an old function is written today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Today {
    /// As it is: the arguments are those of today.
    Current,
    /// As this function, with the first so many of its arguments: so it is compiled too.
    Instead(&'static str, usize),
    /// So.
    Line(String),
    /// In one of several ways, which the text shows.
    Hint(String),
    /// There is no line for it; it goes on as it is.
    NoLine,
    /// What it means is not certain: an error, whose text shows both readings.
    Unclear(String),
}

/// An older name for a function, parameter, variable or command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The old name.
    pub name: &'static str,
    /// The first release line that no longer has it (`compat/core.md` section 10), e.g. "3.0".
    pub gone_in: &'static str,
    /// The module that had it, where it was another one (`uri` for `has_totag`).
    pub module: Option<&'static str>,
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// Its name in the documentation.
    pub name: &'static str,
    /// What it takes.
    pub kind: ArgKind,
    /// Whether it may be left out.
    pub optional: bool,
    /// The least and greatest value of an integer.
    pub range: Option<(i32, i32)>,
    /// What a constant may be, where its kind does not say it.
    pub judge: Option<Judge>,
    /// Words and flags of it that need what is not there yet; written in a script they are start-up errors.
    pub refused: &'static [Refused],
    /// Bits of older releases' numeric flags that no flag of today stands for, and what they may have meant.
    pub gone_bits: &'static [(u32, &'static str)],
    /// One sentence: what it is.
    pub about: &'static str,
}

/// What a parameter of a function takes.
#[derive(Clone, Copy, Debug)]
pub enum ArgKind {
    /// An integer: constant, quoted constant, or variable.
    Int,
    /// A format string, variables expanded.
    Str,
    /// A string known when the script is read.
    Static,
    /// A string taken as it is written, `$` and all.
    Raw,
    /// A variable that the function reads or writes.
    Var,
    /// Variables separated by `;`, as in `"$avp(a);$avp(b)"`.
    Vars,
    /// A regular expression; compiled when the script is read if constant.
    Regex,
    /// The same, matched line by line: `^` and `$` hold at each line, and nothing but a line end matches one.
    LineRegex,
    /// The name of a route of this kind, known when the script is read.
    Route(RouteKind),
    /// The name of a message flag; evaluated to its number.
    MessageFlag,
    /// The name of a branch flag; evaluated to its number.
    BranchFlag,
    /// Names from this list, separated by commas; old letters and numbers are read with a warning.
    Flags(&'static [Flag]),
}

/// The kinds of route a function can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// `route[name]`
    Request,
    /// `failure_route[name]`
    Failure,
    /// `onreply_route[name]`
    Reply,
    /// `branch_route[name]`
    Branch,
}

/// One name of a named-flags parameter (`compat/flags.md`).
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// The name of today.
    pub name: &'static str,
    /// Whether it is written `name=value`.
    pub has_value: bool,
    /// What the value may be; any, where nothing is said.
    pub judge: Option<Judge>,
    /// The letter of older releases, if it had one.
    pub letter: Option<&'static str>,
    /// The bit of older releases' numeric form, 0 if it had none.
    pub bit: u32,
}

impl Flag {
    /// A flag without value or older form.
    pub const fn new(name: &'static str) -> Flag {
        Flag { name, has_value: false, judge: None, letter: None, bit: 0 }
    }

    /// The flag is written `name=value`.
    pub const fn with_value(self) -> Flag {
        Flag { has_value: true, ..self }
    }

    /// The flag is written `name=value`, and a constant value is judged when the script is checked.
    pub const fn with_judged(self, judge: Judge) -> Flag {
        Flag { has_value: true, judge: Some(judge), ..self }
    }

    /// Its letter in older releases.
    pub const fn letter(self, letter: &'static str) -> Flag {
        Flag { letter: Some(letter), ..self }
    }

    /// Its bit in older releases' numeric form.
    pub const fn bit(self, bit: u32) -> Flag {
        Flag { bit, ..self }
    }
}

/// A line of script, a message it is run on, and what it returns.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The call, as written in a script.
    pub script: &'static str,
    /// Header lines that the message has, or replaces the sample message's with.
    pub message: &'static str,
    /// The return code.
    pub returns: i32,
}

impl Arg {
    const fn of(name: &'static str, kind: ArgKind, about: &'static str) -> Arg {
        Arg { name, kind, optional: false, range: None, judge: None, refused: &[], gone_bits: &[], about }
    }

    /// An integer.
    pub const fn int(name: &'static str, about: &'static str) -> Arg {
        Arg::of(name, ArgKind::Int, about)
    }

    /// A format string.
    pub const fn str(name: &'static str, about: &'static str) -> Arg {
        Arg::of(name, ArgKind::Str, about)
    }

    /// A constant string.
    pub const fn fixed(name: &'static str, about: &'static str) -> Arg {
        Arg::of(name, ArgKind::Static, about)
    }

    /// A string taken as written.
    pub const fn raw(name: &'static str, about: &'static str) -> Arg {
        Arg::of(name, ArgKind::Raw, about)
    }

    /// A variable.
    pub const fn var(name: &'static str, about: &'static str) -> Arg {
        Arg::of(name, ArgKind::Var, about)
    }

    /// A list of variables.
    pub const fn vars(name: &'static str, about: &'static str) -> Arg {
        Arg::of(name, ArgKind::Vars, about)
    }

    /// A regular expression.
    pub const fn regex(name: &'static str, about: &'static str) -> Arg {
        Arg::of(name, ArgKind::Regex, about)
    }

    /// A regular expression that is matched line by line.
    pub const fn line_regex(name: &'static str, about: &'static str) -> Arg {
        Arg::of(name, ArgKind::LineRegex, about)
    }

    /// The name of a route.
    pub const fn route(name: &'static str, kind: RouteKind, about: &'static str) -> Arg {
        Arg::of(name, ArgKind::Route(kind), about)
    }

    /// A message flag.
    pub const fn message_flag(name: &'static str, about: &'static str) -> Arg {
        Arg::of(name, ArgKind::MessageFlag, about)
    }

    /// A branch flag.
    pub const fn branch_flag(name: &'static str, about: &'static str) -> Arg {
        Arg::of(name, ArgKind::BranchFlag, about)
    }

    /// Named flags.
    pub const fn flags(name: &'static str, flags: &'static [Flag], about: &'static str) -> Arg {
        Arg::of(name, ArgKind::Flags(flags), about)
    }

    /// It may be left out.
    pub const fn optional(self) -> Arg {
        Arg { optional: true, ..self }
    }

    /// The integers it may be, both ends included.
    pub const fn within(self, least: i32, greatest: i32) -> Arg {
        Arg { range: Some((least, greatest)), ..self }
    }

    /// A constant is judged when the script is checked.
    pub const fn judged(self, judge: Judge) -> Arg {
        Arg { judge: Some(judge), ..self }
    }

    /// These words cannot be used yet.
    pub const fn refusing(self, refused: &'static [Refused]) -> Arg {
        Arg { refused, ..self }
    }

    /// These bits of its numeric form are gone; a call with them is an error that shows what they may have meant.
    pub const fn gone_bits(self, gone_bits: &'static [(u32, &'static str)]) -> Arg {
        Arg { gone_bits, ..self }
    }
}

impl Alias {
    /// An older name of the same module.
    pub const fn old(name: &'static str, gone_in: &'static str) -> Alias {
        Alias { name, gone_in, module: None }
    }

    /// A name that another module had.
    pub const fn of_module(module: &'static str, name: &'static str, gone_in: &'static str) -> Alias {
        Alias { name, gone_in, module: Some(module) }
    }
}
