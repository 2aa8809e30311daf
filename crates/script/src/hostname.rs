//! Hosts as they stand in messages: RFC 3261's `host`.

use std::net::Ipv6Addr;

/// What a host is, for messages.
pub const SHAPE: &str = "a name, an IPv4 address, or an IPv6 address in brackets";

/// Whether this can stand for us in a message. An underscore is in no name of RFC 1123, and in many of today's.
pub fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.len() <= 255 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn hosts() {
        for host in ["sip.example.com", "sip.example.com.", "192.0.2.1", "[2001:db8::1]", "pbx", "my_pbx-1.example"] {
            assert!(is_host(host), "{host}");
        }
        let long = "x.".repeat(200);
        for other in ["", "a b", "a:5060", "::1", "[::1", "[x]", "x;y=<z>", "a..b", ".", "a\r\nb", "é.example", &long]
        {
            assert!(!is_host(other), "{other}");
        }
    }
}
