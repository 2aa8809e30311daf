//! A flood as a script and management see it.

use super::{MODULE, functions::PIKE_CHECK_REQ, management};
use module_api::{GateStep, MiError, ParamSetting, RouteEnd, State};
use testkit::{Fixture, check_examples};

#[test]
fn examples() {
    check_examples(&MODULE, &[]);
}

fn flooded() -> (Fixture, State, Vec<i32>) {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    let params = [("reqs_density_per_unit", ParamSetting::Int(2)), ("check_route", ParamSetting::Str("pike".into()))];
    let state = fixture.start(&MODULE, &params);
    let codes = (0..8).map(|_| fixture.call(&state, &PIKE_CHECK_REQ, &[])).collect();
    (fixture, state, codes)
}

#[test]
fn a_flood_is_told_once_and_known_after() {
    let (mut fixture, _, codes) = flooded();
    assert_eq!(codes, [1, 1, 1, 1, -2, -1, -1, -1]);
    assert_eq!(fixture.log_lines(), ["WARNING: pike: 192.0.2.10 floods us: it is blocked"]);
    let events: Vec<_> = fixture.out.drain_events().collect();
    assert_eq!(events.len(), 1);
    assert_eq!(format!("{:?}", events[0].params), "[(\"ip\", Str(b\"192.0.2.10\"))]");
    assert_eq!(fixture.services.statistics.find("pike:blocked").unwrap().value(), 1);
}

#[test]
fn management_lists_and_unblocks() {
    let (mut fixture, state, _) = flooded();
    let mut rm = |ip: &str| fixture.command(&state, management::RM.run, &[("ip", ip.into())]);
    assert_eq!(rm("nobody"), Err(MiError::new(500, "Bad IP")));
    assert_eq!(rm("192.0.2.11"), Err(MiError::new(404, "Match not found")));
    assert_eq!(rm("192.0.2.10"), Ok("OK".into()));
    assert_eq!(rm("192.0.2.10"), Err(MiError::new(400, "IP not blocked")));
    let list = |fixture: &mut Fixture| fixture.command(&state, management::LIST.run, &[]).unwrap().to_string();
    assert_eq!(list(&mut fixture), r#"{"IPs":[]}"#);
    while fixture.call(&state, &PIKE_CHECK_REQ, &[]) == 1 {}
    assert_eq!(list(&mut fixture), r#"{"IPs":["192.0.2.10"]}"#);
}

#[test]
fn what_the_route_trusts_passes() {
    let (mut fixture, state, _) = flooded();
    let gate = fixture.wishes.gates.pop().unwrap();
    assert_eq!(gate.route.as_deref(), Some("pike"));
    let mut ends = |dropped| {
        let step = fixture.with_call(&state, |call| (gate.routed)(call, RouteEnd { exited: dropped, dropped }));
        matches!(step, GateStep::Stop)
    };
    assert!(!ends(true));
    assert!(ends(false));
}
