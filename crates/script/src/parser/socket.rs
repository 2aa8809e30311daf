//! Sockets and names of our own: `udp:10.0.0.1:5060 as 1.2.3.4 tag carrier`.

use super::{Parsed, Parser, Reported};
use crate::ast::{GlobalValue, Socket, Span, Spanned};
use crate::diagnostic::{Diagnostic, codes};
use crate::hostname::{SHAPE, is_host};
use crate::lexer::{Symbol, TokenKind, place};
use crate::resolve::nearest::nearest;

/// What a socket can speak, in upstream's words.
const PROTOCOLS: &[&str] = &[
    "udp", "tcp", "tls", "sctp", "ws", "wss", "ipsec", "bin", "bins", "smpp", "hep_udp", "hep_tcp", "hep_tls", "msrp",
    "msrps",
];

/// Options that stand alone.
const FLAGS: &[&str] = &[
    "anycast",
    "frag",
    "reuse_port",
    "accept_subdomain",
    "allow_proxy_protocol",
    "send_proxy_protocol",
    "proxy_protocol",
];

/// Options with a value.
const OPTIONS: &[&str] = &["as", "tag", "tos", "use_workers", "use_auto_scaling_profile"];

impl Parser<'_> {
    pub(super) fn socket_value(&mut self) -> Parsed<GlobalValue> {
        let written = self.raw_value();
        if let Some(name) = written.node.strip_prefix("bond:") {
            return self.bond(name);
        }
        let mut socket = self.socket_address(&written)?;
        while self.socket_option(&mut socket)? {}
        Ok(GlobalValue::Socket(socket))
    }

    /// A value that stands on a line of its own and is the next parameter: the one before has none.
    pub(super) fn has_no_value(&self) -> bool {
        let line = self.lexer.rest(self.token.span.start);
        let word = line.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        self.starts_line() && word > 0 && line.get(word..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"="))
    }

    /// Everything up to a blank, a brace or a `;`, read by the byte: addresses are no tokens. A comma at the end goes
    /// on after the blank.
    pub(super) fn raw_value(&mut self) -> Spanned<String> {
        let start = self.token.span.start;
        let (mut is_quoted, mut length) = (false, 0);
        for byte in self.lexer.rest(start) {
            match byte {
                b'\n' => break,
                b'"' => is_quoted = !is_quoted,
                b'{' | b';' | b'#' if !is_quoted => break,
                blank if blank.is_ascii_whitespace() && !is_quoted => break,
                _ => {}
            }
            length += 1;
        }
        let span = Span { start, end: start + place(length) };
        self.end = span.end;
        self.go_to(span.end);
        let mut node = self.written_lossy(span);
        if node.ends_with(',') && !self.starts_line() && !self.is_at_end() {
            let more = self.raw_value();
            node.push_str(&more.node);
        }
        Spanned { node, span: self.since(start) }
    }

    fn bond(&mut self, name: &str) -> Parsed<GlobalValue> {
        self.expect(Symbol::LeftBrace)?;
        let mut members = Vec::new();
        while self.token.kind == TokenKind::String {
            members.push(self.plain_string("a socket in quotes")?.node);
            self.eat(Symbol::Comma);
        }
        self.expect(Symbol::RightBrace)?;
        Ok(GlobalValue::Bond { name: name.trim_matches('"').to_owned(), members })
    }

    fn socket_address(&mut self, written: &Spanned<String>) -> Parsed<Socket> {
        let (proto, rest) = split_protocol(&written.node);
        if let Some(unknown) = proto.as_deref().filter(|proto| !PROTOCOLS.contains(proto)) {
            return Err(self.unknown_protocol(unknown, written.span));
        }
        let Some((host, ports)) = split_host(rest).filter(|(host, _)| !host.is_empty()) else {
            return Err(self.malformed_socket(written.span, "a socket reads proto:address:port"));
        };
        let Some(ports) = port_ranges(ports) else {
            return Err(self.malformed_socket(written.span, "a port is a number from 1 to 65535, or a range of them"));
        };
        if proto.is_none() {
            let message = "a socket names its protocol";
            let fault = Diagnostic::warning(codes::OLD_GLOBAL, written.span, message);
            self.report(fault.fix(written.span, format!("udp:{}", written.node)));
        }
        let proto = proto.unwrap_or_else(|| "udp".to_owned());
        Ok(Socket { proto, host: host.to_owned(), ports, ..Socket::default() })
    }

    fn unknown_protocol(&mut self, proto: &str, span: Span) -> Reported {
        let mut fault = Diagnostic::error(codes::SOCKET_MALFORMED, span, format!("`{proto}` is no protocol"));
        if let Some(near) = nearest(proto, PROTOCOLS.iter().copied()) {
            fault = fault.help(format!("`{near}` is one"));
        }
        self.report(fault)
    }

    fn malformed_socket(&mut self, span: Span, message: &str) -> Reported {
        self.report(Diagnostic::error(codes::SOCKET_MALFORMED, span, message))
    }

    /// Takes one option, if there is one.
    fn socket_option(&mut self, socket: &mut Socket) -> Parsed<bool> {
        let word = self.word();
        match word {
            "as" | "AS" => {
                self.bump();
                socket.advertised = Some(self.advertised()?);
            }
            "tag" => {
                self.bump();
                socket.tag = Some(self.raw_value().node.trim_matches('"').to_owned());
            }
            "use_children" => {
                let span = self.bump().span;
                let message = "`use_children` is called `use_workers` today";
                self.report(Diagnostic::warning(codes::OLD_GLOBAL, span, message).fix(span, "use_workers"));
                let value = self.integer("a number of workers")?.to_string();
                socket.options.push(("use_workers".to_owned(), Some(value)));
            }
            // `tos = …` behind a socket is the next global parameter.
            "tos" if !self.lexer.rest(self.token.span.end).trim_ascii_start().starts_with(b"=") => {
                self.bump();
                socket.tos = Some(self.socket_type_of_service()?);
            }
            _ if FLAGS.contains(&word) => {
                self.bump();
                socket.options.push((word.to_owned(), None));
            }
            "use_workers" => {
                self.bump();
                let value = self.integer("a number of workers")?.to_string();
                socket.options.push((word.to_owned(), Some(value)));
            }
            "use_auto_scaling_profile" => {
                self.bump();
                let value = self.word_value()?;
                socket.options.push((word.to_owned(), Some(value)));
            }
            _ => return self.end_of_options(),
        }
        Ok(true)
    }

    /// A word on the same line that is no option, unless it starts another socket.
    fn end_of_options(&mut self) -> Parsed<bool> {
        let is_option = self.token.kind == TokenKind::Word && !self.starts_line();
        if !is_option || matches!(self.byte_after(), Some(b':' | b'.')) {
            return Ok(false);
        }
        let word = self.word();
        let span = self.token.span;
        let mut fault = Diagnostic::error(codes::SOCKET_MALFORMED, span, format!("`{word}` is no option of a socket"));
        let known = FLAGS.iter().chain(OPTIONS).copied();
        if let Some(near) = nearest(word, known) {
            fault = fault.help(format!("`{near}` is one")).fix(span, near);
        }
        Err(self.report(fault))
    }

    fn socket_type_of_service(&mut self) -> Parsed<u8> {
        let start = self.token.span.start;
        let number = self.type_of_service()?;
        u8::try_from(number).map_err(|_| self.malformed_socket(self.since(start), "`tos` is a number from 0 to 255"))
    }

    fn advertised(&mut self) -> Parsed<(String, Option<u16>)> {
        let written = self.raw_value();
        let parts = split_host(&written.node).filter(|(host, _)| !host.is_empty());
        let Some((host, port)) = parts else {
            return Err(self.malformed_socket(written.span, "`as` is followed by address[:port]"));
        };
        if !is_host(host) {
            return Err(self.malformed_socket(written.span, &format!("`{host}` is no host: {SHAPE}")));
        }
        match optional_port(port) {
            Some(port) => Ok((host.to_owned(), port)),
            None => Err(self.malformed_socket(written.span, "a port is a number from 1 to 65535")),
        }
    }

    /// `[proto:]host[:port] [accept_subdomain]`
    pub(super) fn host_alias(&mut self) -> Parsed<GlobalValue> {
        let written = self.raw_value();
        let (proto, rest) = split_protocol(&written.node);
        if let Some(unknown) = proto.as_deref().filter(|proto| *proto != "any" && !PROTOCOLS.contains(proto)) {
            return Err(self.unknown_protocol(unknown, written.span));
        }
        let Some((host, port)) = split_host(rest).filter(|(host, _)| !host.is_empty()) else {
            return Err(self.malformed_socket(written.span, "an alias reads [proto:]host[:port]"));
        };
        let Some(port) = optional_port(port) else {
            return Err(self.malformed_socket(written.span, "a port is a number from 1 to 65535"));
        };
        let proto = proto.filter(|proto| proto != "any");
        let accept_subdomain = self.eat_word("accept_subdomain");
        Ok(GlobalValue::HostAlias { proto, host: host.to_owned(), port, accept_subdomain })
    }
}

