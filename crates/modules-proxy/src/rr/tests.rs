//! Requests before and after, and random Route sets.

use super::{MODULE, loose_route::LOOSE_ROUTE, record_route::*, route_params::RR_PARAMS};
use module_api::{Index, ParamSetting, SentBy};
use proptest::prelude::*;
use testkit::{Fixture, absent, check_examples, str};

#[test]
fn examples() {
    check_examples(&MODULE, &[]);
}

/// What `loose_route()` makes of a request: code, Request-URI, `$du`, socket, and the Route lines left.
fn routed(lines: &str) -> String {
    let mut fixture = Fixture::request(lines);
    let state = fixture.start(&MODULE, &[("ignore_user", ParamSetting::Str("gw".to_owned()))]);
    let code = fixture.call(&state, &LOOSE_ROUTE, &[]);
    let first = fixture.msg.branches.first();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut shown = format!("{code} {}", text(&first.uri));
    if let Some(destination) = &first.destination {
        shown.push_str(&format!("\nto {}", text(destination)));
    }
    if let Some(socket) = first.socket {
        shown.push_str(&format!("\nby {}", text(&fixture.services.sockets.get(socket).expect("a socket").name)));
    }
    for line in fixture.shown().lines().filter(|line| line.starts_with("Route:")) {
        shown.push_str(&format!("\n{line}"));
    }
    shown
}

const IN_DIALOG: &str = "BYE sip:bob@192.0.2.77 SIP/2.0\nTo: <sip:bob@example.com>;tag=1\n";

fn in_dialog(routes: &str) -> String {
    routed(&format!("{IN_DIALOG}{routes}"))
}

#[test]
fn own_route_goes() {
    assert_eq!(in_dialog("Route: <sip:192.0.2.1;lr;ftag=x>"), "1 sip:bob@192.0.2.77");
    assert_eq!(
        in_dialog("Route: <sip:192.0.2.1;lr>, <sip:198.51.100.2;lr>\nRoute: <sip:198.51.100.3;lr>"),
        "1 sip:bob@192.0.2.77\nto sip:198.51.100.2;lr\nRoute: <sip:198.51.100.2;lr>\nRoute: <sip:198.51.100.3;lr>"
    );
}

#[test]
fn a_route_of_others_stays() {
    let kept = "1 sip:bob@192.0.2.77\nto sip:198.51.100.2;lr\nRoute: <sip:198.51.100.2;lr>";
    assert_eq!(in_dialog("Route: <sip:198.51.100.2;lr>"), kept);
    let gateway = "1 sip:bob@192.0.2.77\nto sip:gw@192.0.2.1;lr\nRoute: <sip:gw@192.0.2.1;lr>";
    assert_eq!(in_dialog("Route: <sip:gw@192.0.2.1;lr>"), gateway);
    let port = "1 sip:bob@192.0.2.77\nto sip:192.0.2.1:5070;lr\nRoute: <sip:192.0.2.1:5070;lr>";
    assert_eq!(in_dialog("Route: <sip:192.0.2.1:5070;lr>"), port);
}

#[test]
fn a_double_record_route_names_the_socket() {
    assert_eq!(
        in_dialog("Route: <sip:192.0.2.1;r2=on;lr>,<sip:192.0.2.1;transport=tcp;r2=on;lr>"),
        "1 sip:bob@192.0.2.77\nby tcp:192.0.2.1:5060"
    );
    // A spiral without r2: the second pass is another visit.
    assert_eq!(
        in_dialog("Route: <sip:192.0.2.1;lr>,<sip:192.0.2.1;transport=tcp;lr>"),
        "1 sip:bob@192.0.2.77\nto sip:192.0.2.1;transport=tcp;lr\nRoute: <sip:192.0.2.1;transport=tcp;lr>"
    );
}

#[test]
fn a_strict_next_hop_gets_the_request_uri_at_the_end() {
    assert_eq!(
        in_dialog("Route: <sip:192.0.2.1;lr>\nRoute: <sip:198.51.100.2>\nRoute: <sip:198.51.100.3;lr>"),
        "1 sip:198.51.100.2\nRoute: <sip:198.51.100.3;lr>\nRoute: <sip:bob@192.0.2.77>"
    );
    assert_eq!(in_dialog("Route: <sip:198.51.100.2>"), "1 sip:198.51.100.2\nRoute: <sip:bob@192.0.2.77>");
}

#[test]
fn a_strict_previous_hop_has_put_ours_into_the_request_uri() {
    let strict =
        |uri: &str, routes: &str| routed(&format!("BYE {uri} SIP/2.0\nTo: <sip:bob@example.com>;tag=1\n{routes}"));
    assert_eq!(
        strict("sip:192.0.2.1;lr", "Route: <sip:198.51.100.2;lr>, <sip:bob@192.0.2.77>"),
        "1 sip:bob@192.0.2.77\nto sip:198.51.100.2;lr\nRoute: <sip:198.51.100.2;lr>"
    );
    assert_eq!(strict("sip:192.0.2.1", "Route: <sip:bob@192.0.2.77>"), "1 sip:bob@192.0.2.77");
    assert_eq!(
        strict("sip:192.0.2.1;r2=on;lr", "Route: <sip:192.0.2.1;transport=tcp;r2=on;lr>, <sip:bob@192.0.2.77>"),
        "1 sip:bob@192.0.2.77\nby tcp:192.0.2.1:5060"
    );
    // Our user's address is no Record-Route of ours.
    assert_eq!(strict("sip:bob@example.com", "Route: <sip:192.0.2.1;lr>"), "1 sip:bob@example.com");
}

