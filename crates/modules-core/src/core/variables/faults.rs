//! `$err.*`: what went wrong, for `error_route`.

use catalogue::Value;
use module_api::{Call, Fault, VARIABLE, Variable, VariableRun, Whose};

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "err.class",
        about: "The kind of error: 1 for a message that could not be read, 2 for an assertion, 0 for others.",
        run: VariableRun::read(|call, _| {
            fault(call, |fault| match fault.whose {
                Whose::Peer => Value::Int(1),
                Whose::Script => Value::Int(2),
                Whose::NextHop | Whose::Backend | Whose::Us => Value::Int(0),
            })
        }),
        ..VARIABLE
    },
    Variable {
        name: "err.level",
        about: "How bad it is: 1 for our own faults, 2 for a backend's, 3 for others.",
        run: VariableRun::read(|call, _| {
            fault(call, |fault| match fault.whose {
                Whose::Us => Value::Int(1),
                Whose::Backend => Value::Int(2),
                Whose::Script | Whose::Peer | Whose::NextHop => Value::Int(3),
            })
        }),
        ..VARIABLE
    },
    Variable {
        name: "err.info",
        about: "What went wrong, in words.",
        run: VariableRun::read(|call, _| fault(call, |fault| Value::copied(fault.text.as_bytes()))),
        ..VARIABLE
    },
    Variable {
        name: "err.rcode",
        about: "The status code that fits.",
        run: VariableRun::read(|call, _| fault(call, |fault| Value::Int(fault.sip_reply().0.into()))),
        ..VARIABLE
    },
    Variable {
        name: "err.rreason",
        about: "The reason phrase that fits.",
        run: VariableRun::read(|call, _| fault(call, |fault| Value::fixed(fault.sip_reply().1))),
        ..VARIABLE
    },
];

fn fault(call: &Call<'_>, part: fn(&Fault) -> Value) -> Value {
    call.msg.fault.as_deref().map_or(Value::Null, part)
}
