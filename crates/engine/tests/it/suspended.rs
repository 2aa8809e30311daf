//! Messages that wait for a backend: in every kind of route, and what happens meanwhile.

use crate::world::World;
use std::time::Duration;

#[test]
fn the_main_route_waits() {
    let mut world = World::new(
        r#"route { $var(x) = "kept"; if (ask("db")) sl_send_reply(200, "$var(x)"); else sl_send_reply(500, "No"); }"#,
    );
    world.request("alice", "OPTIONS", "sip:example.com", "");
    world.passed("alice>proxy OPTIONS");
    assert_eq!(world.engine.waiting(), 1);
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.last("alice", "200").reason(), b"kept");
    world.request("alice", "OPTIONS", "sip:example.com", "");
    world.answer(&[]);
    assert_eq!(world.last("alice", "500").status(), 500);
    world.settle();
}

#[test]
fn an_invite_that_waits_answers_retransmissions() {
    let mut world = World::new(r#"route { t_newtran(); ask("db"); t_reply(486, "Busy"); }"#);
    let invite = world.request("alice", "INVITE", "sip:example.com", "");
    world.again("alice", &invite);
    world.answer(&["192.0.2.1"]);
    world.again("alice", &invite);
    world.passed(
        "alice>proxy INVITE; proxy>alice 100; alice>proxy INVITE; proxy>alice 100; proxy>alice 486; \
         alice>proxy INVITE; proxy>alice 486",
    );
    world.settle();
}

#[test]
fn a_cancel_finds_an_invite_that_waits() {
    let mut world = World::new(
        r#"
route {
    if (is_method("CANCEL")) { t_relay(); exit; }
    t_newtran();
    ask("db");
    if (!t_relay()) xlog("relay says $rc\n");
}
"#,
    );
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.cancel("alice", &invite, "");
    world.passed("alice>proxy INVITE; proxy>alice 100; alice>proxy CANCEL; proxy>alice 200 CANCEL");
    world.answer(&["192.0.2.1"]);
    world.passed("proxy>alice 487");
    assert_eq!(world.script_log(), ["relay says -3"]);
    world.settle();
}

#[test]
fn every_route_of_a_transaction_waits() {
    let mut world = World::new(
        r#"
route { t_on_branch("b"); t_on_reply("r"); t_on_failure("f"); t_relay(); xlog("main done\n"); }
branch_route[b] { ask("branch"); xlog("branch $ru\n"); append_hf("X-B: 1\r\n"); }
onreply_route { ask("any"); xlog("any $rs\n"); }
onreply_route[r] { ask("reply"); xlog("reply $rs\n"); }
failure_route[f] { ask("failure"); xlog("failure $T_reply_code\n"); t_reply(480, "Later"); }
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.passed("alice>proxy INVITE; proxy>alice 100");
    world.answer(&["192.0.2.1"]);
    let bob = world.last("bob", "INVITE");
    assert_eq!(bob.headers_called(b"X-B").count(), 1);
    world.reply("bob", &bob, 180, "Ringing");
    world.answer(&["192.0.2.1"]);
    // While the route for the 180 waits, the 486 comes: it must wait its turn.
    world.reply("bob", &bob, 486, "Busy Here");
    world.answer(&["192.0.2.1"]);
    world.answer(&["192.0.2.1"]);
    world.answer(&["192.0.2.1"]);
    world.answer(&["192.0.2.1"]);
    world.passed("proxy>bob INVITE; bob>proxy 180; bob>proxy 486; proxy>alice 180; proxy>bob ACK; proxy>alice 480");
    assert_eq!(
        world.script_log(),
        ["branch sip:bob@192.0.2.20", "main done", "any 180", "reply 180", "any 486", "reply 486", "failure 486"]
    );
    world.settle();
}

#[test]
fn async_goes_on_in_its_route() {
    let mut world = World::new(
        r#"
route { $avp(a) = "1"; async(ask("db"), resumed); }
route[resumed] { xlog("resumed with $rc and $avp(a)\n"); t_reply(200, "OK"); }
"#,
    );
    let request = world.request("alice", "MESSAGE", "sip:example.com", "");
    world.again("alice", &request);
    world.answer(&["192.0.2.1"]);
    world.passed("alice>proxy MESSAGE; alice>proxy MESSAGE; proxy>alice 200 MESSAGE");
    assert_eq!(world.script_log(), ["resumed with 1 and 1"]);
    world.settle();
}

#[test]
fn async_has_a_deadline() {
    let mut world = World::new(
        r#"
route { async(ask("db"), resumed, 5); }
route[resumed] { t_reply(500, "rc is $rc"); }
"#,
    );
    world.request("alice", "MESSAGE", "sip:example.com", "");
    world.pass(Duration::from_secs(6));
    assert_eq!(world.last("alice", "500").reason(), b"rc is -1");
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.count("engine:answers_late"), 1);
    world.settle();
}

#[test]
fn launch_goes_its_own_way() {
    let mut world = World::new(
        r#"
route { launch(ask("db"), done, "for $rm"); sl_send_reply(200, "OK"); }
route[done] { xlog("launched: $rc $param(1)\n"); }
"#,
    );
    world.request("alice", "OPTIONS", "sip:example.com", "");
    world.passed("alice>proxy OPTIONS; proxy>alice 200 OPTIONS");
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.script_log(), ["launched: 1 for OPTIONS"]);
    world.settle();
}