#[test]
fn preloaded_routes() {
    let out_of_dialog = |routes: &str| routed(&format!("INVITE sip:bob@example.com SIP/2.0\n{routes}"));
    assert_eq!(out_of_dialog("Route: <sip:example.com;lr>"), "-1 sip:bob@example.com");
    assert_eq!(
        out_of_dialog("Route: <sip:192.0.2.1;lr>, <sip:198.51.100.2;lr>"),
        "1 sip:bob@example.com\nto sip:198.51.100.2;lr\nRoute: <sip:198.51.100.2;lr>"
    );
    assert_eq!(out_of_dialog("Route: sip:192.0.2.1;lr"), "-1 sip:bob@example.com");
}

#[test]
fn parameters_of_our_route() {
    let mut fixture = Fixture::request(&format!("{IN_DIALOG}Route: <sip:192.0.2.1;lr;did=7>"));
    let state = fixture.start(&MODULE, &[]);
    assert_eq!(fixture.read(&state, &RR_PARAMS, "", Index::None), catalogue::Value::Null);
    fixture.call(&state, &LOOSE_ROUTE, &[]);
    assert_eq!(fixture.read(&state, &RR_PARAMS, "", Index::None), catalogue::Value::fixed("lr;did=7"));
}

/// The Record-Route lines a request leaves with by UDP.
fn recorded(fixture: &Fixture) -> String {
    let mut out = Vec::new();
    let socket = fixture.services.sockets.iter().next().expect("a socket");
    let noted = &fixture.msg.route_set;
    noted.record.as_ref().expect("a record").write(&noted.added_params, SentBy::from(socket), None, &mut out);
    String::from_utf8_lossy(&out).trim_end().to_owned()
}

#[test]
fn records() {
    let mut fixture = Fixture::request("INVITE sips:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[("add_username", ParamSetting::Int(1))]);
    fixture.call(&state, &ADD_RR_PARAM, &[str("before=1")]);
    fixture.call(&state, &RECORD_ROUTE, &[str(";given=2")]);
    fixture.call(&state, &ADD_RR_PARAM, &[str(";after=3")]);
    assert_eq!(recorded(&fixture), "Record-Route: <sips:bob@192.0.2.1;lr;ftag=from-1;given=2;before=1;after=3>");
}

#[test]
fn a_preset_of_another_host_is_told() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[("append_fromtag", ParamSetting::Int(0))]);
    assert_eq!(fixture.call(&state, &RECORD_ROUTE_PRESET, &[str("10.9.8.7:5070"), absent()]), 1);
    assert_eq!(recorded(&fixture), "Record-Route: <sip:10.9.8.7:5070;lr>");
    assert_eq!(fixture.log_lines(), ["WARNING: record_route_preset: 10.9.8.7:5070 is none of our sockets"]);
}

/// An entry of a random Route set: ours or another's, loose or strict.
fn entry() -> impl Strategy<Value = String> {
    (0u8..4, any::<bool>()).prop_map(|(host, loose)| {
        let host = if host == 0 { "192.0.2.1".to_owned() } else { format!("198.51.100.{host}") };
        format!("<sip:{host}{}>", if loose { ";lr" } else { "" })
    })
}

proptest! {
    /// Nothing but our own topmost entry ever leaves the set, and the Request-URI is never lost.
    #[test]
    fn route_sets_lose_only_our_entry(entries in prop::collection::vec(entry(), 1..7), split in any::<u8>()) {
        let lines = entries.chunks(usize::from(split % 3) + 1).map(|line| format!("Route: {}\n", line.join(", ")));
        let shown = in_dialog(&lines.collect::<String>());
        let visited = usize::from(entries[0].contains("192.0.2.1"));
        let left = &entries[visited..];
        let mut lines = shown.lines().filter(|line| !line.starts_with("to ") && !line.starts_with("by "));
        let uri = lines.next().unwrap_or_default().strip_prefix("1 ").map(String::from);
        let routes: Vec<String> = lines
            .filter_map(|line| line.strip_prefix("Route: "))
            .flat_map(|line| line.split(',').map(|item| item.trim().to_owned()))
            .collect();
        let strict = left.first().is_some_and(|next| !next.contains(";lr"));
        if strict {
            prop_assert_eq!(uri.map(|uri| format!("<{uri}>")), left.first().cloned());
            let expected: Vec<String> = left[1..].iter().cloned().chain(["<sip:bob@192.0.2.77>".to_owned()]).collect();
            prop_assert_eq!(routes, expected);
        } else {
            prop_assert_eq!(uri.as_deref(), Some("sip:bob@192.0.2.77"));
            prop_assert_eq!(&routes[..], left);
        }
    }
}
