//! Session descriptions and contacts as dialogs know them: what was refused changes nothing, what is pinged with stands.

use crate::dialog_call::{ALICE, BOB, Call, LOAD_DIALOG, counts, reply_as, reply_offering, script, world};
use crate::world::World;
use sip::Message;
use std::time::Duration;

const PARAMS: &str = "modparam(\"dialog\", \"reinvite_ping_interval\", 60)\n\
                      modparam(\"dialog\", \"options_ping_interval\", 60)\n";
const AUDIO: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nm=audio 4000 RTP/AVP 0\r\n";
const ANSWER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.20\r\ns=-\r\nm=audio 5000 RTP/AVP 0\r\n";
const FAX: &str = "v=0\r\no=- 1 2 IN IP4 192.0.2.10\r\ns=-\r\nm=image 4000 udptl t38\r\n";

/// What the next ping to a phone is, and what it offers.
fn next_ping(world: &mut World, phone: &str, method: &str) -> (Message, String) {
    world.pass(Duration::from_secs(61));
    let ping = world.last(phone, method);
    let body = String::from_utf8_lossy(ping.body()).into_owned();
    (ping, body)
}

#[test]
fn a_reinvite_ping_that_is_refused_ends_nothing() {
    let mut world = world(PARAMS, "r");
    Call::with_media(&mut world, AUDIO, ANSWER);
    for code in [401, 403, 415, 477, 486, 488, 500, 503, 603, 606] {
        let (ping, offer) = next_ping(&mut world, "bob", "INVITE");
        assert_eq!(offer, AUDIO);
        world.reply("bob", &ping, code, "No");
        counts(&world, [1, 0, 1, 0, 0]);
    }
    let (ping, _) = next_ping(&mut world, "bob", "INVITE");
    world.reply("bob", &ping, 481, "Gone");
    counts(&world, [0, 0, 1, 0, 0]);
    world.last("alice", "BYE");
}

#[test]
fn a_reinvite_that_was_refused_is_not_offered_by_pings() {
    let mut world = world(PARAMS, "r");
    let call = Call::with_media(&mut world, AUDIO, ANSWER);
    let fax = call.alice_offers(&mut world, 2, ALICE, FAX);
    world.reply("bob", &fax, 488, "Not Acceptable Here");
    let (ping, offer) = next_ping(&mut world, "bob", "INVITE");
    assert_eq!(offer, AUDIO);
    world.reply("bob", &ping, 488, "No");
    // One that is accepted is.
    let fax = call.alice_offers(&mut world, 3, ALICE, FAX);
    reply_offering(&mut world, "bob", &fax, BOB, ANSWER);
    assert_eq!(next_ping(&mut world, "bob", "INVITE").1, FAX);
}

#[test]
fn where_it_is_not_known_what_stands_options_pings() {
    let mut world = world(PARAMS, "r");
    let call = Call::with_media(&mut world, AUDIO, ANSWER);
    let long = format!("{AUDIO}a=x:{}\r\n", "y".repeat(9000));
    let longer = call.alice_offers(&mut world, 2, ALICE, &long);
    reply_offering(&mut world, "bob", &longer, BOB, ANSWER);
    let (ping, _) = next_ping(&mut world, "bob", "OPTIONS");
    world.reply("bob", &ping, 200, "OK");
    // Nor where an INVITE has offered nothing: the ACK's answer leaves as the script makes it.
    let mut other = self::world(PARAMS, "r");
    Call::answered(&mut other);
    next_ping(&mut other, "bob", "OPTIONS");
}

