//! Global parameters that reach outside: names and where they lead, what is measured, what becomes an event.

use crate::harness::{NameServer, Server, ServerBuilder, Wire, record};
use hickory_proto::rr::rdata::{A, SRV};
use hickory_proto::rr::{Name, RData, Record};
use nix::sys::socket::sockopt::{IpRecvTos, Ipv6RecvTClass};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt};
use std::io::{IoSliceMut, Read, Write};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::str::FromStr;
use std::time::Duration;

const MODULES: &str = r#"
socket = udp:127.0.0.1:@PORT@
loadmodule "proto_udp.so"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "maxfwd.so"
"#;

fn server_at(priority: u16, port: u16) -> Record {
    let target = Name::from_str("host.flow.test.").expect("name");
    record("_sip._udp.flow.test.", RData::SRV(SRV::new(priority, 0, port, target)))
}

fn request(method: &str, uri: &str, port: u16, number: u32) -> String {
    format!(
        "{method} {uri} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKglobals{number}\nMax-Forwards: 70\n\
         From: <sip:a@127.0.0.1>;tag=a\nTo: <{uri}>\nCall-ID: globals-{number}\nCSeq: {number} {method}\n\
         Content-Length: 0\n\n"
    )
}

fn start(builder: ServerBuilder, names: &NameServer) -> Server {
    builder.args(&[&names.argument()]).start()
}

#[test]
fn a_name_leads_to_servers_and_those_that_fail_are_spared() {
    let script = format!(
        "{MODULES}disable_dns_blacklist = no\ndns_use_search_list = no\n\
         route {{ if (!t_relay()) send_reply(480, \"$rc\"); }}"
    );
    let builder = ServerBuilder::new(&script);
    // The servers get their ports before the one under test is there to tell them its own.
    let [first, second] = [0, 1].map(|_| UdpSocket::bind("127.0.0.1:0").expect("socket"));
    let port = |socket: &UdpSocket| socket.local_addr().expect("address").port();
    let names = NameServer::start(vec![
        server_at(20, port(&second)),
        server_at(10, port(&first)),
        record("host.flow.test.", RData::A(A(Ipv4Addr::LOCALHOST))),
    ]);
    let server = start(builder, &names);
    let [first, second] = [first, second].map(|socket| Wire::of(socket, &server));
    let phone = Wire::new(&server);
    phone.send(&request("MESSAGE", "sip:b@flow.test", phone.port, 1));
    first.answer(&first.expect("MESSAGE"), "503 Full", "f");
    second.answer(&second.expect("MESSAGE"), "200 OK", "s");
    phone.expect("SIP/2.0 200");
    // The one that failed is on the blacklist now, and the name servers are not asked again.
    let asked = names.asked();
    assert!(asked.contains(&"SRV _sip._udp.flow.test.".to_owned()), "{asked:?}");
    phone.send(&request("MESSAGE", "sip:b@flow.test", phone.port, 2));
    second.answer(&second.expect("MESSAGE"), "200 OK", "s");
    phone.expect("SIP/2.0 200");
    assert_eq!(names.asked(), asked);
}

#[test]
fn a_script_waits_for_a_name_and_a_slow_answer_is_told() {
    let script = format!(
        "{MODULES}exec_dns_threshold = 1\ndns_use_search_list = no\n\
         event_route[E_CORE_THRESHOLD] {{ xlog(\"slow: $param(source) $param(extra)\\n\"); }}\n\
         route {{ $var(name) = \"host.flow.test\"; send_reply(200, \"At $(var(name){{ip.resolve}})\"); }}"
    );
    let names = NameServer::start(vec![record("host.flow.test.", RData::A(A(Ipv4Addr::new(192, 0, 2, 77))))]);
    let mut server = start(ServerBuilder::new(&script), &names);
    let phone = Wire::new(&server);
    phone.send(&request("OPTIONS", "sip:127.0.0.1", phone.port, 1));
    phone.expect("SIP/2.0 200 At 192.0.2.77");
    server.process.wait_for("threshold exceeded: looking up host.flow.test");
    server.process.wait_for("slow: core host.flow.test");
}

#[test]
fn what_happens_to_connections_and_lines_of_the_log_are_events() {
    let script = format!(
        "{MODULES}socket = tcp:127.0.0.1:@PORT@\nloadmodule \"proto_tcp.so\"\n\
         log_event_enabled = yes\nlog_event_level_filter = 2\nexec_msg_threshold = 1\n\
         event_route[E_CORE_TCP_DISCONNECT] {{ xlog(\"closed: $param(proto) $param(src_ip):$param(src_port)\\n\"); }}\n\
         event_route[E_CORE_LOG] {{ if ($param(message) =~ \"^closed\") xlog(\"heard: $param(level) $param(message)\\n\"); }}\n\
         event_route[E_CORE_THRESHOLD] {{ xlog(\"slow: $param(source) $param(time)\\n\"); }}\n\
         route {{ send_reply(200, \"OK\"); }}"
    );
    let mut server = ServerBuilder::new(&script).start();
    let mut connection = TcpStream::connect(("127.0.0.1", server.port)).expect("connected");
    let port = connection.local_addr().expect("address").port();
    let options = request("OPTIONS", "sip:127.0.0.1", port, 1).replace("/UDP", "/TCP").replace('\n', "\r\n");
    connection.write_all(options.as_bytes()).expect("sent");
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).expect("answered");
    assert_eq!(&answer, b"SIP/2.0 200 ");
    server.process.wait_for("threshold exceeded: processing a message took");
    server.process.wait_for("slow: core");
    drop(connection);
    let closed = format!("closed: tcp 127.0.0.1:{port}");
    server.process.wait_for(&format!("NOTICE:{closed}"));
    server.process.wait_for(&format!("heard: NOTICE {closed}"));
}

