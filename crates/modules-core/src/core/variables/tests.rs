//! Variables over messages: name, index, value.

use crate::core::MODULE;
use catalogue::{Inner, Value};
use module_api::{Fault, Index, Operator, Proxied, State, Variable, VariableName, Where};
use std::sync::Arc;
use testkit::Fixture;

const REQUEST: &str = "INVITE sip:bob:pw@example.com:5070;transport=tcp SIP/2.0
Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-1
From: \"Alice A.\" <sip:alice@example.com>;tag=f1
To: <tel:+1234567;phone-context=example.com>
Call-ID: c1@host
CSeq: 7 INVITE
Contact: \"A\" <sip:a@192.0.2.10>;q=0.5;expires=60, <sip:b@192.0.2.11>;+sip.instance=\"<urn:x>\"
m: sip:c@192.0.2.12;received=\"sip:9.9.9.9\"
User-Agent: phone/1
Path: <sip:p1;lr>
Path: <sip:p2;lr>
P-Asserted-Identity: \"Alice\" <sip:alice@id>, <tel:+1>
P-Preferred-Identity: Al <sip:al@pref>
Diversion: <sip:d@e>;reason=\"user-busy\";privacy=full
Refer-To: <sip:r@t>
Remote-Party-ID: <sip:rp@id>;party=calling
Proxy-Authorization: Digest username=\"alice@example.com\", realm=\"r\", nonce=\"n\", uri=\"sip:u\", response=\"00ff\", qop=auth, nc=00000001, cnonce=\"c\", opaque=\"o\", algorithm=MD5
X-Note: first
X-Note: second
Content-Type: multipart/mixed;boundary=b

--b
Content-Type: text/plain

hello
--b
Content-Type: application/sdp

v=0
--b--
";

fn read_at(fixture: &mut Fixture, text: &str, place: Where) -> String {
    let state: State = Arc::new(());
    let (name, inner, index) = parse(text);
    let variable = variable(name, inner);
    let value = fixture.with_call(&state, |call| {
        let names = &call.env.services.names;
        let table = if name == "var" { &names.vars } else { &names.avps };
        let id = table.intern(inner.as_bytes());
        (variable.run.read)(call, VariableName { text: inner.as_bytes(), id, index, index_set: None, place })
    });
    match value {
        Value::Int(number) => format!("#{number}"),
        other => {
            let mut text = Vec::new();
            other.print(&mut text);
            String::from_utf8_lossy(&text).replace("\r\n", "|")
        }
    }
}

fn write(fixture: &mut Fixture, text: &str, operator: Operator, value: Value) -> Result<(), Fault> {
    let state: State = Arc::new(());
    let (name, inner, index) = parse(text);
    let run = variable(name, inner).run.write.unwrap_or_else(|| panic!("{text} cannot be written"));
    fixture.with_call(&state, |call| {
        let names = &call.env.services.names;
        let table = if name == "var" { &names.vars } else { &names.avps };
        let id = table.intern(inner.as_bytes());
        run(
            call,
            VariableName { text: inner.as_bytes(), id, index, index_set: None, place: Where::Here },
            operator,
            value,
        )
    })
}

/// `name(inner)[index]`
fn parse(text: &str) -> (&str, &str, Index) {
    let (text, index) = match text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
        Some((text, "*")) => (text, Index::All),
        Some((text, "append")) => (text, Index::Append),
        Some((text, number)) => (text, Index::At(number.parse().unwrap())),
        None => (text, Index::None),
    };
    match text.split_once('(') {
        Some((name, inner)) => (name, inner.strip_suffix(')').unwrap(), index),
        None => (text, "", index),
    }
}

fn variable(name: &str, inner: &str) -> &'static Variable {
    let is_called = |known: &Variable| known.name == name || known.aliases.iter().any(|alias| alias.name == name);
    let fits = |variable: &&Variable| match variable.inner {
        Inner::None => inner.is_empty(),
        Inner::Optional | Inner::OptionalWord(_) => true,
        _ => !inner.is_empty(),
    };
    let mut named = MODULE.variables.iter().filter(|variable| is_called(variable));
    named.find(fits).unwrap_or_else(|| panic!("there is no ${name}({inner})"))
}

fn check(fixture: &mut Fixture, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(read_at(fixture, text, Where::Here), *expected, "${text}");
    }
}

