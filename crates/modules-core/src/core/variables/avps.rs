//! `$avp(name)` and `$var(name)`.

use catalogue::{Access, Inner, NameId, Value};
use module_api::{Call, Fault, Index, Operator, VARIABLE, Variable, VariableName, VariableRun};

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "avp",
        about: "The list of values of a name, the newest first; they belong to the transaction.",
        access: Access::ReadWrite,
        inner: Inner::Interned,
        indexed: true,
        run: VariableRun::read_write(read_avp, write_avp),
        ..VARIABLE
    },
    Variable {
        name: "var",
        about: "A value of this run of the script.",
        access: Access::ReadWrite,
        inner: Inner::Interned,
        run: VariableRun::read_write(read_var, write_var),
        ..VARIABLE
    },
];

fn read_avp(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(id) = name.id else { return Value::Null };
    let avps = &call.msg.avps;
    match name.index {
        Index::None => avps.first(id),
        Index::At(index) => avps.at(id, index),
        Index::All => all(avps.values(id)),
        Index::Append => Value::Null,
    }
}

/// All values, separated by commas.
fn all<'a>(values: impl Iterator<Item = &'a Value>) -> Value {
    let mut text = Vec::new();
    for (position, value) in values.enumerate() {
        if position > 0 {
            text.extend_from_slice(b", ");
        }
        value.print(&mut text);
    }
    if text.is_empty() { Value::Null } else { Value::from(text) }
}

fn write_avp(call: &mut Call<'_>, name: VariableName<'_>, operator: Operator, value: Value) -> Result<(), Fault> {
    let id = known(name)?;
    let avps = &mut call.msg.avps;
    match (name.index, operator) {
        (Index::At(index), _) => {
            let done = if value.is_null() { avps.remove_at(id, index) } else { avps.replace_at(id, index, value) };
            if done { Ok(()) } else { Err(Fault::script(format!("the AVP has no value at index {index}"))) }
        }
        (Index::Append, _) if value.is_null() => Err(Fault::script("NULL cannot be appended to an AVP")),
        (Index::Append, _) => {
            avps.append(id, value);
            Ok(())
        }
        (Index::None, Operator::Set) => {
            if value.is_null() {
                avps.remove_at(id, 0);
            } else {
                avps.push(id, value);
            }
            Ok(())
        }
        (Index::All, _) | (Index::None, Operator::Replace) => {
            avps.clear(id);
            if !value.is_null() {
                avps.push(id, value);
            }
            Ok(())
        }
    }
}

fn read_var(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    name.id.map_or(Value::Null, |id| call.msg.vars.get(id))
}

fn write_var(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    call.msg.vars.set(known(name)?, value);
    Ok(())
}

fn known(name: VariableName<'_>) -> Result<NameId, Fault> {
    name.id.ok_or(Fault::us("the table of names is full"))
}
