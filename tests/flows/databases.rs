//! The provider on real PostgreSQL and MariaDB: the script is the same, but for the URL and the engine's module.

use crate::calls::{callee, caller};
use crate::harness::{Kind, Server, ServerBuilder, SqlServer, Wire, run_to_end};
use crate::registration::register;
use std::process::Command;
use std::time::Duration;

const SCRIPT: &str = include_str!("configs/residential.cfg");
const ALICE: &str = "<sip:alice@127.0.0.1:7001>";
const CONTACT: &str = "SELECT username, domain, contact FROM location WHERE username = 'alice'";

/// The command line, and what it says.
fn strowger(args: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
    let (status, output) = run_to_end(command.args(args), Duration::from_secs(60));
    (status.success(), output)
}

pub fn done(args: &[&str]) -> String {
    let (success, output) = strowger(args);
    assert!(success, "{args:?}: {output}");
    output
}

/// The provider's script on this database.
fn script(url: &str, kind: Kind) -> ServerBuilder {
    let module = if kind == Kind::Postgres { "db_postgres.so" } else { "db_mysql.so" };
    ServerBuilder::new(&SCRIPT.replace("@DB@", url).replace("db_sqlite.so", module))
}

fn check(builder: &ServerBuilder) -> (bool, String) {
    let path = builder.directory().join("check.cfg");
    std::fs::write(&path, builder.script()).expect("script");
    strowger(&["check", &path.display().to_string()])
}

fn is_answered(wire: &Wire, cseq: u32) {
    wire.send(&format!(
        "OPTIONS sip:127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK-o{cseq}\n\
         From: <sip:x@x>;tag=1\nTo: <sip:y@y>\nCall-ID: options-{cseq}\nCSeq: {cseq} OPTIONS\nMax-Forwards: 70\n\
         Content-Length: 0\n\n"
    ));
    wire.expect("SIP/2.0 200");
}

fn provides(kind: Kind) {
    let mut database = SqlServer::start(kind);
    let url = database.url("provider");
    let (success, said) = check(&script(&url, kind));
    // Below the message stands the line of the script, which has the password itself.
    let message = said.lines().next().unwrap_or_default();
    assert!(message.contains("make it with `strowger db create") && !message.contains("s3c:r@t"), "{said}");
    assert!(!success, "{said}");
    done(&["db", "create", &url]);
    let (success, said) = check(&script(&url, kind));
    assert!(!success && said.contains("ALTER TABLE missed_calls ADD COLUMN caller"), "{said}");
    for table in ["acc", "missed_calls"] {
        database.sql("provider", &format!("ALTER TABLE {table} ADD COLUMN caller TEXT"));
        database.sql("provider", &format!("ALTER TABLE {table} ADD COLUMN callee TEXT"));
    }
    let (success, said) = check(&script(&url, kind));
    assert!(success, "{said}");
    for (user, password) in [("alice@127.0.0.1", "wonderland"), ("bob@127.0.0.1", "builder")] {
        done(&["user", "--db", &url, "add", user, "--password", password]);
    }
    let mut server = script(&url, kind).start();
    registers_and_calls(&database, &server);
    lives_through_a_dead_database(&mut database, &server);
    // What was acknowledged is there after a restart of our own, too.
    server.crash_and_restart();
    assert!(server.mi(&["usrloc:dump"]).contains("sip:alice@127.0.0.1:7001"));
    copies(&database, &url, &server);
}

fn registers_and_calls(database: &SqlServer, server: &Server) {
    register(server, "alice", "wonderland", &format!("{ALICE};expires=600"), "200", "expires=(600|599)");
    register(server, "alice", "guess", ALICE, "401", "WWW-Authenticate: Digest");
    assert_eq!(database.sql("provider", CONTACT).trim(), "alice|127.0.0.1|sip:alice@127.0.0.1:7001");
    let (phone, mut running) = callee(server, "answer", "1");
    caller("call", "bob").run(server);
    phone.finish(&mut running, server);
    let records = "SELECT method, sip_code, coalesce(caller, ''), coalesce(callee, '') FROM acc ORDER BY method DESC";
    server.eventually(|| database.sql("provider", records), "INVITE|200|alice|bob\nBYE|200||");
}

/// What needs no database is answered all the while; what needs it is refused, and goes again when it is back.
fn lives_through_a_dead_database(database: &mut SqlServer, server: &Server) {
    let wire = Wire::new(server);
    database.kill();
    for cseq in 1..20 {
        is_answered(&wire, cseq);
    }
    let (refused, known) = (server.statistic("sql:sql_failed_queries"), server.mi(&["usrloc:dump"]));
    assert!(known.contains("sip:alice@127.0.0.1:7001"), "{known}");
    wire.send(
        "REGISTER sip:127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK-dead\n\
         From: <sip:alice@127.0.0.1>;tag=1\nTo: <sip:alice@127.0.0.1>\nCall-ID: dead\nCSeq: 1 REGISTER\n\
         Authorization: Digest username=\"alice\", realm=\"127.0.0.1\", nonce=\"x\", uri=\"sip:127.0.0.1\", response=\"y\"\n\
         Contact: <sip:alice@127.0.0.1:7009>\nMax-Forwards: 70\nContent-Length: 0\n\n",
    );
    wire.expect("SIP/2.0 ");
    is_answered(&wire, 99);
    assert!(server.statistic("sql:sql_failed_queries") >= refused);
    database.run();
    assert_eq!(database.sql("provider", CONTACT).trim(), "alice|127.0.0.1|sip:alice@127.0.0.1:7001");
    let again = format!("{ALICE};expires=600");
    // It knocks once a second; the database was left alone for no longer.
    std::thread::sleep(Duration::from_secs(2));
    register(server, "alice", "wonderland", &again, "200", "expires=(600|599)");
}