#[test]
fn each_branch_has_its_offer_and_who_answers_late_changes_none() {
    let branches = "append_branch(\"sip:carol@192.0.2.30\"); t_on_branch(\"media\"); create_dialog(\"Rr\");";
    let text = format!(
        "{}branch_route[media] {{ if ($rU == \"carol\") {{ replace_body(\"4000\", \"4200\"); }} }}\n",
        script(branches)
    );
    let mut world = World::with_params(&format!("{LOAD_DIALOG}loadmodule \"textops.so\"\n{PARAMS}"), &text);
    let mut call = Call::offering(&mut world, AUDIO);
    let at_carol = world.last("carol", "INVITE");
    assert!(String::from_utf8_lossy(at_carol.body()).contains("4200"));
    reply_as(&mut world, "carol", &at_carol, (183, "carol-tag"), "Contact: <sip:carol@192.0.2.30>\r\n", FAX);
    let at_bob = call.at_bob.clone();
    reply_offering(&mut world, "bob", &at_bob, BOB, ANSWER);
    call.success = Some(world.last("alice", "200"));
    call.ack(&mut world);
    reply_offering(&mut world, "carol", &at_carol, "Contact: <sip:carol@192.0.2.30>\r\n", FAX);
    world.last("alice", "200");
    let (ping, offer) = next_ping(&mut world, "bob", "INVITE");
    assert_eq!(offer, AUDIO);
    world.reply("bob", &ping, 488, "No");
    assert_eq!(String::from_utf8_lossy(world.last("alice", "INVITE").body()), ANSWER);
}

#[test]
fn a_command_asks_the_caller_with_what_stands() {
    let mut world = world("modparam(\"dialog\", \"dlg_extra_hdrs\", \"Hint: ours\\r\\n\")\n", "");
    Call::with_media(&mut world, AUDIO, ANSWER);
    let ask = |call_id: &str, more: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"dialog:send_sequential","params":{{"callid":"{call_id}"{more}}}}}"#
        )
    };
    assert!(world.manage(&ask("1@alice", "")).contains("Accepted"));
    let invite = world.last("alice", "INVITE");
    assert_eq!(String::from_utf8_lossy(invite.body()), ANSWER);
    assert_eq!(invite.headers_called(b"Hint").count(), 1);
    reply_offering(&mut world, "alice", &invite, ALICE, AUDIO);
    world.last("alice", "ACK");
    assert!(world.take("bob").is_none_or(|message| message.method_text() == b"ACK") && world.take("bob").is_none());
    assert!(world.manage(&ask("1@alice", r#","mode":"callee","method":"REFER""#)).contains("Accepted"));
    assert!(world.last("bob", "REFER").body().is_empty());
    // Where it is not known what stands, an offer must be given.
    let mut other = self::world("", "");
    Call::answered(&mut other);
    assert!(other.manage(&ask("1@alice", "")).contains("406"));
    assert!(other.manage(&ask("1@alice", r#","body":"custom:application/sdp:v=0""#)).contains("Accepted"));
}

#[test]
fn a_refused_reinvite_moves_no_target() {
    let mut world = world("", "");
    let call = Call::with_media(&mut world, AUDIO, ANSWER);
    let refused = call.alice_offers(&mut world, 2, "Contact: <sip:alice@192.0.2.40>\r\n", FAX);
    world.reply("bob", &refused, 488, "Not Acceptable Here");
    let end = r#"{"jsonrpc":"2.0","id":1,"method":"dialog:end_dlg","params":["1@alice"]}"#;
    assert!(world.manage(end).contains("OK"));
    assert_eq!(world.last("alice", "BYE").request_uri(), b"sip:alice@192.0.2.10");
}

#[test]
fn a_callee_behind_many_early_ones_is_reached() {
    let mut world = world("", "");
    let mut call = Call::begin(&mut world);
    let at_bob = call.at_bob.clone();
    for number in 0..40 {
        let contact = format!("Contact: <sip:bob{number}@192.0.2.30>\r\n");
        reply_as(&mut world, "bob", &at_bob, (180, &format!("early-{number}")), &contact, AUDIO);
    }
    call.answer(&mut world);
    call.ack(&mut world);
    let end = r#"{"jsonrpc":"2.0","id":1,"method":"dialog:end_dlg","params":["1@alice"]}"#;
    assert!(world.manage(end).contains("OK"));
    assert_eq!(world.last("bob", "BYE").to_tag(), Some(&b"bob-tag"[..]));
}
