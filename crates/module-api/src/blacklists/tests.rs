//! Rules and lists as scripts write them, and what they refuse.

use super::{BlacklistError, Blacklists, Net, Rule, Target};
use crate::{Proto, Time};
use bytes::Bytes;
use std::time::Duration;

const NOW: Time = Time::from_unix_seconds(1_700_000_000);

/// `proto address port` as a target.
fn target(text: &str) -> Target<'_> {
    let mut words = text.split(' ');
    let proto = words.next().and_then(|word| Proto::of(word.as_bytes()));
    let address = words.next().unwrap().parse().unwrap();
    let port = words.next().map_or(0, |port| port.parse().unwrap());
    Target { proto, address, port, text: b"INVITE sip:b@example.com SIP/2.0" }
}

#[test]
fn rules_are_met() {
    for (rule, to, met) in [
        ("(udp,192.0.2.0/24,5060,\"\")", "udp 192.0.2.9 5060", true),
        ("(udp,192.0.2.0/24,5060,\"\")", "tcp 192.0.2.9 5060", false),
        ("(udp,192.0.2.0/24,5060,\"\")", "udp 192.0.3.9 5060", false),
        ("(any,192.0.2.0/255.255.255.0)", "tls 192.0.2.200 1", true),
        ("( any , [2001:db8::]/32 , 0 )", "udp 2001:db8::7 5060", true),
        ("(any,192.0.2.9)", "udp 2001:db8::7 5060", false),
        ("!(tcp,127.0.0.1,5060)", "tcp 127.0.0.1 5060", false),
        ("!tcp,127.0.0.1,5060", "tcp 127.0.0.2 5060", true),
        ("(udp,0.0.0.0/0)", "any 192.0.2.9", false),
        ("(any,0.0.0.0/0,5060)", "udp 192.0.2.9", false),
        ("(any,0.0.0.0/0,0,\"INVITE*\")", "udp 192.0.2.9 1", true),
        ("(any,0.0.0.0/0,0,\"BYE*\")", "udp 192.0.2.9 1", false),
    ] {
        let rule_read = Rule::parse(rule).unwrap_or_else(|| panic!("{rule} is no rule"));
        assert_eq!(rule_read.is_met(&target(to)), met, "{rule} {to}");
    }
    for wrong in ["", "(udp)", "(xyz,192.0.2.1)", "(udp,192.0.2.1/33)", "(udp,192.0.2.1,70000)", "(udp,192.0.2.1"] {
        assert_eq!(Rule::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn lists_are_defined_as_the_script_writes_them() {
    let lists = Blacklists::default();
    lists.define("gw:{(tcp,192.0.2.100,5060,\"\"),(any,192.0.2.101,0,\")\")}").unwrap();
    lists.define("dynamic/expire,default").unwrap();
    let gw = lists.get(b"gw", NOW).unwrap();
    assert!(gw.flags.read_only && gw.rules.len() == 2);
    let dynamic = lists.get(b"dynamic", NOW).unwrap();
    assert!(dynamic.flags.expire && dynamic.flags.default && !dynamic.flags.read_only);
    for wrong in ["gw:{}", ":{}", "x/often", "x:(udp,192.0.2.1)", "x:{(udp,192.0.2.1}"] {
        assert!(lists.define(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn lists_in_use_decide() {
    let lists = Blacklists::default();
    let refuses = |on: &[&'static str], off: &[&'static str], to: &str| {
        let names =
            |names: &[&'static str]| names.iter().map(|name| Bytes::from_static(name.as_bytes())).collect::<Vec<_>>();
        lists.refuses(&names(on), &names(off), &target(to), NOW)
    };
    assert!(!refuses(&["gw"], &[], "udp 192.0.2.1 5060"));
    lists.define("gw:{(any,192.0.2.1)}").unwrap();
    lists.define("always/default:{(any,192.0.2.2)}").unwrap();
    assert!(refuses(&["gw"], &[], "udp 192.0.2.1 5060"));
    assert!(!refuses(&[], &[], "udp 192.0.2.1 5060"));
    assert!(refuses(&[], &[], "udp 192.0.2.2 5060"));
    assert!(!refuses(&[], &["always"], "udp 192.0.2.2 5060"));
}

#[test]
fn rules_come_run_out_and_go() {
    let lists = Blacklists::default();
    lists.define("fixed:{}").unwrap();
    lists.define("dynamic/expire").unwrap();
    lists.define("plain/default").unwrap();
    let rule = Rule::parse("udp,192.0.2.1,5060").unwrap();
    let brief = Rule { until: Some(NOW + Duration::from_secs(10)), ..rule.clone() };
    assert_eq!(lists.add(b"none", rule.clone(), NOW), Err(BlacklistError::UnknownList));
    assert_eq!(lists.add(b"fixed", rule.clone(), NOW), Err(BlacklistError::ReadOnly));
    assert_eq!(lists.add(b"plain", brief.clone(), NOW), Err(BlacklistError::NoExpiry));
    lists.add(b"dynamic", brief, NOW).unwrap();
    let check = |now| lists.check(b"dynamic", &target("udp 192.0.2.1 5060"), now).unwrap().is_some();
    assert!(check(NOW) && check(NOW + Duration::from_secs(9)) && !check(NOW + Duration::from_secs(10)));
    assert_eq!(lists.check_all(&target("udp 192.0.2.1 5060"), NOW), ["dynamic"]);
    lists.remove(b"dynamic", &rule).unwrap();
    assert_eq!(lists.remove(b"dynamic", &rule), Err(BlacklistError::UnknownRule));
}

#[test]
fn masks() {
    let mask = |net: &str| Net::parse(net).unwrap().mask().to_string();
    assert_eq!(mask("192.0.2.0/24"), "255.255.255.0");
    assert_eq!(mask("0.0.0.0/0"), "0.0.0.0");
    assert_eq!(mask("2001:db8::/32"), "ffff:ffff::");
}
