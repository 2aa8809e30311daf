//! What constants may be that many functions take: judged when the script is checked, so that what can never work is said
//! before the first message comes. An empty text is how a script leaves out what may be left out.

use crate::Proto;
use catalogue::Verdict;
use sip::text::{is_token, trim};
use sip::{MediaType, Params, Scheme, Uri};

/// The name of a header.
pub fn header_name(text: &str) -> Verdict {
    Verdict::must(is_token(text.as_bytes()), text, "name of a header", "a name without its colon, like Call-ID")
}

/// Whole header lines. An empty line among them would end the headers, and is left out.
pub fn header_lines(text: &str) -> Verdict {
    let lines = || text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let is_first = |line: &str| line.split_once(':').is_some_and(|(name, _)| is_token(name.trim_end().as_bytes()));
    let is_more = |line: &str| line.starts_with([' ', '\t']);
    let mut filled = lines().filter(|line| !line.is_empty());
    let begins = filled.next().is_some_and(is_first);
    if !begins || !filled.all(|line| is_more(line) || is_first(line)) {
        return Verdict::Wrong("it is no header line".to_owned(), LINES);
    }
    if lines().any(|line| line.contains(|sign: char| sign.is_ascii_control() && sign != '\t')) {
        return Verdict::Wrong("a line end or control character breaks the line".to_owned(), LINES);
    }
    let whole = text.strip_suffix('\n').unwrap_or(text);
    if whole.split('\n').any(|line| line.trim_end_matches('\r').is_empty()) {
        return Verdict::Ignored("an empty line is left out".to_owned(), LINES);
    }
    Verdict::Fine
}

/// The same, or nothing.
pub fn optional_header_lines(text: &str) -> Verdict {
    if text.is_empty() { Verdict::Fine } else { header_lines(text) }
}

/// Text within a line: a reason phrase, a part of a header.
pub fn one_line(text: &str) -> Verdict {
    match text.contains(|sign: char| sign.is_ascii_control() && sign != '\t') {
        false => Verdict::Fine,
        true => Verdict::Wrong("it has a line end or control character in it".to_owned(), "text of one line"),
    }
}

/// `type/subtype`, or nothing.
pub fn media_type(text: &str) -> Verdict {
    let is_type = text.is_empty() || MediaType::parse(text.as_bytes()).is_ok();
    Verdict::must(is_type, text, "media type", "type/subtype, like application/sdp")
}

/// A URI.
pub fn uri(text: &str) -> Verdict {
    Verdict::must(is_uri(text), text, "URI", "a URI, like sip:alice@example.com")
}

/// A URI, or nothing.
pub fn optional_uri(text: &str) -> Verdict {
    if text.is_empty() { Verdict::Fine } else { uri(text) }
}

fn is_uri(text: &str) -> bool {
    !text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) && Uri::parse(text.as_bytes()).is_ok()
}

/// Where a message may be sent: `[proto:]host[:port]`, a SIP URI, or nothing.
pub fn hop(text: &str) -> Verdict {
    let rest = match text.split_once(':') {
        Some((proto, rest)) if Proto::of(proto.as_bytes()).is_some() => rest,
        _ => text,
    };
    let is_sip = Uri::parse(text.as_bytes()).is_ok_and(|uri| matches!(uri.scheme, Scheme::Sip | Scheme::Sips));
    let is_hop = text.is_empty() || (is_sip && is_uri(text)) || is_uri(&format!("sip:{rest}"));
    Verdict::must(is_hop, text, "destination", "[proto:]host[:port], or a SIP URI")
}

/// Parameters of a URI, with or without the first semicolon; or nothing.
pub fn uri_params(text: &str) -> Verdict {
    let is_params = text.is_empty() || {
        let bare = text.strip_prefix(';').unwrap_or(text);
        let has_blank = bare.bytes().any(|byte| byte <= b' ' || byte == 0x7f);
        !has_blank && Params::new(format!(";{bare}").as_bytes()).check().is_ok()
    };
    Verdict::must(is_params, text, "parameter of a URI", "name=value, with semicolons between several")
}

