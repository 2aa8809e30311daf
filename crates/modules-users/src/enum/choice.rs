//! Which records of a number are taken, in which order, and the URIs that come of them.

use super::substitution::Substitution;
use crate::subject::is_usable;
use bytes::Bytes;
use module_api::{BRANCHES_MAX, DnsRecord, Logger, Naptr, Q};
use sip::{Scheme, Uri};

/// The service that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// The whole field of services, in small letters: `e2u+sip`, `e2u+voice:sip`.
    Whole(Vec<u8>),
    /// One of these among the record's, in small letters: `sip`, `voice:sip`.
    OneOf(Vec<Vec<u8>>),
}

/// A URI of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The URI.
    pub uri: Bytes,
    /// How much it is preferred.
    pub q: Q,
}

/// What comes before the services of a number (RFC 6116).
const E2U: &[u8] = b"e2u";
/// How much less, in thousandths, a URI of a later record is preferred.
const Q_STEP: u16 = 10;

impl Service {
    /// As scripts say it: nothing for SIP, a type of it (`voice`), or several services with a plus before each.
    pub fn of(written: &[u8]) -> Service {
        let written = written.to_ascii_lowercase();
        match written.strip_prefix(b"+") {
            Some(several) => Service::OneOf(several.split(|byte| *byte == b'+').map(<[u8]>::to_vec).collect()),
            None if written.is_empty() => Service::Whole([E2U, b"+sip"].concat()),
            None => Service::Whole([E2U, b"+", &written, b":sip"].concat()),
        }
    }

    fn is_offered(&self, services: &[u8]) -> bool {
        let services = services.to_ascii_lowercase();
        match self {
            Service::Whole(whole) => services == *whole,
            Service::OneOf(wanted) => {
                let mut offered = services.split(|byte| *byte == b'+');
                offered.next() == Some(E2U) && offered.any(|service| wanted.iter().any(|wanted| wanted == service))
            }
        }
    }
}

/// The URIs that the records make of a number, the most preferred first. A record that is wrong is reported and passed
/// over.
pub fn uris(records: Vec<DnsRecord>, service: &Service, number: &[u8], params: &str, log: &Logger) -> Vec<Found> {
    let chosen = records.into_iter().filter_map(|record| match record {
        DnsRecord::Naptr(naptr) if is_chosen(&naptr, service) => Some(naptr),
        _ => None,
    });
    let mut chosen: Vec<Naptr> = chosen.collect();
    chosen.sort_by_key(rank);
    let mut found: Vec<Found> = Vec::new();
    let (mut q, mut last) = (Q::MAX, None);
    // Expressions take time, and more URIs than branches would have no place.
    for naptr in chosen.into_iter().take(BRANCHES_MAX) {
        match uri(&naptr, number, params) {
            Ok(Some(uri)) => {
                let rank = rank(&naptr);
                if last.is_some_and(|last| last != rank) {
                    q = Q(q.0.saturating_sub(Q_STEP));
                }
                last = Some(rank);
                found.push(Found { uri, q });
            }
            Ok(None) => {}
            Err(wrong) => {
                let (number, field) = (String::from_utf8_lossy(number), String::from_utf8_lossy(&naptr.regexp));
                log.warning(format!("the NAPTR record {field:?} for {number} is passed over: {wrong}"));
            }
        }
    }
    found
}

fn rank(naptr: &Naptr) -> (u16, u16) {
    (naptr.order, naptr.preference)
}

/// Only records that end in a URI; others lead to further names, and no number needs them.
fn is_chosen(naptr: &Naptr, service: &Service) -> bool {
    naptr.flags.eq_ignore_ascii_case(b"u") && service.is_offered(&naptr.services)
}

fn uri(naptr: &Naptr, number: &[u8], params: &str) -> Result<Option<Bytes>, String> {
    let Some(made) = Substitution::parse(&naptr.regexp)?.apply(number) else { return Ok(None) };
    let uri = with_params(made, params);
    let is_ours = |uri: Uri<'_>| matches!(uri.scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel);
    if !is_usable(&uri) || !Uri::parse(&uri).is_ok_and(is_ours) {
        return Err(format!("{:?} is no URI that can be called", String::from_utf8_lossy(&uri)));
    }
    Ok(Some(uri.into()))
}

