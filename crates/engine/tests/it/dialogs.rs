//! Dialogs as calls go: states, matching, values, routes, events.

use crate::dialog_call::{Call, LOAD_DIALOG, counts, script, world};
use crate::world::World;
use sip::HeaderName;
use std::time::Duration;

#[test]
fn a_call_from_invite_to_bye() {
    let mut world = world("", "");
    let mut call = Call::begin(&mut world);
    counts(&world, [0, 0, 1, 0, 0]);
    let record_route = crate::dialog_call::value(&call.at_bob, HeaderName::RecordRoute);
    assert!(record_route.contains(";did="), "{record_route}");
    world.reply("bob", &call.at_bob, 180, "Ringing");
    counts(&world, [0, 1, 1, 0, 0]);
    call.answer(&mut world);
    counts(&world, [1, 0, 1, 0, 0]);
    call.ack(&mut world);
    let bye = call.alice_sends(&mut world, "BYE", 2);
    counts(&world, [0, 0, 1, 0, 0]);
    let at_bob = world.last("bob", "BYE");
    assert_eq!(at_bob.cseq().unwrap().number, bye.cseq().unwrap().number);
    world.reply("bob", &at_bob, 200, "OK");
    world.last("alice", "200 BYE");
    assert_eq!(world.script_log(), ["ACK downstream 4 <null>", "BYE downstream 5 Downstream BYE"]);
    world.settle();
    counts(&world, [0, 0, 1, 0, 0]);
}

#[test]
fn a_callee_hangs_up() {
    let mut world = world("", "");
    let call = Call::answered(&mut world);
    call.bob_sends(&mut world, "BYE", 1);
    assert_eq!(world.script_log()[1..], ["BYE upstream 5 Upstream BYE"]);
    counts(&world, [0, 0, 1, 0, 0]);
    world.last("alice", "BYE");
}

#[test]
fn calls_that_fail() {
    let mut world = world("", "");
    let call = Call::begin(&mut world);
    world.reply("bob", &call.at_bob, 180, "Ringing");
    world.reply("bob", &call.at_bob, 486, "Busy Here");
    counts(&world, [0, 0, 1, 0, 1]);
    let call = Call::begin(&mut world);
    world.reply("bob", &call.at_bob, 180, "Ringing");
    world.cancel("alice", &call.invite, "");
    counts(&world, [0, 1, 2, 0, 1]);
    world.reply("bob", &call.at_bob, 487, "Request Terminated");
    counts(&world, [0, 0, 2, 0, 2]);
    // Nobody answers at all.
    Call::begin(&mut world);
    world.settle();
    counts(&world, [0, 0, 3, 0, 3]);
}

#[test]
fn a_dialog_that_the_script_forgets_ends_with_its_transaction() {
    let text = "route { t_newtran(); create_dialog(); }";
    let mut world = World::with_params(LOAD_DIALOG, text);
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    counts(&world, [0, 0, 1, 0, 0]);
    world.settle();
    counts(&world, [0, 0, 1, 0, 1]);
}

#[test]
fn a_call_that_is_refused_without_a_transaction_leaves_no_dialog() {
    let text = r#"route { create_dialog(); if ($rU == "bob") { ask("db"); } sl_send_reply(403, "No"); }"#;
    let mut world = World::with_params(LOAD_DIALOG, text);
    world.request("alice", "INVITE", "sip:carol@192.0.2.30", "");
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    counts(&world, [0, 0, 2, 0, 0]);
    world.pass(Duration::from_secs(7));
    // Bob's script still waits.
    counts(&world, [0, 0, 2, 0, 1]);
    world.answer(&["192.0.2.20"]);
    world.pass(Duration::from_secs(7));
    counts(&world, [0, 0, 2, 0, 2]);
}

#[test]
fn the_modes_of_matching() {
    // What the Record-Route says is broken on the way: only Call-ID and tags are left.
    for (mode, expected) in [(0, ["BYE <null> <null> <null>"]), (1, ["BYE downstream 5 Downstream BYE"])] {
        let mut world = world(&format!("modparam(\"dialog\", \"dlg_match_mode\", {mode})\n"), "");
        let mut call = Call::answered(&mut world);
        world.script_log();
        let text = String::from_utf8_lossy(call.success.as_ref().unwrap().bytes()).into_owned();
        let start = text.find(";did=").unwrap();
        let end = start + text[start..].find('>').unwrap();
        let without = format!("{}{}", &text[..start], &text[end..]);
        call.success = Some(sip::Message::parse(without.into(), &sip::Limits::default()).unwrap());
        call.alice_sends(&mut world, "BYE", 2);
        assert_eq!(world.script_log(), expected);
    }
    let mut world = world("modparam(\"dialog\", \"dlg_match_mode\", 2)\n", "");
    let call = Call::answered(&mut world);
    let record_route = crate::dialog_call::value(&call.at_bob, HeaderName::RecordRoute);
    assert!(!record_route.contains(";did="), "{record_route}");
    call.alice_sends(&mut world, "BYE", 2);
    counts(&world, [0, 0, 1, 0, 0]);
}

#[test]
fn a_request_with_other_tags_is_not_of_the_dialog() {
    let mut world = world("", "");
    let mut call = Call::answered(&mut world);
    world.script_log();
    let text = String::from_utf8_lossy(call.success.as_ref().unwrap().bytes()).replace("bob-tag", "other-tag");
    call.success = Some(sip::Message::parse(text.into(), &sip::Limits::default()).unwrap());
    call.alice_sends(&mut world, "BYE", 2);
    assert_eq!(world.script_log(), ["BYE <null> <null> <null>"]);
    counts(&world, [1, 0, 1, 0, 0]);
}

