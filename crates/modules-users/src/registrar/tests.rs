//! REGISTER requests and their replies, and calls led to contacts.

use super::*;
use crate::usrloc;
use module_api::{ArgValue, Function, Json, ParamSetting};
use std::time::Duration;
use testkit::{Fixture, absent, flags, str};

mod asking;

/// A server with both modules.
struct Server {
    fixture: Fixture,
    registrar: State,
    usrloc: State,
}

type Settings<'a> = &'a [(&'static str, ParamSetting)];

fn int(number: i32) -> ParamSetting {
    ParamSetting::Int(number)
}

fn text(text: &str) -> ParamSetting {
    ParamSetting::Str(text.to_owned())
}

impl Server {
    fn new(usrloc: Settings<'_>, registrar: Settings<'_>) -> Server {
        let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
        let usrloc = fixture.start(&usrloc::MODULE, usrloc);
        let registrar = fixture.start(&MODULE, registrar);
        Server { fixture, registrar, usrloc }
    }

    fn plain() -> Server {
        Server::new(&[], &[])
    }

    /// Registers alice with these header lines; what she is answered.
    fn register(&mut self, lines: &str) -> String {
        self.register_with(lines, absent())
    }

    fn register_with(&mut self, lines: &str, flags: ArgValue) -> String {
        let to = "From: <sip:alice@Example.com>;tag=1\nTo: <sip:alice@Example.com>\n";
        self.fixture.next_request(&format!("REGISTER sip:example.com SIP/2.0\n{to}{lines}"));
        self.fixture.call(&self.registrar, &save::SAVE, &[str("location"), flags]);
        self.fixture.journal().join("\n")
    }

    /// Calls alice; where the call goes.
    fn call(&mut self, request: &str, flags: ArgValue) -> String {
        self.fixture.next_request(request);
        let code = self.fixture.call(&self.registrar, &lookup::LOOKUP, &[str("location"), flags]);
        let mut out = code.to_string();
        if code == 1 {
            for branch in self.fixture.msg.branches.iter() {
                let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
                out.push_str(&format!("\n{}", text(&branch.uri)));
                if let Some(destination) = &branch.destination {
                    out.push_str(&format!(" via {}", text(destination)));
                }
                if let Some(q) = branch.q {
                    out.push_str(&format!(" q={q}"));
                }
            }
        }
        out
    }

    fn wait(&mut self, seconds: u64) {
        self.fixture.now = self.fixture.now + Duration::from_secs(seconds);
    }

    fn shown(&mut self) -> Json {
        let params = [("table_name", "location".into()), ("aor", "alice@example.com".into())];
        self.fixture.command(&self.usrloc, usrloc::MODULE.commands[5].run, &params).unwrap()
    }
}

const CALL: &str = "INVITE sip:alice@example.com SIP/2.0";

#[test]
fn contacts_are_kept_told_and_removed() {
    let mut server = Server::plain();
    for (lines, reply) in [
        ("", "reply 200 OK"),
        ("Contact: <sip:alice@192.0.2.10>\nExpires: 600", "reply 200 OK\nContact: <sip:alice@192.0.2.10>;expires=600"),
        (
            "CSeq: 2 REGISTER\nContact: \"Desk\" <sip:alice@192.0.2.11>;q=0.7;expires=120, sip:alice@192.0.2.12;q=0.9",
            "reply 200 OK\nContact: <sip:alice@192.0.2.12>;q=0.9;expires=3600, \
             <sip:alice@192.0.2.11>;q=0.7;expires=120, <sip:alice@192.0.2.10>;expires=600",
        ),
        (
            "CSeq: 3 REGISTER\nContact: <sip:alice@192.0.2.11>;expires=0",
            "reply 200 OK\nContact: <sip:alice@192.0.2.12>;q=0.9;expires=3600, <sip:alice@192.0.2.10>;expires=600",
        ),
        ("CSeq: 4 REGISTER\nContact: *\nExpires: 0", "reply 200 OK"),
    ] {
        assert_eq!(server.register(lines), reply, "{lines}");
    }
    assert_eq!(server.fixture.services.statistics.find("usrloc:location-contacts").unwrap().value(), 0);
    assert_eq!(server.fixture.services.statistics.find("registrar:accepted_regs").unwrap().value(), 5);
}

#[test]
fn what_cannot_be_kept_is_refused_and_nothing_changes() {
    let long = format!("Contact: <sip:{}@192.0.2.10>", "a".repeat(255));
    let mut server = Server::plain();
    server.register("CSeq: 9 REGISTER\nContact: <sip:alice@192.0.2.9>");
    for (lines, reply) in [
        ("Contact: *", "reply 400 Bad Contact\nP-Registrar-Error: * without Expires: 0"),
        (
            "Contact: *, <sip:a@b>\nExpires: 0",
            "reply 400 Bad Contact\nP-Registrar-Error: * stands beside other contacts",
        ),
        ("Contact: <nonsense>", "reply 400 Bad Contact\nP-Registrar-Error: a contact cannot be read"),
        (
            "Contact: <sip:a@b>;q=7",
            "reply 400 Bad Contact\nP-Registrar-Error: the q of a contact is not between 0 and 1",
        ),
        (
            "Contact: sip:alice@192.0.2.10?Route=%3Csip:p%3E",
            "reply 400 Bad Contact\nP-Registrar-Error: a contact cannot be read",
        ),
        (&long, "reply 400 Bad Contact\nP-Registrar-Error: a contact is too long"),
        (
            "CSeq: 8 REGISTER\nContact: <sip:new@192.0.2.1>, <sip:alice@192.0.2.9>",
            "reply 400 Bad CSeq\nP-Registrar-Error: the CSeq number is not above the one before",
        ),
        (
            "CSeq: 8 REGISTER\nContact: *\nExpires: 0",
            "reply 400 Bad CSeq\nP-Registrar-Error: the CSeq number is not above the one before",
        ),
    ] {
        assert_eq!(server.register(lines), reply, "{lines}");
    }
    assert_eq!(server.register(""), "reply 200 OK\nContact: <sip:alice@192.0.2.9>;expires=3600");
    assert_eq!(server.fixture.services.statistics.find("registrar:rejected_regs").unwrap().value(), 8);
}

#[test]
fn what_is_required_and_not_there_is_refused() {
    let mut server = Server::new(&[], &[]);
    let reply = server.register("CSeq: 1 REGISTER\nContact: <sip:alice@192.0.2.10>\nRequire: path, foo\nRequire: bar");
    let expected = "reply 420 Bad Extension\nP-Registrar-Error: an extension that is required is not there\n\
                    Unsupported: path, foo, bar";
    assert_eq!(reply, expected);
    let reply = server.register_with(
        "CSeq: 2 REGISTER\nContact: <sip:alice@192.0.2.10>\nSupported: path\nRequire: path",
        flags(&["path-lazy"]),
    );
    assert!(reply.starts_with("reply 200 OK"), "{reply}");
}

#[test]
fn a_deviation_keeps_within_the_bounds_too() {
    let settings = [("min_expires", int(60)), ("max_expires", int(100)), ("expires_max_deviation", int(50))];
    let mut server = Server::new(&[], &settings);
    for number in 1..20 {
        let reply = server.register(&format!("CSeq: {number} REGISTER\nContact: <sip:alice@192.0.2.10>;expires=80"));
        let granted: u32 = reply.rsplit_once("expires=").unwrap().1.parse().unwrap();
        assert!((60..=100).contains(&granted), "{reply}");
    }
}

#[test]
fn lifetimes_are_kept_within_bounds() {
    let settings = [("min_expires", int(100)), ("max_expires", int(1000)), ("default_expires", int(500))];
    let mut server = Server::new(&[], &settings);
    for (number, (wish, granted)) in [
        ("", 500),
        (";expires=10", 100),
        (";expires=5000", 1000),
        (";expires=4294967295", 1000),
        (";expires=4294967296", 500),
        (";expires=x", 500),
    ]
    .into_iter()
    .enumerate()
    {
        let reply = server.register(&format!("CSeq: {} REGISTER\nContact: <sip:alice@192.0.2.10>{wish}", number + 1));
        assert_eq!(reply, format!("reply 200 OK\nContact: <sip:alice@192.0.2.10>;expires={granted}"), "{wish}");
    }
    let reply =
        server.register_with("CSeq: 9 REGISTER\nContact: <sip:alice@192.0.2.10>;expires=10", flags(&["min-expires=0"]));
    assert_eq!(reply, "reply 200 OK\nContact: <sip:alice@192.0.2.10>;expires=10");
}

#[test]
fn what_is_too_brief_is_refused_where_that_is_wanted() {
    let mut server = Server::new(&[], &[("min_expires", int(7200)), ("refuse_brief", int(1))]);
    let refused = "reply 423 Interval Too Brief\nP-Registrar-Error: a contact is for less than the least time\n\
                   Min-Expires: 7200";
    for (number, (wish, reply)) in [
        (";expires=3599", refused),
        ("\nExpires: 10", refused),
        // RFC 3261 section 10.3, step 6: an hour is raised, not refused, and so is no wish at all.
        (";expires=3600", "reply 200 OK\nContact: <sip:alice@192.0.2.10>;expires=7200"),
        ("", "reply 200 OK\nContact: <sip:alice@192.0.2.10>;expires=7200"),
        (";expires=0", "reply 200 OK"),
    ]
    .into_iter()
    .enumerate()
    {
        let lines = format!("CSeq: {} REGISTER\nContact: <sip:alice@192.0.2.10>{wish}", number + 1);
        assert_eq!(server.register(&lines), reply, "{wish}");
    }
}

#[test]
fn retransmissions_are_answered_and_do_nothing() {
    let strict = [("allow_dup_cseq", int(0))];
    for (settings, late) in [(&[][..], "expires=600"), (&strict[..], "not above")] {
        let mut server = Server::new(&[], settings);
        let request = "CSeq: 5 REGISTER\nContact: <sip:alice@192.0.2.10>;expires=600";
        server.register(request);
        server.wait(10);
        assert_eq!(server.register(request), "reply 200 OK\nContact: <sip:alice@192.0.2.10>;expires=590");
        server.wait(15);
        assert!(server.register(request).contains(late), "{late}");
    }
}

#[test]
fn no_more_contacts_than_allowed() {
    let mut server = Server::new(&[], &[("max_contacts", int(2)), ("retry_after", int(30))]);
    for number in 1..=2 {
        server.register(&format!("Call-ID: {number}\nContact: <sip:alice@192.0.2.{number}>"));
        server.wait(1);
    }
    let third = "Call-ID: 3\nContact: <sip:alice@192.0.2.3>";
    let refused = "reply 503 Service Unavailable\nP-Registrar-Error: too many contacts\nRetry-After: 30";
    assert_eq!(server.register(third), refused);
    assert!(server.register("Call-ID: 2\nCSeq: 2 REGISTER\nContact: <sip:alice@192.0.2.2>").starts_with("reply 200"));
    let both = "Call-ID: 4\nContact: <sip:alice@192.0.2.3>, <sip:alice@192.0.2.1>;expires=0";
    assert!(server.register(both).starts_with("reply 200"), "one goes, one comes");
    let forced = server.register_with("Call-ID: 5\nContact: <sip:alice@192.0.2.5>", flags(&["force-registration"]));
    assert!(forced.contains("192.0.2.3") && forced.contains("192.0.2.5") && !forced.contains("192.0.2.2"), "{forced}");
}

#[test]
fn matching_modes() {
    for (mode, second, count) in [
        (absent(), "Contact: <sip:alice@192.0.2.10:5060;x=2>", 2),
        (absent(), "Call-ID: other\nContact: <sip:alice@192.0.2.10;x=1>", 1),
        (flags(&["matching-mode=1"]), "Call-ID: other\nContact: <sip:alice@192.0.2.10;x=1>", 2),
        (flags(&["matching-mode=x"]), "Call-ID: other\nContact: <sip:alice@198.51.100.1;x=1>", 1),
        (flags(&["matching-mode=<x>"]), "Contact: <sip:alice@192.0.2.10;x=2>", 2),
    ] {
        let mut server = Server::plain();
        server.register_with("Contact: <sip:alice@192.0.2.10;x=1>", mode.clone());
        let reply = server.register_with(&format!("CSeq: 2 REGISTER\n{second}"), mode);
        assert_eq!(reply.matches("expires=").count(), count, "{second}");
    }
}

#[test]
fn a_flow_of_an_instance_replaces_the_one_before() {
    let mut server = Server::plain();
    let contact = |port, id| {
        format!(
            "Supported: outbound\nContact: <sip:alice@192.0.2.10:{port};transport=tcp>;reg-id={id};\
             +sip.instance=\"<urn:uuid:1>\""
        )
    };
    server.register(&contact(1000, 1));
    server.register(&format!("Call-ID: 2\n{}", contact(2000, 1)));
    let reply = server.register(&format!("Call-ID: 3\n{}", contact(3000, 2)));
    assert_eq!(
        reply,
        "reply 200 OK\nContact: <sip:alice@192.0.2.10:2000;transport=tcp>;expires=3600;\
         +sip.instance=\"<urn:uuid:1>\";reg-id=1, <sip:alice@192.0.2.10:3000;transport=tcp>;expires=3600;\
         +sip.instance=\"<urn:uuid:1>\";reg-id=2\nRequire: outbound"
    );
}

#[test]
fn flows_are_kept_where_phone_and_first_hop_support_outbound() {
    let contact = "Contact: <sip:alice@192.0.2.10>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"";
    let another = "Contact: <sip:alice@192.0.2.10>;reg-id=1;+sip.instance=\"<urn:uuid:1>\", <sip:b@192.0.2.11>";
    let far = "Via: SIP/2.0/UDP edge.example.com;branch=z9hG4bK1\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK2";
    let plain = "reply 200 OK\nContact: <sip:alice@192.0.2.10>;expires=3600;+sip.instance=\"<urn:uuid:1>\"";
    let flow = &format!("{plain};reg-id=1\nRequire: outbound");
    let refused = "reply 439 First Hop Lacks Outbound Support\n\
                   P-Registrar-Error: the first hop does not support outbound";
    let beside = "reply 400 Bad Contact\nP-Registrar-Error: a contact with reg-id stands beside other contacts";
    for (lines, reply) in [
        (format!("Supported: path, Outbound\n{contact}"), flow.as_str()),
        (format!("Require: outbound\n{contact}"), flow),
        (contact.to_owned(), plain),
        (format!("{far}\nSupported: outbound\n{contact}"), plain),
        (format!("{far}\nSupported: outbound\nPath: <sip:edge.example.com;lr>\n{contact}"), plain),
        (format!("{far}\nSupported: outbound\nPath: <sip:edge.example.com;lr;ob>\n{contact}"), flow),
        (format!("{far}\nRequire: outbound\n{contact}"), refused),
        (format!("Supported: outbound\n{another}"), beside),
        (
            "Supported: outbound\nContact: <sip:alice@192.0.2.10>;reg-id=1".to_owned(),
            "reply 200 OK\nContact: <sip:alice@192.0.2.10>;expires=3600",
        ),
    ] {
        assert_eq!(Server::plain().register_with(&lines, flags(&["path-off"])), reply, "{lines}");
    }
}

#[test]
fn what_no_call_could_follow_is_not_kept() {
    for path in ["<:::>;lr", "<sip:a>, nonsense", "<sip:edge.example.com;lr>,"] {
        let lines = format!("Path: {path}\nSupported: path\nContact: <sip:alice@192.0.2.10>");
        let reply = Server::plain().register_with(&lines, flags(&["path-lazy"]));
        if path.ends_with(',') {
            assert!(reply.starts_with("reply 200"), "an empty value of a list is none: {reply}");
        } else {
            assert_eq!(reply, "reply 400 Bad Path\nP-Registrar-Error: a Path is no address", "{path}");
        }
    }
    let mut server = Server::new(&[], &[("received_avp", text("$avp(rcv)"))]);
    server
        .fixture
        .next_request("REGISTER sip:example.com SIP/2.0\nTo: <sip:alice@example.com>\nContact: <sip:alice@192.0.2.10>");
    let id = server.fixture.services.names.avps.intern(b"rcv").unwrap();
    server.fixture.msg.avps.push(id, Value::fixed("not a uri"));
    assert_eq!(server.fixture.call(&server.registrar, &save::SAVE, &[str("location")]), 1);
    assert_eq!(server.fixture.journal(), ["reply 200 OK\nContact: <sip:alice@192.0.2.10>;expires=3600"]);
    assert_eq!(server.call(CALL, absent()), "1\nsip:alice@192.0.2.10");
    assert!(server.fixture.log_lines().join(" ").contains("received_avp is no URI"));
}

#[test]
fn contacts_whose_reply_would_not_leave_are_refused() {
    let contact = |number: usize| format!("<sip:{number:0>190}@192.0.2.1:40000>");
    let mut cseq = 0;
    let mut register = |server: &mut Server, number: usize, more: &str, flags: ArgValue| {
        cseq += 1;
        let lines = format!("Call-ID: {number}\nCSeq: {cseq} REGISTER\nContact: {}{more}", contact(number));
        server.register_with(&lines, flags)
    };
    let refused = "reply 513 Message Too Large\n\
                   P-Registrar-Error: the reply with all contacts would not fit into a datagram";
    let mut server = Server::plain();
    let taken = (0..400).find(|number| register(&mut server, *number, "", absent()) == refused).unwrap();
    assert!((180..300).contains(&taken), "{taken}");
    // What is there may be asked for, registered anew, and taken back; then there is room again.
    for (number, more) in [(0, ""), (1, ";expires=0"), (taken, "")] {
        let reply = register(&mut server, number, &format!(";q=0.5{more}"), absent());
        assert!(reply.starts_with("reply 200 OK") && reply.len() < 65_000, "{}", reply.len());
        assert!(server.register("").starts_with("reply 200 OK"));
    }
    assert_eq!(register(&mut server, 1000, "", absent()), refused);
    assert!(register(&mut server, 1000, "", flags(&["only-request-contacts"])).starts_with("reply 200 OK"));
    // Those that have come by another way are not listed, for the reply would not leave.
    for number in 0..150 {
        assert_eq!(register(&mut server, 2000 + number, "", flags(&["no-reply"])), "");
    }
    let reply = register(&mut server, 0, ";q=0.7", absent());
    assert_eq!(reply, format!("reply 200 OK\nContact: {};q=0.7;expires=3600", contact(0)));
    assert_eq!(server.register(""), refused);
}

#[test]
fn calls_go_to_contacts_in_order() {
    let mut server = Server::plain();
    assert_eq!(server.call(CALL, absent()), "-1");
    server.register(
        "Contact: <sip:alice@192.0.2.1>;q=0.2, <sip:alice@192.0.2.2>;q=0.8, <sip:alice@192.0.2.3>;expires=60",
    );
    let all = "1\nsip:alice@192.0.2.2 q=0.8\nsip:alice@192.0.2.1 q=0.2\nsip:alice@192.0.2.3";
    assert_eq!(server.call(CALL, absent()), all);
    assert_eq!(server.call(CALL, flags(&["no-branches"])), "1\nsip:alice@192.0.2.2 q=0.8");
    let kept = server.call(CALL, flags(&["to-branches-only"]));
    assert!(kept.starts_with("1\nsip:alice@example.com\nsip:alice@192.0.2.2"), "{kept}");
    server.wait(60);
    assert_eq!(server.call(CALL, absent()), "1\nsip:alice@192.0.2.2 q=0.8\nsip:alice@192.0.2.1 q=0.2");
    assert_eq!(server.call("INVITE sip:ALICE@example.com SIP/2.0", absent()), "-1");
    assert_eq!(
        server.call("INVITE sip:%61lice@EXAMPLE.com:5080;x=y SIP/2.0", flags(&["no-branches"])),
        "1\nsip:alice@192.0.2.2 q=0.8"
    );
}

#[test]
fn calls_go_to_contacts_that_can_take_them() {
    let mut server = Server::plain();
    server.register("Allow: INVITE, ACK, BYE\nUser-Agent: Desk 7\nContact: <sip:alice@192.0.2.1>");
    server.register("Call-ID: 2\nUser-Agent: Soft 3\nContact: <sip:alice@192.0.2.2>;methods=\"MESSAGE\"");
    let filtered = flags(&["method-filtering"]);
    assert_eq!(server.call(CALL, filtered.clone()), "1\nsip:alice@192.0.2.1");
    assert_eq!(server.call("MESSAGE sip:alice@example.com SIP/2.0", filtered.clone()), "1\nsip:alice@192.0.2.2");
    assert_eq!(server.call("SUBSCRIBE sip:alice@example.com SIP/2.0", filtered), "-2");
    assert_eq!(server.call(CALL, flags(&["ua-filtering=/desk/i"])), "1\nsip:alice@192.0.2.1");
    assert_eq!(server.call(CALL, flags(&["ua-filtering=/soft/", "case-insensitive"])), "1\nsip:alice@192.0.2.2");
    assert_eq!(server.call(CALL, flags(&["ua-filtering=/soft/"])), "-1");
    assert_eq!(server.call(CALL, flags(&["ua-filtering=/Desk|x/"])), "-1");
    assert_eq!(server.call(CALL, flags(&["ua-filtering=/Desk|x/", "extended-regexp"])), "1\nsip:alice@192.0.2.1");
    assert_eq!(server.call(CALL, flags(&["ua-filtering=/(/"])), "-1");
    assert_eq!(server.call(CALL, flags(&["ua-filtering=/(/", "extended-regexp"])), "-3");
}

#[test]
fn other_branches_are_looked_up_too() {
    let mut server = Server::plain();
    server.register("Contact: <sip:alice@192.0.2.1>");
    let to = "To: <sip:bob@example.com>\nContact: <sip:bob@192.0.2.2>";
    server.fixture.next_request(&format!("REGISTER sip:example.com SIP/2.0\n{to}"));
    server.fixture.call(&server.registrar, &save::SAVE, &[str("location")]);
    server.fixture.next_request("INVITE sip:alice@example.com SIP/2.0");
    let bob = module_api::Branch { uri: Bytes::from_static(b"sip:bob@example.com"), ..module_api::Branch::default() };
    server.fixture.msg.branches.push(bob);
    let args = [str("location"), flags(&["branch"])];
    assert_eq!(server.fixture.call(&server.registrar, &lookup::LOOKUP, &args), 1);
    let uris: Vec<&Bytes> = server.fixture.msg.branches.iter().map(|branch| &branch.uri).collect();
    assert_eq!(uris, ["sip:alice@192.0.2.1", "sip:bob@192.0.2.2"]);
}

#[test]
fn where_the_phone_was_seen_and_what_the_script_attached() {
    let settings = [("received_avp", text("$avp(rcv)")), ("attr_avp", text("$avp(attr)"))];
    let mut server = Server::new(&[("nat_bflag", text("NAT"))], &settings);
    let to = "To: <sip:alice@example.com>\nContact: <sip:alice@10.0.0.1>";
    server.fixture.next_request(&format!("REGISTER sip:example.com SIP/2.0\n{to}"));
    for (name, value) in [("rcv", "sip:198.51.100.7:4000"), ("attr", "desk")] {
        let id = server.fixture.services.names.avps.intern(name.as_bytes()).unwrap();
        server.fixture.msg.avps.push(id, Value::copied(value.as_bytes()));
    }
    server.fixture.msg.branches.first_mut().flags.set(0);
    assert_eq!(server.fixture.call(&server.registrar, &save::SAVE, &[str("location")]), 1);
    let reply = "reply 200 OK\nContact: <sip:alice@10.0.0.1>;expires=3600;received=\"sip:198.51.100.7:4000\"";
    assert_eq!(server.fixture.journal(), [reply]);
    assert_eq!(server.call(CALL, absent()), "1\nsip:alice@10.0.0.1 via sip:198.51.100.7:4000");
    let branch = server.fixture.msg.branches.first();
    assert_eq!((branch.flags.0, branch.socket.unwrap().0), (1, 0));
    assert_eq!(branch.attributes[0], (Bytes::from_static(b"attr"), Value::fixed("desk")));
    let shown = server.shown();
    assert_eq!(shown["Contacts"][0]["Cflags"], "NAT");
    assert_eq!(shown["Contacts"][0]["Attr"], "desk");
    assert_eq!(shown["Contacts"][0]["Socket"], "udp:192.0.2.1:5060");
}

#[test]
fn attributes_are_where_scripts_of_before_4_0_look_for_them_too() {
    let mut server = Server::new(&[], &[("attr_avp", text("$avp(attr)"))]);
    let id = server.fixture.services.names.avps.intern(b"attr").unwrap();
    for (number, attr) in [(1, "desk"), (2, ""), (3, "mobile")] {
        let to = format!(
            "To: <sip:alice@example.com>\nCall-ID: {number}\nContact: <sip:p{number}@192.0.2.1>;q=0.{}",
            9 - number
        );
        server.fixture.next_request(&format!("REGISTER sip:example.com SIP/2.0\n{to}"));
        if !attr.is_empty() {
            server.fixture.msg.avps.push(id, Value::fixed(attr));
        }
        assert_eq!(server.fixture.call(&server.registrar, &save::SAVE, &[str("location")]), 1);
    }
    let values = |server: &Server| {
        let values = server.fixture.msg.avps.values(id);
        values.map(|value| String::from_utf8_lossy(&value.text().unwrap_or_default()).into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(server.call(CALL, absent()).lines().count(), 4);
    assert_eq!(values(&server), ["desk", "", "mobile"], "$(avp(attr)[$T_branch_idx])");
    let branches = server.fixture.msg.branches.iter().map(|branch| branch.attributes.len()).collect::<Vec<_>>();
    assert_eq!(branches, [1, 0, 1], "$tm.branch.attr(attr)");
    assert_eq!(server.call(CALL, flags(&["no-branches"])).lines().count(), 2);
    assert_eq!(values(&server), ["desk"]);
    server.fixture.next_request(CALL);
    server.fixture.msg.avps.push(id, Value::fixed("older"));
    let args = [str("location"), str("sip:alice@example.com")];
    assert_eq!(server.fixture.call(&server.registrar, &query::IS_REGISTERED, &args), 1);
    assert_eq!(values(&server), ["desk"]);
}

#[test]
fn path_is_kept_told_and_followed() {
    let lines = "Path: <sip:edge@192.0.2.50;lr;received=sip:198.51.100.7%3A4000>\nPath: <sip:192.0.2.51;lr>\n\
                 Contact: <sip:alice@10.0.0.1>";
    let path = "<sip:edge@192.0.2.50;lr;received=sip:198.51.100.7%3A4000>, <sip:192.0.2.51;lr>";
    let plain = "reply 200 OK\nContact: <sip:alice@10.0.0.1>;expires=3600";
    let supported = format!("Supported: outbound, path\n{lines}");
    for (flag, lines, reply) in [
        ("path-off", &*supported, plain.to_owned()),
        ("path-lazy", lines, plain.to_owned()),
        ("path-lazy", &supported, format!("{plain}\nPath: {path}")),
        ("path-strict", &supported, format!("{plain}\nPath: {path}")),
        (
            "path-strict",
            lines,
            format!(
                "reply 420 Bad Extension\nP-Registrar-Error: Path without Supported: path\nUnsupported: path\nPath: {path}"
            ),
        ),
    ] {
        assert_eq!(Server::plain().register_with(lines, flags(&[flag])), reply, "{flag}");
    }
    let mut server = Server::plain();
    let seen = server.register_with(lines, flags(&["path-lazy", "path-received"]));
    assert_eq!(seen, format!("{plain};received=\"sip:198.51.100.7:4000\""));
    let first = "sip:edge@192.0.2.50;lr;received=sip:198.51.100.7%3A4000";
    assert_eq!(server.call(CALL, absent()), format!("1\nsip:alice@10.0.0.1 via {first}"));
    assert_eq!(server.fixture.msg.branches.first().path.as_ref().unwrap(), path);
}

#[test]
fn gruus_lead_to_one_phone() {
    let mut server = Server::new(&[], &[("disable_gruu", int(0))]);
    let phone = "Supported: gruu\nContact: <sip:alice@192.0.2.1>;+sip.instance=\"<urn:uuid:1>\"";
    let reply = server.register(phone);
    server.register("Call-ID: 2\nContact: <sip:alice@192.0.2.2>;+sip.instance=\"<urn:uuid:2>\"");
    let gruu = |name: &str| {
        let start = reply.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        reply[start..].split('"').next().unwrap().to_owned()
    };
    assert_eq!(gruu("pub-gruu"), "sip:alice@Example.com;gr=urn:uuid:1");
    for uri in [gruu("pub-gruu"), gruu("temp-gruu")] {
        assert_eq!(server.call(&format!("INVITE {uri} SIP/2.0"), absent()), "1\nsip:alice@192.0.2.1", "{uri}");
    }
    assert_eq!(server.call("INVITE sip:alice@example.com;gr=urn:uuid:3 SIP/2.0", absent()), "-1");
    server.register(&format!("Call-ID: 3\n{phone}"));
    let temporary = gruu("temp-gruu");
    assert!(!temporary.contains("alice"));
    assert_eq!(server.call(&format!("INVITE {temporary} SIP/2.0"), absent()), "-1", "another Call-ID makes it void");
}
