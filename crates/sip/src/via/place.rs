//! Where the parts of a Via lie in its message: the topmost one is asked for several times while a message is handled, and
//! is read once.

use super::{Via, known::Known};
use crate::{Params, text::range_within};

/// The places, counted from the start of the value but for that itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    start: u32,
    length: u16,
    transport: (u16, u16),
    host: (u16, u16),
    port: Option<u16>,
    params: u16,
    branch: Option<(u16, u16)>,
    rport: Option<(u16, u16)>,
}

impl Place {
    /// Of a Via as nearly all are written; another one is read anew each time.
    pub(crate) fn of(via: &Via<'_>, bytes: &[u8]) -> Option<Place> {
        let Via { name: b"SIP", version: b"2.0", comment: None, .. } = *via else { return None };
        let Known { branch, received: None, rport: None | Some(None), rport_name } = via.known else { return None };
        let whole = range_within(via.text, bytes)?;
        let within = |part: &[u8]| {
            let range = range_within(part, via.text)?;
            Some((u16::try_from(range.start).ok()?, u16::try_from(range.end).ok()?))
        };
        Some(Place {
            start: u32::try_from(whole.start).ok()?,
            length: u16::try_from(via.text.len()).ok()?,
            transport: within(via.transport)?,
            host: within(via.host)?,
            port: via.port,
            params: if via.params.is_empty() {
                u16::try_from(via.text.len()).ok()?
            } else {
                within(via.params.as_bytes())?.0
            },
            branch: match branch {
                Some(value) => Some(within(value?)?),
                None => None,
            },
            rport: match via.known.rport {
                Some(_) => Some(within(rport_name)?),
                None => None,
            },
        })
    }

    /// The Via again; nothing if these are not the bytes it was found in.
    pub(crate) fn read<'a>(&self, bytes: &'a [u8]) -> Option<Via<'a>> {
        let start = self.start as usize;
        let text = bytes.get(start..start + usize::from(self.length))?;
        let part = |(start, end): (u16, u16)| text.get(usize::from(start)..usize::from(end));
        let known = Known {
            branch: self.branch.map(part),
            received: None,
            rport: self.rport.map(|_| None),
            rport_name: self.rport.and_then(part).unwrap_or_default(),
        };
        Some(Via {
            name: b"SIP",
            version: b"2.0",
            transport: part(self.transport)?,
            host: part(self.host)?,
            port: self.port,
            params: Params::of_trimmed(text.get(usize::from(self.params)..)?),
            comment: None,
            text,
            known,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_again_is_what_was_read() {
        for text in [
            "SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds",
            "SIP/2.0/TCP [2001:db8::9:1]:6050;Rport;x=\"a;b\";branch=z ;last",
            "SIP/2.0/UDP a",
            "SIP / 2.0 / TLS 192.0.2.1:5070 ;rport",
        ] {
            let bytes = format!("Via: {text}\r\n");
            let via = Via::parse(&bytes.as_bytes()[5..5 + text.len()]).expect("a Via");
            let place = Place::of(&via, bytes.as_bytes()).expect(text);
            assert_eq!(place.read(bytes.as_bytes()), Some(via), "{text}");
        }
    }

    #[test]
    fn what_few_write_has_no_place() {
        for text in
            ["SIP/2.0/UDP a (b)", "SIP/2.0/UDP a;rport=5", "SIP/2.0/UDP a;received=192.0.2.1", "SIP/3/UDP a;branch"]
        {
            assert!(Place::of(&Via::parse(text.as_bytes()).expect("a Via"), text.as_bytes()).is_none(), "{text}");
        }
    }
}
