//! Requests that do not fit their dialog, and dialogs that a request looks at besides its own.

use crate::dialog_call::{Call, LOAD_DIALOG, value};
use crate::world::World;
use sip::{HeaderName, Message};

const CHECKED: &str = r#"
route {
    if (has_totag()) {
        loose_route();
        if ($DLG_status == NULL) match_dialog();
        validate_dialog();
        $var(code) = $rc;
        xlog("$rm $DLG_dir $var(code)\n");
        if ($var(code) < 0 && is_method("BYE|INFO") && fix_route_dialog()) xlog("fixed $ru $du\n");
        t_relay();
        exit;
    }
    record_route();
    create_dialog();
    t_relay();
}
"#;

fn world() -> World {
    World::with_params(LOAD_DIALOG, CHECKED)
}

/// Sends a request of the call again with a part replaced.
fn changed(world: &mut World, request: &Message, part: &str, with: &str) {
    let text = String::from_utf8_lossy(request.bytes()).into_owned();
    assert!(text.contains(part), "{text}");
    world.send("alice", text.replace(part, with).replace("branch=z9hG4bKalicein", "branch=z9hG4bKchanged"));
}

#[test]
fn what_fits_passes() {
    let mut world = world();
    let call = Call::answered(&mut world);
    call.alice_sends(&mut world, "INFO", 2);
    call.bob_sends(&mut world, "INFO", 9);
    call.bob_sends(&mut world, "BYE", 10);
    assert_eq!(world.script_log(), ["ACK downstream 1", "INFO downstream 1", "INFO upstream 1", "BYE upstream 1"]);
}

#[test]
fn numbers_must_go_up() {
    let mut world = world();
    let call = Call::answered(&mut world);
    call.alice_sends(&mut world, "INFO", 5);
    world.script_log();
    call.alice_sends(&mut world, "INFO", 4);
    let again = call.alice_sends(&mut world, "UPDATE", 6);
    changed(&mut world, &again, "UPDATE", "NOTIFY");
    let codes: Vec<String> = world.script_log().into_iter().filter(|line| !line.starts_with("fixed")).collect();
    assert_eq!(codes, ["INFO downstream -1", "UPDATE downstream 1", "NOTIFY downstream -1"]);
}

#[test]
fn a_request_to_another_place_is_brought_back() {
    let mut world = world();
    let call = Call::answered(&mut world);
    let info = call.alice_sends(&mut world, "INFO", 2);
    world.script_log();
    changed(&mut world, &info, "INFO sip:bob@192.0.2.20", "INFO sip:bob@192.0.2.40");
    let text = String::from_utf8_lossy(info.bytes()).into_owned();
    let elsewhere = text.replace("INFO sip:bob@192.0.2.20", "BYE sip:mallory@192.0.2.40").replace("2 INFO", "3 BYE");
    world.send("alice", elsewhere.replace("in2INFO", "other"));
    assert_eq!(
        world.script_log(),
        [
            "INFO downstream -1",
            "fixed sip:bob@192.0.2.20 <null>",
            "BYE downstream -2",
            "fixed sip:bob@192.0.2.20 <null>"
        ]
    );
    assert_eq!(world.last("bob", "BYE").request_uri(), b"sip:bob@192.0.2.20");
}

#[test]
fn a_route_set_of_its_own_is_not_the_dialogs() {
    let mut world = world();
    let call = Call::answered(&mut world);
    let info = call.alice_sends(&mut world, "INFO", 2);
    world.script_log();
    let text = String::from_utf8_lossy(info.bytes()).into_owned();
    let detour = text.replace("From: ", "Route: <sip:192.0.2.40;lr>\r\nFrom: ").replace("2 INFO", "3 INFO");
    world.send("alice", detour.replace("in2INFO", "detour"));
    assert_eq!(world.script_log(), ["INFO downstream -3", "fixed sip:bob@192.0.2.20 <null>"]);
    let brought_back = world.last("bob", "INFO");
    assert_eq!(value(&brought_back, HeaderName::Route), "");
}

#[test]
fn a_request_without_route_is_matched_by_function() {
    let mut world = world();
    let call = Call::answered(&mut world);
    let info = call.alice_sends(&mut world, "INFO", 2);
    world.script_log();
    let text = String::from_utf8_lossy(info.bytes()).into_owned();
    let kept: Vec<&str> = text.split("\r\n").filter(|line| !line.starts_with("Route:")).collect();
    world.send("alice", kept.join("\r\n").replace("2 INFO", "3 INFO").replace("in2INFO", "bare"));
    assert_eq!(world.script_log(), ["INFO downstream 1"]);
    world.last("bob", "INFO");
    // Nor does the identifier of another server on the way say anything about ours.
    let foreign = kept.join("\r\n").replace("From: ", "Route: <sip:192.0.2.40;lr;did=1.2>\r\nFrom: ");
    world.send("alice", foreign.replace("2 INFO", "4 INFO").replace("in2INFO", "foreign"));
    assert_eq!(world.script_log()[0], "INFO downstream -3");
    // A stranger's is of no dialog.
    let strange = text.replace("tag=alice", "tag=mallory").replace("in2INFO", "strange");
    world.send("alice", strange);
    assert_eq!(world.script_log()[0], "INFO <null> -4");
}

#[test]
fn each_fork_is_checked_and_reached_by_its_tag() {
    let text = CHECKED.replace("create_dialog();", "create_dialog(); append_branch(\"sip:carol@192.0.2.30\");");
    let mut world = World::with_params(LOAD_DIALOG, &text.replace("is_method(\"BYE|INFO\")", "1"));
    let mut call = Call::begin(&mut world);
    let at_carol = world.last("carol", "INVITE");
    world.reply_with("carol", &at_carol, 183, "Progress", "Contact: <sip:carol@192.0.2.30>\r\n");
    let early = world.last("alice", "183");
    let to_carol = Call { invite: call.invite.clone(), at_bob: at_carol.clone(), success: Some(early) };
    let in_dialog = |world: &mut World, method: &str, number: u32| {
        // As a phone sends it: to the contact of the one that it is for.
        let text = to_carol.alice_text(method, number).replace("sip:bob@192.0.2.20 SIP", "sip:carol@192.0.2.30 SIP");
        world.send("alice", text);
        world.last("carol", method);
    };
    in_dialog(&mut world, "PRACK", 2);
    call.answer(&mut world);
    call.ack(&mut world);
    world.reply_with("carol", &at_carol, 200, "OK", "Contact: <sip:carol@192.0.2.30>\r\n");
    world.last("alice", "200");
    in_dialog(&mut world, "ACK", 1);
    in_dialog(&mut world, "BYE", 3);
    assert_eq!(world.script_log(), ["PRACK downstream 1", "ACK downstream 1", "ACK downstream 1", "BYE downstream 1"]);
    call.alice_sends(&mut world, "BYE", 2);
    world.last("bob", "BYE");
}

#[test]
fn a_message_works_on_its_own_dialog_again() {
    let text = r#"
route {
    record_route();
    create_dialog();
    $dlg_val(number) = $ci;
    if (load_dialog_ctx("1@alice", , 1)) {
        xlog("other $dlg_val(number)\n");
        unload_dialog_ctx();
    }
    xlog("own $dlg_val(number)\n");
    t_relay();
}
"#;
    let mut world = World::with_params(LOAD_DIALOG, text);
    Call::begin(&mut world);
    Call::begin(&mut world);
    assert_eq!(world.script_log(), ["other 1@alice", "own 1@alice", "other 1@alice", "own 2@alice"]);
}
