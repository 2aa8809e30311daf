//! Where a subscriber listens: `host:port`.

/// A host and a port; an IPv6 address stands in brackets, which are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostPort<'a> {
    /// The host: a name or an address.
    pub host: &'a str,
    /// The port, not 0.
    pub port: u16,
}

/// No name of a host is longer.
const HOST_BYTES_MAX: usize = 253;

impl<'a> HostPort<'a> {
    /// Reads it. `None`: it is none.
    pub fn parse(text: &'a str) -> Option<HostPort<'a>> {
        let (host, port) = text.rsplit_once(':')?;
        let port = Some(port).filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()))?;
        let port = port.parse().ok().filter(|port| *port > 0)?;
        let host = match host.strip_prefix('[') {
            Some(inside) => inside.strip_suffix(']').filter(|host| is_ipv6(host))?,
            None => Some(host).filter(|host| is_name(host))?,
        };
        Some(HostPort { host, port })
    }
}

fn is_ipv6(host: &str) -> bool {
    host.parse::<std::net::Ipv6Addr>().is_ok()
}

fn is_name(host: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !host.is_empty() && host.len() <= HOST_BYTES_MAX && host.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::HostPort;

    #[test]
    fn hosts_and_ports() {
        let read = |text| HostPort::parse(text).map(|read| (read.host, read.port));
        assert_eq!(read("127.0.0.1:8888"), Some(("127.0.0.1", 8888)));
        assert_eq!(read("events.example.com:1"), Some(("events.example.com", 1)));
        assert_eq!(read("[2001:db8::7]:9"), Some(("2001:db8::7", 9)));
        for wrong in ["", ":1", "host", "host:", "host:0", "host:+1", "host:65536", "2001:db8::7:9", "[x]:1", "a b:1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