#[test]
fn values_and_flags_go_with_the_dialog() {
    let text = r#"
route {
    if (has_totag()) {
        loose_route();
        xlog("$rm $dlg_val(who) $DLG_flags\n");
        if (is_dlg_flag_set("paid")) { $dlg_val(who) = NULL; }
        t_relay();
        exit;
    }
    record_route();
    create_dialog();
    $dlg_val(who) = $fU;
    set_dlg_flag("paid");
    t_on_reply("heard");
    t_relay();
}
onreply_route[heard] { xlog("$rs $DLG_status $dlg_val(who)\n"); }
"#;
    let mut world = World::with_params(LOAD_DIALOG, text);
    let call = Call::answered(&mut world);
    call.bob_sends(&mut world, "BYE", 1);
    assert_eq!(world.script_log(), ["200 1 alice", "ACK alice paid", "BYE <null> paid"]);
}

#[test]
fn routes_run_when_it_is_answered_and_when_it_ends() {
    let created = r#"create_dialog(); dlg_on_answer("answered"); dlg_on_hangup("over");"#;
    let text = format!(
        "{}route[answered] {{ xlog(\"answered $rs $DLG_status\\n\"); }}\nroute[over] {{ xlog(\"over $rm $DLG_end_reason\\n\"); }}\n",
        script(created)
    );
    let mut world = World::with_params(LOAD_DIALOG, &text);
    let call = Call::answered(&mut world);
    call.bob_sends(&mut world, "BYE", 1);
    assert_eq!(
        world.script_log(),
        ["answered 200 3", "ACK downstream 4 <null>", "BYE upstream 5 Upstream BYE", "over BYE Upstream BYE"]
    );
}

#[test]
fn state_changes_are_events() {
    let text = format!(
        "{}event_route[E_DLG_STATE_CHANGED] {{ xlog(\"$param(callid) $param(old_state)>$param(new_state) $param(to_tag)\\n\"); }}\n",
        script("create_dialog();")
    );
    let mut world = World::with_params(LOAD_DIALOG, &text);
    let call = Call::answered(&mut world);
    call.alice_sends(&mut world, "BYE", 2);
    let said: Vec<String> =
        world.script_log().into_iter().filter(|line| line.contains('>') && !line.contains("null>")).collect();
    assert_eq!(said, ["1@alice 1>3 bob-tag", "1@alice 3>4 bob-tag", "1@alice 4>5 bob-tag"]);
}

#[test]
fn a_fork_answered_twice_is_one_dialog_until_its_own_bye() {
    let text = script("create_dialog(); append_branch(\"sip:carol@192.0.2.30\");");
    let mut world = World::with_params(LOAD_DIALOG, &text);
    let mut call = Call::begin(&mut world);
    let at_carol = world.last("carol", "INVITE");
    call.answer(&mut world);
    call.ack(&mut world);
    world.reply_with("carol", &at_carol, 200, "OK", "Contact: <sip:carol@192.0.2.30>\r\n");
    let second = world.last("alice", "200");
    counts(&world, [1, 0, 1, 0, 0]);
    // Alice hangs up the one who was too late; the call goes on.
    let late = Call { invite: call.invite.clone(), at_bob: at_carol, success: Some(second) };
    late.alice_sends(&mut world, "BYE", 2);
    counts(&world, [1, 0, 1, 0, 0]);
    call.alice_sends(&mut world, "BYE", 3);
    counts(&world, [0, 0, 1, 0, 0]);
}

#[test]
fn a_dialog_stays_known_for_its_delay() {
    let mut world = world("modparam(\"dialog\", \"delete_delay\", 5)\n", "");
    let call = Call::answered(&mut world);
    call.alice_sends(&mut world, "BYE", 2);
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"dialog:list"}"#;
    assert!(world.manage(list).contains("\"state\":5"));
    world.pass(Duration::from_secs(7));
    assert!(world.manage(list).contains("\"count\":0"));
}

#[test]
fn a_target_refresh_is_followed() {
    let mut world = world("", "bye-on-timeout");
    let call = Call::answered(&mut world);
    call.bob_sends(&mut world, "INVITE", 5);
    let at_alice = world.last("alice", "INVITE");
    world.reply_with("alice", &at_alice, 200, "OK", "Contact: <sip:alice@192.0.2.40>\r\n");
    let end = r#"{"jsonrpc":"2.0","id":1,"method":"dialog:end_dlg","params":["1@alice"]}"#;
    assert!(world.manage(end).contains("OK"));
    // Alice is now where dave is.
    let bye = world.last("dave", "BYE");
    assert_eq!(bye.request_uri(), b"sip:alice@192.0.2.40");
    assert_eq!(bye.cseq().unwrap().number, 6);
}

#[test]
fn script_helper_makes_dialogs_without_a_line_of_script() {
    let helper = "loadmodule \"script_helper.so\"\nmodparam(\"script_helper\", \"use_dialog\", 1)\n\
                  modparam(\"script_helper\", \"create_dialog_flags\", \"bye-on-timeout\")\n\
                  modparam(\"dialog\", \"default_timeout\", 20)\n";
    let params = format!("{LOAD_DIALOG}{helper}");
    let mut world = World::with_params(&params, "route { t_relay(); }");
    let call = Call::answered(&mut world);
    counts(&world, [1, 0, 1, 0, 0]);
    call.bob_sends(&mut world, "BYE", 1);
    counts(&world, [0, 0, 1, 0, 0]);
    Call::answered(&mut world);
    world.pass(Duration::from_secs(22));
    counts(&world, [0, 0, 2, 1, 0]);
    world.last("bob", "BYE");
}
