//! A program for people to read: what the compiler made of each route.

use crate::ast::{ArithmeticOperator, AssignOperator, CompareOperator};
use crate::host::ArgValue;
use crate::program::instruction::{
    Argument, Arguments, AsyncSite, CallSite, Instruction, Operand, RouteTarget, Slot, Step,
};
use crate::program::{Format, Piece, Program, Route};
use catalogue::{Catalogue, Value};
use std::fmt::Write;

/// The instructions of all routes, with names from the catalogue.
pub fn list(program: &Program, catalogue: &Catalogue) -> String {
    let listing = Listing { program, catalogue };
    let mut out = String::new();
    for (position, route) in program.routes.iter().enumerate() {
        let end = program.routes.get(position + 1).map_or(program.code.len(), |next| next.start as usize);
        listing.route(route, end, &mut out);
    }
    out
}

struct Listing<'p> {
    program: &'p Program,
    catalogue: &'p Catalogue,
}

impl Listing<'_> {
    fn route(&self, route: &Route, end: usize, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}", route.label);
        let steps = self.program.code.iter().enumerate().take(end).skip(route.start as usize);
        let mut before = None;
        for (address, step) in steps {
            let line = self.line(step, &mut before);
            let _ = writeln!(out, "{line:>6} {address:>4}  {}", self.instruction(&step.instruction));
        }
    }

    /// The number of the line, where it is another than the one before.
    fn line(&self, step: &Step, before: &mut Option<u32>) -> String {
        if before.replace(step.place) == Some(step.place) {
            return String::new();
        }
        self.program.line_of(step.place).line.to_string()
    }

    fn instruction(&self, instruction: &Instruction) -> String {
        match *instruction {
            Instruction::Jump(address) => format!("jump {address}"),
            Instruction::JumpIf(address) => format!("if true jump {address}"),
            Instruction::JumpUnless(address) => format!("if false jump {address}"),
            Instruction::Truth(operand) => format!("test {}", self.operand(operand)),
            Instruction::NonZero(operand) => format!("test [{}]", self.operand(operand)),
            Instruction::Not => "not".to_owned(),
            Instruction::Compare { operator, left, right } => {
                format!("test {} {} {}", self.operand(left), comparison(operator), self.operand(right))
            }
            Instruction::Match { left, pattern, negated } => {
                let regex = self.program.tables.patterns.get(pattern as usize).map_or("", |regex| regex.as_str());
                format!("test {} {} /{regex}/", self.operand(left), if negated { "!~" } else { "=~" })
            }
            Instruction::MatchComputed { left, pattern, negated } => {
                let operator = if negated { "!~" } else { "=~" };
                format!("test {} {operator} {}", self.operand(left), self.operand(pattern))
            }
            Instruction::InNetwork { left, network, negated } => {
                let network = self.program.tables.networks.get(network as usize);
                let network = network.map(|network| format!("{}/{}", network.address, network.bits));
                let operator = if negated { "not in" } else { "in" };
                format!("test {} {operator} {}", self.operand(left), network.unwrap_or_default())
            }
            Instruction::Push(operand) => format!("push {}", self.operand(operand)),
            Instruction::PushCode => "push code".to_owned(),
            Instruction::PushTruth => "push truth".to_owned(),
            Instruction::Arithmetic { operator, left, right } => {
                format!("push {} {} {}", self.operand(left), sign(operator), self.operand(right))
            }
            Instruction::Negate(operand) => format!("push -{}", self.operand(operand)),
            Instruction::BitNot(operand) => format!("push ~{}", self.operand(operand)),
            Instruction::Assign { target, operator, value } => {
                format!("{} {} {}", self.variable(target), assignment(operator), self.operand(value))
            }
            _ => self.control(instruction),
        }
    }

    fn control(&self, instruction: &Instruction) -> String {
        let tables = &self.program.tables;
        match *instruction {
            Instruction::Call(slot) => format!("call {}", self.call(tables.calls.get(slot as usize))),
            Instruction::CallRoute(slot) => self.route_call(slot),
            Instruction::Async(slot) => format!("async {}", self.asynchronous(tables.asyncs.get(slot as usize))),
            Instruction::Launch(slot) => format!("launch {}", self.asynchronous(tables.asyncs.get(slot as usize))),
            Instruction::Prepare(slot) => {
                let preparation = tables.preparations.get(slot as usize);
                let operands = preparation.into_iter().flat_map(|preparation| &*preparation.operands);
                let names = operands.map(|operand| self.operand(*operand));
                format!("prepare {}", names.collect::<Vec<_>>().join(", "))
            }
            Instruction::LoopEnter => "loop".to_owned(),
            Instruction::LoopTurn { exit } => format!("turn, after too many jump {exit}"),
            Instruction::ForTurn { list, exit } => {
                let list = tables.lists.get(list as usize);
                let names =
                    list.map(|list| format!("{} in {}", self.variable(list.iterator), self.variable(list.over)));
                format!("turn {}, after the last jump {exit}", names.unwrap_or_default())
            }
            Instruction::LoopLeave => "end of loop".to_owned(),
            Instruction::Switch { subject, table } => self.switch(subject, table),
            Instruction::AssertFailed { text } => format!("assertion failed {}", self.operand(Operand::Format(text))),
            Instruction::Log { level, text } => format!("log {level} {}", self.operand(Operand::Constant(text))),
            Instruction::Xlog { level, format } => {
                format!("xlog {} {}", self.operand(level), self.operand(Operand::Format(format)))
            }
            Instruction::Return { code, values: 0 } => format!("return {}", self.operand(code)),
            Instruction::Return { code, values } => format!("return {} and {values} values", self.operand(code)),
            Instruction::ReturnCode => "return code".to_owned(),
            Instruction::ReturnTruth => "return truth".to_owned(),
            Instruction::Exit => "exit".to_owned(),
            Instruction::Drop => "drop".to_owned(),
            _ => String::new(),
        }
    }

    fn operand(&self, operand: Operand) -> String {
        match operand {
            Operand::Pop => "pop".to_owned(),
            Operand::Constant(slot) => self.program.tables.constants.get(slot as usize).map_or_else(String::new, value),
            Operand::Variable(slot) => self.variable(slot),
            Operand::Format(slot) => self.program.tables.formats.get(slot as usize).map_or_else(String::new, format),
        }
    }

    fn variable(&self, slot: Slot) -> String {
        self.program.tables.variables.get(slot as usize).map_or_else(String::new, |found| found.text().to_owned())
    }

    fn call(&self, site: Option<&CallSite>) -> String {
        let Some(site) = site else { return String::new() };
        let args: Vec<String> = match &site.args {
            Arguments::Fixed(values) => values.iter().map(|value| self.arg(value)).collect(),
            Arguments::Computed(args) => args.iter().map(|arg| self.argument(arg)).collect(),
        };
        let given = args.iter().rposition(|arg| !arg.is_empty()).map_or(0, |last| last + 1);
        let name = self.catalogue.function(site.function).1.name;
        format!("{name}({})", args.into_iter().take(given).collect::<Vec<_>>().join(", "))
    }

    fn argument(&self, argument: &Argument) -> String {
        match argument {
            Argument::Fixed(value) => self.arg(value),
            Argument::Computed { operand, .. } => self.operand(*operand),
            Argument::Settled(variable) => variable.text().to_owned(),
        }
    }

    fn arg(&self, arg: &ArgValue) -> String {
        match arg {
            ArgValue::Absent => String::new(),
            ArgValue::Int(number) => number.to_string(),
            ArgValue::Str(text) => quoted(text),
            ArgValue::Var(variable) => variable.text().to_owned(),
            ArgValue::Vars(variables) => variables.iter().map(|known| known.text()).collect::<Vec<_>>().join(";"),
            ArgValue::Regex(regex) => format!("/{}/", regex.as_str()),
            ArgValue::Route(route) => {
                self.program.route_info(*route).map_or_else(String::new, |found| found.label.clone())
            }
            ArgValue::Flags(flags) => format!("<{}>", crate::resolve::flags::modern(flags)),
        }
    }

    fn route_call(&self, slot: Slot) -> String {
        let Some(site) = self.program.tables.route_calls.get(slot as usize) else { return String::new() };
        let target = match site.target {
            RouteTarget::Fixed(route) => self.arg(&ArgValue::Route(route)),
            RouteTarget::Named(operand) => format!("route named {}", self.operand(operand)),
        };
        let args: Vec<_> = site.args.iter().map(|arg| self.operand(*arg)).collect();
        if args.is_empty() { format!("call {target}") } else { format!("call {target} with {}", args.join(", ")) }
    }

    fn asynchronous(&self, site: Option<&AsyncSite>) -> String {
        let Some(site) = site else { return String::new() };
        let mut text = self.call(self.program.tables.calls.get(site.call as usize));
        if let Some(route) = site.route {
            let _ = write!(text, ", then {}", self.arg(&ArgValue::Route(route)));
        }
        if let Some(param) = site.param {
            let _ = write!(text, " with {}", self.operand(param));
        }
        if let Some(timeout) = site.timeout_s {
            let _ = write!(text, ", at most {} s", self.operand(timeout));
        }
        text
    }

    fn switch(&self, subject: Operand, table: Slot) -> String {
        let Some(table) = self.program.tables.switches.get(table as usize) else { return String::new() };
        let cases = table.cases.iter().map(|(case, address)| format!("{} {address}", value(case)));
        let cases: Vec<_> = cases.chain([format!("else {}", table.otherwise)]).collect();
        format!("switch {} to {}", self.operand(subject), cases.join(", "))
    }
}

