//! `$ou` and its parts: the Request-URI as it was received.

use super::place::message;
use super::uris::{Part, part_of_uri};
use bytes::Bytes;
use catalogue::Value;
use module_api::{Call, VARIABLE, Variable, VariableName, VariableRun};

pub(super) const ALL: &[Variable] = &[
    OU,
    Variable { name: "ouri", ..OU },
    Variable {
        name: "oU",
        about: "The user of the Request-URI as received.",
        run: VariableRun::read(|call, name| read_part(call, name, Part::User)),
        ..VARIABLE
    },
    Variable {
        name: "od",
        about: "The host of the Request-URI as received.",
        run: VariableRun::read(|call, name| read_part(call, name, Part::Host)),
        ..VARIABLE
    },
    Variable {
        name: "op",
        about: "The port of the Request-URI as received; 5060 where it has none.",
        run: VariableRun::read(|call, name| read_part(call, name, Part::Port)),
        ..VARIABLE
    },
    Variable {
        name: "oP",
        about: "The transport of the Request-URI as received; udp where it has none.",
        run: VariableRun::read(|call, name| read_part(call, name, Part::Transport)),
        ..VARIABLE
    },
];

const OU: Variable = Variable {
    name: "ou",
    about: "The Request-URI as received.",
    run: VariableRun::read(|call, name| uri(call, name).map_or(Value::Null, Value::Str)),
    ..VARIABLE
};

fn uri(call: &Call<'_>, name: VariableName<'_>) -> Option<Bytes> {
    let message = message(call.msg, &name).filter(|message| message.is_request())?;
    Some(message.share(message.request_uri()))
}

fn read_part(call: &mut Call<'_>, name: VariableName<'_>, part: Part) -> Value {
    uri(call, name).map_or(Value::Null, |uri| part_of_uri(&uri, part))
}
