//! Phones register: RFC 3261 section 10 and 22, with SIPp as the phone and SQLite behind.

use crate::harness::{Server, Sipp, Users, provider, provider_with, run_to_end};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

const ALICE: &str = "<sip:alice@127.0.0.1:7001>";
const MIN_EXPIRES: &str = "modparam(\"registrar\", \"min_expires\", 60)";
const CREDENTIALS: &str = "modparam(\"auth_db\", \"load_credentials\", \"\")";

/// Registers `user` with this Contact; the final reply must have this code and match this expression.
pub fn register(server: &Server, user: &str, password: &str, contact: &str, code: &str, expect: &str) {
    register_with(server, user, password, contact, "X-Nothing: here", code, expect);
}

fn register_with(server: &Server, user: &str, password: &str, contact: &str, header: &str, code: &str, expect: &str) {
    registering(user, password, contact, header, code, expect).run(server);
}

fn registering(user: &str, password: &str, contact: &str, header: &str, code: &str, expect: &str) -> Sipp {
    let line = format!("{user};[authentication username={user} password={password}]");
    let sipp = Sipp::new("register").users(&Users(&[&line]));
    let sipp = sipp.replace("@CONTACT@", contact).replace("@HEADER@", header);
    sipp.replace("@CODE@", code).replace("@EXPECT@", expect)
}

fn register_alice(server: &Server, contact: &str, code: &str, expect: &str) {
    register(server, "alice", "wonderland", contact, code, expect);
}

fn contacts(server: &Server) -> String {
    server.sql("SELECT contact FROM location ORDER BY contact").trim().to_owned()
}

#[test]
fn a_registration_is_challenged_accepted_and_stored() {
    let server = provider().start();
    register_alice(&server, &format!("{ALICE};expires=600"), "200", "expires=(600|599)");
    let row = server.sql("SELECT username, domain, contact FROM location");
    assert_eq!(row.trim(), "alice|127.0.0.1|sip:alice@127.0.0.1:7001");
}

#[test]
fn a_wrong_password_is_challenged_again() {
    let server = provider().start();
    register(&server, "alice", "guess", ALICE, "401", "WWW-Authenticate: Digest");
    assert_eq!(contacts(&server), "");
}

#[test]
fn an_unknown_user_is_answered_like_a_wrong_password() {
    let server = provider().start();
    register(&server, "mallory", "guess", ALICE, "401", "WWW-Authenticate: Digest");
}

#[test]
fn a_subscriber_registers_nobody_else() {
    let server = provider().start();
    let line = "bob;[authentication username=alice password=wonderland]";
    let sipp = Sipp::new("register").users(&Users(&[line])).replace("@CONTACT@", ALICE).replace("@HEADER@", "X-N: 1");
    sipp.replace("@CODE@", "403").replace("@EXPECT@", "Forbidden").run(&server);
    assert_eq!(contacts(&server), "");
}

#[test]
fn expiries_are_brought_within_bounds() {
    let server = provider().start();
    register_alice(&server, &format!("{ALICE};expires=10"), "200", "expires=(60|59)");
    register_alice(&server, &format!("{ALICE};expires=999999"), "200", "expires=(7200|7199)");
}

#[test]
fn too_brief_an_expiry_is_refused_with_the_minimum_where_that_is_wanted() {
    let refusing = format!("{MIN_EXPIRES}\nmodparam(\"registrar\", \"refuse_brief\", 1)");
    let server = provider_with(&[(MIN_EXPIRES, &refusing)]).start();
    register_alice(&server, &format!("{ALICE};expires=10"), "423", "Min-Expires: 60");
    assert_eq!(contacts(&server), "");
    register_alice(&server, &format!("{ALICE};expires=60"), "200", "expires=(60|59)");
}

#[test]
fn a_registration_that_is_not_refreshed_ends() {
    let server = provider_with(&[(MIN_EXPIRES, "modparam(\"registrar\", \"min_expires\", 1)")]).start();
    register_alice(&server, &format!("{ALICE};expires=1"), "200", "expires=1");
    server.eventually(|| contacts(&server), "");
    let listed = server.mi(&["usrloc:dump"]);
    assert!(!listed.contains("7001"), "{listed}");
}

