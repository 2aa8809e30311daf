//! Via: protocol, transport, sent-by and parameters (RFC 3261 section 20.42, RFC 3581).

mod known;
mod place;

pub(crate) use place::Place;

use std::net::IpAddr;

use crate::{
    Fault, Params,
    cursor::Cursor,
    text::{is_lws, is_token, port, print_address, print_number, range_within, trim},
    uri::{address_of, plain_length, take_host},
};
use known::Known;

/// One value of a Via header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// The protocol's name: `SIP`.
    pub name: &'a [u8],
    /// The protocol's version: `2.0`.
    pub version: &'a [u8],
    /// The transport as written: `UDP`, `TCP`, `TLS`, `WS` …
    pub transport: &'a [u8],
    /// The host of sent-by; an IPv6 address has its brackets.
    pub host: &'a [u8],
    /// The port of sent-by, if written.
    pub port: Option<u16>,
    /// The parameters.
    pub params: Params<'a>,
    /// A comment at the end (RFC 2543), without its brackets.
    pub comment: Option<&'a [u8]>,
    /// The whole value.
    pub text: &'a [u8],
    known: Known<'a>,
}

impl<'a> Via<'a> {
    /// Reads one value of a Via list.
    pub fn parse(text: &'a [u8]) -> Result<Via<'a>, Fault> {
        let via = Via::read(text)?;
        Ok(Via { known: Known::of(via.params), ..via })
    }

    /// Whether a Via can be read, which for nearly all is seen sooner than what is in it.
    pub(crate) fn check_head(text: &[u8]) -> Result<(), Fault> {
        if let Some([b'U' | b'T', b'D' | b'C' | b'L', b'P' | b'S', b' ', host @ ..]) = text.strip_prefix(b"SIP/2.0/") {
            let (name, mut rest) = host.split_at(plain_length(host));
            if let [b':', after @ ..] = rest {
                let figures = after.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(after.len());
                let (figures, after) = after.split_at(figures);
                rest = if port(figures).is_some() { after } else { rest };
            }
            // A comment is for a closer look.
            if !name.is_empty() && matches!(rest, [] | [b';', ..]) && memchr::memchr(b'(', rest).is_none() {
                return Ok(());
            }
        }
        Via::read(text).map(drop)
    }

    /// Reads one without a look at its parameters.
    fn read(text: &'a [u8]) -> Result<Via<'a>, Fault> {
        let text = trim(text);
        if text.is_empty() {
            return Err(Fault::Empty);
        }
        let (name, version, rest) = protocol(text)?;
        let mut cursor = Cursor::new(rest);
        let transport = cursor.token();
        if transport.is_empty() || !cursor.peek().is_some_and(is_lws) {
            return Err(Fault::Syntax);
        }
        cursor.skip_lws();
        let (host, after) = take_host(cursor.rest()).map_err(|_| Fault::Syntax)?;
        cursor = Cursor::new(after);
        let port = take_port(&mut cursor)?;
        cursor.skip_lws();
        let (params, comment) = split_comment(cursor.rest())?;
        let params = Params::new(params);
        Ok(Via { name, version, transport, host, port, params, comment, text, known: Known::default() })
    }

    /// The `branch` parameter.
    pub fn branch(&self) -> Option<&'a [u8]> {
        self.known.branch.flatten()
    }

    /// The `received` parameter.
    pub fn received(&self) -> Option<&'a [u8]> {
        self.known.received.flatten()
    }

    /// The `received` parameter as an address; RFC 5118 section 4.5 has it with brackets and without.
    pub fn received_ip(&self) -> Option<IpAddr> {
        address_of(self.received()?)
    }

    /// The `rport` parameter: `Some(None)` where the sender asks for it to be filled in.
    pub fn rport(&self) -> Option<Option<u16>> {
        self.known.rport.map(|value| value.and_then(port))
    }

