//! What scripts ask of the world: programs and services, real ones.

use crate::harness::{Server, ServerBuilder, Wire};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

/// A server with these modules that runs this for each request.
fn server(modules: &str, routes: &str) -> Server {
    let script = format!(
        "log_level = 2\nstderror_enabled = yes\nsocket = udp:127.0.0.1:@PORT@\n\
         loadmodule \"proto_udp.so\"\nloadmodule \"sl.so\"\nloadmodule \"tm.so\"\n\
         loadmodule \"httpd.so\"\nmodparam(\"httpd\", \"port\", @MI_PORT@)\nloadmodule \"mi_http.so\"\n\
         {modules}\n{routes}\n"
    );
    ServerBuilder::new(&script).start()
}

fn ask(phone: &Wire, number: u32) {
    let port = phone.port;
    phone.send(&format!(
        "OPTIONS sip:service@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{number}\n\
         From: <sip:phone@127.0.0.1>;tag=1\nTo: <sip:service@127.0.0.1>\nCall-ID: outside-{number}\n\
         CSeq: {number} OPTIONS\nContact: <sip:phone@127.0.0.1:{port}>\nMax-Forwards: 70\nContent-Length: 0\n\n"
    ));
}

#[test]
fn programs_answer_and_slow_ones_hold_nobody_up() {
    let server = server(
        "loadmodule \"exec.so\"\nmodparam(\"exec\", \"setvars\", 1)\nmodparam(\"exec\", \"time_to_kill\", 15)",
        "route {
            if ($cs == 1) {
                # Held up for as long as the test takes.
                exec(\"sleep 15\", , $var(out));
                exit;
            }
            if ($cs == 2) {
                $avp(env) = \"from the script\";
                exec(\"cat; echo $$OSIPS_EXEC_0; echo $$SIP_USER; echo wrong >&2\", \"in\\n\", $avp(out), $var(err), $avp(env));
                sl_send_reply(200, \"$(avp(out)[2]), $(avp(out)[1]), $(avp(out)[0]), $var(err)\");
                exit;
            }
            async(exec(\"echo later\", , $var(out)), resume);
        }
        route[resume] { t_reply(200, \"$rc $var(out)\"); }",
    );
    let phone = Wire::new(&server);
    ask(&phone, 1);
    ask(&phone, 2);
    phone.expect("SIP/2.0 200 in, from the script, service, wrong");
    ask(&phone, 3);
    phone.expect("SIP/2.0 200 1 later");
}

#[test]
fn subscribers_hear_events() {
    let server = server(
        "loadmodule \"event_datagram.so\"\nloadmodule \"event_stream.so\"\nloadmodule \"event_virtual.so\"\n\
         loadmodule \"event_route.so\"",
        "route {
            $avp(names) = \"method\";
            $avp(values) = $rm;
            raise_event(\"E_SEEN\", $avp(names), $avp(values));
            sl_send_reply(200, \"OK\");
        }
        event_route[E_SEEN, async] {
            fetch_event_params(\"method=$avp(method)\");
            $avp(seen) = $avp(method) + \" in a route\";
            raise_event(\"E_AGAIN\", , $avp(seen));
        }",
    );
    let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
    datagrams.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let stream = TcpListener::bind("127.0.0.1:0").unwrap();
    let unix_path = server.directory.join("events");
    let unix = UnixDatagram::bind(&unix_path).unwrap();
    unix.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // Nobody listens at port 1, so the second of the two is told.
    let udp = format!("udp:127.0.0.1:{}", datagrams.local_addr().unwrap().port());
    let tcp = format!("tcp:127.0.0.1:{}/seen", stream.local_addr().unwrap().port());
    for (event, socket) in [
        ("E_SEEN", udp.clone()),
        ("E_SEEN", format!("virtual:FAILOVER tcp:127.0.0.1:1 {tcp}")),
        ("E_AGAIN", format!("unix:{}", unix_path.display())),
    ] {
        let said = server.mi(&["event_subscribe", event, &socket, "60"]);
        assert!(said.contains("OK"), "{socket}: {said}");
    }
    assert!(server.mi(&["event_subscribe", "E_SEEN", "virtual:SOMETIMES x:y"]).contains("Bad parameter value"));

    let phone = Wire::new(&server);
    ask(&phone, 1);
    phone.expect("SIP/2.0 200");
    let mut buffer = [0; 1500];
    let count = datagrams.recv(&mut buffer).expect("a datagram");
    let told = |method: &str| format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{{"method":"OPTIONS"}}}}"#);
    assert_eq!(String::from_utf8_lossy(&buffer[..count]), told("E_SEEN"));
    let (mut peer, _) = stream.accept().expect("a connection");
    let mut text = vec![0; told("seen").len()];
    peer.read_exact(&mut text).expect("an event");
    assert_eq!(String::from_utf8_lossy(&text), told("seen"));
    let count = unix.recv(&mut buffer).expect("a datagram");
    let again = r#"{"jsonrpc":"2.0","method":"E_AGAIN","params":["OPTIONS in a route"]}"#;
    assert_eq!(String::from_utf8_lossy(&buffer[..count]), again);
    assert!(server.mi(&["subscribers_list", "E_SEEN", &udp]).contains("\"expire\": 60"));
}

#[test]
fn management_by_datagrams_and_from_the_script() {
    let server = server(
        "loadmodule \"mi_script.so\"\nloadmodule \"mi_datagram.so\"\n\
         modparam(\"mi_datagram\", \"socket_name\", \"@DIR@/datagrams\")",
        "route {
            if ($cs == 1) {
                mi(\"version\", $var(version));
                $avp(name) = \"event\";
                $avp(value) = \"E_NOBODY\";
                mi(\"evi:subscribers\", $var(error), $avp(name), $avp(value));
                sl_send_reply(200, \"$var(version) $rc $var(error)\");
                exit;
            }
            # The command waits for the reply to a request that the phone itself answers.
            $avp(name) = \"method\";
            $avp(value) = \"MESSAGE\";
            $avp(name) = \"ruri\";
            $avp(value) = $ct.fields(uri);
            $avp(name) = \"headers\";
            $avp(value) = \"From: <sip:us@127.0.0.1>\\r\\nTo: <sip:phone@127.0.0.1>\\r\\n\";
            async(mi(\"t_uac_dlg\", $var(reply), $avp(name), $avp(value)), resume);
        }
        route[resume] { t_reply(200, \"$rc\"); }",
    );
    let path = server.directory.join("datagrams");
    let client = UnixDatagram::bind(server.directory.join("client")).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client.send_to(br#"{"jsonrpc":"2.0","method":"pwd","id":"7"}"#, &path).unwrap();
    let mut buffer = [0; 1500];
    let count = client.recv(&mut buffer).expect("a reply");
    let reply = String::from_utf8_lossy(&buffer[..count]);
    assert!(reply.starts_with(r#"{"jsonrpc":"2.0","result":{"WD":"#) && reply.ends_with(r#""id":"7"}"#), "{reply}");

    let phone = Wire::new(&server);
    ask(&phone, 1);
    let reply = phone.expect("SIP/2.0 200 {\"Server\":");
    assert!(reply.lines().next().unwrap().ends_with("} -404 Event not published"), "{reply}");
    ask(&phone, 2);
    let message = phone.expect("MESSAGE");
    phone.answer(&message, "202 Accepted", "phone");
    phone.expect("SIP/2.0 200 1");
}

/// A web service that answers with the request's first line and what it had to say of itself; its port. A path with
/// `slow` is never answered.
fn service() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    port
}

fn serve(mut stream: TcpStream) {
    let mut head = String::new();
    let mut byte = [0];
    while !head.ends_with("\r\n\r\n") {
        if !matches!(stream.read(&mut byte), Ok(1)) {
            return;
        }
        head.push(char::from(byte[0]));
    }
    if head.contains("slow") {
        let _ = stream.read(&mut byte);
        return;
    }
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("-").to_owned();
    let mut body = vec![0; field("content-length: ").parse().unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    let text = format!("{} {} {} {body}", head.lines().next().unwrap(), field("x-own: "), field("content-type: "));
    let answer =
        format!("HTTP/1.1 202 Accepted\r\nContent-Type: text/own\r\nContent-Length: {}\r\n\r\n{text}", text.len());
    stream.write_all(answer.as_bytes()).unwrap();
}

#[test]
fn web_services_answer_and_slow_ones_hold_nobody_up() {
    let routes = "route {
            if ($cs == 1) {
                # Held up for as long as the test takes.
                rest_get(\"http://127.0.0.1:@SERVICE@/slow\", $var(body));
                exit;
            }
            if ($cs == 2) {
                rest_append_hf(\"X-Own: $fU\");
                $var(rc) = rest_get(\"http://127.0.0.1:@SERVICE@/get?$(fU{rest.escape})\", $var(body), $var(type), $var(code));
                sl_send_reply(200, \"$var(rc) $var(type) $var(code) $var(body)\");
                exit;
            }
            if ($cs == 3) {
                $var(rc) = rest_get(\"http://127.0.0.1:1/\", $var(body), , $var(code));
                sl_send_reply(200, \"$var(rc) $var(code)\");
                exit;
            }
            if ($cs == 4) {
                rest_append_hf(\"X-Own: launched\");
                launch(rest_put(\"http://127.0.0.1:@SERVICE@/put\", \"data\", \"a/b\", $var(body)), launched, \"$cs\");
                sl_send_reply(200, \"OK\");
                exit;
            }
            async(rest_post(\"http://127.0.0.1:@SERVICE@/post\", \"data\", , $var(body)), resume);
        }
        route[resume] { t_reply(200, \"$rc $var(body)\"); }
        route[launched] { $avp(said) = $var(body); raise_event(\"E_SAID\", , $avp(said)); }";
    let routes = routes.replace("@SERVICE@", &service().to_string());
    let server = server("loadmodule \"rest_client.so\"\nloadmodule \"event_datagram.so\"", &routes);
    let phone = Wire::new(&server);
    ask(&phone, 1);
    ask(&phone, 2);
    phone.expect("SIP/2.0 200 1 text/own 202 GET /get?phone HTTP/1.1 phone - ");
    ask(&phone, 3);
    phone.expect("SIP/2.0 200 -1 0");
    let events = UdpSocket::bind("127.0.0.1:0").unwrap();
    events.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    server.mi(&["event_subscribe", "E_SAID", &format!("udp:127.0.0.1:{}", events.local_addr().unwrap().port())]);
    ask(&phone, 4);
    phone.expect("SIP/2.0 200 OK");
    let mut buffer = [0; 1500];
    let count = events.recv(&mut buffer).expect("an event");
    let said = String::from_utf8_lossy(&buffer[..count]);
    assert!(said.contains("PUT /put HTTP/1.1 launched a/b data"), "{said}");
    ask(&phone, 5);
    phone.expect("SIP/2.0 200 1 POST /post HTTP/1.1 - application/x-www-form-urlencoded data");
}

#[test]
fn a_cache_is_kept_over_a_clean_restart() {
    let mut server = server(
        "restart_persistency_cache_file = \"@DIR@/kept\"\nloadmodule \"cachedb_local.so\"\n\
         modparam(\"cachedb_local\", \"enable_restart_persistency\", 1)",
        "route {
            if (!cache_fetch(\"local\", \"seen\", $var(seen))) { $var(seen) = \"nothing\"; }
            cache_store(\"local\", \"seen\", \"$cs\");
            sl_send_reply(200, \"$var(seen)\");
        }",
    );
    let phone = Wire::new(&server);
    ask(&phone, 1);
    phone.expect("SIP/2.0 200 nothing");
    server.restart();
    ask(&phone, 2);
    phone.expect("SIP/2.0 200 1");
    // After a crash it is what it was at the last clean stop.
    server.crash_and_restart();
    ask(&phone, 3);
    phone.expect("SIP/2.0 200 1");
}

#[test]
fn a_request_is_told_to_programs_by_fifo_and_socket() {
    let server = server(
        "loadmodule \"mi_script.so\"\nmodparam(\"tm\", \"tw_append\", \"more:Agent=$ua;$rb\")",
        "route {
            t_newtran();
            if ($cs == 1) t_write_req(\"voicemail/more\", $hdr(X-Path));
            else if ($cs == 2) t_write_unix(\"logger\", $hdr(X-Path));
            else mi(\"tm:hash\", $var(hash));
            $var(rc) = $rc;
            if ($var(hash) =~ \"\\\"Current\\\": *1\") $var(rc) = \"counted\";
            t_reply(200, \"$var(rc)\");
        }",
    );
    let phone = Wire::new(&server);
    let mut sent = 0;
    let mut send = |number: u32, path: &std::path::Path| {
        sent += 1;
        phone.send(&format!(
            "MESSAGE sip:service@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{0};branch=z9hG4bK-w{sent}\n\
             From: <sip:phone@127.0.0.1>;tag=1\nTo: <sip:service@127.0.0.1>\nCall-ID: written\nCSeq: {number} MESSAGE\n\
             User-Agent: Flow\nX-Path: {1}\nMax-Forwards: 70\nContent-Type: text/plain\nContent-Length: 5\n\nhello",
            phone.port,
            path.display()
        ));
    };
    let known = "MESSAGE\nsip:service@127.0.0.1\nsip:service@127.0.0.1\n127.0.0.1\nsip:phone@127.0.0.1\n1\n\
                 sip:service@127.0.0.1\n\nwritten\n";
    let fifo = server.directory.join("told.fifo");
    // Nobody reads it yet.
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    send(1, &fifo);
    phone.expect("SIP/2.0 200 -1");
    // Open for both, it is open at once.
    let mut reader = std::fs::OpenOptions::new().read(true).write(true).open(&fifo).unwrap();
    send(1, &fifo);
    phone.expect("SIP/2.0 200 1");
    let mut text = String::new();
    while !text.ends_with("hello") {
        let mut buffer = [0; 1];
        reader.read_exact(&mut buffer).unwrap();
        text.push(char::from(buffer[0]));
    }
    assert_eq!(text, format!("voicemail\n{known}1\n\n\nAgent: Flow\n\nhello"));
    let socket_path = server.directory.join("told.socket");
    let socket = UnixDatagram::bind(&socket_path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    send(2, &socket_path);
    phone.expect("SIP/2.0 200 1");
    let mut buffer = [0; 1500];
    let count = socket.recv(&mut buffer).expect("a datagram");
    assert_eq!(String::from_utf8_lossy(&buffer[..count]), format!("logger\n{known}2\n\n\n"));
    send(3, &socket_path);
    phone.expect("SIP/2.0 200 counted");
}