#[test]
fn startup_timer_and_event_routes_run_and_wait() {
    let mut world = World::new(
        r#"
startup_route { $var(greeting) = "hello"; xlog("starting\n"); }
timer_route[beat, 10] { ask("clock"); xlog("beat\n"); }
event_route[E_TEST] { xlog("event $param(who)\n"); }
route { $avp(n) = "who"; $avp(v) = "me"; raise_event("E_TEST", $avp(n), $avp(v)); sl_send_reply(200, "$var(greeting)"); }
"#,
    );
    assert_eq!(world.script_log(), ["starting"]);
    world.pass(Duration::from_millis(10_100));
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.script_log(), ["beat"]);
    world.request("alice", "OPTIONS", "sip:example.com", "");
    assert_eq!(world.last("alice", "200").reason(), b"hello");
    assert_eq!(world.script_log(), ["event me"]);
}

#[test]
fn each_route_type_suspends() {
    let mut world = World::with_params(
        "enable_asserts = yes",
        r#"
startup_route { ask("startup"); xlog("startup done\n"); }
timer_route[beat, 10] { ask("timer"); xlog("timer done\n"); }
event_route[E_TEST] { ask("event"); xlog("event done\n"); }
error_route { ask("error"); xlog("error done\n"); }
local_route { ask("local"); xlog("local done\n"); }
route {
    switch ($rm) {
    case "OPTIONS":
        $avp(n) = "who";
        raise_event("E_TEST", $avp(n), $avp(n));
        break;
    case "MESSAGE":
        t_new_request("NOTIFY", "sip:bob@192.0.2.20", "sip:us@example.com", "sip:bob@example.org");
        break;
    case "INFO":
        ask("main");
        xlog("main done\n");
        break;
    case "PUBLISH":
        assert($rm == "x", "never");
        break;
    }
}
"#,
    );
    assert_eq!(world.engine.waiting(), 1);
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.script_log(), ["startup done"]);
    for (method, route) in [("OPTIONS", "event"), ("MESSAGE", "local"), ("INFO", "main")] {
        world.request("alice", method, "sip:bob@192.0.2.20", "");
        assert_eq!(world.engine.waiting(), 1, "{route}");
        world.answer(&["192.0.2.1"]);
        assert_eq!(world.script_log(), [format!("{route} done")]);
    }
    world.request("alice", "PUBLISH", "sip:bob@192.0.2.20", "");
    assert_eq!(world.engine.waiting(), 1, "{:?}", world.log());
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.log().last().map(String::as_str), Some("error done"));
    world.pass(Duration::from_millis(10_100));
    assert_eq!(world.engine.waiting(), 1);
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.script_log(), ["timer done"]);
}

#[test]
fn a_request_that_waits_without_a_transaction_is_answered_once() {
    let mut world = World::new(
        r#"route { if (ask("db")) { t_newtran(); t_reply(486, "Busy"); } else sl_send_reply(407, "Who are you"); }"#,
    );
    let invite = world.request("alice", "INVITE", "sip:example.com", "");
    world.again("alice", &invite);
    assert_eq!(world.engine.waiting(), 1);
    assert_eq!(world.count("engine:absorbed"), 1);
    world.answer(&[]);
    let refusal = world.last("alice", "407");
    world.ack("alice", &invite, &refusal);
    world.ladder.clear();
    // What comes after the answer is another try.
    world.again("alice", &invite);
    world.answer(&["192.0.2.1"]);
    world.passed("alice>proxy INVITE; proxy>alice 100; proxy>alice 486");
    world.settle();
}

