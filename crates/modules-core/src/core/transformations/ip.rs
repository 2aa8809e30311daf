//! IP addresses: written, packed, looked up, compared.

use super::{PLAIN, argument, input};
use catalogue::{TransformationArg, Value, Verdict};
use module_api::{Call, Net, Transformation};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const ALL: &[Transformation] = &[
    Transformation {
        name: "ip.pton",
        about: "The packed bytes of a written address.",
        run: |_, value, _| match parse(&input(value)) {
            Some(IpAddr::V4(address)) => Value::copied(&address.octets()),
            Some(IpAddr::V6(address)) => Value::copied(&address.octets()),
            None => Value::Null,
        },
        ..PLAIN
    },
    Transformation {
        name: "ip.ntop",
        about: "The packed bytes of an address, written.",
        run: |_, value, _| {
            let packed = unpack(&input(value));
            Value::or_null(packed.map(|address| address.to_string()))
        },
        ..PLAIN
    },
    Transformation {
        name: "ip.isip",
        about: "1 for an address, else 0.",
        run: |_, value, _| Value::Int(parse(&input(value)).is_some().into()),
        ..PLAIN
    },
    Transformation {
        name: "ip.isip4",
        about: "1 for an IPv4 address, else 0.",
        run: |_, value, _| Value::Int(parse(&input(value)).is_some_and(|address| address.is_ipv4()).into()),
        ..PLAIN
    },
    Transformation {
        name: "ip.isip6",
        about: "1 for an IPv6 address, else 0.",
        run: |_, value, _| Value::Int(parse(&input(value)).is_some_and(|address| address.is_ipv6()).into()),
        ..PLAIN
    },
    Transformation {
        name: "ip.family",
        about: "INET or INET6, for packed bytes.",
        run: |_, value, _| match input(value).len() {
            4 => Value::fixed("INET"),
            16 => Value::fixed("INET6"),
            _ => Value::Null,
        },
        ..PLAIN
    },
    Transformation {
        name: "ip.resolve",
        about: "The address of a host, NULL where it has none; an address stays as it is. The script waits for the name \
                servers. In the format strings of module parameters, where nothing can wait, a name met for the first \
                time yields NULL and is looked up meanwhile.",
        asks: true,
        run: |call, value, _| resolve(call, value),
        ..PLAIN
    },
    Transformation {
        name: "ip.matches",
        about: "1 where the address lies in a network, else 0; NULL for another family or no address.",
        args: &[TransformationArg::str("net/mask").judged(|text| match Net::parse(text) {
            Some(_) => Verdict::Fine,
            None => Verdict::Wrong(format!("\"{text}\" is no network"), "address/bits or address/mask"),
        })],
        run: |_, value, args| matches(&input(value), args),
        ..PLAIN
    },
    Transformation {
        name: "ip.isprivate",
        about: "1 for a private address (RFC 1918, RFC 6598) or 127.0.0.0/8, else 0.",
        run: |_, value, _| match parse(&input(value)) {
            Some(IpAddr::V4(address)) => Value::Int(is_private(address).into()),
            Some(IpAddr::V6(_)) => Value::Int(0),
            None => Value::Null,
        },
        ..PLAIN
    },
];

/// A written address; IPv6 may stand in brackets.
fn parse(text: &[u8]) -> Option<IpAddr> {
    let text = match text {
        [b'[', inner @ .., b']'] => return std::str::from_utf8(inner).ok()?.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        _ => std::str::from_utf8(text).ok()?,
    };
    text.parse().ok()
}

fn unpack(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::V4(octets.into()));
    }
    <[u8; 16]>::try_from(bytes).ok().map(|octets| IpAddr::V6(octets.into()))
}

fn resolve(call: &mut Call<'_>, value: Value) -> Value {
    let host = input(value);
    if host.is_empty() || parse(&host).is_some() {
        return Value::Str(host);
    }
    let services = call.env.services;
    let address = services.hosts.resolve(&mut call.env, &host);
    Value::or_null(address.map(|address| address.to_string()))
}

fn matches(text: &[u8], args: &[Value]) -> Value {
    let net = argument(args, 0).and_then(|net| Net::parse(std::str::from_utf8(&net).ok()?));
    let (Some(address), Some(net)) = (parse(text), net) else { return Value::Null };
    if address.is_ipv4() != net.address.is_ipv4() {
        return Value::Null;
    }
    Value::Int(net.contains(address).into())
}

fn is_private(address: Ipv4Addr) -> bool {
    // 100.64.0.0/10, the carriers' own (RFC 6598).
    let is_shared = address.to_bits() >> 22 == 0b01_1001_0001;
    address.is_private() || address.is_loopback() || is_shared
}
