//! The races of RFC 5407 as a proxy with dialogs sees them.

use crate::dialog_call::{BOB, Call, counts, world};
use std::time::Duration;

#[test]
fn a_bye_that_crosses_the_200_of_its_invite_ends_the_call() {
    // Section 3.1.3: alice has an early dialog and hangs up with BYE; bob has answered already.
    let mut world = world("", "");
    let mut call = Call::begin(&mut world);
    world.reply("bob", &call.at_bob, 180, "Ringing");
    call.success = Some(world.last("alice", "180"));
    call.alice_sends(&mut world, "BYE", 2);
    counts(&world, [0, 1, 1, 0, 0]);
    call.answer(&mut world);
    counts(&world, [1, 0, 1, 0, 0]);
    call.ack(&mut world);
    call.alice_sends(&mut world, "BYE", 3);
    counts(&world, [0, 0, 1, 0, 0]);
    world.settle();
}

#[test]
fn an_early_bye_that_is_obeyed_is_a_call_that_failed() {
    let mut world = world("", "");
    let mut call = Call::begin(&mut world);
    world.reply("bob", &call.at_bob, 180, "Ringing");
    call.success = Some(world.last("alice", "180"));
    call.alice_sends(&mut world, "BYE", 2);
    world.reply("bob", &call.at_bob, 487, "Request Terminated");
    counts(&world, [0, 0, 1, 0, 1]);
    world.settle();
}

#[test]
fn a_bye_may_come_before_the_ack() {
    // Section 3.1.4
    let mut world = world("", "");
    let mut call = Call::begin(&mut world);
    call.answer(&mut world);
    call.alice_sends(&mut world, "BYE", 2);
    counts(&world, [0, 0, 1, 0, 0]);
    call.ack(&mut world);
    counts(&world, [0, 0, 1, 0, 0]);
    world.last("bob", "ACK");
    world.settle();
}

#[test]
fn both_hang_up_at_the_same_time() {
    // Section 3.2.1
    let mut world = world("", "");
    let call = Call::answered(&mut world);
    call.alice_sends(&mut world, "BYE", 2);
    call.bob_sends(&mut world, "BYE", 1);
    counts(&world, [0, 0, 1, 0, 0]);
    let (at_bob, at_alice) = (world.last("bob", "BYE"), world.last("alice", "BYE"));
    world.reply("bob", &at_bob, 200, "OK");
    world.reply("alice", &at_alice, 200, "OK");
    world.last("alice", "200 BYE");
    world.last("bob", "200 BYE");
    world.settle();
    counts(&world, [0, 0, 1, 0, 0]);
}

#[test]
fn a_200_that_crosses_the_cancel_is_an_answer() {
    // Section 3.1.2: alice must acknowledge and hang up.
    let mut world = world("", "");
    let mut call = Call::begin(&mut world);
    world.reply("bob", &call.at_bob, 180, "Ringing");
    world.cancel("alice", &call.invite, "");
    call.answer(&mut world);
    counts(&world, [1, 0, 1, 0, 0]);
    call.ack(&mut world);
    call.alice_sends(&mut world, "BYE", 2);
    counts(&world, [0, 0, 1, 0, 0]);
    world.settle();
}

#[test]
fn a_call_that_was_cancelled_and_answered_is_ended_where_the_script_wants_it() {
    let mut world = world("", "end-on-race-condition");
    let mut call = Call::begin(&mut world);
    world.reply("bob", &call.at_bob, 180, "Ringing");
    world.cancel("alice", &call.invite, "");
    call.answer(&mut world);
    counts(&world, [1, 0, 1, 0, 0]);
    world.pass(Duration::from_secs(7));
    counts(&world, [0, 0, 1, 0, 0]);
    for phone in ["alice", "bob"] {
        let bye = world.last(phone, "BYE");
        world.reply(phone, &bye, 200, "OK");
    }
    world.settle();
}

#[test]
fn a_cancel_that_comes_after_the_200_has_passed_ends_the_call_too() {
    for (flags, expected) in [("E", 0), ("", 1)] {
        let mut world = world("", flags);
        let mut call = Call::begin(&mut world);
        world.reply("bob", &call.at_bob, 180, "Ringing");
        call.answer(&mut world);
        world.cancel("alice", &call.invite, "");
        call.ack(&mut world);
        counts(&world, [1, 0, 1, 0, 0]);
        world.pass(Duration::from_secs(7));
        counts(&world, [expected, 0, 1, 0, 0]);
        if expected == 0 {
            world.last("alice", "BYE");
            world.last("bob", "BYE");
        }
    }
}

#[test]
fn an_early_bye_that_crosses_the_200_ends_the_call_where_the_script_wants_it() {
    let mut world = world("", "E");
    let mut call = Call::begin(&mut world);
    world.reply("bob", &call.at_bob, 180, "Ringing");
    call.success = Some(world.last("alice", "180"));
    call.alice_sends(&mut world, "BYE", 2);
    call.answer(&mut world);
    call.ack(&mut world);
    counts(&world, [1, 0, 1, 0, 0]);
    world.pass(Duration::from_secs(7));
    counts(&world, [0, 0, 1, 0, 0]);
    world.last("bob", "BYE");
}

#[test]
fn a_200_that_comes_again_changes_nothing() {
    let mut world = world("", "");
    let mut call = Call::begin(&mut world);
    call.answer(&mut world);
    world.reply_with("bob", &call.at_bob, 200, "OK", BOB);
    call.ack(&mut world);
    world.reply_with("bob", &call.at_bob, 200, "OK", BOB);
    counts(&world, [1, 0, 1, 0, 0]);
    call.bob_sends(&mut world, "BYE", 1);
    world.reply_with("bob", &call.at_bob, 200, "OK", BOB);
    counts(&world, [0, 0, 1, 0, 0]);
}
