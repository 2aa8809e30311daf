//! Variables and format strings that modules hold, and the world they are read in.

use crate::dispatch::{Dispatch, NameTable};
use bytes::Bytes;
use catalogue::{FunctionId, TransformationId, Value};
use module_api::{
    Call, Env, Fault, FormatAccess, FormatHandle, Index, Kind, Operator, Routing, VariableAccess, VariableHandle,
    VariableName, Where,
};
use script::ast::Context;
use script::host::{self, ArgValue, Assign, Called, Host, Reading, Rejected, ScriptFault};
use script::program::{Format, Line, RouteIndex, VariableRef};
use std::sync::Arc;

/// A variable that a module holds.
pub(crate) struct Held {
    dispatch: Arc<Dispatch>,
    variable: Arc<VariableRef>,
}

/// A format string that a module holds.
pub(crate) struct HeldFormat {
    dispatch: Arc<Dispatch>,
    format: Format,
}

/// What variables are read from and written to: a message and everything around it.
pub(crate) struct World<'a> {
    pub(crate) dispatch: &'a Dispatch,
    pub(crate) env: Env<'a>,
    pub(crate) msg: &'a mut Routing,
    pub(crate) kind: Kind,
}

/// No variable has more values.
const VALUES_MAX: usize = 4_096;

impl Held {
    pub(crate) fn handle(dispatch: &Arc<Dispatch>, variable: &Arc<VariableRef>) -> VariableHandle {
        Arc::new(Held { dispatch: Arc::clone(dispatch), variable: Arc::clone(variable) })
    }

    /// Whether it may have several values.
    fn is_indexed(&self) -> bool {
        let known = self.variable.id().and_then(|id| self.dispatch.variable(id));
        known.is_some_and(|known| known.is_indexed)
    }
}

impl HeldFormat {
    pub(crate) fn handle(dispatch: &Arc<Dispatch>, format: Format) -> FormatHandle {
        Arc::new(HeldFormat { dispatch: Arc::clone(dispatch), format })
    }
}

impl VariableAccess for Held {
    fn read(&self, call: &mut Call<'_>) -> Value {
        self.variable.read(&mut World::of(&self.dispatch, call))
    }

    fn write(&self, call: &mut Call<'_>, operator: Operator, value: Value) -> Result<(), Fault> {
        let operator = match operator {
            Operator::Set => Assign::Set,
            Operator::Replace => Assign::Replace,
        };
        let written = self.variable.write(&mut World::of(&self.dispatch, call), operator, value);
        written.map_err(|Rejected(why)| Fault::script(format!("{} is not assigned: {why}", self.variable.text())))
    }

    fn read_at(&self, call: &mut Call<'_>, position: usize) -> Value {
        if !self.is_indexed() {
            return if position == 0 { self.read(call) } else { Value::Null };
        }
        let Ok(index) = i32::try_from(position) else { return Value::Null };
        self.variable.read_at(&mut World::of(&self.dispatch, call), host::Index::At(index))
    }

    fn count(&self, call: &mut Call<'_>) -> usize {
        (0..VALUES_MAX).find(|position| self.read_at(call, *position).is_null()).unwrap_or(VALUES_MAX)
    }

    fn inner(&self, call: &mut Call<'_>) -> Bytes {
        self.variable.inner(&mut World::of(&self.dispatch, call))
    }

    fn text(&self) -> &str {
        self.variable.text()
    }
}

impl FormatAccess for HeldFormat {
    fn print(&self, call: &mut Call<'_>) -> Bytes {
        if let Some(text) = self.format.fixed() {
            return text;
        }
        let mut text = Vec::new();
        self.format.print(&mut World::of(&self.dispatch, call), &mut text);
        text.into()
    }
}

impl<'a> World<'a> {
    fn of(dispatch: &'a Dispatch, call: &'a mut Call<'_>) -> World<'a> {
        World { dispatch, env: call.env.reborrow(), msg: &mut *call.msg, kind: call.kind }
    }

    /// A variable as modules are asked for it. A name computed while running gets its number here.
    fn name<'r>(&self, reading: &'r Reading<'_>, names: NameTable) -> VariableName<'r> {
        let name = name_of(reading);
        if name.id.is_some() || names == NameTable::None {
            return name;
        }
        let interned = &self.env.services.names;
        let table = if names == NameTable::Vars { &interned.vars } else { &interned.avps };
        VariableName { id: table.intern(name.text), ..name }
    }
}

impl Host for World<'_> {
    fn read(&mut self, variable: &Reading<'_>) -> Value {
        let Some(known) = self.dispatch.variable(variable.variable) else { return Value::Null };
        let name = self.name(variable, known.names);
        let module = self.dispatch.state(known.module);
        let mut call = Call { env: self.env.reborrow(), msg: &mut *self.msg, kind: self.kind, module };
        (known.run.read)(&mut call, name)
    }

    fn write(&mut self, variable: &Reading<'_>, operator: Assign, value: Value) -> Result<(), Rejected> {
        let Some(known) = self.dispatch.variable(variable.variable) else {
            return Err(Rejected("there is no such variable".into()));
        };
        let Some(write) = known.run.write else { return Err(Rejected("it can only be read".into())) };
        let name = self.name(variable, known.names);
        let module = self.dispatch.state(known.module);
        let operator = match operator {
            Assign::Set => Operator::Set,
            Assign::Replace => Operator::Replace,
        };
        let mut call = Call { env: self.env.reborrow(), msg: &mut *self.msg, kind: self.kind, module };
        write(&mut call, name, operator, value).map_err(|fault| Rejected(fault.text))
    }

    fn transform(&mut self, transformation: TransformationId, value: Value, args: &[Value]) -> Value {
        let Some((run, module)) = self.dispatch.transformation(transformation) else { return Value::Null };
        let module = self.dispatch.state(module);
        run(&mut Call { env: self.env.reborrow(), msg: &mut *self.msg, kind: self.kind, module }, value, args)
    }

    fn print_bytes_max(&self) -> usize {
        self.env.services.settings.print_bytes_max
    }

    fn log_level(&self) -> i32 {
        self.env.services.log.level.get()
    }

    fn xlog_level(&self) -> i32 {
        self.env.services.log.xlog_level.get()
    }

    // A variable calls nothing and prints nothing.

    fn call(&mut self, _: FunctionId, _: &[ArgValue], _: Line) -> Called {
        Called::Done(-1)
    }

    fn launch(&mut self, _: FunctionId, _: &[ArgValue], _: Option<RouteIndex>, _: Value, _: Line) {}

    fn begin_async(&mut self, _: Option<i32>) {}

    fn print(&mut self, _: i32, _: &[u8], _: Line) {}

    fn warn(&mut self, _: ScriptFault, _: Line) {}

    fn assert_failed(&mut self, _: &[u8], _: Line) {}
}

fn name_of<'r>(reading: &'r Reading<'_>) -> VariableName<'r> {
    let index = match reading.index {
        host::Index::None => Index::None,
        host::Index::At(number) => Index::At(number),
        host::Index::All => Index::All,
        host::Index::Append => Index::Append,
    };
    let place = match reading.context {
        None => Where::Here,
        Some(Context::Request) => Where::Request,
        Some(Context::Reply) => Where::Reply,
    };
    let host::Name { text, id } = reading.name;
    VariableName { text, id, index, index_set: reading.index_set, place }
}
