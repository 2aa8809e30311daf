//! `$socket_in` and `$socket_out`: the sockets a message came by and leaves by.

use crate::core::functions::socket_named;
use catalogue::{Access, Alias, Inner, Value};
use module_api::{Call, Fault, Operator, Socket, SocketId, VARIABLE, Variable, VariableName, VariableRun};

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "socket_in",
        about: "The socket that the message came by, as proto:ip:port, or a part of it.",
        inner: Inner::OptionalWord(FIELDS),
        run: VariableRun::read(|call, name| read_in(call, name.text)),
        ..VARIABLE
    },
    Variable {
        name: "socket_out",
        aliases: &[Alias::old("fs", "3.2")],
        about: "The socket that the request leaves by, or a part of it: the one forced, else the one it came by.",
        access: Access::ReadWrite,
        inner: Inner::OptionalWord(FIELDS_OUT),
        run: VariableRun::read_write(read_out, write_out),
        ..VARIABLE
    },
    Variable {
        name: "socket_in(ip)",
        aliases: &[Alias::old("Ri", "3.2")],
        run: VariableRun::read(|call, _| read_in(call, b"ip")),
        ..OLD
    },
    Variable {
        name: "socket_in(port)",
        aliases: &[Alias::old("Rp", "3.2")],
        run: VariableRun::read(|call, _| read_in(call, b"port")),
        ..OLD
    },
    Variable {
        name: "socket_in(proto)",
        aliases: &[Alias::old("pr", "3.2"), Alias::old("proto", "3.2")],
        run: VariableRun::read(|call, _| read_in(call, b"proto")),
        ..OLD
    },
    Variable {
        name: "socket_in(af)",
        aliases: &[Alias::old("af", "3.2")],
        run: VariableRun::read(|call, _| read_in(call, b"af")),
        ..OLD
    },
];

/// Older variables that are parts of `$socket_in` now. Their name is what is to be written instead; no script finds
/// them by it, for a name ends at the parenthesis.
const OLD: Variable = Variable { about: "A part of $socket_in under its older name.", ..VARIABLE };

fn read_in(call: &Call<'_>, part: &[u8]) -> Value {
    field(call, Some(call.msg.source.socket), part)
}

const FIELDS: &[&str] = &["ip", "port", "proto", "advertised_ip", "advertised_port", "tag", "anycast", "af"];
const FIELDS_OUT: &[&str] =
    &["ip", "port", "proto", "advertised_ip", "advertised_port", "tag", "anycast", "af", "forced"];

fn read_out(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let forced = call.msg.branches.first().socket;
    if name.text == b"forced" {
        return field(call, forced, b"");
    }
    let socket = forced.unwrap_or(call.msg.source.socket);
    field(call, Some(socket), name.text)
}

fn write_out(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    if !name.text.is_empty() {
        return Err(Fault::script("the parts of a socket cannot be assigned"));
    }
    let socket = match value.into_bytes() {
        Some(text) => Some(socket_named(call, &text)?),
        None => None,
    };
    call.msg.branches.first_mut().socket = socket;
    Ok(())
}

fn field(call: &Call<'_>, socket: Option<SocketId>, field: &[u8]) -> Value {
    let Some(socket) = socket.and_then(|id| call.env.services.sockets.get(id)) else { return Value::Null };
    match field {
        b"" => Value::Str(socket.name.clone()),
        b"ip" => Value::from(socket.address.ip().to_string()),
        b"port" => Value::Int(socket.address.port().into()),
        b"proto" => Value::fixed(socket.proto.via_name()),
        b"advertised_ip" => advertised(socket, |(host, _)| Value::Str(host.clone())),
        b"advertised_port" => advertised(socket, |(_, port)| port.map_or(Value::Null, |port| Value::Int(port.into()))),
        b"tag" => socket.tag.clone().map_or(Value::Null, Value::Str),
        b"anycast" => Value::Int(socket.anycast.into()),
        b"af" => Value::fixed(if socket.address.is_ipv4() { "INET" } else { "INET6" }),
        _ => Value::Null,
    }
}

fn advertised(socket: &Socket, part: fn(&(bytes::Bytes, Option<u16>)) -> Value) -> Value {
    socket.advertised.as_ref().map_or(Value::Null, part)
}
