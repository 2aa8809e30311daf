//! A host in memory: variables are maps, functions do one simple thing, everything is written down.

use crate::catalogue::catalogue;
use bytes::Bytes;
use catalogue::{Catalogue, FlagNames, FunctionId, Names, TransformationId, Value};
use script::ast::RouteType;
use script::diagnostic::render;
use script::host::{Action, ArgValue, Assign, Called, Host, Index, Reading, Rejected, ScriptFault, StepTrace};
use script::program::Line;
use script::source::Source;
use script::vm::{Execution, Outcome, Start};
use script::{Checked, Environment, NameTables, Program, RouteIndex, VariableRef};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The tables of names of a test.
#[derive(Default)]
pub struct Tables {
    avps: Names,
    vars: Names,
    message_flags: FlagNames,
    branch_flags: FlagNames,
}

impl Tables {
    pub fn all(&self) -> NameTables<'_> {
        NameTables {
            avps: &self.avps,
            vars: &self.vars,
            message_flags: &self.message_flags,
            branch_flags: &self.branch_flags,
        }
    }
}

/// A host that remembers.
pub struct World {
    pub catalogue: Catalogue,
    /// Lists by variable and name; plain variables have one entry.
    pub values: BTreeMap<(String, String), Vec<Value>>,
    /// What happened, a line each.
    pub log: Vec<String>,
    /// The code that the function waited for will return.
    pub awaited: Option<i32>,
    /// The routes that `launch()` left to be run.
    pub launched: Vec<(RouteIndex, i32, Value)>,
    pub is_tracing: bool,
}

impl World {
    pub fn new() -> World {
        let mut values = BTreeMap::new();
        let mut set = |name: &str, inner: &str, texts: &[&str]| {
            let texts = texts.iter().map(|text| Value::copied(text.as_bytes())).collect();
            values.insert((name.to_owned(), inner.to_owned()), texts);
        };
        set("ru", "", &["sip:bob@example.com"]);
        set("rU", "", &["bob"]);
        set("rd", "", &["example.com"]);
        set("si", "", &["10.1.2.3"]);
        set("hdr", "Via", &["one", "two", "three"]);
        values.insert(("sp".to_owned(), String::new()), vec![Value::Int(5060)]);
        World {
            catalogue: catalogue(),
            values,
            log: Vec::new(),
            awaited: None,
            launched: Vec::new(),
            is_tracing: false,
        }
    }

    fn say(&mut self, text: impl Into<String>) {
        self.log.push(text.into());
    }

    fn key(&self, reading: &Reading<'_>) -> (String, String) {
        let name = self.catalogue.variable(reading.variable).1.name;
        (name.to_owned(), String::from_utf8_lossy(reading.name.text).into_owned())
    }

    fn show(&mut self, args: &[ArgValue]) -> i32 {
        let shown: Vec<_> = args.iter().map(|arg| self.print_arg(arg)).collect();
        self.say(shown.join(" | "));
        1
    }

    fn print_arg(&mut self, arg: &ArgValue) -> String {
        match arg {
            ArgValue::Absent => "-".to_owned(),
            ArgValue::Int(number) => number.to_string(),
            ArgValue::Str(text) => String::from_utf8_lossy(text).into_owned(),
            ArgValue::Var(variable) => format!("{} is {}", variable.text(), printed(&variable.read(self))),
            ArgValue::Vars(variables) => variables.iter().map(|known| known.text()).collect::<Vec<_>>().join(" and "),
            ArgValue::Regex(regex) => format!("/{}/", regex.as_str()),
            ArgValue::Route(route) => format!("route {}", route.0),
            ArgValue::Flags(flags) => {
                let flag = |(name, value): &(&str, Option<Bytes>)| match value {
                    Some(value) => format!("{name}={}", String::from_utf8_lossy(value)),
                    None => (*name).to_owned(),
                };
                flags.iter().map(flag).collect::<Vec<_>>().join(" ")
            }
        }
    }

    fn put(&mut self, variable: &VariableRef, value: Value) -> i32 {
        match variable.write(self, Assign::Set, value) {
            Ok(()) => 1,
            Err(Rejected(why)) => {
                self.say(format!("rejected: {why}"));
                -1
            }
        }
    }
}

