//! What a provider knows of its subscribers: domains, aliases, short numbers, groups, addresses, files of rules.

use crate::harness::{Server, ServerBuilder, Wire};
use std::fs;

const SCRIPT: &str = include_str!("configs/subscribers.cfg");

const ROWS: &str = "
    INSERT INTO domain (domain, attrs) VALUES ('example.com', NULL), ('closed.example', 'closed');
    INSERT INTO dbaliases (alias_username, alias_domain, username, domain)
        VALUES ('100', 'example.com', 'bob', 'example.com');
    INSERT INTO speed_dial (username, domain, sd_username, sd_domain, new_uri)
        VALUES ('alice', 'example.com', '12', 'example.com', 'sip:100@example.com');
    INSERT INTO grp (username, domain, grp) VALUES ('alice', 'example.com', 'abroad');
    INSERT INTO address (grp, ip, mask, port, pattern, context_info) VALUES (1, '127.0.0.9', 32, 0, '1*', 'gw1');";

fn server() -> Server {
    let builder = ServerBuilder::new(SCRIPT).with_database().with_rows(ROWS);
    let write = |name: &str, text: &str| fs::write(builder.directory().join(name), text).expect("file");
    write("register.deny", "ALL : \"@192\\.0\\.2\\.[0-9]+$\"\n");
    write("permissions.allow", "\"^sip:boss@example\\.com$\" : ALL\n");
    write("permissions.deny", "ALL : \"^sip:secret@example\\.com$\"\n");
    builder.start()
}

/// A request of a user to a URI, with more header lines.
fn request(method: &str, number: u32, from: &str, uri: &str, at: &Wire, more: &str) -> String {
    format!(
        "{method} {uri} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{0};rport;branch=z9hG4bK-{number}-{0}\n\
         From: <sip:{from}>;tag=a\nTo: <{1}>\nCall-ID: {number}-{0}\nCSeq: 1 {method}\nMax-Forwards: 70\n\
         {more}Content-Length: 0\n\n",
        at.port,
        if method == "REGISTER" { format!("sip:{from}") } else { uri.to_owned() },
    )
}

fn register(wire: &Wire, user: &str) {
    let contact = format!("Contact: <sip:{user}@127.0.0.1:{}>\n", wire.port);
    wire.send(&request("REGISTER", 1, &format!("{user}@example.com"), "sip:example.com", wire, &contact));
    wire.expect("SIP/2.0 200");
}

#[test]
fn calls_go_by_names_groups_and_rules() {
    let server = server();
    let [alice, bob, mail] = [(); 3].map(|()| Wire::new(&server));
    register(&bob, "bob");
    register(&mail, "mail");
    register(&mail, "secret");

    // A contact that the file denies is not registered.
    let contact = "Contact: <sip:alice@192.0.2.7:5070>\n";
    alice.send(&request("REGISTER", 2, "alice@example.com", "sip:example.com", &alice, contact));
    alice.expect("SIP/2.0 403 Not this contact");

    // A short number leads to an alias, and that to a phone.
    let mut number = 2;
    let mut ask = |from: &str, uri: &str| {
        number += 1;
        alice.send(&request("OPTIONS", number, from, uri, &alice, ""));
    };
    ask("alice@example.com", "sip:12@example.com");
    let at_bob = bob.expect("OPTIONS sip:bob@127.0.0.1");
    bob.answer(&at_bob, "200 OK", "b");
    alice.expect("SIP/2.0 200");
    // It is alice's own.
    ask("carol@example.com", "sip:12@example.com");
    let at_mail = mail.expect("OPTIONS sip:mail@127.0.0.1");
    assert!(at_mail.contains("\r\nDiversion: <sip:12@example.com>;reason=unavailable;privacy=off\r\n"), "{at_mail}");
    mail.answer(&at_mail, "200 OK", "m");
    alice.expect("SIP/2.0 200");

    for (from, uri, reply) in [
        ("mallory@example.org", "sip:bob@example.com", "403 Not our subscriber"),
        ("carol@example.com", "sip:bob@example.org", "403 Not in the group"),
        ("carol@example.com", "sip:bob@closed.example", "480 Closed"),
        ("carol@example.com", "sip:secret@example.com", "403 Not this callee"),
    ] {
        ask(from, uri);
        alice.expect(&format!("SIP/2.0 {reply}"));
    }
    // Who is in the group, and whom the file of what is allowed names, gets on.
    ask("alice@example.com", "sip:bob@example.org");
    let at_mail = mail.expect("OPTIONS sip:mail@127.0.0.1");
    mail.answer(&at_mail, "200 OK", "m");
    alice.expect("SIP/2.0 200");
    ask("boss@example.com", "sip:secret@example.com");
    let at_mail = mail.expect("OPTIONS sip:secret@127.0.0.1");
    mail.answer(&at_mail, "200 OK", "m");
    alice.expect("SIP/2.0 200");
}

