//! Variables that the running script answers itself. Here they are declared, and answered where no script runs: in a
//! format string that a module holds.

use catalogue::{Inner, Value};
use module_api::{Call, VARIABLE, Variable, VariableName, VariableRun};

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "param",
        about: "A parameter of the route, or of the event, by number from 1 or by name.",
        inner: Inner::Name,
        run: VariableRun::read(read_param),
        ..VARIABLE
    },
    RC,
    Variable { name: "retcode", ..RC },
    Variable {
        name: "return",
        about: "A value that the last route returned, by number from 0.",
        inner: Inner::Name,
        ..VARIABLE
    },
    Variable {
        name: "route",
        about: "The routes that are running: 0 is the current one, -1 the outermost, [*] all.",
        indexed: true,
        ..VARIABLE
    },
    Variable { name: "route.name", about: "The names of the routes that are running.", indexed: true, ..VARIABLE },
    Variable { name: "route.type", about: "The kinds of the routes that are running.", indexed: true, ..VARIABLE },
    Variable { name: "cfg_line", about: "The line of the script that is running.", ..VARIABLE },
    Variable {
        name: "cfg_file",
        about: "The file of the script that is running.",
        run: VariableRun::read(read_file),
        ..VARIABLE
    },
];

const RC: Variable = Variable { name: "rc", about: "The return code of the last function or route.", ..VARIABLE };

fn read_param(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let params = &call.msg.params;
    let number = std::str::from_utf8(name.text).ok().and_then(|text| text.parse::<usize>().ok());
    let found = match number {
        Some(number) => number.checked_sub(1).and_then(|position| params.get(position)),
        None => params.iter().find(|(known, _)| known == name.text),
    };
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

fn read_file(call: &mut Call<'_>, _: VariableName<'_>) -> Value {
    let path = &call.env.services.settings.script_path;
    if path.is_empty() { Value::Null } else { Value::copied(path.as_bytes()) }
}
