//! The clock on the wall is set while calls are under way.

use crate::world::World;
use engine::Event;
use std::time::Duration;

const SCRIPT: &str = r#"
route { xlog("$Ts $TS\n"); t_on_failure("late"); $T_fr_timeout = 5; t_relay(); }
failure_route[late] { xlog("$Ts $T_reply_code\n"); }
"#;

#[test]
fn what_is_shown_follows_the_clock_and_no_timer_does() {
    let mut world = World::new(SCRIPT);
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let (day, start) = (Duration::from_secs(86_400), world.now);
    let seconds = start.unix_seconds();
    assert_eq!(world.script_log(), [format!("{seconds} {seconds}")]);
    world.handle(Event::Clock(start + day));
    assert_eq!(world.log(), ["the system's clock was set 86400.0 s ahead"]);
    world.pass(Duration::from_secs(4));
    assert!(world.script_log().is_empty(), "a step of the clock ends no call");
    world.pass(Duration::from_secs(2));
    world.request("alice", "OPTIONS", "sip:bob@192.0.2.20", "");
    let late = format!("{} 408", seconds + 86_405);
    assert_eq!(world.script_log(), [late, format!("{} {}", seconds + 86_406, seconds + 86_400)]);
    world.settle();
}
