//! `$ru` and its parts: the Request-URI as it is now.

use super::place::text;
use super::uris::{Part, part_of_uri};
use crate::core::uri_parts::{Change, changed, check_text};
use bytes::Bytes;
use catalogue::{Access, Value};
use module_api::{Call, Fault, Operator, Q, VARIABLE, Variable, VariableName, VariableRun, Where};

pub(super) const ALL: &[Variable] = &[
    RU,
    Variable { name: "ruri", ..RU },
    RU_USER,
    Variable { name: "ruri.user", ..RU_USER },
    RU_HOST,
    Variable { name: "ruri.domain", ..RU_HOST },
    Variable {
        name: "rp",
        about: "The port of the Request-URI; 5060 where it has none.",
        access: Access::ReadWrite,
        run: VariableRun::read_write(
            |call, name| read_part(call, name, Part::Port),
            |call, _, _, value| change(call, Change::Port(&value.into_bytes().unwrap_or_default())),
        ),
        ..VARIABLE
    },
    Variable {
        name: "rP",
        about: "The transport of the Request-URI; udp where it has none.",
        run: VariableRun::read(|call, name| read_part(call, name, Part::Transport)),
        ..VARIABLE
    },
    Variable {
        name: "ru_q",
        about: "The preference of the Request-URI.",
        access: Access::ReadWrite,
        run: VariableRun::read_write(
            |call, _| call.msg.branches.first().q.map_or(Value::Null, |q| Value::from(q.to_string())),
            write_q,
        ),
        ..VARIABLE
    },
];

const RU: Variable = Variable {
    name: "ru",
    about: "The Request-URI.",
    access: Access::ReadWrite,
    run: VariableRun::read_write(|call, name| uri(call, name).map_or(Value::Null, Value::Str), write_uri),
    ..VARIABLE
};

const RU_USER: Variable = Variable {
    name: "rU",
    about: "The user of the Request-URI.",
    access: Access::ReadWrite,
    run: VariableRun::read_write(
        |call, name| read_part(call, name, Part::User),
        |call, _, _, value| change(call, Change::User(&value.into_bytes().unwrap_or_default())),
    ),
    ..VARIABLE
};

const RU_HOST: Variable = Variable {
    name: "rd",
    about: "The host of the Request-URI.",
    access: Access::ReadWrite,
    run: VariableRun::read_write(
        |call, name| read_part(call, name, Part::Host),
        |call, _, _, value| change(call, Change::Host(&text(value)?)),
    ),
    ..VARIABLE
};

/// The URI: live for the request at hand; for the request of a reply that of the branch which the reply is for, as
/// received where none is; a reply has none.
fn uri(call: &Call<'_>, name: VariableName<'_>) -> Option<Bytes> {
    if call.msg.is_request() {
        return (name.place != Where::Reply).then(|| call.msg.request_uri().clone());
    }
    let request = call.msg.counterpart.as_deref().filter(|_| name.place == Where::Request)?;
    let sent = &call.msg.branches.first().uri;
    Some(if sent.is_empty() { request.share(request.request_uri()) } else { sent.clone() })
}

fn read_part(call: &mut Call<'_>, name: VariableName<'_>, part: Part) -> Value {
    uri(call, name).map_or(Value::Null, |uri| part_of_uri(&uri, part))
}

fn write_uri(call: &mut Call<'_>, _: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let uri = text(value)?;
    check_text(&uri)?;
    call.msg.branches.first_mut().uri = uri;
    Ok(())
}

fn change(call: &mut Call<'_>, change: Change<'_>) -> Result<(), Fault> {
    let first = call.msg.branches.first_mut();
    first.uri = changed(&first.uri, change)?;
    Ok(())
}

fn write_q(call: &mut Call<'_>, _: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    call.msg.branches.first_mut().q = preference(value)?;
    Ok(())
}

/// A preference: text from "0" to "1", or thousandths as a number above 1; NULL for none.
///
/// # Errors
/// It is something else.
pub(super) fn preference(value: Value) -> Result<Option<Q>, Fault> {
    let q = match value {
        Value::Null => return Ok(None),
        Value::Int(whole @ 0..=1) => Q::parse(whole.to_string().as_bytes()),
        Value::Int(thousandths) => u16::try_from(thousandths).ok().map(Q).filter(|q| *q <= Q::MAX),
        Value::Str(text) => Q::parse(&text),
    };
    q.map(Some).ok_or(Fault::script("a preference is a number from 0 to 1"))
}
