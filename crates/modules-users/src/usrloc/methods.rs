//! The methods a contact supports, as a set with upstream's bits (column `methods`).

use sip::Method;

/// A set of methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Methods(pub u32);

const BITS: [(Method, u32); 15] = [
    (Method::Invite, 1),
    (Method::Cancel, 1 << 1),
    (Method::Ack, 1 << 2),
    (Method::Bye, 1 << 3),
    (Method::Info, 1 << 4),
    (Method::Options, 1 << 5),
    (Method::Update, 1 << 6),
    (Method::Register, 1 << 7),
    (Method::Message, 1 << 8),
    (Method::Subscribe, 1 << 9),
    (Method::Notify, 1 << 10),
    (Method::Prack, 1 << 11),
    (Method::Refer, 1 << 12),
    (Method::Publish, 1 << 13),
    (Method::Other, 1 << 14),
];

impl Methods {
    /// Nothing is known of them: all are taken to be supported.
    pub const ALL: Methods = Methods(u32::MAX);

    /// The methods of an Allow header's value.
    pub fn of_allow(value: &[u8]) -> Methods {
        let names = value.split(|byte| *byte == b',').map(|name| name.trim_ascii()).filter(|name| !name.is_empty());
        Methods(names.fold(0, |set, name| set | Methods::bit(Method::of(name))))
    }

    /// Whether a method is in the set.
    pub fn contains(self, method: Method) -> bool {
        self.0 & Methods::bit(method) != 0
    }

    fn bit(method: Method) -> u32 {
        BITS.iter().find(|(known, _)| *known == method).map_or(0, |(_, bit)| *bit)
    }
}

#[cfg(test)]
mod tests {
    use super::Methods;
    use sip::Method;

    #[test]
    fn allow_becomes_upstreams_bits() {
        let methods = Methods::of_allow(b"INVITE, ACK,CANCEL , BYE,,OPTIONS, FLY");
        assert_eq!(methods.0, 1 + 4 + 2 + 8 + 32 + 16_384);
        assert!(methods.contains(Method::Invite) && !methods.contains(Method::Message));
        assert!(Methods::ALL.contains(Method::Message));
    }
}
