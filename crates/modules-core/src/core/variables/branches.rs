//! `$msg.branch` and its fields: the destination set, the Request-URI being branch 0.

use super::branch_fields::{Field, add, missing};
use super::flags::{known, number};
use bytes::Bytes;
use catalogue::{Access, Alias, Inner, Value};
use module_api::{Branch, Call, Fault, Index, Operator, VARIABLE, Variable, VariableName, VariableRun};

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "msg.branch",
        aliases: &[Alias::old("br", "2.1")],
        about: "Assigning a URI adds a branch; reading gives the URI of the last one.",
        access: Access::ReadWrite,
        run: VariableRun::read_write(
            |call, _| call.msg.branches.at(-1).map_or(Value::Null, |branch| Value::Str(branch.uri.clone())),
            |call, _, _, value| add(call, value),
        ),
        ..VARIABLE
    },
    Variable {
        name: "msg.branch.uri",
        about: "The URI of a branch: the last one, or the one at an index; 0 is the Request-URI.",
        run: VariableRun::read_write(
            |call, name| read(call, name, Field::Uri),
            |call, name, _, value| write(call, name, Field::Uri, value),
        ),
        ..FIELD
    },
    Variable {
        name: "msg.branch.duri",
        about: "The destination URI of a branch.",
        run: VariableRun::read_write(
            |call, name| read(call, name, Field::Destination),
            |call, name, _, value| write(call, name, Field::Destination, value),
        ),
        ..FIELD
    },
    Variable {
        name: "msg.branch.path",
        about: "The path of a branch.",
        run: VariableRun::read_write(
            |call, name| read(call, name, Field::Path),
            |call, name, _, value| write(call, name, Field::Path, value),
        ),
        ..FIELD
    },
    Variable {
        name: "msg.branch.q",
        about: "The preference of a branch.",
        run: VariableRun::read_write(
            |call, name| read(call, name, Field::Preference),
            |call, name, _, value| write(call, name, Field::Preference, value),
        ),
        ..FIELD
    },
    Variable {
        name: "msg.branch.flags",
        about: "The names of the flags of a branch that are set.",
        run: VariableRun::read_write(
            |call, name| read(call, name, Field::Flags),
            |call, name, _, value| write(call, name, Field::Flags, value),
        ),
        ..FIELD
    },
    Variable {
        name: "msg.branch.socket",
        about: "The socket that a branch must leave by.",
        run: VariableRun::read_write(
            |call, name| read(call, name, Field::Socket),
            |call, name, _, value| write(call, name, Field::Socket, value),
        ),
        ..FIELD
    },
    Variable {
        name: "msg.branch.flag",
        about: "Whether a flag of a branch is set: 1 or 0.",
        inner: Inner::Name,
        run: VariableRun::read_write(
            |call, name| read_flag(call, name, -1),
            |call, name, _, value| write_flag(call, name, -1, value),
        ),
        ..FIELD
    },
    Variable {
        name: "branch.flag",
        about: "The older name of $msg.branch.flag; without an index it means the Request-URI.",
        inner: Inner::Name,
        run: VariableRun::read_write(
            |call, name| read_flag(call, name, 0),
            |call, name, _, value| write_flag(call, name, 0, value),
        ),
        ..FIELD
    },
    Variable {
        name: "msg.branch.attr",
        about: "An attribute of a branch, under any name.",
        inner: Inner::Name,
        run: VariableRun::read_write(read_attribute, write_attribute),
        ..FIELD
    },
    Variable {
        name: "msg.branch.last_idx",
        about: "The index of the last branch; 0 where there is only the Request-URI.",
        run: VariableRun::read(|call, _| {
            i32::try_from(call.msg.branches.count()).map_or(Value::Null, |count| Value::Int(count - 1))
        }),
        ..VARIABLE
    },
];

const FIELD: Variable = Variable { access: Access::ReadWrite, indexed: true, ..VARIABLE };

/// More attributes than a branch is given.
const ATTRIBUTES_MAX: usize = 64;

fn read(call: &mut Call<'_>, name: VariableName<'_>, field: Field) -> Value {
    let services = call.env.services;
    if name.index == Index::All {
        return joined(call.msg.branches.iter().map(|branch| field.read(branch, services)));
    }
    let branch = place(name, -1).and_then(|place| call.msg.branches.at(place));
    branch.map_or(Value::Null, |branch| field.read(branch, services))
}

/// A comma list with an empty place where a branch has no value.
pub(super) fn joined(values: impl Iterator<Item = Value>) -> Value {
    let mut text = Vec::new();
    for (position, value) in values.enumerate() {
        if position > 0 {
            text.push(b',');
        }
        text.extend_from_slice(&value.text().unwrap_or_default());
    }
    Value::from(text)
}

fn write(call: &mut Call<'_>, name: VariableName<'_>, field: Field, value: Value) -> Result<(), Fault> {
    field.write(call, one(name, -1)?, value)
}

fn read_flag(call: &mut Call<'_>, name: VariableName<'_>, usual: i32) -> Value {
    let Some(branch) = place(name, usual).and_then(|place| call.msg.branches.at(place)) else { return Value::Null };
    let number = known(&call.env.services.names.flags.branch, name.text);
    Value::Int(number.is_some_and(|number| branch.flags.is_set(number)).into())
}

fn write_flag(call: &mut Call<'_>, name: VariableName<'_>, usual: i32, value: Value) -> Result<(), Fault> {
    let place = one(name, usual)?;
    let number = number(&call.env.services.names.flags.branch, name.text)?;
    let flags = &mut call.msg.branches.at_mut(place).ok_or_else(|| missing(place))?.flags;
    if value.is_true() {
        flags.set(number);
    } else {
        flags.reset(number);
    }
    Ok(())
}

fn read_attribute(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(branch) = place(name, -1).and_then(|place| call.msg.branches.at(place)) else { return Value::Null };
    attribute(branch, name.text).cloned().unwrap_or_default()
}

fn write_attribute(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let place = one(name, -1)?;
    let branch = call.msg.branches.at_mut(place).ok_or_else(|| missing(place))?;
    branch.attributes.retain(|(known, _)| known != name.text);
    if value.is_null() {
        return Ok(());
    }
    if branch.attributes.len() >= ATTRIBUTES_MAX {
        return Err(Fault::script("the branch has as many attributes as it may"));
    }
    branch.attributes.push((Bytes::copy_from_slice(name.text), value));
    Ok(())
}

fn attribute<'a>(branch: &'a Branch, name: &[u8]) -> Option<&'a Value> {
    branch.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The place that an index means; `usual` where none is written.
fn place(name: VariableName<'_>, usual: i32) -> Option<i32> {
    match name.index {
        Index::None => Some(usual),
        Index::At(index) => Some(index),
        Index::All | Index::Append => None,
    }
}

fn one(name: VariableName<'_>, usual: i32) -> Result<i32, Fault> {
    place(name, usual).ok_or(Fault::script("only one branch can be assigned at a time"))
}
