//! The order in which records are tried: SRV by priority and weight (RFC 2782), NAPTR by order and preference (RFC 3403).

use hickory_resolver::proto::rr::rdata::{NAPTR, SRV};
use module_api::Proto;

/// SRV records in the order to try them; those of one priority are drawn by their weights. `draw` gives a number below
/// its argument.
pub(crate) fn by_priority(mut records: Vec<SRV>, mut draw: impl FnMut(u32) -> u32) -> Vec<SRV> {
    // RFC 2782: those of weight 0 stand first, so that they are drawn seldom, but are.
    records.sort_by_key(|record| (record.priority, record.weight != 0));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.first().map(|record| record.priority) {
        let peers = records.iter().take_while(|record| record.priority == priority);
        let weights: Vec<u32> = peers.map(|record| record.weight.into()).collect();
        let sum: u32 = weights.iter().sum();
        ordered.push(records.remove(drawn(&weights, draw(sum.saturating_add(1)))));
    }
    ordered
}

/// The first of these weights whose running sum reaches the number.
fn drawn(weights: &[u32], number: u32) -> usize {
    let mut sum = 0;
    let reached = weights.iter().position(|weight| {
        sum += weight;
        sum >= number
    });
    reached.unwrap_or(0)
}

/// The NAPTR records that lead to SRV records of a transport that will do, in the order to try them.
pub(crate) fn by_preference(mut records: Vec<NAPTR>, protos: &[Proto]) -> Vec<(Proto, NAPTR)> {
    records.sort_by_key(|record| (record.order, record.preference));
    let usable = |record: NAPTR| {
        // RFC 3263 section 4.1: only the flag "s", and no regular expression.
        let proto = service(&record.services).filter(|proto| protos.contains(proto))?;
        (record.flags.eq_ignore_ascii_case(b"s") && record.regexp.is_empty()).then_some((proto, record))
    };
    records.into_iter().filter_map(usable).collect()
}

/// RFC 3263 section 4.1, RFC 4168, RFC 7118.
fn service(service: &[u8]) -> Option<Proto> {
    let known: [(&[u8], Proto); 6] = [
        (b"SIP+D2U", Proto::Udp),
        (b"SIP+D2T", Proto::Tcp),
        (b"SIPS+D2T", Proto::Tls),
        (b"SIP+D2S", Proto::Sctp),
        (b"SIP+D2W", Proto::Ws),
        (b"SIPS+D2W", Proto::Wss),
    ];
    known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(service)).map(|(_, proto)| proto)
}

/// What the SRV records of a transport are called under a domain.
pub(crate) const fn prefix(proto: Proto) -> &'static str {
    match proto {
        Proto::Udp => "_sip._udp",
        Proto::Tcp => "_sip._tcp",
        Proto::Tls => "_sips._tcp",
        Proto::Sctp => "_sip._sctp",
        Proto::Ws => "_sip._ws",
        Proto::Wss => "_sips._ws",
    }
}

#[cfg(test)]
mod tests {
    use super::{by_preference, by_priority};
    use hickory_resolver::proto::rr::Name;
    use hickory_resolver::proto::rr::rdata::{NAPTR, SRV};
    use module_api::Proto;

    fn ports(records: &[(u16, u16, u16)], draw: impl FnMut(u32) -> u32) -> Vec<u16> {
        let record = |(priority, weight, port): &(u16, u16, u16)| SRV::new(*priority, *weight, *port, Name::root());
        by_priority(records.iter().map(record).collect(), draw).iter().map(|record| record.port).collect()
    }

    #[test]
    fn the_lower_priority_goes_first_and_weights_decide_among_equals() {
        let records = [(20, 0, 1), (10, 60, 2), (10, 0, 3), (10, 40, 4)];
        assert_eq!(ports(&records, |_| 0), [3, 2, 4, 1]);
        assert_eq!(ports(&records, |below| below - 1), [4, 2, 3, 1]);
        assert_eq!(ports(&records, |below| below / 2), [2, 4, 3, 1]);
        // All sums are asked for: 0 + 60 + 40, and so on, each with the number itself within reach.
        let mut asked = Vec::new();
        ports(&records, |below| {
            asked.push(below);
            0
        });
        assert_eq!(asked, [101, 101, 41, 1]);
    }

    #[test]
    fn only_what_we_speak_is_chosen() {
        let record = |order, preference, flags: &str, service: &str, regexp: &str| {
            let text = |text: &str| text.as_bytes().into();
            NAPTR::new(order, preference, text(flags), text(service), text(regexp), Name::root())
        };
        let records = vec![
            record(50, 50, "s", "SIPS+D2T", ""),
            record(90, 50, "s", "SIP+D2T", ""),
            record(90, 10, "S", "sip+d2u", ""),
            record(10, 10, "u", "E2U+sip", "!^.*$!sip:a@b!"),
            record(10, 10, "s", "SIP+D2U", "!x!y!"),
        ];
        let chosen = by_preference(records, &[Proto::Udp, Proto::Tcp]);
        assert_eq!(chosen.iter().map(|(proto, _)| *proto).collect::<Vec<_>>(), [Proto::Udp, Proto::Tcp]);
    }
}