/// Parameters go before the headers of a URI.
fn with_params(mut uri: Vec<u8>, params: &str) -> Vec<u8> {
    let end = uri.iter().position(|byte| *byte == b'?').unwrap_or(uri.len());
    uri.splice(end..end, params.bytes());
    uri
}

#[cfg(test)]
mod tests {
    use super::{Service, uris};
    use bytes::Bytes;
    use module_api::{DnsRecord, Naptr};
    use testkit::Fixture;

    /// Lines of `order preference flags services regexp`.
    fn records(lines: &str) -> Vec<DnsRecord> {
        let record = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let text = |at: usize| Bytes::copy_from_slice(fields[at].as_bytes());
            DnsRecord::Naptr(Naptr {
                order: fields[0].parse().unwrap(),
                preference: fields[1].parse().unwrap(),
                flags: text(2),
                services: text(3),
                regexp: text(4),
            })
        };
        lines.lines().filter(|line| !line.trim().is_empty()).map(record).collect()
    }

    fn found(lines: &str, service: &str, params: &str) -> (String, Vec<String>) {
        let fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
        let service = Service::of(service.as_bytes());
        let found = uris(records(lines), &service, b"+4930123", params, &fixture.services.log);
        let shown: Vec<String> =
            found.iter().map(|found| format!("{} {}", String::from_utf8_lossy(&found.uri), found.q)).collect();
        (shown.join(" | "), fixture.log_lines())
    }

    const RECORDS: &str = "
        20 10 u E2U+sip             !^.*$!sip:late@x!
        10 20 u E2U+sip             !^.*$!sip:second@x!
        10 10 u E2U+SIP             !^.*$!sip:first@x!
        10 20 U e2u+sip             !^\\+49(.*)$!sip:0\\1@x!
        10  5 u E2U+voice:sip       !^.*$!sip:voice@x!
        10  5 u E2U+video:sip+voice:tel !^.*$!tel:+1!
        10  1 u E2U+email:mailto    !^.*$!mailto:a@x!
        10  1 s E2U+sip             !^.*$!sip:no@x!
        10  1 u SIP+E2U             !^.*$!sip:old@x!
        10  1 u E2U+sip             !^\\+44.*$!sip:britain@x!";

    #[test]
    fn records_are_taken_by_service_and_tried_by_order_and_preference() {
        for (service, expected) in [
            ("", "sip:first@x 1 | sip:second@x 0.99 | sip:030123@x 0.99 | sip:late@x 0.98"),
            ("voice", "sip:voice@x 1"),
            ("VOICE", "sip:voice@x 1"),
            ("video", ""),
            ("+voice:sip+video:sip", "sip:voice@x 1 | tel:+1 1"),
            ("+voice:tel", "tel:+1 1"),
            ("+", ""),
            ("fax", ""),
        ] {
            assert_eq!(found(RECORDS, service, ""), (expected.to_owned(), Vec::new()), "{service}");
        }
    }

    #[test]
    fn parameters_go_where_they_belong() {
        let lines = "1 1 u E2U+sip !^.*$!sip:a@x;y?z=1!\n1 2 u E2U+sip !^.*$!sip:b@x!";
        assert_eq!(found(lines, "", ";npdi").0, "sip:a@x;y;npdi?z=1 1 | sip:b@x;npdi 0.99");
    }

    #[test]
    fn what_is_wrong_is_reported_and_passed_over() {
        let lines = "1 1 u E2U+sip sip:a@x\n1 2 u E2U+sip !^.*$!nothing!\n1 3 u E2U+sip !^.*$!http://x!\n\
                     1 4 u E2U+sip !^.*$!sip:b@x!";
        let (uris, log) = found(lines, "", "");
        assert_eq!(uris, "sip:b@x 1");
        let log = log.join("\n");
        assert!(log.starts_with("WARNING: the NAPTR record \"sip:a@x\" for +4930123 is passed over: it is "), "{log}");
        assert!(log.contains("\"nothing\" is no URI that can be called\nWARNING"), "{log}");
        assert!(log.ends_with("\"http://x\" is no URI that can be called"), "{log}");
    }

    #[test]
    fn no_more_records_are_read_than_there_is_room_for() {
        let line = |number: u32| format!("1 {number} u E2U+sip !^.*$!sip:{number}@x!\n");
        let (uris, _) = found(&(0..60).rev().map(line).collect::<String>(), "", "");
        assert_eq!(uris.split(" | ").count(), 12);
        assert!(uris.ends_with("sip:11@x 0.89"), "{uris}");
    }
}