/// The protocol in front, in lower case, and what follows it. `sip.example.com:5060` has none.
fn split_protocol(written: &str) -> (Option<String>, &str) {
    let unquoted = written.strip_prefix('"').filter(|rest| !rest.contains('"') || rest.ends_with('"'));
    let written = unquoted.map_or(written, |rest| rest.trim_end_matches('"'));
    let Some((first, rest)) = written.split_once(':') else { return (None, written) };
    let is_word = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_host = (!rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
        || first.bytes().all(|byte| byte.is_ascii_digit());
    if is_word && !is_host { (Some(first.to_ascii_lowercase()), rest) } else { (None, written) }
}

/// The host, without its quotes, and the ports after the colon.
fn split_host(written: &str) -> Option<(&str, Option<&str>)> {
    let (host, rest) = match written.as_bytes().first()? {
        b'[' => written.split_at(written.find(']')? + 1),
        b'"' => written.split_at(written.get(1..)?.find('"')? + 2),
        _ => written.split_at(written.find(':').unwrap_or(written.len())),
    };
    let host = host.trim_matches('"');
    match rest.strip_prefix(':') {
        Some(ports) => Some((host, Some(ports))),
        None if rest.is_empty() => Some((host, None)),
        None => None,
    }
}

fn port_ranges(written: Option<&str>) -> Option<Vec<(u16, u16)>> {
    let Some(written) = written else { return Some(Vec::new()) };
    written.split(',').map(port_range).collect()
}

fn port_range(written: &str) -> Option<(u16, u16)> {
    let (first, last) = written.split_once('-').unwrap_or((written, written));
    let range = (port(first)?, port(last)?);
    (range.0 <= range.1).then_some(range)
}

fn port(written: &str) -> Option<u16> {
    written.trim().trim_matches('"').parse().ok().filter(|port| *port > 0)
}

fn optional_port(written: Option<&str>) -> Option<Option<u16>> {
    match written {
        None => Some(None),
        // `host:0` means any port.
        Some("0") => Some(None),
        Some(written) => port(written).map(Some),
    }
}