/// A port.
pub fn port(text: &str) -> Verdict {
    Verdict::must(
        sip::text::port(text.as_bytes()).is_some_and(|port| port > 0),
        text,
        "port",
        "a number from 1 to 65535",
    )
}

/// An address.
pub fn address(text: &str) -> Verdict {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    Verdict::must(bare.parse::<std::net::IpAddr>().is_ok(), text, "address", "an IPv4 or IPv6 address")
}

/// A transport, `any`, or nothing.
pub fn transport(text: &str) -> Verdict {
    let is_any = text.is_empty() || text.eq_ignore_ascii_case("any");
    Verdict::must(is_any || Proto::of(text.as_bytes()).is_some(), text, "transport", "udp, tcp, tls, ws, wss … or any")
}

/// A method.
pub fn method(text: &str) -> Verdict {
    Verdict::must(is_token(text.as_bytes()), text, "method", "a method, like INVITE")
}

/// Methods with `|` between them.
pub fn methods(text: &str) -> Verdict {
    let are_methods = text.split('|').all(|name| is_token(trim(name.as_bytes())));
    Verdict::must(are_methods, text, "list of methods", "methods with | between them, like \"INVITE|BYE\"")
}

const LINES: &str = "lines like \"Name: value\\r\\n\"";

#[cfg(test)]
mod tests {
    use super::*;
    use catalogue::Judge;

    fn kind(verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Fine => "fine",
            Verdict::Old(_) => "old",
            Verdict::Ignored(..) => "ignored",
            Verdict::Wrong(..) => "wrong",
        }
    }

    #[test]
    fn header_lines_are_held_to_what_can_stand_among_headers() {
        for (text, expected) in [
            ("X-a: 1\r\n", "fine"),
            ("X-a: 1", "fine"),
            ("X-a : 1\nX-b:\r\n", "fine"),
            ("X-a: 1\r\n\tmore\r\n", "fine"),
            ("X-a: 1\r\n\r\n", "ignored"),
            ("\r\nX-a: 1\r\n", "ignored"),
            ("", "wrong"),
            ("\r\n", "wrong"),
            ("no header", "wrong"),
            ("X-a: 1\r\nno header\r\n", "wrong"),
            (" X-a: 1\r\n", "wrong"),
            ("X a: 1\r\n", "wrong"),
            ("X-a: 1\rX-b: 2\r\n", "wrong"),
        ] {
            assert_eq!(kind(header_lines(text)), expected, "{text:?}");
        }
    }

    /// A judge, what it lets pass, and what it does not.
    type Case<'a> = (Judge, &'a [&'a str], &'a [&'a str]);

    #[test]
    fn other_constants() {
        let cases: &[Case<'_>] = &[
            (header_name, &["X-a", "f"], &["", "X-a:", "X a"]),
            (one_line, &["", "Not Found"], &["a\r\nX: y"]),
            (media_type, &["", "text/plain", "text/plain;charset=utf-8"], &["text", "a b"]),
            (uri, &["sip:a@example.com", "tel:+1"], &["", "example.com", "sip:a b@example.com"]),
            (optional_uri, &[""], &["x"]),
            (
                hop,
                &["", "192.0.2.7", "udp:192.0.2.7:5060", "sips:example.com", "[2001:db8::1]:5060"],
                &["two words", "udp:"],
            ),
            (uri_params, &["", ";nat=yes", "nat=yes;lr"], &["nat=y es", "=x"]),
            (port, &["5060"], &["", "0", "70000", "sip"]),
            (address, &["192.0.2.1", "2001:db8::1", "[2001:db8::1]"], &["", "example.com", "192.0.2.300"]),
            (transport, &["", "any", "UDP", "wss"], &["carrier"]),
            (method, &["INVITE", "X-OWN"], &["", "A B"]),
            (methods, &["INVITE", "INVITE | BYE"], &["", "INVITE|", "INVITE,BYE|ACK x"]),
        ];
        for (judge, fine, wrong) in cases {
            fine.iter().for_each(|text| assert_eq!(kind(judge(text)), "fine", "{text:?}"));
            wrong.iter().for_each(|text| assert_eq!(kind(judge(text)), "wrong", "{text:?}"));
        }
    }
}
