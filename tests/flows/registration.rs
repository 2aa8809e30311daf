//! Phones register: RFC 3261 section 10 and 22, with SIPp as the phone and SQLite behind.

use crate::harness::{Server, ServerBuilder, Sipp, Users};

const SCRIPT: &str = include_str!("configs/residential.cfg");

fn provider() -> Server {
    ServerBuilder::new(SCRIPT).with_database().with_user("alice", "wonderland").with_user("bob", "builder").start()
}

/// Registers `user` with this Contact; the final reply must have this code and match this expression.
pub fn register(server: &Server, user: &str, password: &str, contact: &str, code: &str, expect: &str) {
    register_with(server, user, password, contact, "X-Nothing: here", code, expect);
}

fn register_with(server: &Server, user: &str, password: &str, contact: &str, header: &str, code: &str, expect: &str) {
    let line = format!("{user};[authentication username={user} password={password}];{contact};{header}");
    let sipp = Sipp::new("register").replace("@CODE@", code).replace("@EXPECT@", expect).users(&Users(&[&line]));
    sipp.run(server);
}

#[test]
fn a_registration_is_challenged_accepted_and_stored() {
    let server = provider();
    register(&server, "alice", "wonderland", "<sip:alice@127.0.0.1:7001>;expires=600", "200", "expires=(600|599)");
    assert_eq!(
        server.sql("SELECT username, domain, contact FROM location").trim(),
        "alice|127.0.0.1|sip:alice@127.0.0.1:7001"
    );
}

#[test]
fn a_wrong_password_is_challenged_again() {
    let server = provider();
    register(&server, "alice", "guess", "<sip:alice@127.0.0.1:7001>", "401", "WWW-Authenticate: Digest");
    assert_eq!(server.sql("SELECT count(*) FROM location").trim(), "0");
}

#[test]
fn an_unknown_user_is_answered_like_a_wrong_password() {
    let server = provider();
    register(&server, "mallory", "guess", "<sip:mallory@127.0.0.1:7001>", "401", "WWW-Authenticate: Digest");
}

#[test]
fn too_short_an_expiry_is_refused_with_the_minimum() {
    let server = provider();
    register(
        &server,
        "alice",
        "wonderland",
        "<sip:alice@127.0.0.1:7001>;expires=10",
        "(200|423)",
        "Min-Expires: 60|expires=60",
    );
}

#[test]
fn more_contacts_than_allowed_are_refused() {
    let server = provider();
    for port in 7001..=7003 {
        register(&server, "alice", "wonderland", &format!("<sip:alice@127.0.0.1:{port}>"), "200", "Contact: ");
    }
    register(&server, "alice", "wonderland", "<sip:alice@127.0.0.1:7004>", "503", "SIP/2.0 503");
    assert_eq!(server.sql("SELECT count(*) FROM location").trim(), "3");
}

#[test]
fn expires_0_and_the_star_unregister() {
    let server = provider();
    register(&server, "alice", "wonderland", "<sip:alice@127.0.0.1:7001>", "200", "7001");
    register(&server, "alice", "wonderland", "<sip:alice@127.0.0.1:7002>", "200", "7001.*7002|7002.*7001");
    register(&server, "alice", "wonderland", "<sip:alice@127.0.0.1:7001>;expires=0", "200", "7002");
    assert_eq!(server.sql("SELECT contact FROM location").trim(), "sip:alice@127.0.0.1:7002");
    register_with(&server, "alice", "wonderland", "*", "Expires: 0", "200", "SIP/2.0 200");
    assert_eq!(server.sql("SELECT count(*) FROM location").trim(), "0");
}

#[test]
fn no_acknowledged_registration_is_lost_when_the_server_is_killed() {
    let mut server = provider();
    for port in 7001..=7003 {
        register(&server, "alice", "wonderland", &format!("<sip:alice@127.0.0.1:{port}>"), "200", "Contact: ");
        register(&server, "bob", "builder", &format!("<sip:bob@127.0.0.1:{port}>"), "200", "Contact: ");
        server.crash_and_restart();
    }
    let contacts = server.mi(&["usrloc:dump"]);
    assert_eq!(contacts.matches("sip:alice@127.0.0.1:700").count(), 3, "{contacts}");
    assert_eq!(contacts.matches("sip:bob@127.0.0.1:700").count(), 3, "{contacts}");
}
