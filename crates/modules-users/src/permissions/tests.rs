//! Addresses and files as functions and commands see them.

use super::{MODULE, check, mi, old, trusted, uris};
use catalogue::{Today, Value};
use module_api::sql::Cell;
use module_api::{Answer, ArgValue, Fault, ParamSetting, Request, State};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use testkit::{Fixture, absent, int, str};

/// Rows as lines, by table; a table that is not there is gone.
type Tables = Arc<Mutex<BTreeMap<&'static str, &'static str>>>;

const REQUEST: &str = "INVITE sip:bob@example.com;x=y SIP/2.0\nFrom: <sip:alice@example.com:5070;x=y>;tag=1";

const ROWS: &str = "1 192.0.2.10 32 5060 udp - carrier
2 192.0.2.0 24 0 any voip* net
3 192.0.2.77 25 0 TCP - half
4 2001:db8::1 128 0 any - six
4 2001:db8:1::ff 48 0 any - site
5 0.0.0.0 0 7000 any - -
-1 192.0.2.1 32 0 any - -
0 192.0.2.2 32 0 any - ungrouped
1 somewhere 32 0 any - -
1 192.0.2.1 33 0 any - -
1 192.0.2.1 32 70000 any - -
1 192.0.2.1 32 0 pigeon - -
6 203.0.113.1 32 0 none - -";

fn cells(line: &str) -> Vec<Cell> {
    let cell = |text: &str| match (text, text.parse()) {
        ("-", _) => Cell::Null,
        (_, Ok(number)) => Cell::Int(number),
        _ => Cell::text(text),
    };
    line.split(' ').map(cell).collect()
}

