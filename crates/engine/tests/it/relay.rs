//! One branch: calls and other requests through the proxy.

use crate::world::World;
use std::time::Duration;

const RELAY: &str = r#"
route {
    if (has_totag()) {
        if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
        if (!loose_route()) { sl_send_reply(404, "Not here"); exit; }
        t_relay();
        exit;
    }
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    record_route();
    t_relay();
}
"#;

#[test]
fn a_whole_call() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 180, "Ringing");
    world.pass(Duration::from_secs(2));
    world.reply("bob", &at_bob, 200, "OK");
    let success = world.last("alice", "200");
    world.ack_success("alice", &invite, &success, "sip:bob@192.0.2.20");
    world.expect(
        "
        0.000  |-- INVITE -->|             |             |             |
        0.000  |<--- 100 ----|             |             |             |
        0.000  |             |-- INVITE -->|             |             |
        0.000  |             |<--- 180 ----|             |             |
        0.000  |<--- 180 ----|             |             |             |
        2.000  |             |<--- 200 ----|             |             |
        2.000  |<--- 200 ----|             |             |             |
        2.000  |--- ACK ---->|             |             |             |
        2.000  |             |--- ACK ---->|             |             |
        ",
    );
    assert_eq!(world.count("tm:2xx_transactions"), 1);
    world.settle();
    let hooks: Vec<String> = world.log().into_iter().filter(|line| line.starts_with("hook: ")).collect();
    assert_eq!(
        hooks,
        [
            "hook: created",
            "hook: request out 0",
            "hook: reply in 0 180",
            "hook: reply out 180",
            "hook: reply in 0 200",
            "hook: reply out 200",
            "hook: acknowledged",
            "hook: ended",
        ]
    );
}

#[test]
fn the_ack_to_a_2xx_goes_by_its_route_set() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 200, "OK");
    let success = world.last("alice", "200");
    world.ack_success("alice", &invite, &success, "sip:bob@192.0.2.20");
    let ack = String::from_utf8_lossy(world.last("bob", "ACK").bytes()).into_owned();
    assert!(!ack.contains("Route:"), "{ack}");
}

#[test]
fn the_ack_to_a_2xx_of_ours_ends_here() {
    let mut world = World::new(
        r#"route {
            if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
            t_reply(200, "OK");
        }"#,
    );
    let invite = world.request("alice", "INVITE", "sip:echo@192.0.2.1", "");
    let success = world.last("alice", "200");
    world.ack_success("alice", &invite, &success, "sip:echo@192.0.2.1");
    world.expect(
        "
        0.000  |-- INVITE -->|             |             |             |
        0.000  |<--- 100 ----|             |             |             |
        0.000  |<--- 200 ----|             |             |             |
        0.000  |--- ACK ---->|             |             |             |
        ",
    );
}

#[test]
fn what_the_callee_gets() {
    let mut world = World::new(RELAY);
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "Supported: path\r\n");
    let at_bob = world.last("bob", "INVITE");
    let branch = String::from_utf8_lossy(at_bob.top_via().unwrap().branch().unwrap()).into_owned();
    assert_eq!(
        String::from_utf8_lossy(at_bob.bytes()).replace(&branch, "BRANCH"),
        "INVITE sip:bob@192.0.2.20 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=BRANCH\r\n\
         Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKalice1\r\nRecord-Route: <sip:192.0.2.1;lr;ftag=alice>\r\n\
         Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=alice\r\nTo: <sip:bob@192.0.2.20>\r\nCall-ID: 1@alice\r\n\
         CSeq: 1 INVITE\r\nSupported: path\r\nContent-Length: 0\r\n\r\n"
    );
    assert!(branch.starts_with("z9hG4bKstw") && branch.ends_with(".0"), "{branch}");
}

#[test]
fn retransmissions_are_absorbed_and_sent() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.again("alice", &invite);
    world.pass(Duration::from_secs(4));
    world.expect(
        "
        0.000  |-- INVITE -->|             |             |             |
        0.000  |<--- 100 ----|             |             |             |
        0.000  |             |-- INVITE -->|             |             |
        0.000  |-- INVITE -->|             |             |             |
        0.000  |<--- 100 ----|             |             |             |
        0.510  |             |-- INVITE -->|             |             |
        1.520  |             |-- INVITE -->|             |             |
        3.530  |             |-- INVITE -->|             |             |
        ",
    );
    let resent = ["tm:retransmission_req_T1_1", "tm:retransmission_req_T1_2", "tm:retransmission_req_T1_3"];
    assert_eq!(resent.map(|name| world.count(name)), [1, 1, 1]);
    world.settle();
}

