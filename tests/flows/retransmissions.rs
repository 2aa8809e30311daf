//! What is sent twice, and what is sent again: RFC 3261 section 17, message by message over UDP.

use crate::harness::{Server, ServerBuilder, Wire};

const SCRIPT: &str = include_str!("configs/relay.cfg");

/// A proxy that sends again for the first time after this time.
fn proxy(t1_ms: u32) -> Server {
    let script = SCRIPT.replace("@T1@", &t1_ms.to_string()).replace("@T2@", &(t1_ms * 2).to_string());
    ServerBuilder::new(&script).start()
}

/// A request of alice's to bob.
fn request(method: &str, to_tag: &str, number: u32, alice: &Wire, bob: &Wire) -> String {
    format!(
        "{method} sip:bob@127.0.0.1:{} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{};branch=z9hG4bK{number}\n\
         From: <sip:alice@127.0.0.1>;tag=a\nTo: <sip:bob@127.0.0.1>{to_tag}\nCall-ID: {number}@alice\n\
         CSeq: {number} {method}\nMax-Forwards: 70\nContact: <sip:127.0.0.1:{}>\nContent-Length: 0\n\n",
        bob.port, alice.port, alice.port
    )
}

#[test]
fn what_is_sent_twice_is_relayed_once() {
    // Long enough that the server sends nothing again by itself.
    let server = proxy(30_000);
    let (alice, bob) = (Wire::new(&server), Wire::new(&server));
    let invite = request("INVITE", "", 1, &alice, &bob);

    alice.send(&invite);
    let trying = alice.expect("SIP/2.0 100");
    let at_bob = bob.expect("INVITE");
    alice.send(&invite);
    assert_eq!(alice.expect("SIP/2.0 100"), trying);

    bob.answer(&at_bob, "180 Ringing", "b");
    let ringing = alice.expect("SIP/2.0 180");
    alice.send(&invite);
    assert_eq!(alice.expect("SIP/2.0 180"), ringing);

    bob.answer(&at_bob, "486 Busy Here", "b");
    bob.expect("ACK");
    let busy = alice.expect("SIP/2.0 486");
    alice.send(&invite);
    assert_eq!(alice.expect("SIP/2.0 486"), busy);
    // Our ACK was lost: bob's answer comes again, and has reached alice already.
    bob.answer(&at_bob, "486 Busy Here", "b");
    bob.expect("ACK");
    alice.send(&request("ACK", ";tag=b", 1, &alice, &bob));

    // Neither of them has got anything else: what comes next is what is sent next.
    let options = request("OPTIONS", "", 2, &alice, &bob);
    alice.send(&options);
    let at_bob = bob.expect("OPTIONS");
    bob.answer(&at_bob, "200 OK", "b");
    let ok = alice.expect("SIP/2.0 200");
    alice.send(&options);
    assert_eq!(alice.expect("SIP/2.0 200"), ok);
}

#[test]
fn what_is_not_answered_is_sent_again() {
    let server = proxy(50);
    let (alice, bob) = (Wire::new(&server), Wire::new(&server));

    alice.send(&request("OPTIONS", "", 1, &alice, &bob));
    let first = bob.expect("OPTIONS");
    assert_eq!([bob.expect("OPTIONS"), bob.expect("OPTIONS")], [first.clone(), first.clone()]);
    bob.answer(&first, "200 OK", "b");
    // Who waits longer than it takes to ask three times hears a 100 first (RFC 4320).
    if alice.expect("SIP/2.0 ").starts_with("SIP/2.0 100") {
        alice.expect("SIP/2.0 200");
    }

    let (alice, carol) = (Wire::new(&server), Wire::new(&server));
    alice.send(&request("INVITE", "", 2, &alice, &carol));
    alice.expect("SIP/2.0 100");
    let first = carol.expect("INVITE");
    assert_eq!(carol.expect("INVITE"), first);
    carol.answer(&first, "486 Busy Here", "c");
    // It is sent to alice until she acknowledges it.
    let busy = alice.expect("SIP/2.0 486");
    assert_eq!([alice.expect("SIP/2.0 486"), alice.expect("SIP/2.0 486")], [busy.clone(), busy]);
    alice.send(&request("ACK", ";tag=c", 2, &alice, &carol));
}

/// The system refuses to send to the whole network: that is the return code of `t_relay()` where the script asks for it.
#[test]
fn what_the_system_refuses_to_send_is_told_to_the_script() {
    let script = r#"
socket = udp:127.0.0.1:@PORT@
loadmodule "proto_udp.so"
loadmodule "sl.so"
loadmodule "tm.so"
route {
    t_on_failure("lost");
    if ($rm == "INVITE") {
        if (!t_relay("no-auto-477")) { $var(rc) = $rc; t_reply(480, "Relayed with $var(rc)"); }
        exit;
    }
    t_relay();
}
failure_route[lost] { t_reply(480, "Lost with $T_reply_code"); }
"#;
    let server = ServerBuilder::new(script).start();
    let (alice, bob) = (Wire::new(&server), Wire::new(&server));
    let everybody = |method: &str, number: u32| {
        let request = request(method, "", number, &alice, &bob);
        request.replacen(&format!("127.0.0.1:{}", bob.port), "255.255.255.255", 1)
    };
    alice.send(&everybody("INVITE", 1));
    alice.expect("SIP/2.0 100");
    alice.expect("SIP/2.0 480 Relayed with -6");
    alice.send(&request("ACK", ";tag=b", 1, &alice, &bob));
    // Without the flag it is a failure like any other.
    alice.send(&everybody("MESSAGE", 2));
    alice.expect("SIP/2.0 480 Lost with 477");
    // What can be sent is relayed with the flag as without it.
    alice.send(&request("INVITE", "", 3, &alice, &bob));
    bob.answer(&bob.expect("INVITE"), "200 OK", "b");
    alice.expect("SIP/2.0 100");
    alice.expect("SIP/2.0 200");
}
