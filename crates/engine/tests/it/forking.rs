//! Several branches: RFC 3261 section 16.7.

use crate::world::World;
use std::time::Duration;

/// To bob and carol at the same time.
const FORK: &str = r#"
route {
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    $ru = "sip:bob@192.0.2.20";
    append_msg_branch("sip:carol@192.0.2.30");
    t_relay();
}
"#;

/// A forked INVITE, and what bob and carol received.
fn forked() -> (World, sip::Message, sip::Message, sip::Message) {
    let mut world = World::new(FORK);
    let invite = world.request("alice", "INVITE", "sip:team@example.com", "");
    let (bob, carol) = (world.last("bob", "INVITE"), world.last("carol", "INVITE"));
    world.ladder.clear();
    (world, invite, bob, carol)
}

#[test]
fn who_answers_first_gets_the_call() {
    let (mut world, _, bob, carol) = forked();
    assert_ne!(bob.top_via().unwrap().branch(), carol.top_via().unwrap().branch());
    world.reply("bob", &bob, 180, "Ringing");
    world.reply("carol", &carol, 180, "Ringing");
    world.reply("carol", &carol, 200, "OK");
    world.reply("bob", &bob, 487, "Request Terminated");
    world.passed(
        "bob>proxy 180; proxy>alice 180; carol>proxy 180; proxy>alice 180; carol>proxy 200; proxy>alice 200; \
         proxy>bob CANCEL; bob>proxy 487; proxy>bob ACK",
    );
    world.settle();
}

#[test]
fn both_answers_reach_the_caller() {
    let (mut world, _, bob, carol) = forked();
    world.reply("bob", &bob, 200, "OK");
    world.reply("carol", &carol, 200, "OK");
    world.passed("bob>proxy 200; proxy>alice 200; carol>proxy 200; proxy>alice 200");
    world.settle();
}

#[test]
fn the_best_refusal_is_chosen_when_all_have_refused() {
    let (mut world, _, bob, carol) = forked();
    world.reply("bob", &bob, 486, "Busy Here");
    world.passed("bob>proxy 486; proxy>bob ACK");
    world.reply("carol", &carol, 404, "Not Found");
    world.passed("carol>proxy 404; proxy>carol ACK; proxy>alice 404");
    world.settle();
}

#[test]
fn a_6xx_ends_the_search() {
    let (mut world, _, bob, carol) = forked();
    world.reply("carol", &carol, 180, "Ringing");
    world.ladder.clear();
    world.reply("bob", &bob, 603, "Decline");
    world.passed("bob>proxy 603; proxy>bob ACK; proxy>carol CANCEL");
    world.reply("carol", &carol, 487, "Request Terminated");
    world.passed("carol>proxy 487; proxy>carol ACK; proxy>alice 603");
    world.settle();
}

#[test]
fn challenges_of_all_branches_go_up_together() {
    let (mut world, _, bob, carol) = forked();
    world.reply_with("bob", &bob, 407, "Auth", "Proxy-Authenticate: Digest realm=\"b\", nonce=\"1\"\r\n");
    world.reply_with("carol", &carol, 401, "Auth", "WWW-Authenticate: Digest realm=\"c\", nonce=\"2\"\r\n");
    let reply = world.last("alice", "40");
    assert_eq!(reply.headers_called(b"Proxy-Authenticate").count(), 1);
    assert_eq!(reply.headers_called(b"WWW-Authenticate").count(), 1);
    world.settle();
}

#[test]
fn a_silent_branch_counts_less_than_any_reply() {
    let (mut world, _, bob, _) = forked();
    world.reply("bob", &bob, 480, "Unavailable");
    world.pass(Duration::from_secs(31));
    assert_eq!(world.last("alice", "480").status(), 480);
    world.settle();
}

