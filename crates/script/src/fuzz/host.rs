//! A small catalogue, and a host that keeps variables in a map and counts how often it is called.

use crate::host::{ArgValue, Assign, Called, Host, Index, Reading, Rejected, ScriptFault};
use crate::program::{Line, RouteIndex};
use catalogue::{
    Access, Arg, Catalogue, Function, FunctionId, Inner, ModuleInfo, Routes, Transformation, TransformationId, Value,
    Variable,
};
use std::collections::BTreeMap;

/// How many values a list holds: more are dropped, or reading it whole would be the work of the host.
const LIST_MAX: usize = 16;

/// How many launched functions are remembered.
const LAUNCHED_MAX: usize = 4;

const FUNCTION: Function<()> = Function {
    old_order: None,
    name: "",
    aliases: &[],
    about: "",
    args: &[],
    routes: Routes::ALL,
    is_async: false,
    unavailable: None,
    today: None,
    returns: &[],
    examples: &[],
    run: (),
};

const FUNCTIONS: &[Function<()>] = &[
    Function { name: "code", args: &[Arg::int("code", "")], ..FUNCTION },
    Function { name: "wait", args: &[Arg::int("code", "")], is_async: true, ..FUNCTION },
    Function { name: "show", args: &[Arg::str("text", "")], ..FUNCTION },
    Function { name: "put", args: &[Arg::var("target", ""), Arg::str("value", "")], ..FUNCTION },
];

const fn variable(name: &'static str, access: Access, inner: Inner, indexed: bool) -> Variable<()> {
    Variable { name, aliases: &[], about: "", access, inner, indexed, index_sets: &[], run: () }
}

const VARIABLES: &[Variable<()>] = &[
    variable("avp", Access::ReadWrite, Inner::Interned, true),
    variable("var", Access::ReadWrite, Inner::Interned, false),
    variable("rc", Access::Read, Inner::None, false),
    variable("param", Access::Read, Inner::Name, false),
    variable("return", Access::Read, Inner::Name, false),
    variable("route", Access::Read, Inner::None, true),
    variable("cfg_line", Access::Read, Inner::None, false),
    variable("si", Access::Read, Inner::None, false),
    variable("sp", Access::Read, Inner::None, false),
    variable("rU", Access::ReadWrite, Inner::None, false),
];

const TRANSFORMATIONS: &[Transformation<()>] = &[
    Transformation { name: "s.len", about: "", args: &[], rest: false, asks: false, run: () },
    Transformation { name: "s.toupper", about: "", args: &[], rest: false, asks: false, run: () },
];

/// The catalogue the scripts are checked against.
pub(super) fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    let core = ModuleInfo {
        name: "core",
        about: "",
        aliases: &[],
        depends: &[],
        params: &[],
        statistics: &[],
        events: &[],
        commands: Vec::new(),
        functions: Vec::new(),
        variables: Vec::new(),
        transformations: Vec::new(),
    };
    catalogue.add(core, FUNCTIONS.iter().copied(), VARIABLES.iter().copied(), TRANSFORMATIONS.iter().copied());
    catalogue
}

/// The host.
pub(super) struct World<'a> {
    catalogue: &'a Catalogue,
    values: BTreeMap<(&'static str, Vec<u8>), Vec<Value>>,
    /// How often the machine has called.
    pub(super) calls: u64,
    /// The code that the function waited for will return.
    pub(super) awaited: Option<i32>,
    /// The routes that `launch()` left to be run.
    pub(super) launched: Vec<(RouteIndex, Value)>,
}

impl World<'_> {
    pub(super) fn new(catalogue: &Catalogue) -> World<'_> {
        let fixed = |name, value| ((name, Vec::new()), vec![value]);
        let values =
            [fixed("si", Value::fixed("10.1.2.3")), fixed("sp", Value::Int(5060)), fixed("rU", Value::fixed("bob"))];
        World { catalogue, values: values.into(), calls: 0, awaited: None, launched: Vec::new() }
    }

    fn key(&self, reading: &Reading<'_>) -> (&'static str, Vec<u8>) {
        (self.catalogue.variable(reading.variable).1.name, reading.name.text.to_vec())
    }
}

impl Host for World<'_> {
    fn call(&mut self, function: FunctionId, args: &[ArgValue], _: Line) -> Called {
        self.calls += 1;
        match (self.catalogue.function(function).1.name, args) {
            ("code", [ArgValue::Int(code)]) => return Called::Done(*code),
            ("wait", [ArgValue::Int(code)]) => {
                self.awaited = Some(*code);
                return Called::Wait;
            }
            ("put", [ArgValue::Var(variable), ArgValue::Str(text)]) => {
                let _ = variable.write(self, Assign::Set, Value::Str(text.clone()));
            }
            _ => {}
        }
        Called::Done(1)
    }

    fn launch(&mut self, _: FunctionId, _: &[ArgValue], then: Option<RouteIndex>, param: Value, _: Line) {
        self.calls += 1;
        if self.launched.len() < LAUNCHED_MAX {
            self.launched.extend(then.map(|route| (route, param)));
        }
    }

    fn begin_async(&mut self, _: Option<i32>) {
        self.calls += 1;
    }

    fn read(&mut self, variable: &Reading<'_>) -> Value {
        self.calls += 1;
        let Some(values) = self.values.get(&self.key(variable)) else { return Value::Null };
        let position = match variable.index {
            Index::None | Index::Append => Some(0),
            Index::At(number @ 0..) => usize::try_from(number).ok(),
            Index::At(number) => values.len().checked_sub(number.unsigned_abs() as usize),
            Index::All => {
                let mut text = Vec::new();
                values.iter().for_each(|value| value.print(&mut text));
                return Value::from(text);
            }
        };
        position.and_then(|position| values.get(position)).cloned().unwrap_or_default()
    }

    fn write(&mut self, variable: &Reading<'_>, _: Assign, value: Value) -> Result<(), Rejected> {
        self.calls += 1;
        let key = self.key(variable);
        let is_list = key.0 == "avp";
        let values = self.values.entry(key).or_default();
        match (value, variable.index) {
            (Value::Null, _) => values.clear(),
            (value, Index::At(number)) => {
                let place = usize::try_from(number).ok().and_then(|position| values.get_mut(position));
                *place.ok_or(Rejected("there is no such value".into()))? = value;
            }
            (value, Index::Append) => values.push(value),
            (value, _) if is_list => values.insert(0, value),
            (value, _) => *values = vec![value],
        }
        values.truncate(LIST_MAX);
        Ok(())
    }

    fn transform(&mut self, transformation: TransformationId, value: Value, _: &[Value]) -> Value {
        self.calls += 1;
        let text = value.into_bytes().unwrap_or_default();
        match self.catalogue.transformation(transformation).1.name {
            "s.len" => Value::number(text.len() as i64),
            _ => Value::from(text.to_ascii_uppercase()),
        }
    }

    fn print_bytes_max(&self) -> usize {
        1000
    }

    fn log_level(&self) -> i32 {
        2
    }

    fn xlog_level(&self) -> i32 {
        3
    }

    fn print(&mut self, _: i32, text: &[u8], _: Line) {
        self.calls += 1;
        assert!(text.len() <= self.print_bytes_max());
    }

    fn warn(&mut self, _: ScriptFault, _: Line) {
        self.calls += 1;
    }

    fn assert_failed(&mut self, _: &[u8], _: Line) {
        self.calls += 1;
    }
}
