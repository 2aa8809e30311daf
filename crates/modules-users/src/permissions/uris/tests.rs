//! How URIs are written for the expressions of the files.

use super::{plain, written};

#[test]
fn a_rule_for_sip_meets_every_scheme() {
    for (uri, expected) in [
        ("sip:9002@x.org:5070;user=phone", "sip:9002@x.org"),
        ("sips:9002@X.org", "sip:9002@x.org"),
        ("tel:9002", "sip:9002@"),
        ("sip:%39002@x.org", "sip:9002@x.org"),
        ("sip:a%40b:pw@x.org", "sip:a%40b@x.org"),
        ("sip:x.org:5060", "sip:x.org"),
        ("sips:[2001:DB8::1]", "sip:[2001:db8::1]"),
        ("urn:service:sos", "urn:service:sos"),
    ] {
        assert_eq!(String::from_utf8(plain(uri.as_bytes()).unwrap()).unwrap(), expected, "{uri}");
    }
    assert!(plain(b"nobody").is_err());
}

#[test]
fn what_is_written_stays_as_it_is() {
    for (uri, expected) in [
        ("sips:alice@A.org:5070;user=phone", "sips:alice@A.org:5070;user=phone"),
        ("sip:%39002@x:5080", "sip:9002@x:5080"),
        ("tel:9002", "tel:9002"),
    ] {
        assert_eq!(String::from_utf8(written(uri.as_bytes()).unwrap()).unwrap(), expected, "{uri}");
    }
    assert!(written(b"nobody").is_err());
}
