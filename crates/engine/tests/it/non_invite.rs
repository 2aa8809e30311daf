//! Requests other than INVITE that are answered late or never: RFC 4320.

use crate::world::World;
use std::time::Duration;

const RELAY: &str = r#"route { t_relay(); }"#;

#[test]
fn a_100_says_that_we_have_it_once_timer_e_has_reached_t2() {
    let mut world = World::new(RELAY);
    let options = world.request("alice", "OPTIONS", "sip:bob@192.0.2.20", "");
    world.pass(Duration::from_millis(3_490));
    assert!(world.take("alice").is_none());
    world.pass(Duration::from_millis(20));
    world.ladder.clear();
    world.again("alice", &options);
    world.passed("alice>proxy OPTIONS; proxy>alice 100 OPTIONS");
    let bob = world.last("bob", "OPTIONS");
    world.reply("bob", &bob, 200, "OK");
    world.passed("bob>proxy 200 OPTIONS; proxy>alice 200 OPTIONS");
    world.settle();
}

#[test]
fn no_100_where_the_answer_is_quick() {
    let mut world = World::new(RELAY);
    world.request("alice", "OPTIONS", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "OPTIONS");
    world.reply("bob", &bob, 200, "OK");
    world.passed("alice>proxy OPTIONS; proxy>bob OPTIONS; bob>proxy 200 OPTIONS; proxy>alice 200 OPTIONS");
    world.settle();
    world.passed("");
}

#[test]
fn no_100_where_the_script_lets_it_go() {
    let mut world = World::new(r#"route { t_newtran(); }"#);
    world.request("alice", "OPTIONS", "sip:bob@192.0.2.20", "");
    world.settle();
    world.passed("alice>proxy OPTIONS");
}

#[test]
fn nobody_is_told_that_it_took_too_long() {
    let mut world = World::new(
        r#"
route { t_on_failure("late"); t_relay(); }
failure_route[late] { xlog("failed with $T_reply_code\n"); }
"#,
    );
    world.request("alice", "OPTIONS", "sip:bob@192.0.2.20", "");
    world.pass(Duration::from_secs(29));
    world.ladder.clear();
    world.pass(Duration::from_secs(2));
    world.passed("");
    let log = world.log();
    assert!(log.contains(&"failed with 408".to_owned()), "the script hears of it");
    assert!(log.contains(&"hook: reply out 408 ours".to_owned()), "so does who keeps accounts");
    world.settle();
}

#[test]
fn the_408_of_the_callee_ends_with_us() {
    let mut world = World::new(RELAY);
    let options = world.request("alice", "OPTIONS", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "OPTIONS");
    world.reply("bob", &bob, 408, "Request Timeout");
    world.pass(Duration::from_secs(30));
    world.again("alice", &options);
    world.passed(
        "alice>proxy OPTIONS; proxy>bob OPTIONS; bob>proxy 408 OPTIONS; proxy>alice 100 OPTIONS; \
         alice>proxy OPTIONS; proxy>alice 100 OPTIONS",
    );
    world.settle();
}

#[test]
fn a_reply_that_can_be_told_goes_before_a_408() {
    let mut world = World::new(r#"route { append_branch("sip:carol@192.0.2.30"); t_relay(); }"#);
    world.request("alice", "OPTIONS", "sip:bob@192.0.2.20", "");
    let (bob, carol) = (world.last("bob", "OPTIONS"), world.last("carol", "OPTIONS"));
    world.reply("bob", &bob, 408, "Request Timeout");
    world.reply("carol", &carol, 500, "Full");
    assert_eq!(world.last("alice", "500").status(), 500);
    world.settle();
}

#[test]
fn the_failure_route_may_say_something_else() {
    let mut world = World::new(
        r#"
route { t_on_failure("late"); t_relay(); }
failure_route[late] { t_reply(480, "Nobody there"); }
"#,
    );
    world.request("alice", "OPTIONS", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "OPTIONS");
    world.reply("bob", &bob, 408, "Request Timeout");
    world.passed("alice>proxy OPTIONS; proxy>bob OPTIONS; bob>proxy 408 OPTIONS; proxy>alice 480 OPTIONS");
    world.settle();
}