pub fn printed(value: &Value) -> String {
    let mut text = Vec::new();
    value.print(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

impl Host for World {
    fn call(&mut self, function: FunctionId, args: &[ArgValue], _: Line) -> Called {
        let name = self.catalogue.function(function).1.name;
        Called::Done(match (name, args) {
            ("code", [ArgValue::Int(code)]) => *code,
            ("wait", [ArgValue::Int(code)]) => {
                self.awaited = Some(*code);
                return Called::Wait;
            }
            ("put", [ArgValue::Var(variable), ArgValue::Str(text)]) => self.put(variable, Value::Str(text.clone())),
            ("put_all", [ArgValue::Vars(variables)]) => {
                let numbered = (1..).zip(variables.iter());
                numbered.map(|(number, variable)| self.put(variable, Value::Int(number))).min().unwrap_or(-1)
            }
            ("matches", [ArgValue::Regex(regex), ArgValue::Str(text)]) => {
                if regex.is_match(text) {
                    1
                } else {
                    -1
                }
            }
            (_, args) => self.show(args),
        })
    }

    fn launch(&mut self, function: FunctionId, args: &[ArgValue], then: Option<RouteIndex>, param: Value, _: Line) {
        let name = self.catalogue.function(function).1.name;
        self.say(format!("launched {name}"));
        let code = match args {
            [ArgValue::Int(code)] => *code,
            _ => 1,
        };
        self.launched.extend(then.map(|route| (route, code, param)));
    }

    fn begin_async(&mut self, timeout_s: Option<i32>) {
        self.say(match timeout_s {
            Some(timeout_s) => format!("async, at most {timeout_s} s"),
            None => "async".to_owned(),
        });
    }

    fn read(&mut self, variable: &Reading<'_>) -> Value {
        let key = self.key(variable);
        if key.0 == "time" {
            return Value::from(key.1);
        }
        let Some(values) = self.values.get(&key) else { return Value::Null };
        let position = match variable.index {
            Index::None | Index::Append => Some(0),
            Index::At(number @ 0..) => usize::try_from(number).ok(),
            Index::At(number) => values.len().checked_sub(number.unsigned_abs() as usize),
            Index::All => {
                let texts: Vec<_> = values.iter().map(printed).collect();
                return Value::from(texts.join(","));
            }
        };
        position.and_then(|position| values.get(position)).cloned().unwrap_or_default()
    }

    fn write(&mut self, variable: &Reading<'_>, operator: Assign, value: Value) -> Result<(), Rejected> {
        let key = self.key(variable);
        let is_list = key.0 == "avp";
        if key.0 == "ru" && value.is_null() {
            return Err(Rejected("it must be a URI".into()));
        }
        let values = self.values.entry(key).or_default();
        match (value, variable.index) {
            (Value::Null, _) if is_list && operator == Assign::Set => {
                if !values.is_empty() {
                    values.remove(0);
                }
            }
            (Value::Null, _) => values.clear(),
            (value, Index::At(number)) => {
                let position = usize::try_from(number).unwrap_or_default();
                if let Some(place) = values.get_mut(position) {
                    *place = value;
                }
            }
            (value, Index::Append) => values.push(value),
            (value, _) if is_list && operator == Assign::Set => values.insert(0, value),
            (value, _) => *values = vec![value],
        }
        Ok(())
    }

    fn transform(&mut self, transformation: TransformationId, value: Value, args: &[Value]) -> Value {
        let name = self.catalogue.transformation(transformation).1.name;
        let text = value.into_bytes().unwrap_or_default();
        match (name, args) {
            ("s.len", []) => Value::number(text.len() as i64),
            ("s.toupper", []) => Value::from(text.to_ascii_uppercase()),
            ("s.substr", [offset, length]) => {
                let (Some(offset), Some(length)) = (offset.int(), length.int()) else { return Value::Null };
                let (offset, length) = (offset as usize, length as usize);
                text.get(offset..offset + length).map_or(Value::Null, Value::copied)
            }
            _ => {
                let args: Vec<_> = args.iter().map(printed).collect();
                Value::from(format!("{name}({})", args.join("|")))
            }
        }
    }

    fn log_level(&self) -> i32 {
        1
    }

    fn xlog_level(&self) -> i32 {
        3
    }

    fn print(&mut self, _: i32, text: &[u8], _: Line) {
        self.say(String::from_utf8_lossy(text).trim_end_matches('\n'));
    }

    fn warn(&mut self, fault: ScriptFault, line: Line) {
        self.say(format!("line {}: {fault}", line.line));
    }

    fn assert_failed(&mut self, text: &[u8], _: Line) {
        self.say(format!("assertion failed: {}", String::from_utf8_lossy(text)).trim_end());
    }

    fn is_tracing(&self) -> bool {
        self.is_tracing
    }

    fn step(&mut self, step: StepTrace<'_>) {
        let action = match step.action {
            Action::Statement(words) => words,
            Action::Call(function) => self.catalogue.function(function).1.name,
        };
        let place = format!("{}:{} {}", step.file, step.line.line, step.route);
        self.say(format!("{place} depth {} code {}: {action}", step.depth, step.code));
    }
}

/// Parses and checks a script; the messages of both.
pub fn checked(text: &str, tables: &Tables) -> (Checked, String) {
    let source = Source::from_text("test.cfg", text.as_bytes());
    let (script, mut messages) = script::parser::parse(&source);
    let catalogue = catalogue();
    let environment = Environment { catalogue: &catalogue, names: tables.all(), workers: 1 };
    let checked = script::check(&script, &source, &environment);
    messages.extend(checked.diagnostics.iter().cloned());
    let rendered = messages.iter().map(|message| render(message, &source.map)).collect::<Vec<_>>();
    (checked, rendered.join("\n"))
}

/// Compiles a script that has no mistakes.
pub fn program(text: &str) -> Arc<Program> {
    let (checked, messages) = checked(text, &Tables::default());
    match checked.compile() {
        Ok(program) if !messages.contains("error[") => Arc::new(program),
        _ => panic!("{messages}"),
    }
}

/// Runs a route and all it launches; what functions wait for comes at once.
pub fn run(world: &mut World, program: &Arc<Program>, route: RouteIndex) {
    drive(world, program, route, Start::default());
    while let Some((route, code, param)) = world.launched.pop() {
        let params = vec![script::vm::Parameter::unnamed(param)];
        drive(world, program, route, Start { code, params });
    }
}

fn drive(world: &mut World, program: &Arc<Program>, route: RouteIndex, start: Start) {
    let mut execution = Execution::new(0);
    let mut outcome = execution.start_with(Arc::clone(program), route, start, world);
    while outcome == Outcome::Waiting {
        let code = world.awaited.take().expect("something is waited for");
        world.say("…");
        outcome = execution.resume(world, code);
    }
    if matches!(outcome, Outcome::Finished(finished) if finished.dropped) {
        world.say("dropped");
    }
}

/// Runs the main route of a script and returns what happened.
pub fn happened(text: &str) -> Vec<String> {
    let program = program(text);
    let mut world = World::new();
    let main = program.route(RouteType::Request, "").expect("a main route");
    run(&mut world, &program, main);
    world.log
}