#[test]
fn uris_and_their_parts() {
    check(
        &mut Fixture::request(REQUEST),
        &[
            ("ru", "sip:bob:pw@example.com:5070;transport=tcp"),
            ("ruri", "sip:bob:pw@example.com:5070;transport=tcp"),
            ("rU", "bob"),
            ("rd", "example.com"),
            ("rp", "#5070"),
            ("rP", "tcp"),
            ("ru_q", "<null>"),
            ("ou", "sip:bob:pw@example.com:5070;transport=tcp"),
            ("oU", "bob"),
            ("du", "<null>"),
            ("dd", "<null>"),
            ("dp", "<null>"),
            ("ds", "Contact: <sip:bob:pw@example.com:5070;transport=tcp>"),
        ],
    );
    check(&mut Fixture::request("INVITE sips:x.net SIP/2.0"), &[("rU", "<null>"), ("rp", "#5060"), ("rP", "udp")]);
}

#[test]
fn addresses() {
    check(
        &mut Fixture::request(REQUEST),
        &[
            ("fu", "sip:alice@example.com"),
            ("from.user", "alice"),
            ("fd", "example.com"),
            ("fn", "\"Alice A.\""),
            ("ft", "f1"),
            ("tu", "tel:+1234567;phone-context=example.com"),
            ("tU", "+1234567"),
            ("td", "<null>"),
            ("tn", "<null>"),
            ("tt", "<null>"),
            ("ai", "sip:alice@id"),
            ("pu", "sip:al@pref"),
            ("pU", "al"),
            ("pd", "pref"),
            ("pn", "Al"),
            ("re", "sip:rp@id"),
            ("rt", "sip:r@t"),
            ("di", "sip:d@e"),
            ("dir", "user-busy"),
            ("dip", "full"),
        ],
    );
}

#[test]
fn credentials() {
    check(
        &mut Fixture::request(REQUEST),
        &[
            ("au", "alice"),
            ("ad", "example.com"),
            ("aU", "alice@example.com"),
            ("Au", "alice"),
            ("ar", "r"),
            ("an", "n"),
            ("adu", "sip:u"),
            ("auth.nonce", "n"),
            ("auth.resp", "00ff"),
            ("auth.cnonce", "c"),
            ("auth.opaque", "o"),
            ("auth.alg", "MD5"),
            ("auth.qop", "auth"),
            ("auth.nc", "00000001"),
        ],
    );
    check(
        &mut Fixture::request("INVITE sip:x.net SIP/2.0\nFrom: <sip:carol@x>;tag=1"),
        &[("au", "<null>"), ("Au", "carol"), ("ar", "<null>")],
    );
}

#[test]
fn verified_credentials_come_first() {
    let text = "INVITE sip:x.net SIP/2.0
Proxy-Authorization: Digest username=\"old\", realm=\"a\", nonce=\"n\", uri=\"u\", response=\"r\"
Proxy-Authorization: Digest username=\"good\", realm=\"b\", nonce=\"n\", uri=\"u\", response=\"r\"";
    let mut fixture = Fixture::request(text);
    check(&mut fixture, &[("au", "old")]);
    let found = fixture.msg.message.headers_called(b"Proxy-Authorization").nth(1).map(|header| header.index);
    fixture.msg.credentials = found;
    check(&mut fixture, &[("au", "good"), ("ar", "b")]);
}

#[test]
fn headers_and_contacts() {
    check(
        &mut Fixture::request(REQUEST),
        &[
            ("hdr(X-Note)", "first"),
            ("hdr(x-note)[-1]", "second"),
            ("hdr(X-Note)[1]", "second"),
            ("hdr(X-Note)[2]", "<null>"),
            ("hdr(X-Note)[*]", "first, second"),
            ("hdr(i)", "c1@host"),
            ("hdr(None)", "<null>"),
            ("hdr_name[0]", "Via"),
            ("hdr_name[-1]", "Content-Length"),
            ("hdrcnt(Contact)", "#2"),
            ("hdrcnt(None)", "#0"),
            ("ci", "c1@host"),
            ("cs", "#7"),
            ("ua", "phone/1"),
            ("path", "<sip:p1;lr>, <sip:p2;lr>"),
            ("ct", "\"A\" <sip:a@192.0.2.10>;q=0.5;expires=60"),
            ("ct[1]", "<sip:b@192.0.2.11>;+sip.instance=\"<urn:x>\""),
            ("ct[-1]", "sip:c@192.0.2.12;received=\"sip:9.9.9.9\""),
            ("ct[3]", "<null>"),
            ("ct.fields(name)", "A"),
            ("ct.fields(uri)[1]", "sip:b@192.0.2.11"),
            ("ct.fields(q)", "0.5"),
            ("ct.fields(expires)", "60"),
            ("ct.fields(methods)", "<null>"),
            ("ct.fields(received)[-1]", "sip:9.9.9.9"),
            ("ct.fields(params)", "q=0.5;expires=60"),
        ],
    );
}