fn copies(database: &SqlServer, url: &str, server: &Server) {
    let target = format!("sqlite://{}", server.directory.join("copy.sqlite").display());
    done(&["db", "create", &target]);
    let (success, said) = strowger(&["db", "copy", url, &target]);
    assert!(!success && said.contains("has a column caller that the other one lacks"), "{said}");
    for table in ["acc", "missed_calls"] {
        let columns =
            format!("ALTER TABLE {table} ADD COLUMN caller TEXT; ALTER TABLE {table} ADD COLUMN callee TEXT;");
        let mut command = Command::new("sqlite3");
        command.arg(server.directory.join("copy.sqlite")).arg(columns);
        assert!(run_to_end(&mut command, Duration::from_secs(20)).0.success());
    }
    let said = done(&["db", "copy", "--resume", url, &target]);
    assert!(said.lines().any(|line| line.starts_with("subscriber") && line.ends_with(" 2 rows")), "{said}");
    // And back, into a database that is made for it; the next row gets a key that nobody has.
    let back = database.url("back");
    done(&["db", "create", &back]);
    for table in ["acc", "missed_calls"] {
        database.sql("back", &format!("ALTER TABLE {table} ADD COLUMN caller TEXT"));
        database.sql("back", &format!("ALTER TABLE {table} ADD COLUMN callee TEXT"));
    }
    done(&["db", "copy", &target, &back]);
    let records = "SELECT id, method, sip_code, time FROM acc ORDER BY id";
    assert_eq!(database.sql("back", records), database.sql("provider", records));
    done(&["user", "--db", &back, "add", "carol@127.0.0.1", "--password", "x"]);
    assert!(done(&["user", "--db", &back, "list"]).contains("carol@127.0.0.1"));
    assert!(done(&["db", "version", &back]).contains("subscriber"));
    assert!(done(&["db", "migrate", &back]).contains("as it should be"));
}

#[test]
fn a_provider_on_postgres() {
    provides(Kind::Postgres);
}

#[test]
fn a_provider_on_mariadb() {
    provides(Kind::Mariadb);
}

/// Two databases behind one name: registrations go where there is room, and the operator's word counts.
#[test]
fn a_set_of_databases_is_one_to_the_script() {
    let script = "socket = udp:127.0.0.1:@PORT@\nstderror_enabled = yes\nloadmodule \"proto_udp.so\"\n\
        loadmodule \"db_sqlite.so\"\nloadmodule \"db_virtual.so\"\nmodparam(\"db_virtual\", \"db_urls\", \"define main FAILOVER\")\n\
        modparam(\"db_virtual\", \"db_urls\", \"@DB@\")\nmodparam(\"db_virtual\", \"db_urls\", \"sqlite://@DIR@/second.sqlite\")\n\
        loadmodule \"sqlops.so\"\nmodparam(\"sqlops\", \"db_url\", \"virtual://main\")\n\
        loadmodule \"httpd.so\"\nmodparam(\"httpd\", \"port\", @MI_PORT@)\nloadmodule \"mi_http.so\"\n\
        loadmodule \"sl.so\"\nroute {\n sql_query(\"INSERT INTO grp (username, grp) VALUES ('$ci', 'x')\");\n\
        sl_send_reply(200, \"OK\");\n}\n";
    let builder = ServerBuilder::new(script).with_database();
    let second = builder.directory().join("second.sqlite");
    done(&["db", "create", &format!("sqlite://{}", second.display())]);
    let server = builder.start();
    let shown: serde_json::Value = serde_json::from_str(&server.mi(&["db_virtual:get"])).expect("JSON");
    let members = &shown["SETS"][0]["DBS"];
    assert_eq!((&shown["SETS"][0]["name"], &shown["SETS"][0]["mode"]), (&"main".into(), &"FAILOVER".into()));
    assert_eq!((&members[1]["can"], &members[1]["may"], &members[1]["r_rec"]), (&1.into(), &1.into(), &0.into()));
    let wire = Wire::new(&server);
    let ask = |number: u32| {
        wire.send(&format!(
            "OPTIONS sip:127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK-s{number}\n\
             From: <sip:x@x>;tag=1\nTo: <sip:y@y>\nCall-ID: set-{number}\nCSeq: {number} OPTIONS\nMax-Forwards: 70\n\
             Content-Length: 0\n\n"
        ));
        wire.expect("SIP/2.0 200");
    };
    ask(1);
    assert_eq!(server.mi(&["db_virtual:set", "0", "0", "0"]).trim(), "OK");
    ask(2);
    assert!(server.mi(&["db_virtual:set", "0", "7", "0"]).contains("Bad db_url_index"));
    let names = |path: &std::path::Path| {
        let mut command = Command::new("sqlite3");
        run_to_end(command.arg("-readonly").arg(path).arg("SELECT username FROM grp"), Duration::from_secs(20)).1
    };
    assert_eq!(names(&server.directory.join("strowger.sqlite")).trim(), "set-1");
    assert_eq!(names(&second).trim(), "set-2");
}
