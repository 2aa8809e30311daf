//! Which socket a request leaves by, and by which connections.

use crate::world::{Surroundings, World};
use module_api::{Interned, Process, Proto, Settings, SocketId};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const RELAY: &str = r#"route { if (!t_relay("no-auto-477")) send_reply(480, "$rc"); }"#;

/// A machine whose routes to 192.0.2.30 lead from its second address, and that has a connection to 192.0.2.20.
struct Machine;

impl Process for Machine {
    fn source_address(&self, to: IpAddr) -> Option<IpAddr> {
        Some(if to == IpAddr::from([192, 0, 2, 30]) { [192, 0, 2, 2].into() } else { [192, 0, 2, 1].into() })
    }

    fn has_connection(&self, proto: Proto, _: Option<u64>, to: SocketAddr) -> bool {
        proto == Proto::Tcp && to == SocketAddr::from(([192, 0, 2, 20], 5060))
    }
}

fn on_machine(settings: Settings) -> Surroundings {
    let sockets = vec![(Proto::Udp, SocketAddr::from(([192, 0, 2, 2], 5062)))];
    let flags = |names: &Interned, settings| Settings {
        no_connection_branch_flag: names.flags.branch.number("NO_CONNECT"),
        no_connection_reply_flag: names.flags.message.number("NO_REPLY_CONNECT"),
        ..settings
    };
    Surroundings { settings, process: Arc::new(Machine), sockets, flags }
}

fn socket_to(mhomed: bool, uri: &str) -> u16 {
    let settings = Settings { mhomed, ..Settings::default() };
    let mut world = World::in_surroundings(on_machine(settings), "", RELAY);
    world.request("alice", "MESSAGE", uri, "");
    let sent = world.sent.last().unwrap();
    assert_eq!(sent.to.to_string(), format!("{}:5060", uri.trim_start_matches("sip:")));
    sent.socket.0
}

#[test]
fn mhomed_takes_the_socket_that_the_route_leads_from() {
    assert_eq!(socket_to(true, "sip:192.0.2.30"), 2);
    assert_eq!(socket_to(true, "sip:192.0.2.20"), 0);
    assert_eq!(socket_to(false, "sip:192.0.2.30"), 0);
}

#[test]
fn a_branch_flag_forbids_new_connections() {
    let script = r#"route { setbflag("NO_CONNECT"); if (!t_relay("no-auto-477")) send_reply(480, "$rc"); }"#;
    let mut world = World::in_surroundings(on_machine(Settings::default()), "", script);
    world.request("alice", "MESSAGE", "sip:192.0.2.20;transport=tcp", "");
    assert!(world.sent.last().unwrap().reuse_only);
    world.request("alice", "MESSAGE", "sip:192.0.2.30;transport=tcp", "");
    assert_eq!(world.last("alice", "480").reason(), b"-6");
    // Datagrams need no connection.
    world.request("alice", "MESSAGE", "sip:192.0.2.30", "");
    assert!(!world.sent.last().unwrap().reuse_only);
}

#[test]
fn without_the_flag_connections_are_opened() {
    let mut world = World::in_surroundings(on_machine(Settings::default()), "", RELAY);
    world.request("alice", "MESSAGE", "sip:192.0.2.30;transport=tcp", "");
    assert!(!world.sent.last().unwrap().reuse_only);
}

fn register(alias: &str) -> String {
    format!(
        "OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.10:5099;branch=z9hG4bKalias{alias}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=a\r\nTo: <sip:example.com>\r\nCall-ID: alias\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

#[test]
fn a_message_flag_forbids_new_connections_for_replies() {
    let script = r#"route { setflag("NO_REPLY_CONNECT"); if ($ru =~ "carol") t_relay(); else t_reply(200, "OK"); }"#;
    let mut world = World::in_surroundings(on_machine(Settings::default()), "", script);
    world.send_by("alice", Some(7), register(""));
    let sent = world.sent.last().unwrap();
    assert_eq!((sent.connection, sent.reuse_only), (Some(7), true));
    world.send_by("alice", Some(7), register("2").replace("sip:example.com SIP", "sip:carol@192.0.2.30 SIP"));
    let carol = world.last("carol", "OPTIONS");
    world.reply("carol", &carol, 200, "OK");
    let sent = world.sent.last().unwrap();
    assert_eq!((sent.socket, sent.reuse_only), (SocketId(1), true), "and for those that are relayed");
}

#[test]
fn tcp_accept_aliases_takes_the_port_of_the_via() {
    for (accepts, alias, expected) in [(true, ";alias", Some((7, 5099))), (true, "", None), (false, ";alias", None)] {
        let settings = Settings { tcp_accept_aliases: accepts, ..Settings::default() };
        let mut world = World::with_settings(settings, "", r#"route { send_reply(200, "OK"); }"#);
        world.send_by("alice", Some(7), register(alias));
        assert_eq!(world.worker.drain_aliases().next(), expected, "{accepts} {alias}");
    }
}