#[test]
fn tables_are_read_again_while_calls_go_on() {
    let server = server();
    let (gateway, bob) = (Wire::new(&server), Wire::new(&server));
    register(&bob, "bob");
    let ask = |number: u32| {
        gateway.send(&request("OPTIONS", number, "4930123@carrier.example", "sip:100@example.com", &gateway, ""));
    };
    ask(1);
    gateway.expect("SIP/2.0 403 Not our subscriber");

    // The gateway's subnet is told; a row that is wrong does no harm.
    server.change(
        "INSERT INTO address (grp, ip, mask, port, proto, pattern, context_info) VALUES
         (1, '127.0.0.0', 29, 0, 'udp', '1*', 'gw2'), (1, 'gateway', 32, 0, 'any', NULL, NULL)",
    );
    assert_eq!(server.mi(&["permissions:address_reload"]).trim(), "OK");
    assert!(server.mi(&["address_dump"]).contains("127.0.0.9"));
    assert!(server.mi(&["subnet_dump"]).contains("255.255.255.248"));
    ask(2);
    let at_bob = bob.expect("OPTIONS");
    assert!(at_bob.contains("\r\nX-Carrier: gw2\r\n"), "{at_bob}");
    bob.answer(&at_bob, "200 OK", "b");
    gateway.expect("SIP/2.0 200");

    // A table that is gone changes nothing.
    server.change("ALTER TABLE address RENAME TO lost");
    assert!(server.mi(&["permissions:address_reload"]).contains("Failed to reolad"));
    ask(3);
    let at_bob = bob.expect("OPTIONS");
    bob.answer(&at_bob, "200 OK", "b");
    gateway.expect("SIP/2.0 200");

    server.change("DELETE FROM domain WHERE domain = 'example.com'");
    assert_eq!(server.mi(&["domain_reload"]).trim(), "OK");
    ask(4);
    gateway.expect("SIP/2.0 403 Not in the group");
    let output = server.process.output();
    assert!(
        output.contains("table address, row grp=1 ip=gateway mask=32 port=0 proto=any pattern= context_info=: column ip is no address; the row is passed over"),
        "{output}"
    );
}

#[test]
fn peers_of_an_old_script_are_trusted() {
    const OLD: &str = r#"
        log_level = 2
        stderror_enabled = yes
        socket = udp:127.0.0.1:@PORT@
        loadmodule "proto_udp.so"
        loadmodule "db_sqlite.so"
        loadmodule "httpd.so"
        modparam("httpd", "port", @MI_PORT@)
        loadmodule "mi_http.so"
        loadmodule "signaling.so"
        loadmodule "sl.so"
        loadmodule "permissions.so"
        modparam("permissions", "db_url", "@DB@")
        modparam("permissions", "db_mode", 1)
        modparam("permissions", "trusted_table", "trusted")
        modparam("permissions", "peer_tag_avp", "$avp(tag)")
        route {
            if (allow_trusted("$si", "$proto"))
                sl_send_reply("200", "Trusted $avp(tag)");
            else
                sl_send_reply("403", "Forbidden");
        }"#;
    let table = "CREATE TABLE trusted (id INTEGER PRIMARY KEY, src_ip TEXT, proto TEXT, from_pattern TEXT, tag TEXT);
                 INSERT INTO trusted (src_ip, proto, from_pattern, tag) VALUES ('127.0.0.1', 'udp', '^sip:boss@', 'b');";
    let server = ServerBuilder::new(OLD).with_database().with_rows(table).start();
    assert!(
        server.process.output().contains("help: check_source_address(0, $avp(tag), $fu), with the rows of trusted")
    );
    let peer = Wire::new(&server);
    let ask = |number: u32, from: &str| peer.send(&request("OPTIONS", number, from, "sip:x@example.com", &peer, ""));
    ask(1, "boss@example.com");
    peer.expect("SIP/2.0 200 Trusted b");
    ask(2, "carol@example.com");
    peer.expect("SIP/2.0 403");
    server.change("UPDATE trusted SET proto = 'any', from_pattern = NULL, tag = 'all'");
    assert_eq!(server.mi(&["trusted_reload"]).trim(), "OK");
    assert!(server.mi(&["trusted_dump"]).contains("\"tag\": \"all\""));
    ask(3, "carol@example.com");
    peer.expect("SIP/2.0 200 Trusted all");
}
