//! `$acc_extra(x)`, `$acc_leg(x)` and `$acc_current_leg`.

use super::functions::{attach, common};
use super::params::Acc;
use catalogue::{Access, Inner, Value};
use module_api::{Call, Fault, Index, Operator, VARIABLE, Variable, VariableName, VariableRun};

/// `$acc_extra(tag)`
pub const EXTRA: Variable = Variable {
    name: "acc_extra",
    about: "The value of a tag of extra_fields, written with the record of this call.",
    access: Access::ReadWrite,
    inner: Inner::Name,
    run: VariableRun::read_write(read_extra, write_extra),
    ..VARIABLE
};

/// `$(acc_leg(tag)[leg])`
pub const LEG: Variable = Variable {
    name: "acc_leg",
    about: "The value of a tag of leg_fields for a leg: the last one, or by index (negative from the end).",
    access: Access::ReadWrite,
    inner: Inner::Name,
    indexed: true,
    run: VariableRun::read_write(read_leg, write_leg),
    ..VARIABLE
};

/// `$acc_current_leg`
pub const CURRENT_LEG: Variable = Variable {
    name: "acc_current_leg",
    about: "The number of the last leg, from 0.",
    run: VariableRun::read(read_current_leg),
    ..VARIABLE
};

fn read_extra(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Ok(acc) = call.state::<Acc>() else { return Value::Null };
    let position = acc.fields.extra.position(name.text);
    let value = position.and_then(|position| common(call, acc)?.lock().extra.get(position).cloned());
    value.unwrap_or_default()
}

fn write_extra(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let acc = call.state::<Acc>()?;
    let position = acc.fields.extra.position(name.text).ok_or_else(|| unknown("extra_fields", name.text))?;
    if let Some(slot) = attach(call, acc)?.common.lock().extra.get_mut(position) {
        *slot = value;
    }
    Ok(())
}

fn read_leg(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Ok(acc) = call.state::<Acc>() else { return Value::Null };
    let Some(position) = acc.fields.leg.position(name.text) else { return Value::Null };
    let Some(common) = common(call, acc) else { return Value::Null };
    let values = common.lock();
    let leg = leg_number(name.index, values.legs.len()).and_then(|number| values.legs.get(number));
    leg.and_then(|leg| leg.get(position)).cloned().unwrap_or_default()
}

fn write_leg(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let acc = call.state::<Acc>()?;
    let position = acc.fields.leg.position(name.text).ok_or_else(|| unknown("leg_fields", name.text))?;
    let common = attach(call, acc)?.common.clone();
    let mut values = common.lock();
    let number = leg_number(name.index, values.legs.len()).ok_or(Fault::script("the call has no such leg"))?;
    if let Some(slot) = values.legs.get_mut(number).and_then(|leg| leg.get_mut(position)) {
        *slot = value;
    }
    Ok(())
}

fn read_current_leg(call: &mut Call<'_>, _: VariableName<'_>) -> Value {
    let Ok(acc) = call.state::<Acc>() else { return Value::Null };
    match common(call, acc) {
        Some(common) => Value::number(u32::try_from(common.lock().legs.len().saturating_sub(1)).unwrap_or(u32::MAX)),
        None => Value::Null,
    }
}

/// The leg an index means: the last one where there is none.
fn leg_number(index: Index, legs: usize) -> Option<usize> {
    match index {
        Index::At(number) => match usize::try_from(number) {
            Ok(number) => Some(number).filter(|number| *number < legs),
            Err(_) => legs.checked_sub(usize::try_from(number.unsigned_abs()).ok()?),
        },
        Index::None => legs.checked_sub(1),
        Index::All | Index::Append => None,
    }
}

fn unknown(param: &str, tag: &[u8]) -> Fault {
    Fault::script(format!("{param} defines no tag \"{}\"", String::from_utf8_lossy(tag)))
}
