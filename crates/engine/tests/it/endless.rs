//! Scripts that make work of work without end: they cost what they cost, and everything else goes on.

use crate::world::World;
use std::time::Duration;

#[test]
fn an_event_route_that_raises_its_own_event_keeps_nobody() {
    let mut world = World::new(
        r#"route { raise_event("E_AGAIN"); send_reply(200, "OK"); }
           event_route[E_AGAIN] { raise_event("E_AGAIN"); raise_event("E_AGAIN"); }"#,
    );
    world.request("alice", "OPTIONS", "sip:example.com", "");
    assert_eq!(world.next("alice").status(), 200);
    // It grows until there is no room for more, and no tick takes long.
    while world.count("engine:events_dropped") == 0 {
        world.pass(Duration::from_millis(10));
    }
}

#[test]
fn a_route_that_launches_itself_keeps_nobody() {
    let mut world = World::new(
        r#"route { launch(know(), again); send_reply(200, "OK"); }
           route[again] { launch(know(), again); }"#,
    );
    world.request("alice", "OPTIONS", "sip:example.com", "");
    assert_eq!(world.next("alice").status(), 200);
}