#[test]
fn auto_aliases_are_the_names_of_our_addresses() {
    for (setting, expected) in [("", "SIP/2.0 404"), ("auto_aliases = yes", "SIP/2.0 200")] {
        let script = format!(
            "{MODULES}{setting}\n\
             route {{ if (is_myself(\"localhost\")) send_reply(200, \"Ours\"); else send_reply(404, \"Not ours\"); }}"
        );
        let server = start(ServerBuilder::new(&script), &NameServer::start(Vec::new()));
        let phone = Wire::new(&server);
        phone.send(&request("OPTIONS", "sip:127.0.0.1", phone.port, 1));
        phone.expect(expected);
    }
}

#[test]
fn mhomed_sends_from_the_address_that_the_route_leads_from() {
    for (setting, from) in [("", "127.0.0.2"), ("mhomed = yes", "127.0.0.1")] {
        let script = format!("{MODULES}socket = udp:127.0.0.2:@PORT@\n{setting}\nroute {{ t_relay(); }}");
        let server = ServerBuilder::new(&script).start();
        let (phone, other) = (UdpSocket::bind("127.0.0.1:0").expect("socket"), Wire::new(&server));
        let port = phone.local_addr().expect("address").port();
        let message = request("MESSAGE", &format!("sip:127.0.0.1:{}", other.port), port, 1).replace('\n', "\r\n");
        phone.send_to(message.as_bytes(), ("127.0.0.2", server.port)).expect("sent");
        let relayed = other.expect("MESSAGE");
        assert!(relayed.contains(&format!("Via: SIP/2.0/UDP {from}:{}", server.port)), "{relayed}");
    }
}

#[test]
fn the_standard_output_is_kept_where_the_script_says_so() {
    for (setting, is_kept) in [("", false), ("log_stdout = yes", true)] {
        let script = format!("{MODULES}{setting}\nroute {{ send_reply(200, \"OK\"); }}");
        let server = ServerBuilder::new(&script).args(&["-P", "@DIR@/pid"]).start();
        let pid = std::fs::read_to_string(server.directory.join("pid")).expect("pid");
        let output = std::fs::read_link(format!("/proc/{}/fd/1", pid.trim())).expect("a standard output");
        assert_eq!(output.to_str() != Some("/dev/null"), is_kept, "{output:?}");
    }
}

/// The type of service of the packet that answers an OPTIONS sent to this address from one beside it.
fn type_of_service(address: &str, port: u16) -> i32 {
    let socket = UdpSocket::bind(format!("{address}:0")).expect("socket");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
    match socket.local_addr().expect("address").is_ipv6() {
        true => setsockopt(&socket, Ipv6RecvTClass, &true).expect("option"),
        false => setsockopt(&socket, IpRecvTos, &true).expect("option"),
    }
    let from = socket.local_addr().expect("address");
    let text = request("OPTIONS", "sip:b@127.0.0.1", from.port(), 1).replace("127.0.0.1:", &format!("{address}:"));
    socket.send_to(text.replace('\n', "\r\n").as_bytes(), format!("{address}:{port}")).expect("sent");
    let (mut bytes, mut space) = ([0; 4096], nix::cmsg_space!(i32));
    let mut bytes = [IoSliceMut::new(&mut bytes)];
    let packet = recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut bytes, Some(&mut space), MsgFlags::empty());
    let found = packet.expect("an answer").cmsgs().expect("what came with it").find_map(|message| match message {
        ControlMessageOwned::Ipv4Tos(tos) => Some(tos.into()),
        ControlMessageOwned::Ipv6TClass(class) => Some(class),
        _ => None,
    });
    found.expect("a type of service")
}

#[test]
fn packets_have_the_type_of_service_that_is_asked_for() {
    let answering = |globals: &str| {
        let script = format!("{globals}{MODULES}route {{ send_reply(200, \"OK\"); }}");
        ServerBuilder::new(&script).start()
    };
    // Upstream's default: low delay.
    let server = answering("socket = udp:127.0.0.2:@PORT@ tos 0x28\nsocket = udp:[::1]:@PORT@ tos IPTOS_THROUGHPUT\n");
    assert_eq!(type_of_service("127.0.0.1", server.port), 0x10);
    assert_eq!(type_of_service("127.0.0.2", server.port), 0x28);
    assert_eq!(type_of_service("[::1]", server.port), 0x08);
    let server = answering("tos = 0\nsocket = udp:127.0.0.2:@PORT@ tos 0x20\n");
    assert_eq!(type_of_service("127.0.0.1", server.port), 0);
    assert_eq!(type_of_service("127.0.0.2", server.port), 0x20);
}

/// `reply_to_via` of older releases: replies go where the Via says, not where the request came from.
#[test]
fn replies_go_to_the_address_of_the_via_where_the_script_says_so() {
    let script = "socket = udp:127.0.0.1:@PORT@\nstderror_enabled = yes\nreply_to_via = 1\n\
                  loadmodule \"proto_udp.so\"\nloadmodule \"sl.so\"\nroute { sl_send_reply(200, \"OK\"); }\n";
    let server = ServerBuilder::new(script).start();
    let [from, to] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").expect("socket"));
    let request = format!(
        "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {};rport;branch=z9hG4bK-via\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:a@b>\r\nCall-ID: via\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
        to.local_addr().expect("address")
    );
    from.send_to(request.as_bytes(), server.address()).expect("sent");
    to.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    let mut reply = [0; 2048];
    let length = to.recv(&mut reply).expect("the reply");
    assert!(reply[..length].starts_with(b"SIP/2.0 200 OK\r\n"));
}