fn quoted(text: &[u8]) -> String {
    format!("\"{}\"", text.escape_ascii().to_string().replace("\\'", "'").replace("\\\"", "\""))
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Str(text) => quoted(text),
    }
}

fn format(format: &Format) -> String {
    let mut text = String::new();
    for piece in &format.pieces {
        match piece {
            Piece::Text(literal) => text.push_str(quoted(literal).trim_matches('"')),
            Piece::Variable(variable) => text.push_str(variable.text()),
        }
    }
    format!("\"{text}\"")
}

fn comparison(operator: CompareOperator) -> &'static str {
    match operator {
        CompareOperator::Equal => "==",
        CompareOperator::NotEqual => "!=",
        CompareOperator::Less => "<",
        CompareOperator::Greater => ">",
        CompareOperator::LessOrEqual => "<=",
        CompareOperator::GreaterOrEqual => ">=",
        CompareOperator::Match => "=~",
        CompareOperator::NoMatch => "!~",
    }
}

fn sign(operator: ArithmeticOperator) -> &'static str {
    match operator {
        ArithmeticOperator::Add => "+",
        ArithmeticOperator::Subtract => "-",
        ArithmeticOperator::Multiply => "*",
        ArithmeticOperator::Divide => "/",
        ArithmeticOperator::Remainder => "%",
        ArithmeticOperator::BitAnd => "&",
        ArithmeticOperator::BitOr => "|",
        ArithmeticOperator::BitXor => "^",
        ArithmeticOperator::ShiftLeft => "<<",
        ArithmeticOperator::ShiftRight => ">>",
    }
}

fn assignment(operator: AssignOperator) -> String {
    match operator {
        AssignOperator::Set => "=".to_owned(),
        AssignOperator::Replace => ":=".to_owned(),
        AssignOperator::With(operator) => format!("{}=", sign(operator)),
    }
}