/// A kind of route that waits and says that it is done; what the main route does for an INVITE; how it comes to run.
struct Waits {
    name: &'static str,
    routes: &'static str,
    main: &'static str,
    begin: fn(&mut World),
}

/// An INVITE to bob comes; nobody answers yet.
fn invite(world: &mut World) {
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
}

/// Bob replies.
fn invite_replied(world: &mut World, code: u16) {
    invite(world);
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, code, "So");
}

const EACH_ROUTE: [Waits; 12] = [
    Waits { name: "the main route", routes: "", main: "ask(\"x\"); xlog(\"done\\n\");", begin: invite },
    Waits {
        name: "a route that it calls",
        routes: "route[called] { ask(\"x\"); xlog(\"done\\n\"); }",
        main: "route(called);",
        begin: invite,
    },
    Waits {
        name: "the route that async() goes on in",
        routes: "route[resumed] { ask(\"x\"); xlog(\"done\\n\"); }",
        main: "async(ask(\"y\"), resumed);",
        begin: |world| {
            invite(world);
            // The answer to what the main route asks.
            world.answer(&["192.0.2.1"]);
        },
    },
    Waits {
        name: "branch_route",
        routes: "branch_route[b] { ask(\"x\"); xlog(\"done\\n\"); }",
        main: "t_on_branch(\"b\"); t_relay();",
        begin: invite,
    },
    Waits {
        name: "onreply_route of all replies",
        routes: "onreply_route { ask(\"x\"); xlog(\"done\\n\"); }",
        main: "t_relay();",
        begin: |world| invite_replied(world, 180),
    },
    Waits {
        name: "onreply_route of a transaction",
        routes: "onreply_route[r] { ask(\"x\"); xlog(\"done\\n\"); }",
        main: "t_on_reply(\"r\"); t_relay();",
        begin: |world| invite_replied(world, 200),
    },
    Waits {
        name: "failure_route",
        routes: "failure_route[f] { ask(\"x\"); xlog(\"done\\n\"); }",
        main: "t_on_failure(\"f\"); t_relay();",
        begin: |world| invite_replied(world, 486),
    },
    Waits {
        name: "local_route",
        routes: "local_route { ask(\"x\"); xlog(\"done\\n\"); }",
        main: "t_new_request(\"NOTIFY\", \"sip:bob@192.0.2.20\", \"sip:us@example.com\", \"sip:bob@example.org\");",
        begin: invite,
    },
    Waits {
        name: "event_route",
        routes: "event_route[E_TEST] { ask(\"x\"); xlog(\"done\\n\"); }",
        main: "$avp(n) = \"who\"; raise_event(\"E_TEST\", $avp(n), $avp(n));",
        begin: invite,
    },
    Waits {
        name: "error_route",
        routes: "error_route { ask(\"x\"); xlog(\"done\\n\"); }",
        main: "assert($rm == \"x\", \"never\");",
        begin: invite,
    },
    Waits {
        name: "timer_route",
        routes: "timer_route[beat, 10] { ask(\"x\"); xlog(\"done\\n\"); }",
        main: "",
        begin: |world| world.pass(Duration::from_millis(10_100)),
    },
    Waits {
        name: "startup_route",
        routes: "startup_route { ask(\"x\"); xlog(\"done\\n\"); }",
        main: "",
        begin: |_| {},
    },
];

#[test]
fn an_answer_that_comes_late_holds_up_nothing_else_in_any_route() {
    for Waits { name, routes, main, begin } in EACH_ROUTE {
        let script =
            format!("{routes}\nroute {{ if (is_method(\"OPTIONS\")) {{ sl_send_reply(200, \"OK\"); exit; }} {main} }}");
        let mut world = World::with_params("enable_asserts = yes", &script);
        begin(&mut world);
        let done = |world: &World| world.log().iter().filter(|line| line.as_str() == "done").count();
        assert_eq!((world.engine.waiting(), done(&world)), (1, 0), "{name}: {:?}", world.log());
        for _ in 0..10 {
            world.pass(Duration::from_millis(100));
            // Whatever else comes meanwhile is answered at the moment it comes.
            world.request("dave", "OPTIONS", "sip:example.com", "");
            world.last("dave", "200");
        }
        assert_eq!((world.engine.waiting(), done(&world)), (1, 0), "{name}");
        world.answer(&["192.0.2.1"]);
        assert_eq!((world.engine.waiting(), done(&world)), (0, 1), "{name}: {:?}", world.log());
    }
}
