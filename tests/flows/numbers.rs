//! Telephone numbers called by what the name servers say of them (ENUM).

use crate::harness::{NameServer, ServerBuilder, Wire, record};
use hickory_proto::rr::rdata::{NAPTR, TXT};
use hickory_proto::rr::{Name, RData, Record};
use std::net::UdpSocket;

const SCRIPT: &str = include_str!("configs/numbers.cfg");

fn naptr(name: &str, order: u16, services: &str, regexp: &str) -> Record {
    let text = |text: &str| text.as_bytes().into();
    let data = NAPTR::new(order, 10, text("u"), text(services), text(regexp), Name::root());
    record(&format!("{name}.flow.test."), RData::NAPTR(data))
}

fn request(number: u32, from: &str, uri: &str, at: &Wire, more: &str) -> String {
    format!(
        "MESSAGE {uri} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKnumbers{number}\nMax-Forwards: 70\n\
         From: <sip:{from}@127.0.0.1>;tag=a\nTo: <{uri}>\nCall-ID: numbers-{number}\nCSeq: 1 MESSAGE\n{more}\
         Content-Length: 0\n\n",
        port = at.port
    )
}

#[test]
fn numbers_lead_where_the_name_servers_say() {
    let builder = ServerBuilder::new(SCRIPT);
    let [first, second] = [0, 1].map(|_| UdpSocket::bind("127.0.0.1:0").expect("socket"));
    let to = |socket: &UdpSocket, user: &str| {
        format!("!^.*$!sip:{user}@127.0.0.1:{}!", socket.local_addr().expect("address").port())
    };
    let names = NameServer::start(vec![
        naptr("9.9.9.0.3.9.4.e164", 1, "E2U+sip", "!^.*$!sip:caller@127.0.0.1!"),
        naptr("3.2.1.0.3.9.4.e164", 20, "E2U+sip", &to(&second, "late")),
        naptr("3.2.1.0.3.9.4.e164", 10, "E2U+sip", &to(&first, "soon")),
        naptr("3.2.1.0.3.9.4.e164", 5, "E2U+email:mailto", "!^.*$!mailto:a@b!"),
        naptr("4.2.1.0.3.9.4.e164", 5, "E2U+sip", "!^(.*$!sip:broken@127.0.0.1!"),
        naptr("3.2.1.i.0.3.9.4.e164", 10, "E2U+sip", &to(&second, "carrier")),
        record("i.9.4.e164.flow.test.", RData::TXT(TXT::new(vec!["4".to_owned()]))),
        naptr("6.5.1212.isn", 10, "E2U+sip", &to(&first, "isn")),
    ]);
    let mut server = builder.args(&[&names.argument()]).start();
    let [first, second] = [first, second].map(|socket| Wire::of(socket, &server));
    let phone = Wire::new(&server);
    let ask = |number: u32, from: &str, uri: &str, more: &str| {
        phone.send(&request(number, from, uri, &phone, more));
    };

    // The URIs of the number are tried in the order of its records.
    ask(1, "+4930999", "sip:+4930123@127.0.0.1", "");
    let at_first = first.expect("MESSAGE sip:soon@127.0.0.1");
    assert!(at_first.lines().next().expect("line").contains(";npdi "), "{at_first}");
    first.answer(&at_first, "404 Not here", "f");
    second.answer(&second.expect("MESSAGE sip:late@127.0.0.1"), "200 OK", "s");
    phone.expect("SIP/2.0 200");
    let asked = names.asked();
    assert_eq!(asked, ["NAPTR 9.9.9.0.3.9.4.e164.flow.test.", "NAPTR 3.2.1.0.3.9.4.e164.flow.test."]);

    // Another number than the one that is called is looked up; no name server is asked twice.
    ask(2, "+4930999", "sip:+4930777@127.0.0.1", "X-Number: +4930123\n");
    first.answer(&first.expect("MESSAGE sip:soon@127.0.0.1"), "200 OK", "f");
    phone.expect("SIP/2.0 200");
    assert_eq!(names.asked(), asked);

    // The carriers' tree branches off where its TXT record says, and numbers of domains have a zone of their own.
    ask(3, "+4930999", "sip:+4930123@127.0.0.1", "X-Carrier: yes\n");
    second.answer(&second.expect("MESSAGE sip:carrier@127.0.0.1"), "200 OK", "s");
    phone.expect("SIP/2.0 200");
    ask(4, "+4930999", "sip:56*1212@127.0.0.1", "");
    first.answer(&first.expect("MESSAGE sip:isn@127.0.0.1"), "200 OK", "f");
    phone.expect("SIP/2.0 200");

    for (number, from, uri, reply) in [
        (5, "+4930998", "sip:+4930123@127.0.0.1", "403 Not your number"),
        (6, "bob", "sip:+4930123@127.0.0.1", "403 Not your number"),
        (7, "+4930999", "sip:+4930777@127.0.0.1", "404 Not this number"),
        (8, "+4930999", "sip:+4930124@127.0.0.1", "404 Not this number"),
        (9, "+4930999", "sip:030123@127.0.0.1", "404 Not this number"),
    ] {
        ask(number, from, uri, "");
        phone.expect(&format!("SIP/2.0 {reply}"));
    }
    server.process.wait_for("sip:broken@127.0.0.1!\" for +4930124 is passed over: its expression cannot be used");
}