#[test]
fn a_callee_that_never_answers() {
    let mut world = World::with_params(r#"modparam("tm", "fr_timeout", 5)"#, RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.pass(Duration::from_secs(5));
    world.ladder.clear();
    world.pass(Duration::from_millis(20));
    let timeout = world.last("alice", "408");
    world.ack("alice", &invite, &timeout);
    world.passed("proxy>alice 408; alice>proxy ACK");
    assert_eq!(world.count("tm:timeout_finalresponse"), 1);
    world.settle();
}

#[test]
fn a_callee_that_rings_for_ever() {
    let mut world = World::with_params(r#"modparam("tm", "fr_inv_timeout", 10)"#, RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 180, "Ringing");
    world.pass(Duration::from_millis(9_990));
    world.ladder.clear();
    world.pass(Duration::from_millis(30));
    world.passed("proxy>bob CANCEL; proxy>alice 408");
    let cancel = world.last("bob", "CANCEL");
    world.reply("bob", &cancel, 200, "OK");
    world.reply("bob", &at_bob, 487, "Request Terminated");
    let timeout = world.last("alice", "408");
    world.ack("alice", &invite, &timeout);
    world.passed("bob>proxy 200 CANCEL; bob>proxy 487; proxy>bob ACK; alice>proxy ACK");
    assert_eq!(world.count("tm:timeout_finalresponse_inv"), 1);
    world.settle();
}

#[test]
fn a_reply_route_may_say_how_long_a_callee_may_ring() {
    let mut world = World::new(
        r#"
route { t_on_reply("rings"); t_relay(); }
onreply_route[rings] { if ($rs == 180) $T_fr_inv_timeout = 7; }
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 183, "Session Progress");
    world.pass(Duration::from_secs(60));
    world.reply("bob", &at_bob, 180, "Ringing");
    world.pass(Duration::from_millis(6_990));
    world.ladder.clear();
    world.pass(Duration::from_millis(30));
    world.passed("proxy>bob CANCEL; proxy>alice 408");
    world.settle();
}

#[test]
fn a_refusal_is_sent_until_it_is_acknowledged() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 486, "Busy Here");
    world.reply("bob", &at_bob, 486, "Busy Here");
    world.pass(Duration::from_millis(1_600));
    world.expect(
        "
        0.000  |-- INVITE -->|             |             |             |
        0.000  |<--- 100 ----|             |             |             |
        0.000  |             |-- INVITE -->|             |             |
        0.000  |             |<--- 486 ----|             |             |
        0.000  |             |--- ACK ---->|             |             |
        0.000  |<--- 486 ----|             |             |             |
        0.000  |             |<--- 486 ----|             |             |
        0.000  |             |--- ACK ---->|             |             |
        0.510  |<--- 486 ----|             |             |             |
        1.520  |<--- 486 ----|             |             |             |
        ",
    );
    let busy = world.last("alice", "486");
    world.ack("alice", &invite, &busy);
    world.again("alice", &invite);
    world.passed("alice>proxy ACK; alice>proxy INVITE; proxy>alice 486");
    world.pass(Duration::from_secs(4));
    world.passed("");
    world.settle();
}

#[test]
fn the_2xx_of_a_lost_ack_passes_again() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 200, "OK");
    world.pass(Duration::from_secs(20));
    world.ladder.clear();
    world.reply("bob", &at_bob, 200, "OK");
    world.again("alice", &invite);
    world.passed("bob>proxy 200; proxy>alice 200; alice>proxy INVITE; proxy>alice 200");
    world.settle();
}

#[test]
fn reply_routes_know_the_call_when_its_2xx_comes_again() {
    let mut world = World::with_params(
        r#"modparam("tm", "onreply_avp_mode", 1)"#,
        r#"
route {
    $avp(who) = "alice's";
    setflag("SEEN");
    t_on_reply("reply");
    t_relay();
}
onreply_route[reply] { xlog("$rs of $avp(who) call to $T_ruri, flag $msg.flag(SEEN)\n"); }
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 200, "OK");
    world.pass(Duration::from_secs(20));
    world.reply("bob", &at_bob, 200, "OK");
    assert_eq!(world.script_log(), ["200 of alice's call to sip:bob@192.0.2.20, flag 1"; 2]);
    world.settle();
}