    /// The host of sent-by as an address, when it is one in figures.
    pub fn host_ip(&self) -> Option<IpAddr> {
        address_of(self.host)
    }

    /// The port of sent-by, or the transport's default.
    pub fn effective_port(&self) -> u16 {
        let secure = self.transport.eq_ignore_ascii_case(b"TLS") || self.transport.eq_ignore_ascii_case(b"WSS");
        self.port.unwrap_or(if secure { 5061 } else { 5060 })
    }

    /// Writes the parameters with `received` and `rport` filled in (RFC 3261 section 18.2.1, RFC 3581 section 4): in
    /// place where the sender wrote them, else at the end.
    pub fn write_params(&self, received: Option<IpAddr>, rport: Option<u16>, out: &mut Vec<u8>) {
        if self.known.received.is_none() && matches!((rport, self.known.rport), (None, _) | (_, Some(None))) {
            return self.complete_params(received, rport, out);
        }
        let mut received = received;
        let mut rport = rport;
        for (name, value) in self.params.iter() {
            if name.eq_ignore_ascii_case(b"received")
                && let Some(address) = received.take()
            {
                write_received(name, address, out);
            } else if name.eq_ignore_ascii_case(b"rport")
                && let Some(port) = rport.take()
            {
                write_rport(name, port, out);
            } else {
                write_param(name, value, out);
            }
        }
        if let Some(address) = received {
            write_received(b"received", address, out);
        }
        if let Some(port) = rport {
            write_rport(b"rport", port, out);
        }
    }

    /// The same where nothing that was written gives way: as it is with nearly every request.
    fn complete_params(&self, received: Option<IpAddr>, rport: Option<u16>, out: &mut Vec<u8>) {
        let params = self.params.as_bytes();
        let name_end = range_within(self.known.rport_name, params).map_or(0, |name| name.end);
        let (before, after) = params.split_at_checked(name_end).unwrap_or((params, b""));
        out.extend_from_slice(before);
        if let Some(port) = rport {
            out.push(b'=');
            print_number(u32::from(port), out);
        }
        out.extend_from_slice(after);
        if let Some(address) = received {
            write_received(b"received", address, out);
        }
    }

    /// Holds protocol and parameters to their grammar as well.
    pub fn check(&self) -> Result<(), Fault> {
        if !is_token(self.name) || !is_token(self.version) {
            return Err(Fault::Syntax);
        }
        if self.rport() == Some(None) && self.known.rport.flatten().is_some_and(|value| !value.is_empty()) {
            return Err(Fault::Number);
        }
        self.params.check()
    }
}

fn write_received(name: &[u8], address: IpAddr, out: &mut Vec<u8>) {
    write_param(name, Some(b""), out);
    print_address(address, out);
}

fn write_rport(name: &[u8], port: u16, out: &mut Vec<u8>) {
    write_param(name, Some(b""), out);
    print_number(u32::from(port), out);
}

fn write_param(name: &[u8], value: Option<&[u8]>, out: &mut Vec<u8>) {
    out.push(b';');
    out.extend_from_slice(name);
    if let Some(value) = value {
        out.push(b'=');
        out.extend_from_slice(value);
    }
}

/// The protocol's name and version, and what follows their slashes.
type Protocol<'a> = (&'a [u8], &'a [u8], &'a [u8]);

fn protocol(text: &[u8]) -> Result<Protocol<'_>, Fault> {
    // As nearly everybody writes it.
    if let Some(rest) = text.strip_prefix(b"SIP/2.0/")
        && rest.first().is_some_and(|byte| !is_lws(*byte))
    {
        return Ok((b"SIP", b"2.0", rest));
    }
    let mut cursor = Cursor::new(text);
    let name = part(&mut cursor)?;
    let version = part(&mut cursor)?;
    Ok((name, version, cursor.rest()))
}

/// A token and the slash after it.
fn part<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Fault> {
    let part = cursor.token();
    if part.is_empty() || !cursor.eat_separator(b'/') {
        return Err(Fault::Syntax);
    }
    Ok(part)
}

