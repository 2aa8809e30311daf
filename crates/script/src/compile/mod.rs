//! From the tree to instructions, with every name looked up on the way.

mod arguments;
mod asynchronous;
mod calls;
mod conditions;
mod expressions;
mod flags;
mod lookup;
mod loops;
mod preparations;
mod routes;
mod standalone;
mod statements;
mod usage;

pub(crate) use lookup::{Lookup, fixed_text, single_variable};
pub(crate) use routes::RouteTable;
pub use standalone::{compile_format, compile_variable};
pub(crate) use usage::Usage;

use crate::ast::{Route, Script, Span};
use crate::diagnostic::Diagnostic;
use crate::program::instruction::{Address, Began, Instruction, Slot, Step, Tables};
use crate::program::{Coverage, Limits, Line, Program, Route as CompiledRoute, RouteIndex, VariableRef};
use crate::source::SourceMap;
use catalogue::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Global parameters that shape the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) limits: Limits,
    /// `enable_asserts`
    pub(crate) asserts: bool,
    /// `xlog_print_level`
    pub(crate) xlog_level: i32,
    /// How many workers count lines.
    pub(crate) workers: usize,
}

/// A program in the making.
pub(crate) struct Compiler<'a> {
    pub(crate) lookup: Lookup<'a>,
    pub(crate) routes: &'a RouteTable,
    options: Options,
    places: Places<'a>,
    code: Vec<Step>,
    tables: Tables,
    arguments: Vec<Arc<VariableRef>>,
    /// The loops and switches that are open: jumps that leave them.
    exits: Vec<Vec<Address>>,
    /// The route that is compiled.
    route: RouteIndex,
    /// The place of the statement that is compiled.
    place: u32,
    /// The next instruction is the first of a statement.
    begins: Option<Began>,
}

/// The address of a jump that is not known yet.
const LATER: Address = Address::MAX;

/// Compiles all routes. There is a program unless a message is an error.
pub(crate) fn compile<'a>(
    script: &'a Script,
    lookup: Lookup<'a>,
    routes: &'a RouteTable,
    map: &'a SourceMap,
    options: Options,
) -> (Program, Lookup<'a>) {
    let mut compiler = Compiler {
        lookup,
        routes,
        options,
        places: Places::new(map),
        code: Vec::new(),
        tables: Tables::default(),
        arguments: Vec::new(),
        exits: Vec::new(),
        route: RouteIndex::default(),
        place: 0,
        begins: None,
    };
    let compiled = routes.in_order(script).map(|(index, route)| compiler.route(index, route)).collect();
    compiler.finish(compiled)
}

impl<'a> Compiler<'a> {
    fn route(&mut self, index: RouteIndex, route: &Route) -> CompiledRoute {
        self.route = index;
        let start = self.here();
        self.place = self.places.place(route.span);
        self.body(&route.body);
        let name = RouteTable::name(route);
        let keyword = route.kind.keyword();
        let label = if name.is_empty() { keyword.to_owned() } else { format!("{keyword}[{name}]") };
        let line = self.places.line(route.span);
        CompiledRoute { kind: route.kind, name, label, interval_s: route.interval_s, line, start }
    }

    fn finish(self, routes: Vec<CompiledRoute>) -> (Program, Lookup<'a>) {
        let coverage = Coverage::new(self.options.workers, self.places.lines.len());
        let program = Program {
            code: self.code,
            tables: self.tables,
            routes,
            names: self.routes.names().clone(),
            lines: self.places.lines,
            files: self.places.map.files().map(str::to_owned).collect(),
            arguments: self.arguments,
            coverage,
            limits: self.options.limits,
        };
        (program, self.lookup)
    }

    fn here(&self) -> Address {
        slot(self.code.len())
    }

    fn emit(&mut self, instruction: Instruction) -> Address {
        if let Some(preparation) = self.preparation(&instruction) {
            let begins = std::mem::take(&mut self.begins);
            self.code.push(Step { instruction: preparation, place: self.place, begins });
        }
        let begins = std::mem::take(&mut self.begins);
        self.code.push(Step { instruction, place: self.place, begins });
        self.here() - 1
    }

    /// Lets a jump emitted before go to the next instruction.
    fn land(&mut self, jump: Address) {
        let here = self.here();
        let Some(step) = self.code.get_mut(jump as usize) else { return };
        match &mut step.instruction {
            Instruction::Jump(address)
            | Instruction::JumpIf(address)
            | Instruction::JumpUnless(address)
            | Instruction::LoopTurn { exit: address }
            | Instruction::ForTurn { exit: address, .. } => *address = here,
            _ => {}
        }
    }

    fn constant(&mut self, value: Value) -> Slot {
        let known = self.tables.constants.iter().rposition(|known| *known == value);
        match known {
            Some(position) => slot(position),
            None => add(&mut self.tables.constants, value),
        }
    }

    fn error(&mut self, code: crate::diagnostic::Code, span: Span, message: impl Into<String>) {
        self.lookup.error(code, span, message);
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.lookup.diagnostics.push(diagnostic);
    }
}

/// Puts something into a table and says where.
fn add<T>(table: &mut Vec<T>, entry: T) -> Slot {
    table.push(entry);
    slot(table.len() - 1)
}

/// Tables are smaller than the text of the script, which is bounded.
fn slot(position: usize) -> Slot {
    Slot::try_from(position).unwrap_or(Slot::MAX)
}

/// The lines on which statements stand, each once.
struct Places<'a> {
    map: &'a SourceMap,
    lines: Vec<Line>,
    known: BTreeMap<Line, u32>,
}

impl<'a> Places<'a> {
    fn new(map: &'a SourceMap) -> Places<'a> {
        Places { map, lines: Vec::new(), known: BTreeMap::new() }
    }

    fn line(&self, span: Span) -> Line {
        let place = self.map.place(span.start);
        let file = self.map.files().position(|file| file == place.file).unwrap_or_default();
        Line { file: u16::try_from(file).unwrap_or(u16::MAX), line: place.line }
    }

    fn place(&mut self, span: Span) -> u32 {
        let line = self.line(span);
        let lines = &mut self.lines;
        *self.known.entry(line).or_insert_with(|| add(lines, line))
    }
}
