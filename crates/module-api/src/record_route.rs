//! The Record-Route lines a branch leaves with, written when its socket is known (RFC 3261 section 16.6, step 4).

use crate::{Proto, Socket};
use bytes::Bytes;

/// A Record-Route to insert.
#[derive(Clone, Debug)]
pub enum RecordRoute {
    /// Made from the sockets by which each branch comes and goes.
    Own {
        /// The user part, with its `@`, or nothing.
        user: Bytes,
        /// URI parameters after `;lr`, each with its `;`.
        params: Bytes,
        /// Whether the URI is a `sips` one, as the Request-URI is.
        secure: bool,
        /// Whether a branch that leaves by another socket gets a line for each of the two.
        double: bool,
    },
    /// With this content, and a second line with the other content if there is one.
    Preset {
        /// What follows the scheme in the first line: user part, `host:port` and parameters.
        first: Bytes,
        /// The same for the second line.
        second: Option<Bytes>,
        /// URI parameters to append, each with its `;`.
        params: Bytes,
    },
}

/// How one of our sockets is written into a message.
#[derive(Clone, Copy, Debug)]
pub struct SentBy<'a> {
    /// The host, IPv6 in brackets.
    pub host: &'a [u8],
    /// The port.
    pub port: u16,
    /// The transport.
    pub proto: Proto,
}

impl<'a> From<&'a Socket> for SentBy<'a> {
    fn from(socket: &'a Socket) -> SentBy<'a> {
        SentBy { host: &socket.sent_by_host, port: socket.sent_by_port, proto: socket.proto }
    }
}

impl RecordRoute {
    /// Appends the lines: for the socket the branch leaves by, and where `incoming` is another one, for that as well,
    /// below it. `added` are the parameters of `add_rr_param()`.
    pub fn write(&self, added: &[u8], outgoing: SentBy<'_>, incoming: Option<SentBy<'_>>, out: &mut Vec<u8>) {
        match self {
            RecordRoute::Own { user, params, secure, double } => {
                let line = OwnLine { user, params, added, secure: *secure };
                let incoming = incoming.filter(|_| *double);
                line.write(outgoing, incoming.is_some(), out);
                if let Some(incoming) = incoming {
                    line.write(incoming, true, out);
                }
            }
            RecordRoute::Preset { first, second, params } => {
                let contents = std::iter::once(first).chain(second);
                for content in contents {
                    out.extend_from_slice(b"Record-Route: <sip:");
                    out.extend_from_slice(content);
                    out.extend_from_slice(if second.is_some() { b";r2=on;lr" } else { b";lr" });
                    write_end(params, added, out);
                }
            }
        }
    }
}

struct OwnLine<'a> {
    user: &'a [u8],
    params: &'a [u8],
    added: &'a [u8],
    secure: bool,
}

impl OwnLine<'_> {
    fn write(&self, place: SentBy<'_>, is_double: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.secure { b"Record-Route: <sips:" } else { b"Record-Route: <sip:" });
        out.extend_from_slice(self.user);
        out.extend_from_slice(place.host);
        if place.port != 5060 || place.proto.default_port() != 5060 {
            out.push(b':');
            out.extend_from_slice(place.port.to_string().as_bytes());
        }
        // `sips` says TLS already, and RFC 3261 section 26.2.2 deprecates the word.
        if place.proto != Proto::Udp && !(self.secure && place.proto == Proto::Tls) {
            out.extend_from_slice(b";transport=");
            out.extend_from_slice(place.proto.name().as_bytes());
        }
        if is_double {
            out.extend_from_slice(b";r2=on");
        }
        out.extend_from_slice(b";lr");
        write_end(self.params, self.added, out);
    }
}

fn write_end(params: &[u8], added: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(params);
    out.extend_from_slice(added);
    out.extend_from_slice(b">\r\n");
}

#[cfg(test)]
mod tests {
    use super::{RecordRoute, SentBy};
    use crate::Proto;
    use bytes::Bytes;

    const UDP: SentBy<'static> = SentBy { host: b"192.0.2.1", port: 5060, proto: Proto::Udp };
    const TLS: SentBy<'static> = SentBy { host: b"[2001:db8::1]", port: 5061, proto: Proto::Tls };

    fn own(secure: bool, double: bool) -> RecordRoute {
        RecordRoute::Own { user: Bytes::new(), params: Bytes::from_static(b";ftag=1"), secure, double }
    }

    fn lines(record: &RecordRoute, outgoing: SentBy<'_>, incoming: Option<SentBy<'_>>) -> String {
        let mut out = Vec::new();
        record.write(b";nat=yes", outgoing, incoming, &mut out);
        String::from_utf8(out).unwrap().replace("\r\n", "\n")
    }

    #[test]
    fn one_line_for_one_socket() {
        assert_eq!(lines(&own(false, true), UDP, None), "Record-Route: <sip:192.0.2.1;lr;ftag=1;nat=yes>\n");
    }

    #[test]
    fn two_lines_for_two_sockets_the_outgoing_above() {
        assert_eq!(
            lines(&own(false, true), TLS, Some(UDP)),
            "Record-Route: <sip:[2001:db8::1]:5061;transport=tls;r2=on;lr;ftag=1;nat=yes>\n\
             Record-Route: <sip:192.0.2.1;r2=on;lr;ftag=1;nat=yes>\n"
        );
        assert_eq!(
            lines(&own(true, false), TLS, Some(UDP)),
            "Record-Route: <sips:[2001:db8::1]:5061;lr;ftag=1;nat=yes>\n"
        );
    }

    #[test]
    fn preset_lines_say_what_the_script_said() {
        let preset =
            |second| RecordRoute::Preset { first: Bytes::from_static(b"10.0.0.1:5070"), second, params: Bytes::new() };
        assert_eq!(lines(&preset(None), UDP, None), "Record-Route: <sip:10.0.0.1:5070;lr;nat=yes>\n");
        assert_eq!(
            lines(&preset(Some(Bytes::from_static(b"sip.example.net"))), UDP, None),
            "Record-Route: <sip:10.0.0.1:5070;r2=on;lr;nat=yes>\n\
             Record-Route: <sip:sip.example.net;r2=on;lr;nat=yes>\n"
        );
    }
}
