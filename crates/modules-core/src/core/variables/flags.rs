//! Flags as variables: `$mf`, `$bf`, `$msg.flag(x)`.

use catalogue::{Access, FlagNames, Inner, Value};
use module_api::{Call, Fault, Operator, VARIABLE, Variable, VariableName, VariableRun};

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "mf",
        about: "The names of the message flags that are set.",
        run: VariableRun::read(|call, _| Value::from(call.env.services.names.flags.message.list(call.msg.flags))),
        ..VARIABLE
    },
    Variable {
        name: "bf",
        about: "The names of the branch flags of the Request-URI that are set.",
        run: VariableRun::read(|call, _| {
            Value::from(call.env.services.names.flags.branch.list(call.msg.branches.first().flags))
        }),
        ..VARIABLE
    },
    Variable {
        name: "msg.flag",
        about: "Whether a message flag is set: 1 or 0.",
        access: Access::ReadWrite,
        inner: Inner::Name,
        run: VariableRun::read_write(read, write),
        ..VARIABLE
    },
];

fn read(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let flags = call.msg.flags;
    let number = known(&call.env.services.names.flags.message, name.text);
    Value::Int(number.is_some_and(|number| flags.is_set(number)).into())
}

fn write(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let number = number(&call.env.services.names.flags.message, name.text)?;
    if value.is_true() {
        call.msg.flags.set(number);
    } else {
        call.msg.flags.reset(number);
    }
    Ok(())
}

/// The number of a flag that has been named before.
pub(super) fn known(names: &FlagNames, name: &[u8]) -> Option<u8> {
    names.known(std::str::from_utf8(name).ok()?)
}

/// The number of a flag.
///
/// # Errors
/// There are 32 other names already.
pub(super) fn number(names: &FlagNames, name: &[u8]) -> Result<u8, Fault> {
    let number = std::str::from_utf8(name).ok().and_then(|name| names.number(name));
    number.ok_or(Fault::script("there are 32 flags of this kind already"))
}
