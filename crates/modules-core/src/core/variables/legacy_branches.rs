//! `$branch` and `$branch(x)` of older scripts: here added branches are counted from 0, without the Request-URI.

use super::branch_fields::{Field, add, missing};
use super::branches::joined;
use catalogue::{Access, Inner, Value};
use module_api::{Branch, Call, Fault, Index, Operator, VARIABLE, Variable, VariableName, VariableRun};

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "branch",
        about: "Assigning a URI adds a branch; reading gives the URI of the last one added.",
        access: Access::ReadWrite,
        run: VariableRun::read_write(read_last, |call, _, _, value| add(call, value)),
        ..VARIABLE
    },
    Variable {
        name: "branch",
        about: "A part of an added branch: uri, duri, q in thousandths, path, flags or socket; 0 is the first added.",
        access: Access::ReadWrite,
        inner: Inner::Word(&["uri", "duri", "q", "path", "flags", "socket"]),
        indexed: true,
        run: VariableRun::read_write(read, write),
        ..VARIABLE
    },
];

fn read_last(call: &mut Call<'_>, _: VariableName<'_>) -> Value {
    let last = call.msg.branches.iter().skip(1).next_back();
    last.map_or(Value::Null, |branch| Value::Str(branch.uri.clone()))
}

fn read(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(field) = field(name.text) else { return Value::Null };
    let services = call.env.services;
    let value = |branch: &Branch| match (field, branch.q) {
        (Field::Preference, Some(q)) => Value::Int(q.0.into()),
        _ => field.read(branch, services),
    };
    match name.index {
        Index::All if call.msg.branches.count() > 1 => joined(call.msg.branches.iter().skip(1).map(value)),
        Index::All | Index::Append => Value::Null,
        Index::None => place(call, 0).and_then(|place| call.msg.branches.at(place)).map_or(Value::Null, value),
        Index::At(index) => place(call, index).and_then(|place| call.msg.branches.at(place)).map_or(Value::Null, value),
    }
}

fn write(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let field = field(name.text).ok_or(Fault::script("a branch has no such part"))?;
    let index = match name.index {
        Index::None => 0,
        Index::At(index) => index,
        Index::All | Index::Append => return Err(Fault::script("only one branch can be assigned at a time")),
    };
    let place = place(call, index).ok_or_else(|| missing(index))?;
    field.write(call, place, value)
}

fn field(name: &[u8]) -> Option<Field> {
    Some(match name {
        b"uri" => Field::Uri,
        b"duri" => Field::Destination,
        b"q" => Field::Preference,
        b"path" => Field::Path,
        b"flags" => Field::Flags,
        b"socket" => Field::Socket,
        _ => return None,
    })
}

/// The place in the destination set of an added branch.
fn place(call: &Call<'_>, index: i32) -> Option<i32> {
    let added = i32::try_from(call.msg.branches.count()).ok()? - 1;
    let from_start = if index < 0 { added.checked_add(index)? } else { index };
    (0..added).contains(&from_start).then_some(from_start + 1)
}
