//! The process: its number, its command line, and how much it logs.

use catalogue::{Access, Inner, Value, level_named};
use module_api::{Call, Fault, LevelCell, VARIABLE, Variable, VariableRun};

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "pp",
        about: "The process number.",
        run: VariableRun::read(|call, _| Value::number(call.env.services.settings.pid)),
        ..VARIABLE
    },
    Variable {
        name: "argv",
        about: "The value of -o name=value on the command line.",
        inner: Inner::Name,
        run: VariableRun::read(|call, name| {
            let argv = &call.env.services.settings.argv;
            let found = argv.iter().find(|(known, _)| known.as_bytes() == name.text);
            found.map_or(Value::Null, |(_, value)| Value::copied(value.as_bytes()))
        }),
        ..VARIABLE
    },
    Variable {
        name: "log_level",
        about: "The log level of the server; NULL restores the configured one.",
        access: Access::ReadWrite,
        run: VariableRun::read_write(
            |call, _| Value::Int(call.env.log().level.get()),
            |call, _, _, value| set(call, |call| &call.env.services.log.level, value),
        ),
        ..VARIABLE
    },
    Variable {
        name: "xlog_level",
        about: "The level above which xlog lines are dropped; NULL restores the configured one.",
        access: Access::ReadWrite,
        run: VariableRun::read_write(
            |call, _| Value::Int(call.env.log().xlog_level.get()),
            |call, _, _, value| set(call, |call| &call.env.services.log.xlog_level, value),
        ),
        ..VARIABLE
    },
];

fn set(call: &Call<'_>, cell: for<'a> fn(&'a Call<'_>) -> &'a LevelCell, value: Value) -> Result<(), Fault> {
    let cell = cell(call);
    if value.is_null() {
        cell.set(cell.configured);
        return Ok(());
    }
    let level = value.int().or_else(|| level_named(str::from_utf8(&value.text()?).ok()?));
    let level = level.ok_or(Fault::script("a log level is a number from -3 to 4, or its word: L_DBG"))?;
    cell.set(level.clamp(-3, 4));
    Ok(())
}