#[test]
fn a_branch_route_can_drop_its_branch() {
    let mut world = World::new(
        r#"
route {
    append_msg_branch("sip:carol@192.0.2.30");
    t_on_branch("only_carol");
    t_relay();
}
branch_route[only_carol] { if ($rU == "bob") drop; }
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let carol = world.last("carol", "INVITE");
    world.reply("carol", &carol, 200, "OK");
    world.passed("alice>proxy INVITE; proxy>alice 100; proxy>carol INVITE; carol>proxy 200; proxy>alice 200");
    world.settle();
}

#[test]
fn nobody_waits_for_a_minor_branch() {
    let mut world = World::with_params(
        r#"modparam("tm", "minor_branch_flag", "MINOR")"#,
        r#"
route {
    append_msg_branch("sip:carol@192.0.2.30");
    t_on_branch("mark");
    t_relay();
}
branch_route[mark] { if ($rU == "carol") setbflag("MINOR"); }
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let (bob, carol) = (world.last("bob", "INVITE"), world.last("carol", "INVITE"));
    world.reply("carol", &carol, 183, "Announcement");
    world.ladder.clear();
    world.reply("bob", &bob, 486, "Busy Here");
    world.passed("bob>proxy 486; proxy>bob ACK; proxy>carol CANCEL; proxy>alice 486");
    world.reply("carol", &carol, 487, "Request Terminated");
    world.settle();
}

#[test]
fn branches_one_after_the_other() {
    let mut world = World::new(
        r#"
route {
    $ru = "sip:bob@192.0.2.20";
    append_msg_branch("sip:carol@192.0.2.30", "0.5");
    $msg.branch.q = "0.5";
    $(msg.branch.q[0]) = "0.9";
    serialize_branches(1);
    next_branches();
    t_on_failure("next");
    t_relay();
}
failure_route[next] {
    if (next_branches()) {
        t_on_failure("next");
        t_relay();
    }
}
"#,
    );
    world.request("alice", "INVITE", "sip:team@example.com", "");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 480, "Unavailable");
    let carol = world.last("carol", "INVITE");
    world.reply("carol", &carol, 486, "Busy Here");
    world.passed(
        "alice>proxy INVITE; proxy>alice 100; proxy>bob INVITE; bob>proxy 480; proxy>bob ACK; proxy>carol INVITE; \
         carol>proxy 486; proxy>carol ACK; proxy>alice 486",
    );
    world.settle();
}

#[test]
fn a_branch_can_be_cancelled_from_its_reply_route() {
    let mut world = World::new(
        r#"
route { t_on_reply("early"); t_relay(); }
onreply_route[early] { if ($rs == 183) { t_cancel_branch(); drop; } }
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "INVITE");
    world.ladder.clear();
    world.reply("bob", &bob, 183, "Progress");
    world.reply("bob", &bob, 487, "Request Terminated");
    world.passed("bob>proxy 183; proxy>bob CANCEL; bob>proxy 487; proxy>bob ACK; proxy>alice 487");
    world.settle();
}

#[test]
fn a_copy_is_of_no_interest_to_the_caller() {
    let mut world = World::new(r#"route { t_newtran(); t_replicate("sip:copy@192.0.2.30"); t_reply(200, "OK"); }"#);
    world.request("alice", "REGISTER", "sip:example.com", "");
    let copy = world.last("carol", "REGISTER");
    assert_eq!(copy.request_uri(), b"sip:copy@192.0.2.30");
    world.reply("carol", &copy, 403, "Forbidden");
    world.passed("alice>proxy REGISTER; proxy>carol REGISTER; proxy>alice 200 REGISTER; carol>proxy 403 REGISTER");
    world.settle();
}

#[test]
fn a_parked_call_gets_its_branches_later() {
    let mut world = World::new(
        r#"
route {
    if (is_method("OPTIONS")) { t_reply_by_callid(486, "Gone", "1@alice"); sl_send_reply(200, "OK"); exit; }
    t_newtran();
    t_wait_for_new_branches();
}
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.pass(Duration::from_secs(60));
    world.request("dave", "OPTIONS", "sip:example.com", "");
    world.passed("alice>proxy INVITE; proxy>alice 100; dave>proxy OPTIONS; proxy>alice 486; proxy>dave 200 OPTIONS");
    world.settle();
}

#[test]
fn a_reply_route_can_add_branches() {
    let mut world = World::new(
        r#"
route { t_on_reply("more"); t_wait_for_new_branches(1); t_relay(); }
onreply_route[more] {
    if ($rs == 180) {
        append_msg_branch("sip:carol@192.0.2.30");
        t_inject_branches("msg", "last");
    }
}
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 180, "Ringing");
    let carol = world.last("carol", "INVITE");
    world.reply("carol", &carol, 486, "Busy Here");
    world.reply("bob", &bob, 404, "Not Found");
    world.passed(
        "alice>proxy INVITE; proxy>alice 100; proxy>bob INVITE; bob>proxy 180; proxy>carol INVITE; proxy>alice 180; \
         carol>proxy 486; proxy>carol ACK; bob>proxy 404; proxy>bob ACK; proxy>alice 404",
    );
    world.settle();
}

#[test]
fn what_branch_route_changes_is_its_branchs_alone() {
    let mut world = World::new(
        r#"
route {
    append_msg_branch("sip:carol@192.0.2.30");
    append_msg_branch("sip:dave@192.0.2.40");
    add_rr_param(";all=1");
    append_hf("X-All: 1\r\n");
    t_on_branch("each");
    t_relay();
}
branch_route[each] {
    if ($rU != "dave") record_route();
    add_rr_param(";of=$rU");
    append_hf("X-Of: $rU\r\n");
    if ($rU == "bob") add_local_rport();
}
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let text = |message: &sip::Message| {
        let lines = message.headers_called(b"Record-Route").chain(message.headers_called(b"X-Of"));
        let lines: Vec<_> = lines.map(|header| String::from_utf8_lossy(header.value).into_owned()).collect();
        let asks = message.top_via().unwrap().rport().is_some();
        format!("{} {asks} {}", lines.join(" "), message.headers_called(b"X-All").count())
    };
    let received: Vec<String> =
        ["bob", "carol", "dave"].iter().map(|phone| text(&world.last(phone, "INVITE"))).collect();
    assert_eq!(
        received,
        [
            "<sip:192.0.2.1;lr;ftag=alice;all=1;of=bob> bob true 1",
            "<sip:192.0.2.1;lr;ftag=alice;all=1;of=carol> carol false 1",
            "dave false 1",
        ]
    );
    world.settle();
}

#[test]
fn a_reply_counts_with_the_code_that_onreply_route_gives_it() {
    let mut world = World::new(
        r#"
route {
    append_msg_branch("sip:carol@192.0.2.30");
    t_on_reply("soften");
    t_on_failure("failed");
    t_relay();
}
onreply_route[soften] { if ($rs == 603) change_reply_status(404, "Nobody here"); }
failure_route[failed] { xlog("failed $T_branch_idx $tm.branch.socket: $T_reply_code $T_branch_last_reply_code\n"); }
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let (bob, carol) = (world.last("bob", "INVITE"), world.last("carol", "INVITE"));
    world.reply("carol", &carol, 180, "Ringing");
    world.ladder.clear();
    // As a 603 it would end the search; as a 404 it waits for carol, and wins over her 486.
    world.reply("bob", &bob, 603, "Decline");
    world.passed("bob>proxy 603; proxy>bob ACK");
    world.reply("carol", &carol, 486, "Busy Here");
    world.passed("carol>proxy 486; proxy>carol ACK; proxy>alice 404");
    assert_eq!(world.last("alice", "404").reason(), b"Nobody here");
    let log = world.log();
    assert!(log.iter().any(|line| line == "failed 0 udp:192.0.2.1:5060: 404 404"), "{log:?}");
    assert!(log.iter().any(|line| line == "hook: reply out 404"), "{log:?}");
    world.settle();
}

#[test]
fn an_answer_that_crosses_the_cancel_of_a_callee_who_rang_too_long_is_one() {
    let mut world = World::with_params(r#"modparam("tm", "fr_inv_timeout", 10)"#, FORK);
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let (at_bob, at_carol) = (world.last("bob", "INVITE"), world.last("carol", "INVITE"));
    world.reply("bob", &at_bob, 180, "Ringing");
    world.pass(Duration::from_secs(5));
    world.reply("carol", &at_carol, 180, "Ringing");
    world.pass(Duration::from_millis(5_010));
    world.last("bob", "CANCEL");
    world.log();
    world.reply("bob", &at_bob, 200, "OK");
    world.last("alice", "200");
    // Who accounts calls hears of it.
    let heard: Vec<String> = world.log().into_iter().filter(|line| line.starts_with("hook: reply out 200")).collect();
    assert_eq!(heard, ["hook: reply out 200"]);
    let cancel = world.last("carol", "CANCEL");
    world.reply("carol", &cancel, 200, "OK");
    world.reply("carol", &at_carol, 487, "Request Terminated");
    world.settle();
}

/// Who watches hears of a failure though the failure route goes on: a call that somebody missed was missed.
#[test]
fn each_attempt_that_fails_is_told_before_the_failure_route_runs() {
    let mut world = World::new(
        r#"
route { t_on_failure("next"); t_relay(); }
failure_route[next] { xlog("failed with $T_reply_code\n"); $ru = "sip:carol@192.0.2.30"; t_relay(); }
"#,
    );
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 486, "Busy Here");
    let carol = world.last("carol", "INVITE");
    world.reply("carol", &carol, 603, "Decline");
    let reply = world.last("alice", "603");
    world.ack("alice", &invite, &reply);
    let said = world.log().into_iter().filter(|line| line.contains("failed")).collect::<Vec<_>>();
    assert_eq!(said, ["hook: failed 486", "failed with 486", "hook: failed 603"]);
    world.settle();
}

#[test]
fn others_may_be_tried_after_a_6xx_where_that_is_allowed() {
    for (value, last) in [(0, "proxy>alice 603"), (1, "proxy>carol INVITE")] {
        let mut world = World::with_params(
            &format!(r#"modparam("tm", "disable_6xx_block", {value})"#),
            r#"
route { t_on_failure("next"); t_relay(); }
failure_route[next] { $ru = "sip:carol@192.0.2.30"; t_relay(); }
"#,
        );
        world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
        let bob = world.last("bob", "INVITE");
        world.ladder.clear();
        world.reply("bob", &bob, 603, "Decline");
        world.passed(&format!("bob>proxy 603; proxy>bob ACK; {last}"));
        world.settle();
    }
}

/// `/active` counts in the branches of the last `t_relay()`, `/all` in those of the whole transaction.
#[test]
fn branches_are_counted_in_all_or_in_those_of_the_last_relaying() {
    let mut world = World::new(
        r#"
route {
    append_msg_branch("sip:carol@192.0.2.30");
    t_on_failure("next");
    t_relay();
}
failure_route[next] {
    route(show, "failed");
    $ru = "sip:dave@192.0.2.40";
    setbflag("LAST");
    t_on_branch("note");
    t_on_reply("rings");
    t_relay();
    route(show, "relayed");
}
branch_route[note] { $(tm.branch.attr(who)[0/active]) = "dave"; }
onreply_route[rings] {
    route(show, "rings");
    $var(i) = 0;
    $(tm.branch.attr(who)[$var(i)/all]) = "bob";
    xlog("$(tm.branch.attr(who)[0]) $(tm.branch.attr(who)[2/all]) $(tm.branch.flag(LAST)[$var(i)/active])$(tm.branch.flag(LAST)[0/all])\n");
}
route[show] {
    xlog("$param(1): $(tm.branch.uri[0/active]) $(tm.branch.uri[-1/active]) $(tm.branch.uri[0/all]) $(tm.branch.uri[1/active]) $(tm.branch.uri[-2/active])\n");
}
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let (bob, carol) = (world.last("bob", "INVITE"), world.last("carol", "INVITE"));
    world.reply("bob", &bob, 486, "Busy Here");
    world.reply("carol", &carol, 486, "Busy Here");
    let at_dave = world.last("dave", "INVITE");
    world.reply("dave", &at_dave, 180, "Ringing");
    let shown: Vec<String> = world.log().into_iter().filter(|line| !line.starts_with("hook")).collect();
    let (bob, carol, dave) = ("sip:bob@192.0.2.20", "sip:carol@192.0.2.30", "sip:dave@192.0.2.40");
    assert_eq!(
        shown,
        [
            // What failed is what was relayed last.
            format!("failed: {bob} {carol} {bob} {carol} {bob}"),
            format!("relayed: {dave} {dave} {bob} <null> <null>"),
            format!("rings: {dave} {dave} {bob} <null> <null>"),
            "bob dave 10".to_owned(),
        ]
    );
    world.reply("dave", &at_dave, 200, "OK");
    world.settle();
}

#[test]
fn a_branch_is_found_by_an_attribute() {
    let mut world = World::new(
        r#"
route {
    $msg.branch.attr(kind) = "phone";
    append_msg_branch("sip:carol@192.0.2.30");
    $(msg.branch.attr(kind)[1]) = "pstn";
    $(msg.branch.attr(cost)[1]) = 7;
    append_msg_branch("sip:dave@192.0.2.40");
    $(msg.branch.attr(kind)[2]) = "phone";
    t_on_reply("look");
    t_relay();
}
onreply_route[look] {
    $var(i) = "none";
    if (t_get_branch_idx_by_attr("kind", "pstn", , $var(i))) xlog("pstn $var(i)\n");
    if (t_get_branch_idx_by_attr("kind", "phone", , $var(i))) xlog("phone $var(i)\n");
    if (t_get_branch_idx_by_attr("kind", "phone", , $var(i), 1)) xlog("phone from 1: $var(i)\n");
    if (t_get_branch_idx_by_attr("cost", , 7, $var(i))) xlog("cost $var(i)\n");
    if (t_get_branch_idx_by_attr("cost")) xlog("any cost\n");
    $var(i) = "none";
    if (!t_get_branch_idx_by_attr("cost", , 8, $var(i))) xlog("no such cost: $var(i)\n");
    if (!t_get_branch_idx_by_attr("kind", "phone", , $var(i), 3)) xlog("none from 3: $var(i)\n");
    if (!t_get_branch_idx_by_attr("colour", , , $var(i))) xlog("no colour: $var(i)\n");
}
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let dave = world.last("dave", "INVITE");
    world.reply("dave", &dave, 180, "Ringing");
    let expected = [
        "pstn 1",
        "phone 0",
        "phone from 1: 2",
        "cost 1",
        "any cost",
        "no such cost: none",
        "none from 3: none",
        "no colour: none",
    ];
    assert_eq!(world.script_log(), expected);
    world.settle();
}