fn take_port(cursor: &mut Cursor<'_>) -> Result<Option<u16>, Fault> {
    if !cursor.eat_separator(b':') {
        return Ok(None);
    }
    port(cursor.take_while(|byte| byte.is_ascii_digit())).map(Some).ok_or(Fault::Number)
}

/// Parameters, then perhaps a comment.
fn split_comment(text: &[u8]) -> Result<(&[u8], Option<&[u8]>), Fault> {
    match text.first() {
        None => return Ok((text, None)),
        Some(b';' | b'(') => {}
        Some(_) => return Err(Fault::Syntax),
    }
    let Some(open) = open_bracket(text) else { return Ok((text, None)) };
    let (params, rest) = text.split_at(open);
    let mut cursor = Cursor::new(rest);
    let comment = cursor.comment().ok_or(Fault::Unclosed)?;
    if !trim(cursor.rest()).is_empty() {
        return Err(Fault::Syntax);
    }
    Ok((params, comment.get(1..comment.len() - 1)))
}

/// Where a comment begins, quoted strings passed over.
fn open_bracket(text: &[u8]) -> Option<usize> {
    // Nearly no Via has a comment: one fast look settles it.
    memchr::memchr(b'(', text)?;
    let mut cursor = Cursor::new(text);
    while let Some(byte) = cursor.peek() {
        match byte {
            b'(' => return Some(text.len() - cursor.rest().len()),
            b'"' => drop(cursor.quoted()?),
            _ => drop(cursor.take(1)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> String {
        let show = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        match Via::parse(text.as_bytes()) {
            Ok(via) => format!(
                "{} {} {} {} {}{}",
                show(via.version),
                show(via.transport),
                show(via.host),
                via.port.map_or("-".to_owned(), |port| port.to_string()),
                show(via.params.as_bytes()),
                via.comment.map_or(String::new(), |comment| format!(" ({})", show(comment))),
            ),
            Err(fault) => format!("{fault:?}"),
        }
    }

    #[test]
    fn reads_values() {
        for (text, expected) in [
            (
                "SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds",
                "2.0 UDP pc33.atlanta.com - ;branch=z9hG4bK776asdhds",
            ),
            ("SIP / 2.0 / TCP 192.0.2.1:5070 ;rport", "2.0 TCP 192.0.2.1 5070 ;rport"),
            ("SIP/2.0\r\n /UDP\r\n  192.0.2.2;rport", "2.0 UDP 192.0.2.2 - ;rport"),
            ("SIP/2.0/UDP [2001:db8::9:1]:6050;branch=x", "2.0 UDP [2001:db8::9:1] 6050 ;branch=x"),
            ("SIP/2.0/UDP a : 5060 (a (b) c)", "2.0 UDP a 5060  (a (b) c)"),
            ("SIP/2.0/UDP a;x=\"(\";y (z)", "2.0 UDP a - ;x=\"(\";y (z)"),
            ("", "Empty"),
            ("SIP/2.0", "Syntax"),
            ("SIP/2.0/UDP", "Syntax"),
            ("SIP/2.0/UDP ;branch=x", "Syntax"),
            ("SIP/2.0/UDP a:b", "Number"),
            ("SIP/2.0/UDP a b", "Syntax"),
            ("SIP/2.0/UDP a (b", "Unclosed"),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn answers_for_parameters() {
        let via =
            Via::parse(b"SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];rport=77;branch=z").expect("a Via");
        assert_eq!(via.received_ip(), Some("2001:db8::9:255".parse().expect("an address")));
        assert_eq!(via.rport(), Some(Some(77)));
        assert_eq!(via.branch(), Some(&b"z"[..]));
        let asks = Via::parse(b"SIP/2.0/UDP a;rport").expect("a Via");
        assert_eq!(asks.rport(), Some(None));
    }
}
