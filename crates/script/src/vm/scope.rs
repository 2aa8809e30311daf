//! What the language itself knows while a script runs: return codes, parameters, the stack of routes.

use crate::host::{Index, Language};
use crate::program::instruction::Address;
use crate::program::{Program, Route, RouteIndex};
use bytes::Bytes;
use catalogue::Value;
use std::sync::Arc;

/// The language's own state of an execution.
#[derive(Debug, Default)]
pub struct Scope {
    /// What runs.
    pub(crate) program: Option<Arc<Program>>,
    /// The code of the last function or route, `$rc`.
    pub(crate) code: i32,
    /// The routes that are running, the current one last.
    pub(crate) frames: Vec<Frame>,
    /// The parameters of all of them; each frame knows where its own begin.
    pub(crate) params: Vec<Parameter>,
    /// What the last route returned besides its code.
    pub(crate) returns: Vec<Value>,
    /// The place of the current instruction among the program's lines.
    pub(crate) place: u32,
}

/// A parameter of a route, `$param(1)` or `$param(name)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name; empty for those of `route(name, …)`.
    pub name: Bytes,
    /// Its value.
    pub value: Value,
}

/// A running route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Which.
    pub(crate) route: RouteIndex,
    /// Where its caller goes on.
    pub(crate) return_to: Address,
    /// Where its parameters begin.
    pub(crate) params: usize,
    /// How much was on the stack of values when it was called.
    pub(crate) values: usize,
    /// How many loops were running when it was called.
    pub(crate) loops: usize,
}

impl Parameter {
    /// A parameter without name.
    pub const fn unnamed(value: Value) -> Parameter {
        Parameter { name: Bytes::new(), value }
    }
}

impl Scope {
    /// The value of a variable that the machine answers.
    pub(crate) fn read(&self, variable: Language, name: &[u8], index: Index) -> Value {
        match variable {
            Language::Code => Value::Int(self.code),
            Language::Param => self.param(name).cloned().unwrap_or_default(),
            Language::Return => self.returned(name).cloned().unwrap_or_default(),
            Language::Route => self.stack(index, |route| Value::from(route.label.clone())),
            Language::RouteName => self.stack(index, |route| Value::from(route.name.clone())),
            Language::RouteType => self.stack(index, |route| Value::fixed(route.kind.keyword())),
            Language::Line => self.line(),
            Language::File => self.file(),
        }
    }

    /// By number from 1, or by the name that an event gives it.
    fn param(&self, name: &[u8]) -> Option<&Value> {
        let params = self.params.get(self.frames.last()?.params..)?;
        let number = std::str::from_utf8(name).ok().and_then(|text| text.trim().parse::<usize>().ok());
        let found = match number {
            Some(number) => params.get(number.checked_sub(1)?),
            None => params.iter().find(|param| param.name == name),
        };
        found.map(|param| &param.value)
    }

    fn returned(&self, name: &[u8]) -> Option<&Value> {
        let number = std::str::from_utf8(name).ok()?.trim().parse::<usize>().ok()?;
        self.returns.get(number)
    }

    /// Index 0 is the current route, -1 the outermost, `*` all from the outermost on.
    fn stack(&self, index: Index, shown: impl Fn(&Route) -> Value) -> Value {
        let Some(program) = &self.program else { return Value::Null };
        let route = |frame: &Frame| program.route_info(frame.route).map_or(Value::Null, &shown);
        let position = match index {
            Index::All => {
                let names = self.frames.iter().filter_map(|frame| route(frame).into_bytes());
                return Value::from(names.collect::<Vec<_>>().join(&b" > "[..]));
            }
            Index::None | Index::Append => self.frames.len().checked_sub(1),
            Index::At(number) => usize::try_from(number.unsigned_abs()).ok().and_then(|distance| match number {
                0.. => self.frames.len().checked_sub(distance + 1),
                _ => Some(distance - 1),
            }),
        };
        position.and_then(|position| self.frames.get(position)).map_or(Value::Null, route)
    }

    fn line(&self) -> Value {
        let line = self.program.as_ref().map(|program| program.line_of(self.place).line);
        Value::or_null(line.and_then(|line| i32::try_from(line).ok()))
    }

    fn file(&self) -> Value {
        let Some(program) = &self.program else { return Value::Null };
        Value::copied(program.file(program.line_of(self.place)).as_bytes())
    }
}
