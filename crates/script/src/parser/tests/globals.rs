//! Global parameters, sockets and module lines.

use super::{check, parse};
use crate::ast::Blacklist;
use crate::ast::{Item, ParamValue};
use crate::globals::Globals;

fn globals(text: &str) -> Globals {
    let (script, messages) = parse(text);
    assert_eq!(messages, "");
    Globals::new(&script)
}

#[test]
fn values_and_defaults() {
    let globals = globals(
        "log_level=-1\nlog_level = 3; server_signature=off\nsyslog_facility=LOG_LOCAL0\nudp_workers=4 \
         use_auto_scaling_profile P\nadvertised_address=sip.example.com\ntos=IPTOS_LOWDELAY\nworkdir=/tmp",
    );
    assert_eq!(globals.int("log_level"), 3);
    assert_eq!(globals.int("xlog_level"), 2);
    assert!(!globals.is_on("server_signature"));
    assert!(!globals.is_set("mhomed"));
    assert_eq!(globals.text("syslog_facility"), Some("LOG_LOCAL0"));
    assert_eq!(globals.text("advertised_address"), Some("sip.example.com"));
    assert_eq!(globals.text("wdir"), Some("/tmp"));
    assert_eq!(globals.int("tos"), 16);
    assert_eq!(globals.optional_int("advertised_port"), None);
    let (name, _, _) = globals.without_effect().next().unwrap();
    assert_eq!(name, "udp_workers");
}

#[test]
fn a_header_line_without_its_name_gets_it() {
    let (script, messages) = parse("server_header=\"mine\"\nuser_agent_header=\"User-Agent: mine\"");
    assert!(
        messages.starts_with("warning[S202]") && messages.contains("1 + server_header=\"Server: mine\""),
        "{messages}"
    );
    let globals = Globals::new(&script);
    assert_eq!(globals.text("server_header"), Some("Server: mine"));
    assert_eq!(globals.text("user_agent_header"), Some("User-Agent: mine"));
}

#[test]
fn sockets() {
    let globals = globals(
        "socket=udp:127.0.0.1:5060 as 1.2.3.4:5070 tag carrier use_workers 4 anycast tos 0x1F\n\
         socket = TLS:[2001:db8::1]:5061-5070,5080\nsocket=tcp:*\nsocket= ws:\"eth0\":80 # web\n\
         socket = udp:eth0\n  reuse_port tos IPTOS_MINCOST\n\
         socket=bond:all {\"udp:1.1.1.1:5060\", \"tcp:1.1.1.1:5060\"}",
    );
    let printed: Vec<String> = globals
        .sockets()
        .map(|(socket, _)| {
            let (proto, host, ports) = (&socket.proto, &socket.host, &socket.ports);
            let (advertised, tag, tos) = (&socket.advertised, &socket.tag, socket.tos);
            format!("{proto} {host} {ports:?} {advertised:?} {tag:?} {tos:?} {:?}", socket.options)
        })
        .collect();
    assert_eq!(
        printed,
        [
            "udp 127.0.0.1 [(5060, 5060)] Some((\"1.2.3.4\", Some(5070))) Some(\"carrier\") Some(31) \
             [(\"use_workers\", Some(\"4\")), (\"anycast\", None)]",
            "tls [2001:db8::1] [(5061, 5070), (5080, 5080)] None None None []",
            "tcp * [] None None None []",
            "ws eth0 [(80, 80)] None None None []",
            "udp eth0 [] None None Some(2) [(\"reuse_port\", None)]",
        ]
    );
    assert_eq!(globals.bonds().next().unwrap().1.len(), 2);
    let idle: Vec<&str> = globals.without_effect().map(|(name, _, _)| name).collect();
    assert_eq!(idle, ["use_workers of a socket"]);
}

#[test]
fn names_of_our_own() {
    let globals = globals(
        "alias=udp:sip.example.com:5060\nalias = \"example.com\"\nalias=example.org:5070 accept_subdomain\n\
         alias=a.example b.example:0\nalias=\"tcp:x.example:5061\"",
    );
    let printed: Vec<String> = globals
        .aliases()
        .map(|alias| format!("{:?} {} {:?} {}", alias.proto, alias.host, alias.port, alias.accept_subdomain))
        .collect();
    assert_eq!(
        printed,
        [
            "Some(\"udp\") sip.example.com Some(5060) false",
            "None example.com None false",
            "None example.org Some(5070) true",
            "None a.example None false",
            "None b.example None false",
            "Some(\"tcp\") x.example Some(5061) false",
        ]
    );
}

