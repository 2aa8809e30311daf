//! A Contact that cannot be read. A proxy has no use for it and passes it on (RFC 3261 section 16.3); a dialog is
//! followed, and knows that it does not know how that party is reached.

use crate::dialog_call::{ALICE, BOB, Call, LOAD_DIALOG, counts, value, world};
use crate::world::World;
use sip::HeaderName;
use std::time::Duration;

const UNREADABLE: [&str; 10] = [
    "",
    "*",
    "<>",
    "<sip:alice@192.0.2.10",
    "\"Alice <sip:alice@192.0.2.10>",
    "<sip:alice@>",
    "<sip:alice@192.0.2.10:99999>",
    "<alice at home>",
    "sip:alice@192.0.2.10 and more",
    // What no request can be sent to.
    "<mailto:alice@example.com>",
];

#[test]
fn a_proxy_passes_on_what_it_cannot_read() {
    for contact in UNREADABLE {
        for method in ["INVITE", "SUBSCRIBE"] {
            let mut world = World::new("route { record_route(); t_relay(); }");
            world.request("alice", method, "sip:bob@192.0.2.20", &format!("Contact: {contact}\r\n"));
            let bob = world.last("bob", method);
            assert_eq!(value(&bob, HeaderName::Contact), contact);
            world.reply_with("bob", &bob, 200, "OK", &format!("Contact: {contact}\r\n"));
            assert_eq!(value(&world.last("alice", "200"), HeaderName::Contact), contact);
            world.settle();
        }
    }
}

/// Alice calls with this Contact, and bob answers with that.
fn call(world: &mut World, alice: &str, bob: &str) -> Call {
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", alice);
    let at_bob = world.last("bob", "INVITE");
    world.reply_with("bob", &at_bob, 200, "OK", bob);
    let success = Some(world.last("alice", "200"));
    let call = Call { invite, at_bob, success };
    call.ack(world);
    world.last("bob", "ACK");
    call
}

#[test]
fn a_dialog_keeps_no_contact_that_cannot_be_read() {
    for contact in UNREADABLE {
        let unreadable = format!("Contact: {contact}\r\n");
        for (alice, bob, reached) in [(&unreadable[..], BOB, "bob"), (ALICE, &unreadable, "alice")] {
            let mut world = world("modparam(\"dialog\", \"default_timeout\", 10)\n", "bye-on-timeout");
            call(&mut world, alice, bob);
            counts(&world, [1, 0, 1, 0, 0]);
            let listed = world.manage(r#"{"jsonrpc":"2.0","id":1,"method":"dialog:list"}"#);
            let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
            let dialog = &listed["result"]["Dialogs"][0];
            let contacts = [&dialog["caller_contact"], &dialog["CALLEES"][0]["callee_contact"]];
            let known = ["sip:alice@192.0.2.10", "sip:bob@192.0.2.20"];
            let expected = if reached == "bob" { ["", known[1]] } else { [known[0], ""] };
            assert_eq!(contacts, expected, "{contact}: {dialog}");
            // Its time is over: who can be reached gets a BYE, and the dialog ends all the same.
            world.pass(Duration::from_secs(11));
            counts(&world, [0, 0, 1, 1, 0]);
            let bye = world.last(reached, "BYE");
            world.reply(reached, &bye, 200, "OK");
            let other = if reached == "bob" { "alice" } else { "bob" };
            assert!(world.take(other).is_none(), "{contact}");
            world.settle();
        }
    }
}

/// A target refresh without a target refreshes nothing.
#[test]
fn a_new_contact_that_cannot_be_read_leaves_the_old_one() {
    let text = crate::dialog_call::script("create_dialog();").replace(
        "t_relay();\n        exit;",
        "if (is_method(\"BYE\")) { validate_dialog(); xlog(\"valid $rc\\n\"); }\n        t_relay();\n        exit;",
    );
    let mut world = World::with_params(LOAD_DIALOG, &text);
    let call = call(&mut world, ALICE, BOB);
    let success = call.success.as_ref().unwrap();
    let routes = value(success, HeaderName::RecordRoute);
    let again = format!(
        "INVITE sip:bob@192.0.2.20 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKagain\r\n\
         Max-Forwards: 70\r\nRoute: {routes}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 2 INVITE\r\n\
         Contact: <alice at home>\r\nContent-Length: 0\r\n\r\n",
        value(&call.invite, HeaderName::From),
        value(success, HeaderName::To),
        value(&call.invite, HeaderName::CallId),
    );
    world.send("alice", again);
    let at_bob = world.last("bob", "INVITE");
    assert_eq!(value(&at_bob, HeaderName::Contact), "<alice at home>");
    world.reply_with("bob", &at_bob, 200, "OK", BOB);
    world.last("alice", "200");
    let bye = call.bob_sends(&mut world, "BYE", 7);
    assert_eq!(bye.request_uri(), b"sip:alice@192.0.2.10");
    let at_alice = world.last("alice", "BYE");
    world.reply("alice", &at_alice, 200, "OK");
    let said = world.script_log();
    assert!(said.iter().any(|line| line == "valid 1"), "{said:?}");
    world.settle();
}