fn fixture(more: &[(&'static str, ParamSetting)]) -> (Fixture, State, Tables) {
    let mut fixture = Fixture::request(REQUEST);
    fixture.services.settings.script_path = "/etc/sip/script.cfg".to_owned();
    fixture.constants = vec![("allow_uri", 0, "named".to_owned())];
    let tables: Tables = Arc::new(Mutex::new(BTreeMap::from([
        ("address", ROWS),
        ("other", "9 192.0.2.10 32 0 any - -"),
        ("/etc/sip/permissions.deny", "ALL : \"^sip:bob@example\\.com$\" EXCEPT \"^x\""),
        ("/etc/sip/named.allow", "\"^sip:alice@example\\.com(:5070;x=y)?$\" : \"^sip:vip@\""),
        ("/etc/sip/named.deny", "ALL : \"^sip:[a-z]+@\", \"^tel:900\""),
    ])));
    let answers = Arc::clone(&tables);
    fixture.answer = Box::new(move |request| {
        let tables = answers.lock().unwrap();
        match request {
            Request::Sql(query) => {
                let sql = &query.statements[0].0.sql;
                let table = sql.rsplit(' ').next().unwrap();
                assert_eq!(*sql, format!("SELECT grp, ip, mask, port, proto, pattern, context_info FROM {table}"));
                match tables.get(table) {
                    Some(rows) => Fixture::rows(&[], rows.lines().map(cells).collect()),
                    None => Answer::Sql(Err(Fault::backend("it is gone"))),
                }
            }
            Request::Recall { path, .. } => {
                Answer::Recalled(Ok(tables.get(&**path).map(|content| Fixture::bytes(content))))
            }
            other => panic!("nobody asks {other:?}"),
        }
    });
    let url = ("db_url", ParamSetting::Str("sqlite:///addresses".to_owned()));
    let params: Vec<_> = std::iter::once(url).chain(more.iter().cloned()).collect();
    let state = fixture.start(&MODULE, &params);
    for (_, job) in std::mem::take(&mut fixture.wishes.at_start) {
        let job = fixture.with_env(job);
        fixture.run(job).unwrap();
    }
    (fixture, state, tables)
}

fn check(fixture: &mut Fixture, state: &State, question: (i32, &str, i32, &str, Option<&str>)) -> (i32, Value) {
    let (group, ip, port, proto, text) = question;
    let variable = ArgValue::Var(fixture.variable("$var(info)"));
    let text = text.map_or(absent(), str);
    let args = [int(group), str(ip), int(port), str(proto), variable, text, absent()];
    let code = fixture.call(state, &check::CHECK_ADDRESS, &args);
    let info = fixture.value("$var(info)");
    let id = fixture.services.names.vars.intern(b"info").unwrap();
    fixture.msg.vars.set(id, Value::Null);
    (code, info)
}

#[test]
fn examples() {
    testkit::check_examples(&MODULE, &[("db_url", ParamSetting::Str("sqlite:///addresses".to_owned()))]);
}

#[test]
fn addresses_ports_transports_and_patterns() {
    let (mut fixture, state, _) = fixture(&[]);
    for (question, code, info) in [
        ((1, "192.0.2.10", 5060, "udp", None), 1, "carrier"),
        ((1, "192.0.2.10", 0, "any", None), 1, "carrier"),
        ((1, "192.0.2.10", 5061, "udp", None), -1, ""),
        ((1, "192.0.2.10", 5060, "tcp", None), -1, ""),
        ((1, "192.0.2.11", 5060, "udp", None), -1, ""),
        ((0, "192.0.2.10", 5060, "UDP", None), 1, "carrier"),
        ((0, "192.0.2.11", 5060, "TCP", None), 1, "half"),
        ((0, "192.0.2.11", 5060, "UDP", None), 1, "net"),
        ((2, "192.0.2.200", 1, "", Some("voip-7")), 1, "net"),
        ((2, "192.0.2.200", 1, "", Some("fax")), -1, ""),
        ((3, "192.0.2.200", 1, "tcp", None), -1, ""),
        ((4, "2001:db8::1", 1, "tls", None), 1, "six"),
        ((4, "[2001:DB8:1:0::5]", 1, "tls", None), 1, "site"),
        ((4, "2001:db8:2::5", 1, "tls", None), -1, ""),
        ((5, "198.51.100.1", 7000, "udp", None), 1, ""),
        ((6, "203.0.113.1", 1, "any", None), -1, ""),
        ((0, "192.0.2.2", 1, "tls", None), 1, "ungrouped"),
        ((1, "192.0.2.2", 1, "tls", None), -1, ""),
        ((1, "192.0.2", 1, "any", None), -1, ""),
        ((1, "192.0.2.10", 1, "pigeon", None), -1, ""),
    ] {
        let info = if info.is_empty() { Value::Null } else { Value::fixed(info) };
        assert_eq!(check(&mut fixture, &state, question), (code, info), "{question:?}");
    }
}

#[test]
fn bad_rows_are_reported_and_passed_over() {
    let (fixture, _, _) = fixture(&[]);
    let expected = [
        "-1 ip=192.0.2.1 mask=32 port=0 proto=any pattern= context_info=: column grp is no number of a group",
        "1 ip=somewhere mask=32 port=0 proto=any pattern= context_info=: column ip is no address",
        "1 ip=192.0.2.1 mask=33 port=0 proto=any pattern= context_info=: column mask is no length of a mask",
        "1 ip=192.0.2.1 mask=32 port=70000 proto=any pattern= context_info=: column port is no port",
        "1 ip=192.0.2.1 mask=32 port=0 proto=pigeon pattern= context_info=: column proto is no transport",
    ];
    let mut lines = vec![
        "WARNING: table address, row grp=4 ip=2001:db8:1::ff mask=48 port=0 proto=any pattern= context_info=site: it is all \
         of 2001:db8:1::/48; one address has mask 128"
            .to_owned(),
    ];
    lines.extend(expected.map(|what| format!("ERROR: table address, row grp={what}; the row is passed over")));
    assert_eq!(fixture.log_lines(), lines);
}

#[test]
fn where_the_request_came_from() {
    let partition = ("partition", ParamSetting::Str("second: table_name=other; db_url=sqlite:///other".to_owned()));
    let (mut fixture, state, _) = fixture(&[partition]);
    let group = |fixture: &mut Fixture, partition: ArgValue| {
        let variable = ArgValue::Var(fixture.variable("$var(group)"));
        let code = fixture.call(&state, &check::GET_SOURCE_GROUP, &[variable, partition]);
        (code, fixture.value("$var(group)"))
    };
    assert_eq!(group(&mut fixture, absent()), (1, Value::Int(1)));
    assert_eq!(group(&mut fixture, str("second")), (1, Value::Int(9)));
    assert_eq!(group(&mut fixture, str("third")).0, -1);
    let source = |fixture: &mut Fixture, group, partition| {
        fixture.call(&state, &check::CHECK_SOURCE_ADDRESS, &[int(group), absent(), absent(), partition])
    };
    assert_eq!(source(&mut fixture, 1, absent()), 1);
    assert_eq!(source(&mut fixture, 3, absent()), -1);
    assert_eq!(source(&mut fixture, 9, str("second")), 1);
    let databases: Vec<&str> = fixture.wishes.databases.iter().map(|wish| &*wish.url).collect();
    assert_eq!(databases, ["sqlite:///addresses", "sqlite:///other"]);
}

#[test]
fn addresses_as_scripts_before_1_6_asked_for_them() {
    let (mut fixture, state, _) = fixture(&[]);
    for (group, code) in [("1", 1), ("3", 1), ("2", 1), ("4", -1), ("0", -1), ("x", -1)] {
        assert_eq!(fixture.call(&state, &old::ALLOW_SOURCE_ADDRESS, &[str(group)]), code, "{group}");
    }
    for (group, ip, port, code) in [
        ("1", "192.0.2.10", "5060", 1),
        ("1", "192.0.2.10", "5061", -1),
        ("3", "192.0.2.77", "1", 1),
        ("1", "x", "1", -1),
    ] {
        assert_eq!(fixture.call(&state, &old::ALLOW_ADDRESS, &[str(group), str(ip), str(port)]), code, "{ip}");
    }
    let today = |function: &module_api::Function, args: &[&str]| function.today.unwrap()(args);
    let line = |text: &str| Today::Line(text.to_owned());
    assert_eq!(today(&old::ALLOW_SOURCE_ADDRESS, &["1"]), line("check_source_address(1)"));
    let address = today(&old::ALLOW_ADDRESS, &["2", "$si", "$sp"]);
    assert_eq!(address, line("check_address(2, \"$si\", $sp, \"any\")"));
    assert!(matches!(today(&old::ALLOW_SOURCE_ADDRESS, &["0"]), Today::Unclear(_)));
}

#[test]
fn a_partition_must_say_what_it_is() {
    for written in ["", ": db_url=x", "a: url=x", "a: db_url="] {
        let mut fixture = Fixture::request(REQUEST);
        let error = fixture.try_start(&MODULE, &[("partition", ParamSetting::Str(written.to_owned()))]).err();
        assert_eq!(error.and_then(|error| error.param), Some("partition"), "{written}");
    }
}

#[test]
fn a_partition_that_the_script_names_must_be_there() {
    for (function, place) in [("check_address", 6), ("check_source_address", 3), ("get_source_group", 1)] {
        let start = |name: &str| {
            let mut fixture = Fixture::request(REQUEST);
            fixture.constants = vec![(function, place, name.to_owned())];
            let partition = ParamSetting::Str("second: table_name=other; db_url=sqlite:///other".to_owned());
            fixture.try_start(&MODULE, &[("partition", partition)]).err().map(|error| error.to_string())
        };
        assert_eq!(start("second"), None);
        assert_eq!(start(""), None);
        let error = start("third").unwrap();
        assert_eq!(error, format!("{function}(): there is no partition \"third\""));
    }
}

#[test]
fn a_reload_is_whole_and_one_that_fails_changes_nothing() {
    let (mut fixture, state, tables) = fixture(&[]);
    let old = (1, "192.0.2.10", 5060, "udp", None);
    tables.lock().unwrap().remove("address");
    let error = fixture.command(&state, mi::ADDRESS_RELOAD.run, &[]).unwrap_err();
    assert_eq!(error.to_string(), "500 Failed to reolad");
    assert_eq!(check(&mut fixture, &state, old).0, 1);
    tables.lock().unwrap().insert("address", "1 198.51.100.7 32 0 any - -");
    assert_eq!(fixture.command(&state, mi::ADDRESS_RELOAD.run, &[("partition", "default".into())]), Ok("OK".into()));
    assert_eq!(check(&mut fixture, &state, old).0, -1);
    assert_eq!(check(&mut fixture, &state, (1, "198.51.100.7", 5060, "udp", None)).0, 1);
    let error = fixture.command(&state, mi::ADDRESS_RELOAD.run, &[("partition", "none".into())]).unwrap_err();
    assert_eq!(error.to_string(), "404 No such partition");
}

#[test]
fn what_is_in_memory_is_shown() {
    let (mut fixture, state, tables) = fixture(&[]);
    tables.lock().unwrap().insert("address", "1 192.0.2.10 32 5060 udp - carrier\n2 192.0.2.9 24 0 any voip* -");
    fixture.command(&state, mi::ADDRESS_RELOAD.run, &[]).unwrap();
    let exact =
        r#"[{"grp":1,"ip":"192.0.2.10","mask":"32","port":5060,"proto":"udp","pattern":"","context_info":"carrier"}]"#;
    let subnet = r#"[{"grp":2,"ip":"192.0.2.0","mask":"255.255.255.0","port":0,"proto":"any","pattern":"voip*","context_info":""}]"#;
    for (run, rows) in [(mi::ADDRESS_DUMP.run, exact), (mi::SUBNET_DUMP.run, subnet)] {
        let all = fixture.command(&state, run, &[]).unwrap().to_string();
        assert_eq!(all, format!(r#"{{"Partitions":[{{"name":"default","Destinations":{rows}}}]}}"#));
        let one = fixture.command(&state, run, &[("partition", "default".into())]).unwrap().to_string();
        assert_eq!(one, format!(r#"{{"part":"default","Destinations":{rows}}}"#));
        let error = fixture.command(&state, run, &[("partition", "none".into())]).unwrap_err();
        assert_eq!(error.to_string(), "404 No such partition");
    }
}

#[test]
fn a_hundred_thousand_subnets() {
    let (mut fixture, state, tables) = fixture(&[]);
    let line = |number: u32| format!("1 10.{}.{}.0 24 0 any - {number}", number / 256 % 256, number % 256);
    let rows: Vec<String> = (0..100_000).map(line).collect();
    tables.lock().unwrap().insert("address", rows.join("\n").leak());
    fixture.command(&state, mi::ADDRESS_RELOAD.run, &[]).unwrap();
    assert_eq!(check(&mut fixture, &state, (1, "10.1.2.3", 5060, "udp", None)), (1, Value::fixed("258")));
    assert_eq!(check(&mut fixture, &state, (1, "11.1.2.3", 5060, "udp", None)).0, -1);
}

const PEERS: &str = "192.0.2.10 udp ^sip:alice@ carrier
192.0.2.10 tcp - other
192.0.2.11 any - -
192.0.2.12 none - -
somewhere any - -
192.0.2.13 pigeon - -
192.0.2.13 any ( -";

/// A fixture whose database has trusted peers; with memory or without.
fn trusting(mode: i32) -> (Fixture, State, Arc<Mutex<Option<&'static str>>>) {
    let mut fixture = Fixture::request(REQUEST);
    let table = Arc::new(Mutex::new(Some(PEERS)));
    let rows = Arc::clone(&table);
    fixture.answer = Box::new(move |request| match request {
        Request::Sql(query) if query.statements[0].0.sql.contains(" FROM trusted") => {
            let (statement, params) = &query.statements[0];
            let read = "SELECT src_ip, proto, from_pattern, tag FROM trusted";
            assert_eq!(statement.sql.strip_prefix(read).unwrap(), if mode == 0 { " WHERE src_ip = ?" } else { "" });
            let Some(rows) = *rows.lock().unwrap() else { return Answer::Sql(Err(Fault::backend("it is gone"))) };
            let wanted = |line: &Vec<Cell>| params.first().is_none_or(|ip| *ip == line[0]);
            Fixture::rows(&[], rows.lines().map(cells).filter(wanted).collect())
        }
        Request::Sql(_) => Fixture::rows(&[], Vec::new()),
        _ => Answer::Recalled(Ok(None)),
    });
    let text = |text: &str| ParamSetting::Str(text.to_owned());
    let params =
        [("db_url", text("sqlite:///old")), ("db_mode", ParamSetting::Int(mode)), ("peer_tag_avp", text("$avp(tag)"))];
    let state = fixture.start(&MODULE, &params);
    for (_, job) in std::mem::take(&mut fixture.wishes.at_start) {
        let job = fixture.with_env(job);
        fixture.run(job).unwrap();
    }
    (fixture, state, table)
}

#[test]
fn peers_of_old_scripts_are_trusted() {
    for mode in [0, 1] {
        let (mut fixture, state, table) = trusting(mode);
        for (ip, proto, code, tag) in [
            ("", "", 1, "carrier"),
            ("192.0.2.10", "UDP", 1, "carrier"),
            ("192.0.2.10", "tcp", 1, "other"),
            ("192.0.2.10", "tls", -1, ""),
            ("192.0.2.11", "tls", 1, ""),
            ("192.0.2.12", "udp", -1, ""),
            ("192.0.2.13", "udp", -1, ""),
            ("192.0.2.1", "udp", -1, ""),
            ("nowhere", "udp", -1, ""),
            ("192.0.2.10", "pigeon", -1, ""),
        ] {
            let given = |text: &str| if text.is_empty() { absent() } else { str(text) };
            let name = fixture.services.names.avps.intern(b"tag").unwrap();
            fixture.msg.avps.clear(name);
            assert_eq!(fixture.call(&state, &trusted::ALLOW_TRUSTED, &[given(ip), given(proto)]), code, "{ip} {proto}");
            let tag = if tag.is_empty() { Value::Null } else { Value::fixed(tag) };
            assert_eq!(fixture.value("$avp(tag)"), tag, "{ip} {proto}");
        }
        fixture.next_request("INVITE sip:x SIP/2.0\nFrom: <sip:bob@example.com>;tag=1");
        assert_eq!(fixture.call(&state, &trusted::ALLOW_TRUSTED, &[absent(), absent()]), -1, "not from Bob");
        let log = fixture.log_lines().join("\n");
        assert!(log.contains("row 192.0.2.13: its transport is none; the row is passed over"), "{log}");
        assert_eq!(log.contains("row somewhere: it has no address"), mode == 1, "{log}");
        // What is in memory stays when the table is gone; without memory that is an error each time.
        *table.lock().unwrap() = None;
        fixture.next_request(REQUEST);
        let code = fixture.call(&state, &trusted::ALLOW_TRUSTED, &[absent(), absent()]);
        assert_eq!(code, if mode == 1 { 1 } else { -1 });
        let reloaded = fixture.command(&state, trusted::TRUSTED_RELOAD.run, &[]);
        let reloaded = reloaded.map_or_else(|error| error.to_string(), |reply| reply.to_string());
        assert_eq!(reloaded, if mode == 1 { "400 Trusted table reload failed" } else { "\"OK\"" });
        *table.lock().unwrap() = Some("192.0.2.10 any - -");
        assert_eq!(fixture.command(&state, trusted::TRUSTED_RELOAD.run, &[]), Ok("OK".into()));
        let shown = fixture.command(&state, trusted::TRUSTED_DUMP.run, &[]).unwrap().to_string();
        let one = r#"[{"ip":"192.0.2.10","proto":"any","pattern":"","tag":""}]"#;
        assert_eq!(shown, if mode == 1 { one } else { "[]" });
    }
}

#[test]
fn nobody_is_trusted_without_a_database() {
    let mut fixture = Fixture::request(REQUEST);
    let state = fixture.start(&MODULE, &[]);
    assert_eq!(fixture.call(&state, &trusted::ALLOW_TRUSTED, &[absent(), absent()]), -1);
    assert!(fixture.log_lines().concat().contains("allow_trusted() has no database: set db_url"));
}

#[test]
fn who_may_reach_whom() {
    let (mut fixture, state, _) = fixture(&[]);
    assert_eq!(fixture.call(&state, &uris::ALLOW_ROUTING, &[absent()]), -1, "the Request-URI is denied");
    fixture.msg.branches.first_mut().uri = Fixture::bytes("sip:carol@example.com");
    assert_eq!(fixture.call(&state, &uris::ALLOW_ROUTING, &[absent()]), 1);
    let uri = Fixture::bytes("sip:bob@example.com");
    fixture.msg.branches.push(module_api::Branch { uri, ..module_api::Branch::default() });
    assert_eq!(fixture.call(&state, &uris::ALLOW_ROUTING, &[absent()]), -1, "a branch is denied");
    for (uri, code) in [("sip:vip@x", 1), ("sip:dora@x", -1), ("sip:100@x", 1), ("tel:900123", -1), ("tel:1", 1)] {
        assert_eq!(fixture.call(&state, &uris::ALLOW_URI, &[str("named"), str(uri)]), code, "{uri}");
    }
    assert_eq!(fixture.call(&state, &uris::ALLOW_URI, &[str("/nowhere"), str("sip:dora@x")]), 1, "no file denies it");
}

#[test]
fn without_branches_the_request_uri_alone_counts() {
    let (mut fixture, state, _) = fixture(&[("check_all_branches", ParamSetting::Int(0))]);
    fixture.msg.branches.first_mut().uri = Fixture::bytes("sip:carol@example.com");
    let uri = Fixture::bytes("sip:bob@example.com");
    fixture.msg.branches.push(module_api::Branch { uri, ..module_api::Branch::default() });
    assert_eq!(fixture.call(&state, &uris::ALLOW_ROUTING, &[absent()]), 1);
}

#[test]
fn who_may_register_what() {
    let (mut fixture, state, tables) = fixture(&[]);
    tables.lock().unwrap().insert("/etc/sip/register.deny", "ALL : \"@192\\.0\\.2\\.99$\"");
    for (contacts, code) in [
        ("<sip:alice@192.0.2.10:5070;ob>", 1),
        ("<sip:alice@192.0.2.10>, <sip:alice@192.0.2.99:5070;ob>", -1),
        ("*", 1),
    ] {
        let contact = format!("REGISTER sip:example.com SIP/2.0\nContact: {contacts}");
        fixture.next_request(&contact);
        assert_eq!(fixture.call(&state, &uris::ALLOW_REGISTER, &[str("register")]), code, "{contacts}");
    }
    fixture.next_request("REGISTER sip:example.com SIP/2.0");
    assert_eq!(fixture.call(&state, &uris::ALLOW_REGISTER, &[str("register")]), 1);
}

#[test]
fn a_bad_file_allows_nothing() {
    let (mut fixture, state, tables) = fixture(&[]);
    tables.lock().unwrap().insert("/etc/sip/late.deny", "ALL");
    assert_eq!(fixture.call(&state, &uris::ALLOW_URI, &[str("late"), str("sip:dora@x")]), -1);
    let wrong = "ERROR: /etc/sip/late.deny: line 1: a rule has two sides with a colon between them";
    assert_eq!(fixture.log_lines().last().map(String::as_str), Some(wrong));
}

#[test]
fn files_are_asked_by_command() {
    let (mut fixture, state, _) = fixture(&[]);
    let long = "x".repeat(501);
    for (base, uri, contact, expected) in [
        ("named", "sip:alice@example.com", "sip:vip@x", "OK"),
        ("named", "sip:alice@example.com", "sip:dora@x", "403 Forbidden"),
        ("other", "sip:alice@example.com", "sip:100@x", "403 Forbidden"),
        ("", "sip:a@b", "sip:c@d", "404 Basename is empty"),
        (&*long, "sip:a@b", "sip:c@d", "404 Basename is too long"),
        ("named", &*long, "sip:c@d", "404 URI is too long"),
        ("named", "sip:a@b", &*long, "404 Contact is too long"),
    ] {
        let params = [("basename", base.into()), ("uri", uri.into()), ("contact", contact.into())];
        let reply = fixture.command(&state, mi::ALLOW_URI.run, &params);
        let reply = reply.map_or_else(|error| error.to_string(), |reply| reply.as_str().unwrap().to_owned());
        assert_eq!(reply, expected);
    }
}
