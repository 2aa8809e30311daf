//! `$du` and its parts: the URI that the request is sent to, if not the Request-URI.

use super::place::text;
use super::uris::{Part, part_of_uri};
use crate::core::uri_parts::{Change, changed, check_text};
use catalogue::{Access, Value};
use module_api::{Branch, Call, Fault, Operator, VARIABLE, Variable, VariableName, VariableRun};
use sip::Uri;

pub(super) const ALL: &[Variable] = &[
    DU,
    Variable { name: "duri", ..DU },
    Variable {
        name: "dd",
        about: "The host of the destination URI.",
        access: Access::ReadWrite,
        run: VariableRun::read_write(|call, _| read_part(call, Part::Host), write_host),
        ..VARIABLE
    },
    Variable {
        name: "dp",
        about: "The port of the destination URI; 5060 where it has none.",
        access: Access::ReadWrite,
        run: VariableRun::read_write(|call, _| read_part(call, Part::Port), write_port),
        ..VARIABLE
    },
    Variable {
        name: "dP",
        about: "The transport of the destination URI; udp where it has none.",
        run: VariableRun::read(|call, _| read_part(call, Part::Transport)),
        ..VARIABLE
    },
    Variable {
        name: "ds",
        about: "The destination set, as a Contact header.",
        run: VariableRun::read(|call, _| destination_set(call.msg.branches.iter())),
        ..VARIABLE
    },
];

const DU: Variable = Variable {
    name: "du",
    about: "The destination URI; NULL clears it.",
    access: Access::ReadWrite,
    run: VariableRun::read_write(
        |call, _| call.msg.branches.first().destination.clone().map_or(Value::Null, Value::Str),
        write_uri,
    ),
    ..VARIABLE
};

fn read_part(call: &mut Call<'_>, part: Part) -> Value {
    call.msg.branches.first().destination.as_ref().map_or(Value::Null, |uri| part_of_uri(uri, part))
}

fn write_uri(call: &mut Call<'_>, _: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let uri = value.into_bytes();
    if let Some(uri) = &uri {
        check_text(uri)?;
        Uri::parse(uri)?;
    }
    call.msg.branches.first_mut().destination = uri;
    Ok(())
}

fn write_host(call: &mut Call<'_>, _: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let host = text(value)?;
    let first = call.msg.branches.first_mut();
    let uri = first.destination.as_deref().unwrap_or(b"sip:nowhere.invalid");
    first.destination = Some(changed(uri, Change::Host(&host))?);
    Ok(())
}

fn write_port(call: &mut Call<'_>, _: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let port = value.into_bytes().unwrap_or_default();
    let first = call.msg.branches.first_mut();
    let uri = first.destination.as_deref().ok_or(Fault::script("there is no destination URI to change"))?;
    first.destination = Some(changed(uri, Change::Port(&port))?);
    Ok(())
}

fn destination_set<'a>(branches: impl Iterator<Item = &'a Branch>) -> Value {
    let mut text = b"Contact: ".to_vec();
    for (position, branch) in branches.enumerate() {
        if position > 0 {
            text.extend_from_slice(b", ");
        }
        text.push(b'<');
        text.extend_from_slice(&branch.uri);
        text.push(b'>');
        if let Some(q) = branch.q {
            text.extend_from_slice(format!(";q={q}").as_bytes());
        }
    }
    Value::from(text)
}
