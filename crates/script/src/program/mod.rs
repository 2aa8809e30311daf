//! A compiled script: immutable, shared by all that run it. A reload makes another one beside it.

mod coverage;
mod format;
pub(crate) mod instruction;
mod variable;

pub(crate) use coverage::Coverage;
pub use format::Format;
pub(crate) use format::Piece;
pub use variable::VariableRef;
pub(crate) use variable::{IndexRef, InnerName, Source, TransformationArg, TransformationRef};

use crate::ast::RouteType;
use crate::host::ArgValue;
use bytes::Bytes;
use catalogue::FunctionId;
use instruction::{Address, Arguments, Step, Tables};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A compiled script.
#[derive(Debug)]
pub struct Program {
    pub(crate) code: Vec<Step>,
    pub(crate) tables: Tables,
    pub(crate) routes: Vec<Route>,
    pub(crate) names: BTreeMap<(RouteType, String), RouteIndex>,
    /// The places of instructions, each line once.
    pub(crate) lines: Vec<Line>,
    pub(crate) files: Vec<String>,
    pub(crate) arguments: Vec<Arc<VariableRef>>,
    pub(crate) coverage: Coverage,
    pub(crate) limits: Limits,
}

/// A place in the script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// The number of the file, see [`Program::file`].
    pub file: u16,
    /// The line in it, from 1.
    pub line: u32,
}

/// A route of a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteIndex(pub u16);

/// A route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Which kind.
    pub kind: RouteType,
    /// Its name; empty for the unnamed one of its kind.
    pub name: String,
    /// As `$route` shows it: `route[relay]`.
    pub label: String,
    /// Seconds between runs of a timer route.
    pub interval_s: Option<u32>,
    /// Where it stands.
    pub line: Line,
    /// Its first instruction.
    pub(crate) start: Address,
}

/// What bounds a running script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How often a loop may turn (`max_while_loops`).
    pub turns_max: u32,
    /// How many instructions one run may take. No useful script comes near; it ends loops within loops.
    pub steps_max: u64,
}

/// How deep routes may call each other.
pub const ROUTE_DEPTH_MAX: usize = 100;

impl Default for Limits {
    fn default() -> Limits {
        Limits { turns_max: 10_000, steps_max: 10_000_000 }
    }
}

impl Program {
    /// The same program with another bound for the instructions of one run.
    pub fn with_steps_max(mut self, steps_max: u64) -> Program {
        self.limits.steps_max = steps_max;
        self
    }

    /// The route of this kind and name. The unnamed one of a kind is also called `0`.
    pub fn route(&self, kind: RouteType, name: &str) -> Option<RouteIndex> {
        let name = if name == "0" { "" } else { name };
        self.names.get(&(kind, name.to_owned())).copied()
    }

    /// What a route is called, where it stands, how often a timer route runs.
    pub fn route_info(&self, route: RouteIndex) -> Option<&Route> {
        self.routes.get(usize::from(route.0))
    }

    /// All routes of a kind, in the order of the text.
    pub fn routes_of(&self, kind: RouteType) -> impl Iterator<Item = (RouteIndex, &Route)> {
        let numbered = (0u16..).map(RouteIndex).zip(&self.routes);
        numbered.filter(move |(_, route)| route.kind == kind)
    }

    /// The timer routes with the seconds between their runs.
    pub fn timer_routes(&self) -> impl Iterator<Item = (RouteIndex, u32)> {
        self.routes_of(RouteType::Timer).filter_map(|(index, route)| Some((index, route.interval_s?)))
    }

    /// The name of a file of the script.
    pub fn file(&self, line: Line) -> &str {
        self.files.get(usize::from(line.file)).map_or("", String::as_str)
    }

    /// The variables that are passed to functions, by [`VariableRef::number`]: a host can keep what it makes of them.
    pub fn argument_variables(&self) -> &[Arc<VariableRef>] {
        &self.arguments
    }

    /// The calls whose arguments are all known before the script runs, by their numbers ([`crate::host::Host::call_fixed`]).
    pub fn fixed_calls(&self) -> impl Iterator<Item = Option<&[ArgValue]>> {
        self.tables.calls.iter().map(|call| match &call.args {
            Arguments::Fixed(args) => Some(&**args),
            Arguments::Computed(_) => None,
        })
    }

    /// The different constants that stand as this argument (from 0) of a function: what a script will ask for is known
    /// before it runs.
    pub fn constants(&self, function: FunctionId, argument: usize) -> BTreeSet<Bytes> {
        let calls = self.tables.calls.iter().filter(|call| call.function == function);
        calls.filter_map(|call| call.args.constant(argument)).collect()
    }

    /// How often each line with a statement ran, in the order of the text.
    pub fn line_counts(&self) -> Vec<(Line, u64)> {
        self.coverage.totals(&self.lines)
    }

    pub(crate) fn line_of(&self, place: u32) -> Line {
        self.lines.get(place as usize).copied().unwrap_or_default()
    }
}