#[test]
fn more_contacts_than_allowed_are_refused() {
    let server = provider().start();
    for port in 7001..=7003 {
        register_alice(&server, &format!("<sip:alice@127.0.0.1:{port}>"), "200", "Contact: ");
    }
    register_alice(&server, "<sip:alice@127.0.0.1:7004>", "503", "P-Registrar-Error: too many contacts");
    let kept = "sip:alice@127.0.0.1:7001\nsip:alice@127.0.0.1:7002\nsip:alice@127.0.0.1:7003";
    assert_eq!(contacts(&server), kept);
}

#[test]
fn expires_0_and_the_star_unregister() {
    let server = provider().start();
    register_alice(&server, "<sip:alice@127.0.0.1:7001>", "200", "7001");
    register_alice(&server, "<sip:alice@127.0.0.1:7002>", "200", "7001.*7002|7002.*7001");
    register_alice(&server, "<sip:alice@127.0.0.1:7001>;expires=0", "200", "7002");
    assert_eq!(contacts(&server), "sip:alice@127.0.0.1:7002");
    register_with(&server, "alice", "wonderland", "*", "Expires: 0", "200", "SIP/2.0 200");
    assert_eq!(contacts(&server), "");
}

#[test]
fn phones_register_over_a_network_that_loses_every_tenth_packet() {
    let server = provider().start();
    let alice = registering("alice", "wonderland", ALICE, "X-Nothing: here", "200", "7001");
    alice.args(&["-m", "60", "-r", "30", "-lost", "10"]).run(&server);
    assert_eq!(contacts(&server), "sip:alice@127.0.0.1:7001");
}

#[test]
fn sipsak_registers_and_asks() {
    let server = provider().start();
    let alice = format!("sip:alice@{}", server.address());
    let sipsak = |args: &[&str]| run_to_end(Command::new("sipsak").args(args), Duration::from_secs(20)).1;
    let register = sipsak(&[
        "-U",
        "-s",
        &alice,
        "-u",
        "alice",
        "-a",
        "wonderland",
        "-C",
        "sip:alice@127.0.0.1:7001",
        "-x",
        "600",
        "-vv",
    ]);
    assert!(register.contains("completed successful"), "{register}");
    assert_eq!(contacts(&server), "sip:alice@127.0.0.1:7001");
    let options = sipsak(&["-s", &format!("sip:{}", server.address()), "-vv"]);
    assert!(options.contains("SIP/2.0 200 OK"), "{options}");
    let last_hop = sipsak(&["-s", &format!("sip:{}", server.address()), "-m", "0", "-vv"]);
    assert!(last_hop.contains("SIP/2.0 483 Too Many Hops"), "{last_hop}");
}

/// Many phones register, one after the other, while the server is killed twice. In a write-through mode the answer
/// comes after the row: who was answered is in the table, whatever happened next.
#[test]
fn no_acknowledged_registration_is_lost_when_the_server_is_killed() {
    let plain = format!(
        "{CREDENTIALS}\nmodparam(\"auth_db\", \"calculate_ha1\", 1)\n\
         modparam(\"auth_db\", \"password_column\", \"password\")"
    );
    let subscribers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
        INSERT INTO subscriber (username, domain, password) SELECT 'user' || i, '127.0.0.1', 'secret' FROM n";
    let mut server = provider_with(&[(CREDENTIALS, &plain)]).with_rows(subscribers).start();
    let lines: Vec<String> =
        (1..=900).map(|i| format!("user{i};[authentication username=user{i} password=secret]")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let phones = Sipp::new("register_and_log").users(&Users(&lines));
    let phones = phones.args(&["-m", "900", "-r", "150", "-trace_logs", "-recv_timeout", "8000"]);

    let mut running = phones.start(&server);
    for rows in [100, 400] {
        server
            .until(|| server.sql("SELECT count(*) FROM location").trim().parse().is_ok_and(|count: u32| count >= rows));
        server.crash_and_restart();
    }
    // Phones that held a challenge from before the crash fail: the status says nothing.
    running.wait(Duration::from_secs(60));

    let acknowledged: BTreeSet<String> = phones.logged().into_iter().collect();
    assert!(acknowledged.len() >= 500, "only {} were acknowledged", acknowledged.len());
    server.crash_and_restart();
    let table = server.sql("SELECT username FROM location");
    let stored: BTreeSet<String> = table.lines().map(str::to_owned).collect();
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let listed = server.mi(&["usrloc:dump"]);
    let missing: Vec<_> =
        acknowledged.iter().filter(|user| !listed.contains(&format!("\"{user}@127.0.0.1\""))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