#[test]
fn bodies() {
    let mut fixture = Fixture::request(REQUEST);
    check(
        &mut fixture,
        &[
            ("rb(application/sdp)", "v=0"),
            ("rb(Text/Plain)[-1]", "hello"),
            ("rb(text/html)", "<null>"),
            ("rb[0]", "hello"),
            ("rb[-1]", "v=0"),
            ("rb[2]", "<null>"),
            ("cT", "multipart/mixed;boundary=b"),
            ("cT[1]", "application/sdp"),
            ("cT[*]", "multipart/mixed;boundary=b, text/plain, application/sdp"),
            ("cl", "#90"),
        ],
    );
    let whole = read_at(&mut fixture, "rb", Where::Here);
    assert!(whole.starts_with("--b|") && whole.ends_with("--b--|"), "{whole}");
    check(&mut Fixture::request("BYE sip:x.net SIP/2.0"), &[("rb", "<null>"), ("cT", "<null>"), ("rb[0]", "<null>")]);
}

/// What `has_body_part()` finds, `$rb` shows.
#[test]
fn a_body_within_a_part_is_found_by_its_type() {
    let inner = "--i\nContent-Type: text/plain\n\nhi\n--i\nContent-Type: application/sdp\n\nv=0\n--i--";
    let body = format!("--b\nContent-Type: multipart/alternative;boundary=i\n\n{inner}\n--b--\n");
    let head = "MESSAGE sip:x.net SIP/2.0\nContent-Type: multipart/mixed;boundary=b\n\n";
    check(
        &mut Fixture::request(&[head, &body].concat()),
        &[("rb(application/sdp)", "v=0"), ("rb(text/plain)", "hi"), ("rb(text/html)", "<null>"), ("rb[1]", "<null>")],
    );
}

#[test]
fn the_message_itself() {
    let mut fixture = Fixture::request(REQUEST);
    check(
        &mut fixture,
        &[
            ("rm", "INVITE"),
            ("rs", "<null>"),
            ("rr", "<null>"),
            ("mi", "#1"),
            ("msg.is_request", "#1"),
            ("msg.type", "request"),
            ("si", "192.0.2.10"),
            ("src_ip", "192.0.2.10"),
            ("sp", "#5060"),
            ("proxy_protocol(src_ip)", "<null>"),
            ("socket_in", "udp:192.0.2.1:5060"),
            ("socket_in(proto)", "UDP"),
            ("socket_in(ip)", "192.0.2.1"),
            ("socket_in(port)", "#5060"),
            ("socket_in(af)", "INET"),
            ("socket_in(anycast)", "#0"),
            ("socket_in(tag)", "<null>"),
            ("socket_in(advertised_ip)", "<null>"),
            ("socket_out", "udp:192.0.2.1:5060"),
            ("socket_out(forced)", "<null>"),
            ("Ri", "192.0.2.1"),
            ("Rp", "#5060"),
            ("proto", "UDP"),
            ("af", "INET"),
            ("fs", "udp:192.0.2.1:5060"),
        ],
    );
    let (source, destination) = ("203.0.113.7:1000".parse().unwrap(), "203.0.113.8:5060".parse().unwrap());
    fixture.msg.extensions.set(Proxied { source, destination });
    check(&mut fixture, &[("proxy_protocol(src_ip)", "203.0.113.7"), ("proxy_protocol(dst_port)", "#5060")]);
    check(&mut Fixture::request("PUBLISHED sip:x SIP/2.0\nCSeq: 1 PUBLISHED"), &[("rm", "PUBLISHED")]);
}

