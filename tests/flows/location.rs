//! What registrations hold beside a URI, over the wire: every digest, GRUUs, Paths, events, a table in SQL alone, and
//! messages that no datagram holds.

use crate::harness::{Server, ServerBuilder, Wire};
use sip::digest::{Algorithm, Input, ha1, response};

const SCRIPT: &str = "log_level = 2
stderror_enabled = yes
socket = udp:127.0.0.1:@PORT@
db_default_url = \"@DB@\"
loadmodule \"proto_udp.so\"
loadmodule \"db_sqlite.so\"
loadmodule \"signaling.so\"
loadmodule \"sl.so\"
loadmodule \"tm.so\"
loadmodule \"sipmsgops.so\"
loadmodule \"usrloc.so\"
modparam(\"usrloc\", \"working_mode_preset\", \"@MODE@\")
modparam(\"usrloc\", \"timer_interval\", 1)
loadmodule \"registrar.so\"
modparam(\"registrar\", \"disable_gruu\", 0)
modparam(\"registrar\", \"received_avp\", \"$avp(seen)\")
loadmodule \"auth.so\"
modparam(\"auth\", \"nonce_expire\", 1)
loadmodule \"auth_db.so\"
modparam(\"auth_db\", \"calculate_ha1\", 1)
modparam(\"auth_db\", \"password_column\", \"password\")
loadmodule \"httpd.so\"
modparam(\"httpd\", \"port\", @MI_PORT@)
loadmodule \"mi_http.so\"
route {
    if (is_method(\"REGISTER\")) {
        if ($hdr(X-Algorithm) != NULL && !www_authorize(\"\", \"subscriber\")) {
            www_challenge(\"\", $hdr(X-Qop), $hdr(X-Algorithm));
            exit;
        }
        $avp(seen) = $hdr(X-Seen);
        save(\"location\", \"path-lazy\");
        exit;
    }
    if (!lookup(\"location\")) {
        send_reply(404, \"Not Found\");
        exit;
    }
    t_relay();
}
event_route[E_UL_CONTACT_INSERT] { xlog(\"L_ERR\", \"inserted $param(aor) $param(uri)\\n\"); }
event_route[E_UL_CONTACT_DELETE] { xlog(\"L_ERR\", \"deleted $param(aor) $param(uri)\\n\"); }
";

fn server(mode: &str) -> Server {
    ServerBuilder::new(&SCRIPT.replace("@MODE@", mode)).with_database().with_plain_user("alice", "wonderland").start()
}

/// A request; the number tells it from others.
fn request(phone: &Wire, method: &str, uri: &str, number: u32, lines: &str) -> String {
    format!(
        "{method} {uri} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{method}{number}\n\
         From: <sip:alice@127.0.0.1>;tag=1\nTo: <sip:alice@127.0.0.1>\nCall-ID: one\nCSeq: {number} {method}\n\
         Max-Forwards: 70\n{lines}Content-Length: 0\n\n",
        port = phone.port
    )
}

/// Sends a request and gets the answer.
fn ask(phone: &Wire, method: &str, uri: &str, number: u32, lines: &str) -> String {
    phone.send(&request(phone, method, uri, number, lines));
    phone.expect("SIP/2.0")
}

fn part<'a>(text: &'a str, name: &str) -> &'a str {
    text.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).expect("a part in quotes")
}

/// The answer to the challenge in a reply.
fn answer_to(reply: &str, algorithm: Algorithm, qop: &str, password: &str) -> String {
    let nonce = part(reply, "nonce");
    let input = Input {
        nonce: nonce.as_bytes(),
        nc: b"00000001",
        cnonce: b"c",
        qop: qop.as_bytes(),
        method: b"REGISTER",
        uri: b"sip:127.0.0.1",
        body: b"",
    };
    let secret = ha1(algorithm, b"alice", b"127.0.0.1", password.as_bytes());
    format!(
        "Authorization: Digest username=\"alice\", realm=\"127.0.0.1\", nonce=\"{nonce}\", uri=\"sip:127.0.0.1\", \
         response=\"{}\", algorithm={}, qop={qop}, nc=00000001, cnonce=\"c\"\n",
        response(algorithm, secret.as_bytes(), &input),
        algorithm.as_str()
    )
}

#[test]
fn every_digest_lets_the_right_password_in_and_no_other() {
    let server = server("single-instance-no-db");
    let phone = Wire::new(&server);
    let mut number = 0;
    for algorithm in ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"] {
        for qop in ["auth", "auth-int"] {
            for (password, status) in [("wonderland", "SIP/2.0 200"), ("guess", "SIP/2.0 401")] {
                let wish = format!("X-Algorithm: {algorithm}\nX-Qop: {qop}\n");
                number += 2;
                let challenge = ask(&phone, "REGISTER", "sip:127.0.0.1", number, &wish);
                assert!(challenge.contains(&format!("algorithm={algorithm}")), "{challenge}");
                let answer = answer_to(&challenge, Algorithm::of(algorithm.as_bytes()).unwrap(), qop, password);
                let reply = ask(&phone, "REGISTER", "sip:127.0.0.1", number + 1, &format!("{wish}{answer}"));
                assert!(reply.starts_with(status), "{algorithm} {qop} {password}: {reply}");
            }
        }
    }
    // A nonce that is too old is told from a password that is wrong.
    let wish = "X-Algorithm: SHA-256\nX-Qop: auth\n";
    let answer =
        answer_to(&ask(&phone, "REGISTER", "sip:127.0.0.1", 1000, wish), Algorithm::Sha256, "auth", "wonderland");
    number = 1000;
    let mut reply = String::new();
    server.until(|| {
        number += 1;
        reply = ask(&phone, "REGISTER", "sip:127.0.0.1", number, &format!("{wish}{answer}"));
        reply.contains("stale=true")
    });
    let basic = "Authorization: Basic YWxpY2U6d29uZGVybGFuZA==\n";
    let reply = ask(&phone, "REGISTER", "sip:127.0.0.1", number + 1, &format!("{wish}{basic}"));
    assert!(reply.starts_with("SIP/2.0 401") && !reply.contains("stale"), "{reply}");
    let reply = ask(&phone, "REGISTER", "sip:127.0.0.1", number + 2, "X-Algorithm: ROT13\nX-Qop: auth\n");
    assert!(reply.starts_with("SIP/2.0 500"), "{reply}");
}

#[test]
fn a_gruu_leads_by_the_path_to_the_one_phone() {
    for mode in ["single-instance-sql-write-through", "sql-only"] {
        let server = server(mode);
        let (phone, other) = (Wire::new(&server), Wire::new(&server));
        let line = |wire: &Wire, id: u8| {
            format!("Contact: <sip:alice@127.0.0.1:{}>;+sip.instance=\"<urn:uuid:{id}>\"\n", wire.port)
        };
        let path = format!("Supported: path, gruu\nPath: <sip:127.0.0.1:{};lr>\n", phone.port);
        let reply = ask(&phone, "REGISTER", "sip:127.0.0.1", 1, &format!("{path}{}", line(&phone, 1)));
        assert!(reply.starts_with("SIP/2.0 200") && reply.contains("Path: <sip:127.0.0.1:"), "{reply}");
        let gruus = [part(&reply, "pub-gruu").to_owned(), part(&reply, "temp-gruu").to_owned()];
        let reply = ask(&other, "REGISTER", "sip:127.0.0.1", 2, &line(&other, 2));
        assert_eq!(reply.matches("+sip.instance").count(), 2, "{reply}");
        let caller = Wire::new(&server);
        for (number, gruu) in gruus.iter().enumerate() {
            let number = u32::try_from(number).unwrap();
            caller.send(&request(&caller, "MESSAGE", gruu, 10 + number, ""));
            let came = phone.expect(&format!("MESSAGE sip:alice@127.0.0.1:{}", phone.port));
            assert!(came.contains(&format!("Route: <sip:127.0.0.1:{};lr>", phone.port)), "{came}");
            phone.answer(&came, "200 OK", "p");
            caller.expect("SIP/2.0 200");
        }
        server.until(|| server.process.output().matches("inserted alice@127.0.0.1 sip:alice@127.0.0.1:").count() == 2);
        let gone = line(&other, 2).replace('\n', ";expires=0\n");
        ask(&other, "REGISTER", "sip:127.0.0.1", 3, &gone);
        server.until(|| server.process.output().contains("deleted alice@127.0.0.1"));
        assert_eq!(server.sql("SELECT count(*) FROM location").trim(), "1");
        // Path that no call could follow.
        let reply = ask(&phone, "REGISTER", "sip:127.0.0.1", 4, &format!("Path: <:::>;lr\n{}", line(&phone, 1)));
        assert!(reply.starts_with("SIP/2.0 400"), "{reply}");
    }
}

#[test]
fn a_call_goes_where_the_phone_was_seen() {
    let server = server("single-instance-no-db");
    let (phone, caller) = (Wire::new(&server), Wire::new(&server));
    let lines = format!("X-Seen: sip:127.0.0.1:{}\nContact: <sip:alice@192.0.2.1>\n", phone.port);
    let reply = ask(&phone, "REGISTER", "sip:127.0.0.1", 1, &lines);
    assert!(reply.contains(&format!("received=\"sip:127.0.0.1:{}\"", phone.port)), "{reply}");
    caller.send(&request(&caller, "MESSAGE", "sip:alice@127.0.0.1", 2, ""));
    phone.answer(&phone.expect("MESSAGE sip:alice@192.0.2.1 "), "200 OK", "p");
    caller.expect("SIP/2.0 200");
}

#[test]
fn a_message_that_no_datagram_holds_is_counted_and_logged() {
    let server = server("single-instance-no-db");
    let phone = Wire::new(&server);
    ask(&phone, "REGISTER", "sip:127.0.0.1", 1, &format!("Contact: <sip:alice@127.0.0.1:{}>\n", phone.port));
    // It comes as the largest of all, and leaves with a Via of ours.
    let long = format!("X-Long: {}\n", "x".repeat(13_000)).repeat(4);
    let message = |pad: usize| {
        let lines = format!("{long}X-Pad: {}\n", "x".repeat(pad));
        request(&phone, "MESSAGE", "sip:alice@127.0.0.1", 2, &lines).replace('\n', "\r\n")
    };
    phone.send(&message(65_500 - message(0).len()));
    server.until(|| server.process.output().contains("is too long for a datagram"));
    assert_eq!(server.statistic("core:unsent"), 1);
}
