//! The message as a whole: method, status, bytes, and who sent it.

use super::place::{message, shared};
use bytes::Bytes;
use catalogue::{Inner, Value};
use module_api::{Call, Proxied, VARIABLE, Variable, VariableName, VariableRun};
use sip::Method;
use std::net::SocketAddr;

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "rm",
        about: "The method; of a reply that in CSeq.",
        run: VariableRun::read(read_method),
        ..VARIABLE
    },
    Variable { name: "rs", about: "The status code of a reply.", run: VariableRun::read(read_status), ..VARIABLE },
    Variable { name: "rr", about: "The reason phrase of a reply.", run: VariableRun::read(read_reason), ..VARIABLE },
    Variable {
        name: "mb",
        about: "The message as it was received.",
        run: VariableRun::read(|call, name| {
            message(call.msg, &name).map_or(Value::Null, |message| Value::Str(message.bytes().clone()))
        }),
        ..VARIABLE
    },
    Variable {
        name: "ml",
        about: "The length of the message in bytes.",
        run: VariableRun::read(|call, name| {
            let length = message(call.msg, &name).and_then(|message| i64::try_from(message.bytes().len()).ok());
            length.map_or(Value::Null, Value::number)
        }),
        ..VARIABLE
    },
    Variable {
        name: "mi",
        about: "The number of the message among those of its worker.",
        run: VariableRun::read(|call, _| Value::number(call.msg.source.number)),
        ..VARIABLE
    },
    Variable {
        name: "msg.is_request",
        about: "1 for a request, 0 for a reply.",
        run: VariableRun::read(|call, name| {
            message(call.msg, &name).map_or(Value::Null, |message| Value::Int(message.is_request().into()))
        }),
        ..VARIABLE
    },
    Variable {
        name: "msg.type",
        about: "\"request\" or \"reply\".",
        run: VariableRun::read(|call, name| match message(call.msg, &name) {
            Some(message) if message.is_request() => Value::fixed("request"),
            Some(_) => Value::fixed("reply"),
            None => Value::Null,
        }),
        ..VARIABLE
    },
    SI,
    Variable { name: "src_ip", ..SI },
    Variable {
        name: "sp",
        about: "The port that the message came from.",
        run: VariableRun::read(|call, _| Value::Int(call.msg.source.peer.port().into())),
        ..VARIABLE
    },
    Variable {
        name: "proxy_protocol",
        about: "What the PROXY protocol said of the connection: src_ip, src_port, dst_ip, dst_port, af.",
        inner: Inner::Word(&["src_ip", "src_port", "dst_ip", "dst_port", "af"]),
        run: VariableRun::read(read_proxied),
        ..VARIABLE
    },
];

const SI: Variable = Variable {
    name: "si",
    about: "The address that the message came from.",
    run: VariableRun::read(|call, _| Value::from(call.msg.source.peer.ip().to_string())),
    ..VARIABLE
};

fn read_method(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    match message.method() {
        Method::Other => Value::Str(message.share(message.method_text())),
        known => Value::Str(Bytes::from_static(known.as_str().as_bytes())),
    }
}

fn read_status(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let status = message(call.msg, &name).map(|message| message.status()).filter(|status| *status > 0);
    status.map_or(Value::Null, |status| Value::Int(status.into()))
}

fn read_reason(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(message) = message(call.msg, &name).filter(|message| !message.is_request()) else { return Value::Null };
    shared(message, Some(message.reason()))
}

fn read_proxied(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(proxied) = call.msg.extensions.get::<Proxied>() else { return Value::Null };
    let ip = |address: SocketAddr| Value::from(address.ip().to_string());
    let port = |address: SocketAddr| Value::Int(address.port().into());
    match name.text {
        b"src_ip" => ip(proxied.source),
        b"src_port" => port(proxied.source),
        b"dst_ip" => ip(proxied.destination),
        b"dst_port" => port(proxied.destination),
        _ => Value::fixed(if proxied.source.is_ipv4() { "INET" } else { "INET6" }),
    }
}