#[test]
fn replies_and_the_other_message() {
    let reply = "SIP/2.0 401 Unauthorized
CSeq: 9 REGISTER
To: <sip:bob@b>;tag=t1
WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\", opaque=\"o\", algorithm=AKAv1-MD5, ik=\"i\", ck=\"c\"";
    let mut fixture = Fixture::reply(reply);
    fixture.msg.counterpart = Some(Arc::new(testkit::message("REGISTER sip:reg.net SIP/2.0")));
    check(
        &mut fixture,
        &[
            ("rs", "#401"),
            ("rr", "Unauthorized"),
            ("rm", "REGISTER"),
            ("msg.type", "reply"),
            ("tt", "t1"),
            ("ru", "<null>"),
            ("rU", "<null>"),
            ("challenge.realm", "r"),
            ("challenge.nonce", "n"),
            ("challenge.qop", "auth"),
            ("challenge.opaque", "o"),
            ("challenge.algorithm", "AKAv1-MD5"),
            ("challenge.ik", "i"),
            ("challenge.ck", "c"),
        ],
    );
    for (text, place, expected) in [
        ("ru", Where::Request, "sip:reg.net"),
        ("rd", Where::Request, "reg.net"),
        ("msg.type", Where::Request, "request"),
        ("rs", Where::Reply, "#401"),
        ("tt", Where::Request, "<null>"),
    ] {
        assert_eq!(read_at(&mut fixture, text, place), expected, "{text} {place:?}");
    }
    fixture.msg.counterpart = None;
    assert_eq!(read_at(&mut fixture, "ru", Where::Request), "<null>");
}

#[test]
fn assignments() {
    let text = |text: &'static str| Value::fixed(text);
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    for (name, value, shows, expected) in [
        ("rU", text("carol"), "ru", "sip:carol@example.com"),
        ("rp", Value::Int(5080), "ru", "sip:carol@example.com:5080"),
        ("rd", text("gw.net"), "ru", "sip:carol@gw.net:5080"),
        ("rp", Value::Null, "ru", "sip:carol@gw.net"),
        ("rU", Value::Null, "ru", "sip:gw.net"),
        ("rU", Value::Int(123), "ru", "sip:123@gw.net"),
        ("ru", text("sip:x@y"), "ruri.user", "x"),
        ("ru_q", text("0.7"), "ru_q", "0.7"),
        ("du", text("sip:1.2.3.4:99;transport=tls"), "dP", "tls"),
        ("dp", Value::Int(98), "du", "sip:1.2.3.4:98;transport=tls"),
        ("dd", text("gw"), "du", "sip:gw:98;transport=tls"),
        ("du", Value::Null, "du", "<null>"),
        ("dd", text("gw"), "du", "sip:gw"),
        ("socket_out", text("tcp:192.0.2.1:5060"), "socket_out(forced)", "tcp:192.0.2.1:5060"),
        ("socket_out", Value::Null, "socket_out(forced)", "<null>"),
        ("msg.flag(NAT)", Value::Int(1), "mf", "NAT"),
        ("msg.flag(NAT)", Value::Int(0), "msg.flag(NAT)", "#0"),
        ("var(x)", Value::Int(3), "var(x)", "#3"),
        ("var(x)", Value::Null, "var(x)", "<null>"),
        ("log_level", Value::Int(-1), "log_level", "#-1"),
        ("log_level", text("L_INFO"), "log_level", "#3"),
        ("log_level", Value::Null, "log_level", "#4"),
        ("xlog_level", Value::Int(9), "xlog_level", "#4"),
    ] {
        write(&mut fixture, name, Operator::Set, value.clone()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(read_at(&mut fixture, shows, Where::Here), expected, "${name} = {value:?}");
    }
    for (name, value) in [
        ("ru", Value::Null),
        ("ru", text("sip:a@b\r\nEvil: 1")),
        ("rd", Value::Null),
        ("du", text("nowhere")),
        ("ru_q", text("2")),
        ("socket_out", text("udp:198.51.100.1:5060")),
        ("log_level", text("loud")),
    ] {
        assert!(write(&mut fixture, name, Operator::Set, value.clone()).is_err(), "${name} = {value:?}");
    }
}

#[test]
fn avps_are_stacks() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let mut step = |name: &str, operator, value| {
        let done =
            write(&mut fixture, name, operator, value).map_or_else(|fault| fault.to_string(), |()| String::new());
        let shown = read_at(&mut fixture, "avp(x)[*]", Where::Here);
        if done.is_empty() { shown } else { done }
    };
    use Operator::{Replace, Set};
    assert_eq!(step("avp(x)", Set, 1.into()), "1");
    assert_eq!(step("avp(x)", Set, 2.into()), "2, 1");
    assert_eq!(step("avp(x)[append]", Set, 3.into()), "2, 1, 3");
    assert_eq!(step("avp(x)[1]", Set, 9.into()), "2, 9, 3");
    assert_eq!(step("avp(x)[-1]", Set, Value::Null), "2, 9");
    assert_eq!(step("avp(x)[7]", Set, 5.into()), "the AVP has no value at index 7");
    assert_eq!(step("avp(x)", Set, Value::Null), "9");
    assert_eq!(step("avp(x)", Replace, 4.into()), "4");
    assert_eq!(step("avp(x)", Set, 5.into()), "5, 4");
    assert_eq!(step("avp(x)", Replace, Value::Null), "<null>");
    assert_eq!(step("avp(x)", Set, Value::Null), "<null>");
}