#[test]
fn profiles_blacklists_and_groups() {
    let globals = globals(
        "auto_scaling_profile = P\n  scale up to 6 on 70% for 4 cycles within 5\n  scale down to 2 on 18% for 10 cycles\n\
         dst_blacklist = net/expire,default:{ ( tcp , 192.168.2.100 , 5060 , \"\" ), !(any, 10.0.0.0/255.0.0.0, 0) }\n\
         dst_blacklist = empty\ndst_blacklist = net1:!10.0.0.0/8\ndst_blacklist=nd4:10.0.0.1\n\
         dst_blacklist = nd7/default : [2001:db8::]/32 # six\ndst_blacklist = nd8:{(10.0.0.1), (10.0.0.2, 5060)}\n\
         mem-group = \"calls\": \"tm\" \"dialog\"",
    );
    let profile = globals.scaling_profiles().next().unwrap();
    assert_eq!((profile.up, profile.within, profile.down), ((6, 70, 4), Some(5), Some((2, 18, 10))));
    let blacklists: Vec<&Blacklist> = globals.blacklists().map(|(blacklist, _)| blacklist).collect();
    assert_eq!(blacklists[0].flags, ["expire", "default"]);
    assert_eq!(blacklists[0].rules[0].port, Some(5060));
    assert_eq!(blacklists[0].rules[0].pattern, None);
    assert!(blacklists[0].rules[1].is_negated);
    assert_eq!(blacklists[0].rules[1].network, "10.0.0.0/255.0.0.0");
    assert_eq!(blacklists[0].rules[1].proto, None);
    assert_eq!((blacklists[1].name.as_str(), blacklists[1].rules.len()), ("empty", 0));
    assert_eq!((blacklists[2].rules[0].is_negated, blacklists[2].rules[0].network.as_str()), (true, "10.0.0.0/8"));
    assert_eq!((blacklists[3].name.as_str(), blacklists[3].rules[0].network.as_str()), ("nd4", "10.0.0.1"));
    assert_eq!((&blacklists[4].flags[..], blacklists[4].name.as_str()), (&["default".to_owned()][..], "nd7"));
    assert_eq!(blacklists[4].rules[0].network, "2001:db8::/32");
    assert_eq!((blacklists[5].rules.len(), blacklists[5].rules[1].port), (2, Some(5060)));
}

#[test]
fn module_lines() {
    let (script, messages) = parse(
        "mpath=\"/lib\"\nmpath \"/lib\"\nloadmodule \"tm.so\"\nmodparam(\"tm|sl\", \"x\", -5)\n\
         modparam('tm', 'y', \"a\"\n  \"b\")\nmodparam(\"tm\", \"z\", yes);",
    );
    assert_eq!(messages, "");
    let values: Vec<&ParamValue> = script
        .items
        .iter()
        .filter_map(|item| match item {
            Item::ModuleParam(param) => Some(&param.value.node),
            _ => None,
        })
        .collect();
    assert_eq!(values, [&ParamValue::Int(-5), &ParamValue::Str("ab".to_owned()), &ParamValue::Int(1)]);
}

#[test]
fn a_name_that_is_none() {
    check(
        "log_levle = 3",
        "\
error[S201]: there is no global parameter `log_levle`
 --> test.cfg:1:1
  |
1 | log_levle = 3
  | ^^^^^^^^^
  = help: `log_level` has a similar name
1 + log_level = 3",
    );
}

#[test]
fn values_that_are_none() {
    check(
        "tcp_threads = -2\nadvertised_port = 70000\nsyslog_facility = LOG_HERE\nlog_level = \"x\"\nmhomed = maybe",
        "\
error[S202]: `tcp_threads` is 0 or more
 --> test.cfg:1:15
  |
1 | tcp_threads = -2
  |               ^^
error[S202]: `advertised_port` is a number from 1 to 65535
 --> test.cfg:2:19
  |
2 | advertised_port = 70000
  |                   ^^^^^
error[S202]: `syslog_facility` is one of LOG_AUTH, LOG_AUTHPRIV, LOG_CRON, LOG_DAEMON, LOG_FTP, LOG_KERN, LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3, LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7, LOG_LPR, LOG_MAIL, LOG_NEWS, LOG_SYSLOG, LOG_USER, LOG_UUCP
 --> test.cfg:3:19
  |
3 | syslog_facility = LOG_HERE
  |                   ^^^^^^^^
error[S202]: `x` is no number
 --> test.cfg:4:13
  |
4 | log_level = \"x\"
  |             ^^^
error[S101]: expected yes or no, found `maybe`
 --> test.cfg:5:10
  |
5 | mhomed = maybe
  |          ^^^^^",
    );
}