#[test]
fn other_requests_than_invite() {
    let mut world = World::new(RELAY);
    world.request("alice", "MESSAGE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "MESSAGE");
    world.pass(Duration::from_millis(600));
    world.reply("bob", &at_bob, 100, "Trying");
    world.pass(Duration::from_secs(4));
    world.reply("bob", &at_bob, 202, "Accepted");
    world.expect(
        "
        0.000  |--- MESSAGE ---->|                 |                 |                 |
        0.000  |                 |--- MESSAGE ---->|                 |                 |
        0.510  |                 |--- MESSAGE ---->|                 |                 |
        0.600  |                 |<- 100 MESSAGE --|                 |                 |
        3.510  |<- 100 MESSAGE --|                 |                 |                 |
        4.600  |                 |<- 202 MESSAGE --|                 |                 |
        4.600  |<- 202 MESSAGE --|                 |                 |                 |
        ",
    );
    world.settle();
}

#[test]
fn a_503_does_not_reach_the_caller() {
    let mut world = World::new(RELAY);
    world.request("alice", "MESSAGE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "MESSAGE");
    world.reply("bob", &at_bob, 503, "Service Unavailable");
    assert_eq!(world.last("alice", "500").status(), 500);
    world.settle();
}

#[test]
fn routes_run_for_replies_and_failures() {
    let mut world = World::with_params(
        r#"modparam("tm", "onreply_avp_mode", 1)"#,
        r#"
route {
    $avp(who) = "alice's";
    setflag("SEEN");
    t_on_branch("branch");
    t_on_reply("reply");
    t_on_failure("failure");
    t_relay();
}
branch_route[branch] {
    xlog("branch $T_branch_idx to $ru\n");
    t_on_reply("of_branch");
    append_hf("X-Branch: yes\r\n");
    $bavp(mark) = "b";
}
onreply_route { xlog("any $rs\n"); }
onreply_route[of_branch] { xlog("branch's $rs $bavp(mark)\n"); }
onreply_route[reply] {
    xlog("all $rs of $avp(who) call, flag $msg.flag(SEEN)\n");
    if ($rs == 183) drop;
    append_hf("X-Seen: $rs\r\n");
}
failure_route[failure] {
    xlog("failed with $T_reply_code $(<reply>rr), $ru\n");
    if (t_check_status("486")) {
        $ru = "sip:carol@192.0.2.30";
        t_on_failure("failure");
        t_relay();
    }
}
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    assert_eq!(at_bob.headers_called(b"X-Branch").count(), 1);
    world.reply("bob", &at_bob, 183, "Progress");
    world.reply("bob", &at_bob, 180, "Ringing");
    world.reply("bob", &at_bob, 486, "Busy Here");
    let at_carol = world.last("carol", "INVITE");
    assert_eq!(at_carol.headers_called(b"X-Branch").count(), 1);
    world.reply("carol", &at_carol, 404, "Not Found");
    let refusal = world.last("alice", "404");
    assert_eq!(refusal.headers_called(b"X-Seen").next().unwrap().value, b"404");
    world.passed(
        "alice>proxy INVITE; proxy>alice 100; proxy>bob INVITE; bob>proxy 183; bob>proxy 180; proxy>alice 180; \
         bob>proxy 486; proxy>bob ACK; proxy>carol INVITE; carol>proxy 404; proxy>carol ACK; proxy>alice 404",
    );
    assert_eq!(
        world.script_log(),
        [
            "branch 0 to sip:bob@192.0.2.20",
            "any 183",
            "branch's 183 b",
            "all 183 of alice's call, flag 1",
            "any 180",
            "branch's 180 b",
            "all 180 of alice's call, flag 1",
            "any 486",
            "branch's 486 b",
            "all 486 of alice's call, flag 1",
            "failed with 486 Busy Here, sip:bob@192.0.2.20",
            "branch 1 to sip:carol@192.0.2.30",
            "any 404",
            "branch's 404 b",
            "all 404 of alice's call, flag 1",
            "failed with 404 Not Found, sip:carol@192.0.2.30",
        ]
    );
    world.settle();
}

#[test]
fn a_new_script_leaves_calls_alone() {
    let mut world =
        World::new(r#"route { t_on_reply("old"); t_relay(); } onreply_route[old] { xlog("old route\n"); }"#);
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reload(r#"route { sl_send_reply(503, "Moved"); } onreply_route[new] { xlog("new route\n"); }"#);
    world.request("alice", "OPTIONS", "sip:bob@192.0.2.20", "");
    world.reply("bob", &at_bob, 200, "OK");
    assert_eq!(world.script_log(), ["old route"]);
    world.passed(
        "alice>proxy INVITE; proxy>alice 100; proxy>bob INVITE; alice>proxy OPTIONS; proxy>alice 503 OPTIONS; \
         bob>proxy 200; proxy>alice 200",
    );
    world.settle();
}

#[test]
fn the_script_may_send_the_100_itself() {
    let mut world = World::with_params(r#"modparam("tm", "auto_100trying", 0)"#, RELAY);
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.passed("alice>proxy INVITE; proxy>bob INVITE");
    world.settle();
}

#[test]
fn all_replies_of_our_own_are_counted() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    assert_eq!(world.count("tm:local_replies"), 1, "the 100");
    world.cancel("alice", &invite, "");
    assert_eq!(world.count("tm:local_replies"), 2, "the 200 to the CANCEL");
    world.settle();
}

#[test]
fn replies_of_our_own_are_told_from_others() {
    let mut world = World::with_params(
        r#"modparam("tm", "fr_timeout", 3)"#,
        r#"
route { append_branch("sip:carol@192.0.2.30"); t_on_failure("failed"); t_relay(); }
failure_route[failed] {
    if (t_local_replied("all")) xlog("all ours\n");
    if (t_local_replied("last")) xlog("last ours\n");
}
"#,
    );
    for (carol_answers, expected) in [(false, &["all ours", "last ours"][..]), (true, &[])] {
        world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
        let carol = world.last("carol", "INVITE");
        if carol_answers {
            world.reply("carol", &carol, 486, "Busy Here");
        }
        world.pass(Duration::from_secs(4));
        assert_eq!(world.script_log(), expected);
    }
    world.settle();
}

#[test]
fn reply_and_failure_routes_see_the_uri_that_the_request_left_with() {
    let script = r#"
route { $ru = "sip:bob@192.0.2.20"; t_on_reply("r"); t_on_failure("f"); t_relay(); }
onreply_route[r] { xlog("reply $(<request>ru) $(<request>rU) of $(<request>ou)\n"); }
failure_route[f] { xlog("failure $ru of $ou, $(<reply>rs)\n"); }
"#;
    let mut world = World::new(script);
    world.request("alice", "MESSAGE", "sip:bob@example.com", "");
    let message = world.last("bob", "MESSAGE");
    world.reply("bob", &message, 486, "Busy");
    let expected = [
        "reply sip:bob@192.0.2.20 bob of sip:bob@example.com",
        "failure sip:bob@192.0.2.20 of sip:bob@example.com, 486",
    ];
    assert_eq!(world.script_log(), expected);
    world.settle();
}

#[test]
fn a_trace_names_what_is_done() {
    let script = r#"
route {
    script_trace(1, "$rm", "me");
    if (t_check_trans()) exit;
    $var(x) = 1;
    setflag("NAT");
    exit;
}
"#;
    let mut world = World::new(script);
    world.request("alice", "OPTIONS", "sip:example.com", "");
    let lines: Vec<String> =
        world.script_log().iter().filter_map(|line| Some(line.split_once("][me]")?.1.to_owned())).collect();
    let expected = ["[core if]", "[module t_check_trans]", "[assign equal]", "[core setflag]", "[core exit]"]
        .map(|action| format!("{action} -> (OPTIONS)"));
    assert_eq!(lines, expected);
}

/// The ACK to a 2xx of bob's only passes: a script must not take it for its own, yet relay it.
#[test]
fn the_ack_to_a_2xx_that_passed_is_told_from_others() {
    let mut world = World::new(
        r#"
route {
    if (is_method("ACK")) { t_check_trans(); xlog("ACK $rc\n"); t_relay(); exit; }
    if ($rU == "echo") { t_reply(200, "OK"); exit; }
    t_relay();
}
"#,
    );
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 200, "OK");
    let success = world.last("alice", "200");
    world.ack_success("alice", &invite, &success, "sip:bob@192.0.2.20");
    assert_eq!(world.last("bob", "ACK").request_uri(), b"sip:bob@192.0.2.20");
    let invite = world.request("alice", "INVITE", "sip:echo@192.0.2.1", "");
    let success = world.last("alice", "200");
    world.ack_success("alice", &invite, &success, "sip:echo@192.0.2.1");
    // Of a call that nobody knows.
    world.request("alice", "ACK", "sip:bob@192.0.2.20", "");
    assert_eq!(world.script_log(), ["ACK -2", "ACK 1", "ACK -1"]);
    world.settle();
}

/// Flags set after `t_newtran()` are the transaction's at once; `t_flush_flags()` says whether there is one.
#[test]
fn flags_set_late_are_seen_in_the_other_routes() {
    let mut world = World::new(
        r#"
route {
    t_flush_flags();
    xlog("before: $rc\n");
    t_newtran();
    setflag("LATE");
    t_flush_flags();
    xlog("after: $rc\n");
    t_on_reply("any");
    t_on_failure("lost");
    t_relay();
}
onreply_route[any] { if (isflagset("LATE")) xlog("reply: set\n"); resetflag("LATE"); setflag("LATER"); }
failure_route[lost] { if (!isflagset("LATE") && isflagset("LATER")) xlog("failure: changed\n"); }
"#,
    );
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 486, "Busy Here");
    let reply = world.last("alice", "486");
    world.ack("alice", &invite, &reply);
    assert_eq!(world.script_log(), ["before: -1", "after: 1", "reply: set", "failure: changed"]);
    world.settle();
}
