//! Request methods: RFC 3261 and its extensions. Case counts.

/// A method this server knows by name; [`Method::Other`] stands for every extension method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// INVITE, RFC 3261 section 13.
    Invite,
    /// ACK, RFC 3261 section 13.
    Ack,
    /// BYE, RFC 3261 section 15.
    Bye,
    /// CANCEL, RFC 3261 section 9.
    Cancel,
    /// REGISTER, RFC 3261 section 10.
    Register,
    /// OPTIONS, RFC 3261 section 11.
    Options,
    /// INFO, RFC 6086.
    Info,
    /// PRACK, RFC 3262.
    Prack,
    /// UPDATE, RFC 3311.
    Update,
    /// SUBSCRIBE, RFC 6665.
    Subscribe,
    /// NOTIFY, RFC 6665.
    Notify,
    /// PUBLISH, RFC 3903.
    Publish,
    /// MESSAGE, RFC 3428.
    Message,
    /// REFER, RFC 3515.
    Refer,
    /// Any other token.
    Other,
}

impl Method {
    /// The method with this name. RFC 3261 section 7.1: method names are case-sensitive.
    pub fn of(name: &[u8]) -> Method {
        match name {
            b"INVITE" => Method::Invite,
            b"ACK" => Method::Ack,
            b"BYE" => Method::Bye,
            b"CANCEL" => Method::Cancel,
            b"REGISTER" => Method::Register,
            b"OPTIONS" => Method::Options,
            b"INFO" => Method::Info,
            b"PRACK" => Method::Prack,
            b"UPDATE" => Method::Update,
            b"SUBSCRIBE" => Method::Subscribe,
            b"NOTIFY" => Method::Notify,
            b"PUBLISH" => Method::Publish,
            b"MESSAGE" => Method::Message,
            b"REFER" => Method::Refer,
            _ => Method::Other,
        }
    }

    /// The name on the wire; empty for [`Method::Other`], whose name only the message has.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Invite => "INVITE",
            Method::Ack => "ACK",
            Method::Bye => "BYE",
            Method::Cancel => "CANCEL",
            Method::Register => "REGISTER",
            Method::Options => "OPTIONS",
            Method::Info => "INFO",
            Method::Prack => "PRACK",
            Method::Update => "UPDATE",
            Method::Subscribe => "SUBSCRIBE",
            Method::Notify => "NOTIFY",
            Method::Publish => "PUBLISH",
            Method::Message => "MESSAGE",
            Method::Refer => "REFER",
            Method::Other => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways_and_case_counts() {
        for name in ["INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "INFO", "PRACK", "UPDATE"] {
            assert_eq!(Method::of(name.as_bytes()).as_str(), name);
        }
        for name in ["SUBSCRIBE", "NOTIFY", "PUBLISH", "MESSAGE", "REFER"] {
            assert_eq!(Method::of(name.as_bytes()).as_str(), name);
        }
        assert_eq!(Method::of(b"invite"), Method::Other);
        assert_eq!(Method::of(b"INVITES"), Method::Other);
    }
}
