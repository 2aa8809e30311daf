//! What modules do with messages before the script sees them.

use crate::world::World;
use std::time::Duration;

const HELPER: &str = "loadmodule \"script_helper.so\"\n";

#[test]
fn requests_in_dialogs_never_reach_the_script() {
    let mut world = World::with_params(
        &format!("{HELPER}modparam(\"script_helper\", \"sequential_route\", \"seq\")"),
        r#"route { xlog("main $rm\n"); t_relay(); } route[seq] { xlog("seq $rm\n"); }"#,
    );
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 200, "OK");
    let success = world.last("alice", "200");
    world.ack_success("alice", &invite, &success, "sip:bob@192.0.2.20");
    world.passed(
        "alice>proxy INVITE; proxy>alice 100; proxy>bob INVITE; bob>proxy 200; proxy>alice 200; alice>proxy ACK; \
         proxy>bob ACK",
    );
    assert_eq!(world.script_log(), ["main INVITE", "seq ACK"]);
    world.settle();
}

#[test]
fn what_belongs_to_no_dialog_is_not_here() {
    let mut world = World::with_params(HELPER, r#"route { xlog("main $rm\n"); }"#);
    world.send(
        "alice",
        "BYE sip:bob@192.0.2.20 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:b@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
    );
    world.passed("alice>proxy BYE; proxy>alice 404 BYE");
    assert!(world.script_log().is_empty());
    world.settle();
}

#[test]
fn a_route_of_a_gate_may_wait() {
    let mut world = World::with_params(
        &format!("{HELPER}modparam(\"script_helper\", \"sequential_route\", \"seq\")"),
        r#"route { } route[seq] { if (ask("db")) exit; }"#,
    );
    let bye = "BYE sip:bob@192.0.2.20 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\n\
        Route: <sip:192.0.2.1;lr>\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n\
        Content-Length: 0\r\n\r\n";
    world.send("alice", bye);
    world.passed("alice>proxy BYE");
    world.answer(&[]);
    world.passed("proxy>bob BYE");
    let at_bob = world.last("bob", "BYE");
    world.reply("bob", &at_bob, 200, "OK");
    world.passed("bob>proxy 200 BYE; proxy>alice 200 BYE");
    world.send("alice", bye.replace("bK1", "bK2"));
    world.answer(&["192.0.2.1"]);
    world.passed("alice>proxy BYE");
    world.settle();
}

/// Trusts bob, and checks all others.
const PIKE: &str = "loadmodule \"pike.so\"\nmodparam(\"pike\", \"reqs_density_per_unit\", 2)\n\
    modparam(\"pike\", \"check_route\", \"check\")";
const CHECK: &str = r#"
route { xlog("main\n"); sl_send_reply(200, "OK"); }
onreply_route { xlog("reply\n"); }
route[check] { setflag(SEEN); if ($si == "192.0.2.20") drop; }
"#;

#[test]
fn a_flood_is_dropped_before_the_script_and_trust_is_kept() {
    let mut world = World::with_params(PIKE, CHECK);
    for phone in ["alice", "bob"] {
        for _ in 0..8 {
            world.request(phone, "OPTIONS", "sip:example.com", "");
        }
    }
    let lines = world.script_log();
    assert_eq!(lines.iter().filter(|line| *line == "main").count(), 4 + 8, "{lines:?}");
    assert!(lines.contains(&"pike: 192.0.2.10 floods us: it is blocked".to_owned()), "{lines:?}");
    assert_eq!(world.count("core:drop_requests"), 4);
    assert_eq!(world.count("pike:blocked"), 1);
    let reply = r#"{"jsonrpc":"2.0","result":{"IPs":["192.0.2.10"]},"id":1}"#;
    assert_eq!(world.manage(r#"{"jsonrpc":"2.0","method":"pike_list","id":1}"#), reply);
    // Two sampling times: the first still remembers the flood.
    world.pass(Duration::from_secs(5));
    assert_eq!(world.count("pike:blocked"), 0);
    world.request("alice", "OPTIONS", "sip:example.com", "");
    assert_eq!(world.count("core:drop_requests"), 4);
}

#[test]
fn replies_and_rubbish_count_too() {
    let mut world = World::with_params(PIKE, CHECK);
    for _ in 0..3 {
        world.send(
            "alice",
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
            To: <sip:b@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
        );
        world.send("alice", "OPTIONS sip:x SIP/2.0\r\n\r\n");
    }
    assert_eq!(world.count("pike:blocked"), 1);
    // Two of each passed: replies are dropped later for their Via, rubbish is counted as such.
    assert_eq!(world.count("core:err_requests"), 2);
    assert_eq!(world.script_log().iter().filter(|line| *line == "reply").count(), 2);
}

#[test]
fn a_reload_brings_the_gates_their_routes() {
    let mut world = World::with_params(PIKE, CHECK);
    world.reload(&CHECK.replace("192.0.2.20", "192.0.2.10"));
    for _ in 0..8 {
        world.request("alice", "OPTIONS", "sip:example.com", "");
    }
    assert_eq!(world.count("pike:blocked"), 0);
}
