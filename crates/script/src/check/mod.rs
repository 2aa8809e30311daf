//! Everything that can be known to be wrong before the first message: modules, parameters, names, types, routes.

mod missing;
mod modules;
mod parameters;
mod reach;
mod unused;

pub(crate) use modules::name_of as module_name_of;

use crate::ast::{GlobalValue, Item, ParamValue, RouteType, Script, Span};
use crate::compile::{Lookup, Options, RouteTable, compile};
use crate::diagnostic::{Diagnostic, Diagnostics, any_error};
use crate::program::{Limits, Program};
use crate::resolve::{NameTables, Resolver};
use crate::source::Source;
use catalogue::{Catalogue, ModuleId, Param, Routes};
use std::collections::{BTreeMap, BTreeSet};

/// What a script is held against.
#[derive(Clone, Copy, Debug)]
pub struct Environment<'a> {
    /// All modules that exist. Module 0 is the core.
    pub catalogue: &'a Catalogue,
    /// The names that script and modules share.
    pub names: NameTables<'a>,
    /// How many workers will run it: each counts lines for itself.
    pub workers: usize,
}

/// A script that has been checked.
#[derive(Debug)]
pub struct Checked {
    /// The modules it loads, in its order, without the core.
    pub modules: Vec<ModuleId>,
    /// Where it loads them.
    pub loaded_at: BTreeMap<ModuleId, Span>,
    /// The parameters it sets, in its order.
    pub params: Vec<ParamSetting>,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    program: Program,
}

/// A parameter of a module as the script sets it: of the right type, in range, by today's name.
#[derive(Clone, Debug)]
pub struct ParamSetting {
    /// The module.
    pub module: ModuleId,
    /// The parameter.
    pub param: &'static Param,
    /// Its value.
    pub value: ParamValue,
    /// Where the value stands.
    pub span: Span,
}

impl Checked {
    /// The program, unless a message is an error.
    ///
    /// # Errors
    /// All messages.
    pub fn compile(self) -> Result<Program, Vec<Diagnostic>> {
        if any_error(&self.diagnostics) { Err(self.diagnostics) } else { Ok(self.program) }
    }

    /// The modules it loads, as a set.
    pub fn loaded(&self) -> BTreeSet<ModuleId> {
        self.modules.iter().copied().collect()
    }
}

/// Checks a script. The parser's messages are its own: with an error among them there is nothing to run.
pub fn check(script: &Script, source: &Source, environment: &Environment<'_>) -> Checked {
    let Environment { catalogue, names, workers } = *environment;
    let mut diagnostics = Diagnostics::default();
    let routes = RouteTable::new(script, &mut diagnostics);
    let loads = modules::loaded(script, catalogue, &mut diagnostics);
    let modules: Vec<ModuleId> = loads.iter().map(|(module, _)| *module).collect();
    let loaded: BTreeSet<ModuleId> = modules.iter().copied().collect();
    let mut lookup = Lookup::new(Resolver { catalogue, loaded: &loaded, names }, &source.text);
    lookup.diagnostics = diagnostics;
    let params = parameters::settings(script, &routes, &mut lookup);
    let (program, lookup) = compile(script, lookup, &routes, &source.map, options(script, workers));
    let mut diagnostics = lookup.diagnostics;
    reach::check(&program, &lookup.usage, &mut diagnostics);
    unused::check(script, &routes, &lookup.usage, catalogue, &params, &mut diagnostics);
    Checked { modules, loaded_at: loads.into_iter().collect(), params, diagnostics: diagnostics.finish(), program }
}

/// The global parameters that shape the program; their values have been checked by the parser.
fn options(script: &Script, workers: usize) -> Options {
    let mut options = Options { limits: Limits::default(), asserts: false, xlog_level: 2, workers };
    for item in &script.items {
        let Item::Global(global) = item else { continue };
        let GlobalValue::Int(number) = global.value.node else { continue };
        match global.name.node.as_str() {
            "max_while_loops" => options.limits.turns_max = u32::try_from(number).unwrap_or_default(),
            "enable_asserts" => options.asserts = number != 0,
            "xlog_print_level" => options.xlog_level = number,
            _ => {}
        }
    }
    options
}

/// The kind of route as functions declare where they may be called.
fn kind_of(route: RouteType) -> Routes {
    match route {
        RouteType::Request => Routes::REQUEST,
        RouteType::Branch => Routes::BRANCH,
        RouteType::Failure => Routes::FAILURE,
        RouteType::Reply => Routes::ONREPLY,
        RouteType::Local => Routes::LOCAL,
        RouteType::Error => Routes::ERROR,
        RouteType::Startup => Routes::STARTUP,
        RouteType::Timer => Routes::TIMER,
        RouteType::Event => Routes::EVENT,
    }
}
