//! Requests of our own inside dialogs: BYE to both parties, pings, and the numbers that they take.

use crate::dialog_call::{Call, LOAD_DIALOG, counts, script, value, world};
use crate::world::World;
use sip::{HeaderName, Message};
use std::time::Duration;

fn manage(world: &mut World, method: &str, params: &str) -> String {
    world.manage(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#))
}

fn shown(message: &Message) -> String {
    let text = String::from_utf8_lossy(message.bytes()).replace("\r\n", "\n");
    let kept = |line: &&str| !line.starts_with("Via:") && !line.starts_with("User-Agent:");
    text.lines().filter(kept).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_call_whose_time_is_over_is_ended_at_both_sides() {
    let mut world = world("modparam(\"dialog\", \"default_timeout\", 10)\n", "bye-on-timeout");
    Call::answered(&mut world);
    world.pass(Duration::from_secs(9));
    counts(&world, [1, 0, 1, 0, 0]);
    world.pass(Duration::from_secs(2));
    counts(&world, [0, 0, 1, 1, 0]);
    let (at_alice, at_bob) = (world.last("alice", "BYE"), world.last("bob", "BYE"));
    assert_eq!(
        shown(&at_alice),
        "BYE sip:alice@192.0.2.10 SIP/2.0\nFrom: <sip:bob@192.0.2.20>;tag=bob-tag\n\
         To: <sip:alice@example.com>;tag=alice\nCall-ID: 1@alice\nCSeq: 1 BYE\nMax-Forwards: 70\nContent-Length: 0\n"
    );
    assert_eq!(
        shown(&at_bob),
        "BYE sip:bob@192.0.2.20 SIP/2.0\nFrom: <sip:alice@example.com>;tag=alice\n\
         To: <sip:bob@192.0.2.20>;tag=bob-tag\nCall-ID: 1@alice\nCSeq: 2 BYE\nMax-Forwards: 70\nContent-Length: 0\n"
    );
    world.reply("alice", &at_alice, 200, "OK");
    world.reply("bob", &at_bob, 481, "Gone");
    world.settle();
}

#[test]
fn without_bye_on_timeout_the_dialog_only_ends() {
    let created = r#"create_dialog(); $DLG_timeout = 5; dlg_on_timeout("late"); dlg_on_hangup("over");"#;
    let text = format!(
        "{}route[late] {{ xlog(\"late $DLG_status $DLG_end_reason\\n\"); }}
        route[over] {{ xlog(\"over $DLG_status $DLG_end_reason\\n\"); }}\n",
        script(created)
    );
    let mut world = World::with_params(LOAD_DIALOG, &text);
    Call::answered(&mut world);
    world.script_log();
    world.pass(Duration::from_secs(7));
    counts(&world, [0, 0, 1, 1, 0]);
    assert!(world.take("bob").is_none_or(|message| message.method_text() == b"ACK"));
    assert_eq!(world.script_log(), ["late 4 <null>", "over 5 Lifetime Timeout"]);
}

#[test]
fn the_timeout_route_prolongs_a_call() {
    // The first time at once, the second when a backend has answered; then it says nothing.
    let created = r#"create_dialog("bye-on-timeout"); $DLG_timeout = 5; $dlg_val(n) = 0; dlg_on_timeout("late");
        set_dlg_profile("all");"#;
    let text = format!(
        "{}route[late] {{
            $dlg_val(n) = $(dlg_val(n){{s.int}}) + 1;
            get_profile_size(\"all\", , $var(size));
            xlog(\"late $DLG_status $var(size)\\n\");
            if ($dlg_val(n) == 1) $DLG_timeout = 10;
            if ($dlg_val(n) == 2) {{ ask(\"db\"); $DLG_timeout = 10; }}
        }}\n",
        script(created)
    );
    let params = format!("{LOAD_DIALOG}modparam(\"dialog\", \"profiles_no_value\", \"all\")\n");
    let mut world = World::with_params(&params, &text);
    Call::answered(&mut world);
    world.script_log();
    world.pass(Duration::from_secs(7));
    assert_eq!(world.script_log(), ["late 4 1"]);
    world.pass(Duration::from_secs(11));
    assert_eq!(world.script_log(), ["late 4 1"]);
    // While it waits, the call goes on; and the route is not run again.
    world.pass(Duration::from_secs(3));
    counts(&world, [1, 0, 1, 0, 0]);
    world.answer(&["192.0.2.20"]);
    world.pass(Duration::from_secs(9));
    counts(&world, [1, 0, 1, 0, 0]);
    assert!(world.script_log().is_empty());
    world.pass(Duration::from_secs(2));
    assert_eq!(world.script_log(), ["late 4 1"]);
    counts(&world, [0, 0, 1, 1, 0]);
    for phone in ["alice", "bob"] {
        let bye = world.last(phone, "BYE");
        world.reply(phone, &bye, 200, "OK");
    }
    world.settle();
}

#[test]
fn a_call_that_is_hung_up_while_its_timeout_route_waits_has_ended() {
    let created = r#"create_dialog(); $DLG_timeout = 5; dlg_on_timeout("late");"#;
    let text = format!("{}route[late] {{ ask(\"db\"); $DLG_timeout = 100; }}\n", script(created));
    let mut world = World::with_params(LOAD_DIALOG, &text);
    let call = Call::answered(&mut world);
    world.pass(Duration::from_secs(7));
    call.bob_sends(&mut world, "BYE", 1);
    counts(&world, [0, 0, 1, 0, 0]);
    world.answer(&["192.0.2.20"]);
    world.pass(Duration::from_secs(2));
    counts(&world, [0, 0, 1, 0, 0]);
}

#[test]
fn the_way_to_each_party_goes_by_the_proxies_beyond_us() {
    let mut world = world("", "");
    let invite = "Record-Route: <sip:192.0.2.30;lr>\r\n";
    let mut call = Call::begin_with(&mut world, invite);
    let above = format!(
        "Record-Route: <sip:192.0.2.40;lr>\r\nRecord-Route: {}\r\nRecord-Route: <sip:192.0.2.30;lr>\r\n",
        value(&call.at_bob, HeaderName::RecordRoute)
    );
    let text = format!(
        "SIP/2.0 200 OK\r\nVia: {}\r\nVia: {}\r\n{above}From: {}\r\nTo: <sip:bob@192.0.2.20>;tag=bob-tag\r\n\
         Call-ID: 1@alice\r\nCSeq: 1 INVITE\r\nContact: <sip:bob@10.0.0.1>\r\nContent-Length: 0\r\n\r\n",
        value(&call.at_bob, HeaderName::Via),
        value(&call.invite, HeaderName::Via),
        value(&call.at_bob, HeaderName::From),
    );
    world.send("bob", text);
    call.success = Some(world.last("alice", "200"));
    assert!(manage(&mut world, "dialog:end_dlg", r#"["1@alice", "X-Why: enough\r\n"]"#).contains("OK"));
    let (to_alice, to_bob) = (world.last("carol", "BYE"), world.last("dave", "BYE"));
    assert_eq!(value(&to_alice, HeaderName::Route), "<sip:192.0.2.30;lr>");
    assert_eq!(to_alice.request_uri(), b"sip:alice@192.0.2.10");
    assert_eq!(value(&to_bob, HeaderName::Route), "<sip:192.0.2.40;lr>");
    assert_eq!(to_bob.request_uri(), b"sip:bob@10.0.0.1");
    assert_eq!(to_bob.headers_called(b"X-Why").count(), 1);
}

#[test]
fn a_ringing_call_is_ended_with_cancel_and_487() {
    let mut world = world("", "");
    let call = Call::begin(&mut world);
    world.reply("bob", &call.at_bob, 180, "Ringing");
    assert!(manage(&mut world, "dialog:end_dlg", r#"["1@alice"]"#).contains("OK"));
    world.last("alice", "487");
    let cancel = world.last("bob", "CANCEL");
    world.reply("bob", &cancel, 200, "OK");
    counts(&world, [0, 0, 1, 0, 1]);
    assert!(manage(&mut world, "dialog:end_dlg", r#"["1@alice"]"#).contains("404"));
}

#[test]
fn of_two_calls_with_one_call_id_the_one_that_is_named_ends() {
    // A proxy before us has forked: the same INVITE comes twice, to different phones.
    let mut world = world("", "");
    let first = Call::begin(&mut world);
    world.reply("bob", &first.at_bob, 180, "Ringing");
    let text = String::from_utf8_lossy(first.invite.bytes()).into_owned();
    world.send(
        "alice",
        text.replace("sip:bob@192.0.2.20 SIP", "sip:carol@192.0.2.30 SIP").replace("branch=", "branch=z9hG4bKfork"),
    );
    let at_carol = world.last("carol", "INVITE");
    world.reply("carol", &at_carol, 180, "Ringing");
    let route = value(&at_carol, HeaderName::RecordRoute);
    let did = route.split(";did=").nth(1).unwrap().trim_end_matches('>').to_owned();
    assert!(manage(&mut world, "dialog:end_dlg", &format!(r#"["{did}"]"#)).contains("OK"));
    world.last("carol", "CANCEL");
    counts(&world, [0, 1, 2, 0, 1]);
    assert!(world.take("bob").is_none());
}

#[test]
fn pings_move_the_numbers_of_what_follows() {
    let mut world = world("modparam(\"dialog\", \"options_ping_interval\", 10)\n", "options-ping-callee");
    let call = Call::answered(&mut world);
    for number in [2, 3] {
        world.pass(Duration::from_secs(11));
        let ping = world.last("bob", "OPTIONS");
        assert_eq!(ping.cseq().unwrap().number, number);
        assert_eq!(value(&ping, HeaderName::Contact), "<sip:alice@192.0.2.10>");
        world.reply("bob", &ping, 200, "OK");
    }
    call.alice_sends(&mut world, "INVITE", 2);
    let invite = world.last("bob", "INVITE");
    assert_eq!(invite.cseq().unwrap().number, 4);
    world.reply_with("bob", &invite, 200, "OK", "Contact: <sip:bob@192.0.2.20>\r\n");
    let success = world.last("alice", "200");
    assert_eq!(success.cseq().unwrap().number, 2);
    call.alice_sends(&mut world, "ACK", 2);
    assert_eq!(world.last("bob", "ACK").cseq().unwrap().number, 4);
    // What bob sends is not moved: alice was not pinged.
    call.bob_sends(&mut world, "BYE", 70);
    let bye = world.last("alice", "BYE");
    assert_eq!(bye.cseq().unwrap().number, 70);
    world.reply("alice", &bye, 200, "OK");
    assert_eq!(world.last("bob", "200 BYE").cseq().unwrap().number, 70);
    world.settle();
}

#[test]
fn a_refusal_of_a_moved_request_is_acknowledged_with_its_number_as_it_left() {
    let mut world = world("modparam(\"dialog\", \"options_ping_interval\", 10)\n", "p");
    let call = Call::answered(&mut world);
    world.pass(Duration::from_secs(11));
    let ping = world.last("bob", "OPTIONS");
    world.reply("bob", &ping, 200, "OK");
    let reinvite = call.alice_sends(&mut world, "INVITE", 2);
    let invite = world.last("bob", "INVITE");
    world.reply("bob", &invite, 488, "No");
    assert_eq!(world.last("bob", "ACK").cseq().unwrap().number, 3);
    let refusal = world.last("alice", "488");
    assert_eq!(refusal.cseq().unwrap().number, 2);
    world.ack("alice", &reinvite, &refusal);
    counts(&world, [1, 0, 1, 0, 0]);
}

#[test]
fn a_party_that_answers_no_ping_ends_the_call() {
    let mut world = world("modparam(\"dialog\", \"options_ping_interval\", 60)\n", "Pp");
    Call::answered(&mut world);
    world.pass(Duration::from_secs(61));
    let ping = world.last("alice", "OPTIONS");
    world.reply("alice", &ping, 200, "OK");
    world.last("bob", "OPTIONS");
    counts(&world, [1, 0, 1, 0, 0]);
    world.pass(Duration::from_secs(33));
    counts(&world, [0, 0, 1, 0, 0]);
    world.last("alice", "BYE");
    world.last("bob", "BYE");
    world.settle();
}

#[test]
fn a_party_that_does_not_know_the_call_ends_it() {
    let mut world = world("modparam(\"dialog\", \"reinvite_ping_interval\", 60)\n", "reinvite-ping-callee");
    Call::with_media(&mut world, "v=0\r\no=a", "v=0\r\no=b");
    world.pass(Duration::from_secs(61));
    let ping = world.last("bob", "INVITE");
    world.reply("bob", &ping, 491, "Request Pending");
    counts(&world, [1, 0, 1, 0, 0]);
    world.pass(Duration::from_secs(60));
    let ping = world.last("bob", "INVITE");
    world.reply("bob", &ping, 481, "Call Does Not Exist");
    world.last("bob", "ACK");
    counts(&world, [0, 0, 1, 0, 0]);
    world.last("alice", "BYE");
}

#[test]
fn a_reinvite_ping_offers_what_was_offered_and_is_acknowledged() {
    let mut world = world("modparam(\"dialog\", \"reinvite_ping_interval\", 60)\n", "R");
    let mut call = Call::begin(&mut world);
    let sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.20\r\ns=-\r\n";
    let text = format!(
        "SIP/2.0 200 OK\r\nVia: {}\r\nVia: {}\r\nRecord-Route: {}\r\nFrom: {}\r\nTo: <sip:bob@192.0.2.20>;tag=bob-tag\r\n\
         Call-ID: 1@alice\r\nCSeq: 1 INVITE\r\nContact: <sip:bob@192.0.2.20>\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{sdp}",
        value(&call.at_bob, HeaderName::Via),
        value(&call.invite, HeaderName::Via),
        value(&call.at_bob, HeaderName::RecordRoute),
        value(&call.at_bob, HeaderName::From),
        sdp.len(),
    );
    world.send("bob", text);
    call.success = Some(world.last("alice", "200"));
    call.ack(&mut world);
    world.pass(Duration::from_secs(61));
    let ping = world.last("alice", "INVITE");
    assert_eq!(ping.body(), sdp.as_bytes());
    world.reply_with("alice", &ping, 200, "OK", "Contact: <sip:alice@192.0.2.10>\r\n");
    let ack = world.last("alice", "ACK");
    assert_eq!(ack.cseq().unwrap().number, ping.cseq().unwrap().number);
    counts(&world, [1, 0, 1, 0, 0]);
}

#[test]
fn requests_that_a_command_has_sent() {
    let mut world = world("", "");
    Call::answered(&mut world);
    let params = r#"{"callid":"1@alice","mode":"callee","method":"INFO","body":"custom:text/plain:hello"}"#;
    assert!(manage(&mut world, "dialog:send_sequential", params).contains("Accepted"));
    let info = world.last("bob", "INFO");
    assert_eq!((info.body(), info.content_type()), (&b"hello"[..], Some(&b"text/plain"[..])));
    world.reply("bob", &info, 200, "OK");
    let unknown = manage(&mut world, "dialog:send_sequential", r#"{"callid":"nosuch"}"#);
    assert!(unknown.contains("Dialog Not Found"), "{unknown}");
    let bad = manage(&mut world, "dialog:send_sequential", r#"{"callid":"1@alice","mode":"nobody"}"#);
    assert!(bad.contains("Invalid mode"), "{bad}");
    world.settle();
}

#[test]
fn a_profile_is_ended_as_a_whole() {
    let text = script("create_dialog(); set_dlg_profile(\"caller\", $fU);");
    let params = format!("{LOAD_DIALOG}modparam(\"dialog\", \"profiles_with_value\", \"caller ; other\")\n");
    let mut world = World::with_params(&params, &text);
    Call::answered(&mut world);
    Call::answered(&mut world);
    let size = manage(&mut world, "dialog:profile_get_size", r#"["caller","alice"]"#);
    assert!(size.contains(r#""count":2"#), "{size}");
    assert!(manage(&mut world, "dialog:profile_end_dlgs", r#"["caller","bob"]"#).contains("OK"));
    counts(&world, [2, 0, 2, 0, 0]);
    assert!(manage(&mut world, "dialog:profile_end_dlgs", r#"["caller","alice"]"#).contains("OK"));
    counts(&world, [0, 0, 2, 0, 0]);
    let size = manage(&mut world, "dialog:profile_get_size", r#"["caller"]"#);
    assert!(size.contains(r#""count":0"#), "{size}");
}