#[test]
fn sockets_that_are_none() {
    check(
        "socket = upd:1.2.3.4\nsocket = udp:1.2.3.4:99999\nsocket = udp:\nsocket = udp:1.2.3.4 tagg x",
        "\
error[S203]: `upd` is no protocol
 --> test.cfg:1:10
  |
1 | socket = upd:1.2.3.4
  |          ^^^^^^^^^^^
  = help: `udp` is one
error[S203]: a port is a number from 1 to 65535, or a range of them
 --> test.cfg:2:10
  |
2 | socket = udp:1.2.3.4:99999
  |          ^^^^^^^^^^^^^^^^^
error[S203]: a socket reads proto:address:port
 --> test.cfg:3:10
  |
3 | socket = udp:
  |          ^^^^
error[S203]: `tagg` is no option of a socket
 --> test.cfg:4:22
  |
4 | socket = udp:1.2.3.4 tagg x
  |                      ^^^^
  = help: `tag` is one
4 + socket = udp:1.2.3.4 tag x",
    );
}

fn params_of(text: &str) -> (Vec<(String, ParamValue)>, String) {
    let (script, messages) = parse(text);
    let params = script.items.iter().filter_map(|item| match item {
        Item::ModuleParam(param) => Some((param.name.node.clone(), param.value.node.clone())),
        _ => None,
    });
    (params.collect(), messages)
}

#[test]
fn what_is_a_modules_today_goes_there() {
    let text = "tcp_send_timeout = 5\ntcp_crlf_pingpong = no\nloadmodule \"tm.so\"\nloadmodule \"/lib/proto_tcp.so\"\n\
                modparam(\"proto_tcp\", \"tcp_crlf_pingpong\", 1)";
    let (params, messages) = params_of(text);
    let named = |name: &str, number| (name.to_owned(), ParamValue::Int(number));
    assert_eq!(
        params,
        [named("tcp_send_timeout", 5000), named("tcp_crlf_pingpong", 0), named("tcp_crlf_pingpong", 1)],
        "seconds before there were milliseconds; the script's own modparam is the last"
    );
    assert!(messages.contains("`tcp_send_timeout` is a parameter of the module proto_tcp today"), "{messages}");
    assert!(messages.contains("modparam(\"proto_tcp\", \"tcp_send_timeout\", 5000)"), "{messages}");
    assert_eq!(params_of("tcp_send_timeout = 200\nloadmodule \"proto_tcp.so\"").0, [named("tcp_send_timeout", 200)]);
    assert_eq!(params_of("tcp_send_timeout = 200").0, []);
    // Before 2.1 transports were no modules.
    let ports = |text: &str| params_of(&format!("{text}\nport = 5080\nloadmodule \"tm.so\"")).0;
    assert_eq!(ports(""), [named("tcp_port", 5080), named("udp_port", 5080)]);
    assert_eq!(ports("disable_tcp = yes"), [named("udp_port", 5080)]);
}

/// What would stand in Via and Record-Route.
#[test]
fn what_we_call_ourselves_is_a_host() {
    check(
        "advertised_address = \"a b\"\nadvertised_address = sip.example.com:5080\n\
         socket = udp:10.0.0.1:5060 as \"x;y=<z>\"\nsocket = udp:10.0.0.2 as [2001:db8::1]:5080\nroute { exit; }",
        "\
error[S202]: `a b` is no host: a name, an IPv4 address, or an IPv6 address in brackets
 --> test.cfg:1:22
  |
1 | advertised_address = \"a b\"
  |                      ^^^^^
error[S202]: `sip.example.com:5080` is no host: a name, an IPv4 address, or an IPv6 address in brackets
 --> test.cfg:2:22
  |
2 | advertised_address = sip.example.com:5080
  |                      ^^^^^^^^^^^^^^^^^^^^
error[S203]: `x;y=<z>` is no host: a name, an IPv4 address, or an IPv6 address in brackets
 --> test.cfg:3:31
  |
3 | socket = udp:10.0.0.1:5060 as \"x;y=<z>\"
  |                               ^^^^^^^^^",
    );
}