#[test]
fn branches() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    check(&mut fixture, &[("msg.branch.last_idx", "#0"), ("msg.branch", "sip:bob@example.com"), ("branch", "<null>")]);
    for (name, value) in [
        ("msg.branch", Value::fixed("sip:1@x")),
        ("branch", Value::fixed("sip:2@x")),
        ("msg.branch.duri", Value::fixed("sip:gw")),
        ("msg.branch.q[1]", Value::fixed("0.5")),
        ("branch(q)[1]", Value::Int(250)),
        ("branch(path)", Value::fixed("<sip:p;lr>")),
        ("msg.branch.flag(NAT)[1]", Value::Int(1)),
        ("branch.flag(PSTN)", Value::Int(1)),
        ("msg.branch.attr(note)", Value::Int(5)),
        ("msg.branch.socket[0]", Value::fixed("tcp:192.0.2.1:5060")),
        ("msg.branch.uri[0]", Value::fixed("sip:0@x")),
    ] {
        write(&mut fixture, name, Operator::Set, value).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    }
    check(
        &mut fixture,
        &[
            ("msg.branch.uri[*]", "sip:0@x,sip:1@x,sip:2@x"),
            ("msg.branch.uri", "sip:2@x"),
            ("msg.branch.uri[-3]", "sip:0@x"),
            ("msg.branch.uri[3]", "<null>"),
            ("msg.branch.duri[*]", ",,sip:gw"),
            ("msg.branch.q[1]", "0.5"),
            ("branch(q)[*]", "500,250"),
            ("branch(uri)", "sip:1@x"),
            ("branch(uri)[-1]", "sip:2@x"),
            ("branch(uri)[2]", "<null>"),
            ("msg.branch.path[1]", "<sip:p;lr>"),
            ("msg.branch.flags[1]", "NAT"),
            ("msg.branch.flag(NAT)", "#0"),
            ("bf", "PSTN"),
            ("branch.flag(PSTN)", "#1"),
            ("msg.branch.attr(note)[2]", "#5"),
            ("msg.branch.attr(note)[1]", "<null>"),
            ("socket_out(proto)", "TCP"),
            ("ds", "Contact: <sip:0@x>, <sip:1@x>;q=0.5, <sip:2@x>;q=0.25"),
            ("msg.branch.last_idx", "#2"),
        ],
    );
}

#[test]
fn the_rest() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    assert_eq!(read_at(&mut fixture, "C(rb)", Where::Here), "", "colours have to be allowed");
    fixture.services.settings.xlog_force_color = true;
    fixture.services.settings.pid = 42;
    fixture.services.settings.argv = vec![("foo".into(), "0".into())];
    fixture.msg.params = vec![("ip".into(), Value::fixed("1.2.3.4")), ("n".into(), Value::Int(2))];
    check(
        &mut fixture,
        &[
            ("Ts", "#1700000000"),
            ("Tsm", "#0"),
            ("TS", "#1700000000"),
            ("time(%Y%%)", "2023%"),
            ("time(%!)", "<null>"),
            ("pp", "#42"),
            ("argv(foo)", "0"),
            ("argv(bar)", "<null>"),
            ("param(1)", "1.2.3.4"),
            ("param(n)", "#2"),
            ("param(3)", "<null>"),
            ("err.class", "<null>"),
            ("C(xx)", "\x1b[0m"),
            ("C(bg)", "\x1b[0;34;42m"),
            ("C(q)", "<null>"),
            ("rc", "<null>"),
        ],
    );
    assert_eq!(read_at(&mut fixture, "Tf", Where::Here).len(), "Tue Nov 14 22:13:20 2023".len());
    fixture.msg.fault = Some(Box::new(Fault::peer("the From header cannot be read")));
    check(
        &mut fixture,
        &[
            ("err.class", "#1"),
            ("err.level", "#3"),
            ("err.info", "the From header cannot be read"),
            ("err.rcode", "#400"),
            ("err.rreason", "Bad Request"),
        ],
    );
}
