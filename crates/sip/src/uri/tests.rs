//! URIs in pictures: text in, parts out; pairs that are the same and pairs that are not.

use super::*;
use proptest::prelude::*;

fn parts(text: &str) -> String {
    let uri = match Uri::parse(text.as_bytes()) {
        Ok(uri) => uri,
        Err(error) => return format!("{error:?}"),
    };
    let show = |part: Option<&[u8]>| part.map_or("-".to_owned(), |part| String::from_utf8_lossy(part).into_owned());
    format!(
        "{:?} {} {} {} {} {} {}",
        uri.scheme,
        show(uri.user),
        show(uri.password),
        show(Some(uri.host)),
        uri.port.map_or("-".to_owned(), |port| port.to_string()),
        show(Some(uri.params.as_bytes())),
        show(uri.headers),
    )
}

#[test]
fn reads_parts() {
    for (text, expected) in [
        ("sip:alice@atlanta.com", "Sip alice - atlanta.com -  -"),
        ("SIP:alice:secret@atlanta.com;transport=tcp", "Sip alice secret atlanta.com - ;transport=tcp -"),
        ("sips:1212@gateway.com:5061;user=phone?a=b&c=d", "Sips 1212 - gateway.com 5061 ;user=phone a=b&c=d"),
        ("sip:[2001:db8::10]:5070;lr", "Sip - - [2001:db8::10] 5070 ;lr -"),
        ("sip:atlanta.com?to=x", "Sip - - atlanta.com -  to=x"),
        ("sip:user;par=u%40example.net@example.com", "Sip user;par=u%40example.net - example.com -  -"),
        ("sip:*21#@pbx", "Sip *21# - pbx -  -"),
        ("tel:+1-212-555-0101;phone-context=x", "Tel +1-212-555-0101 -  - ;phone-context=x -"),
        ("urn:service:sos", "Urn - -  -  -"),
        ("soap.beep://192.0.2.103:3002", "Other - -  -  -"),
        ("sip:", "Host"),
        ("", "Empty"),
        ("nonsense", "Scheme"),
        ("1:x", "Scheme"),
        ("sip:a b@c", "Character"),
        ("sip:a@b@c", "Character"),
        ("<sip:a@b>", "Scheme"),
        ("sip:@host", "User"),
        ("sip:a@", "Host"),
        ("sip:a@ho$t", "Host"),
        ("sip:a@host:", "Port"),
        ("sip:a@host:99999", "Port"),
        ("sip:[2001:db8::10", "Host"),
        ("sip:[hello]", "Host"),
        ("sip:2001:db8::10", "Port"),
        ("tel:", "Number"),
    ] {
        assert_eq!(parts(text), expected, "{text}");
    }
}

fn same(one: &str, other: &str) -> bool {
    let one = Uri::parse(one.as_bytes()).expect(one);
    let other = Uri::parse(other.as_bytes()).expect(other);
    assert_eq!(one.same_as(&other), other.same_as(&one));
    one.same_as(&other)
}

#[test]
fn the_same_by_section_19_1_4() {
    for (one, other) in [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("sip:[2001:db8::1]", "sip:[2001:DB8:0:0::1]"),
        ("tel:+1-212-555-0101", "tel:+12125550101"),
        ("tel:+1;ext=1;ext=2", "tel:+1;ext=1;ext=2"),
        ("sip:a@b;x=1;x=2", "sip:a@b;x=1"),
        ("sip:a@b?a=1&b=2&a=3", "sip:a@b?a=3&a=1&b=2"),
        ("urn:service:sos", "URN:service:SOS"),
    ] {
        assert!(same(one, other), "{one} {other}");
    }
}

#[test]
fn not_the_same_by_section_19_1_4() {
    for (one, other) in [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:bob@biloxi.com", "sips:bob@biloxi.com"),
        ("sip:a%3Bb@c.com", "sip:a;b@c.com"),
        ("sip:alice:x@atlanta.com", "sip:alice@atlanta.com"),
        ("tel:+12125550101;ext=1", "tel:+12125550101"),
        ("sip:a@b?a=1&a=1", "sip:a@b?a=1&a=2"),
        ("sip:a@b?a=1&a=1&a=2", "sip:a@b?a=1&a=2&a=2"),
        ("sip:a@b;x=1;x=2", "sip:a@b;x=2"),
    ] {
        assert!(!same(one, other), "{one} {other}");
    }
}

#[test]
fn addresses_of_record() {
    let same = |one: &str, other: &str| {
        let other = Uri::parse(other.as_bytes()).expect("a URI");
        Uri::parse(one.as_bytes()).expect("a URI").same_address_of_record(&other)
    };
    assert!(same("sip:%61lice@atlanta.com;lr", "sip:alice@ATLANTA.com:5060"));
    assert!(same("sips:alice@atlanta.com", "sips:alice@atlanta.com:5061"));
    assert!(!same("sip:Alice@atlanta.com", "sip:alice@atlanta.com"));
    assert!(!same("sip:alice@atlanta.com:5080", "sip:alice@atlanta.com"));
}

#[test]
fn default_ports() {
    let port = |text: &str| Uri::parse(text.as_bytes()).expect("a URI").default_port();
    assert_eq!(port("sip:a"), 5060);
    assert_eq!(port("sips:a"), 5061);
    assert_eq!(port("sip:a;transport=TLS"), 5061);
}

proptest! {
    /// Whoever is compared with whom, the answer is one.
    #[test]
    fn sameness_is_symmetric(
        one in "(sip:[a1]@b|tel:1)(;[xX](=[12])?|;lr|;ttl=[12]|;a=%61){0,3}([?]a=[12](&[aA]=[12]){0,2})?",
        other in "(sip:[a1]@B|tel:1)(;[xX](=[12])?|;lr|;ttl=[12]|;a=%61){0,3}([?]a=[12](&[aA]=[12]){0,2})?",
    ) {
        if let (Ok(one), Ok(other)) = (Uri::parse(one.as_bytes()), Uri::parse(other.as_bytes())) {
            prop_assert_eq!(one.same_as(&other), other.same_as(&one));
            prop_assert_eq!(one.same_address_of_record(&other), other.same_address_of_record(&one));
        }
    }
}

#[test]
fn parameters_without_number_are_compared_to_the_byte() {
    let many: String = (0..3000).map(|number| format!(";p{number}")).collect();
    for scheme in ["sip:a@b", "tel:123"] {
        let (one, other) = (format!("{scheme}{many};x=1;y=2"), format!("{scheme}{many};y=2;x=1"));
        let [one, other] = [&one, &other].map(|text| Uri::parse(text.as_bytes()).expect("a URI"));
        assert!(one.same_as(&one) && !one.same_as(&other));
    }
}
