//! Management commands and events.

use super::*;

#[test]
fn commands_show_and_change_contacts() {
    let table = FakeTable::default();
    let mut server =
        Server::new("single-instance-sql-write-through", &table, &[("mi_dump_kv_store", ParamSetting::Int(1))]);
    let target = [("table_name", Json::from("location")), ("aor", Json::from("alice@example.com"))];
    let with =
        |more: &[(&'static str, Json)]| -> Vec<(&'static str, Json)> { target.iter().chain(more).cloned().collect() };
    let new = with(&[
        ("contact", "sip:a@192.0.2.1".into()),
        ("expires", 600.into()),
        ("q", "0.5".into()),
        ("flags", 0.into()),
        ("cflags", 0.into()),
        ("methods", 32767.into()),
    ]);
    assert_eq!(server.command("usrloc:add", &new), Ok("OK".into()));
    assert_eq!(table.shown(&["username", "contact", "q"]), "alice sip:a@192.0.2.1 0.5");
    let mut shown = server.command("usrloc:show_contact", &target).unwrap();
    shown["Contacts"][0]["ContactID"] = "*".into();
    assert_eq!(
        shown.to_string(),
        "{\"AOR\":\"alice@example.com\",\"Contacts\":[{\"Contact\":\"sip:a@192.0.2.1\",\"ContactID\":\"*\",\
         \"Expires\":600,\"Q\":\"0.5\",\"Callid\":\"usrloc-add@management\",\"Cseq\":1,\
         \"User-agent\":\"Strowger management\",\"State\":\"CS_SYNC\",\"Flags\":0,\"Cflags\":\"\",\"Methods\":32767,\
         \"KV-Store\":\"{}\"}],\"KV-Store\":\"{}\"}"
    );
    let brief = server.command("usrloc:dump", &[("brief", "brief".into())]).unwrap();
    assert_eq!(
        brief.to_string(),
        "{\"Domains\":[{\"name\":\"location\",\"hash_size\":512,\"AORs\":[{\"AOR\":\"alice@example.com\"}]}]}"
    );
    assert_eq!(server.command("usrloc:dump", &[]).unwrap()["Domains"][0]["AORs"][0]["AOR"], "alice@example.com");

    let error = |result: Result<Json, MiError>| result.map_err(|error| error.to_string());
    for (name, params, expected) in [
        ("usrloc:rm", vec![("table_name", "x".into()), target[1].clone()], Err("404 Table not found")),
        ("usrloc:rm", vec![target[0].clone(), ("aor", "alice".into())], Err("400 Domain missing in AOR")),
        ("usrloc:rm_contact", with(&[("contact", "sip:b@b".into())]), Err("404 Contact not found")),
        ("usrloc:cluster_sync", vec![], Err("400 Clustering not enabled")),
        ("usrloc:sync", vec![target[0].clone()], Ok("OK")),
        ("usrloc:sync", target.to_vec(), Ok("OK")),
        ("usrloc:flush", vec![], Ok("OK")),
        ("usrloc:rm_contact", with(&[("contact", "sip:a@192.0.2.1".into())]), Ok("OK")),
        ("usrloc:rm_contact", with(&[("contact", "sip:a@192.0.2.1".into())]), Err("404 AOR not found")),
        ("usrloc:show_contact", target.to_vec(), Err("404 AOR not found")),
        ("usrloc:sync", target.to_vec(), Err("404 AOR not found")),
        ("usrloc:rm", target.to_vec(), Ok("OK")),
    ] {
        let expected = expected.map(Json::from).map_err(str::to_owned);
        assert_eq!(error(server.command(name, &params)), expected, "{name} {params:?}");
    }
    assert_eq!(table.shown(&["username"]), "");
}

#[test]
fn commands_and_keys_mean_the_address_of_record_that_calls_mean() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    let usrloc = fixture.start(&MODULE, &[]);
    let settings = [("case_sensitive", ParamSetting::Int(0)), ("realm_prefix", text("sip."))];
    let registrar = fixture.start(&registrar::MODULE, &settings);
    let mut server = Server { fixture, usrloc, registrar };
    let names = ["Alice@Example.COM", "sip:Al%69ce@example.com;x=y", "alice@sip.example.com", "alice@example.com"];
    for name in names {
        let target = [("table_name", Json::from("location")), ("aor", Json::from(name))];
        let more = [
            ("contact", "sip:a@192.0.2.1".into()),
            ("expires", 600.into()),
            ("q", "".into()),
            ("flags", 0.into()),
            ("cflags", 0.into()),
            ("methods", 1.into()),
        ];
        let new: Vec<_> = target.iter().chain(&more).cloned().collect();
        assert_eq!(server.command("usrloc:add", &new), Ok("OK".into()));
        assert!(server.is_registered("ALICE"), "{name}");
        let shown = server.command("usrloc:show_contact", &target).unwrap();
        assert_eq!(shown["AOR"], "alice@example.com", "{name}");
        for (function, code) in [("ul_add_key", 1), ("ul_del_key", 1)] {
            let function = MODULE.functions.iter().find(|known| known.name == function).unwrap();
            let args = [str("location"), str(name), str("class"), str("gold")];
            assert_eq!(server.fixture.call(&server.usrloc, function, &args[..function.args.len()]), code, "{name}");
        }
        assert_eq!(server.command("usrloc:rm", &target), Ok("OK".into()));
        assert!(!server.is_registered("alice"), "{name}");
    }
}

#[test]
fn events_tell_what_happens() {
    let table = FakeTable::default();
    let mut server = Server::new("single-instance-no-db", &table, &[]);
    server.register("alice", CONTACT);
    let contact = |event: &str, expires: u32, cseq: u32| {
        format!(
            "{event} domain=location aor=alice@example.com uri=sip:a@192.0.2.1 received= path= qval=5 user_agent= \
             socket=udp:192.0.2.1:5060 bflags=0 expires={expires} callid=alice cseq={cseq} attr= latency=0 shtag="
        )
    };
    let record = |event: &str| format!("{event} domain=location aor=alice@example.com");
    assert_eq!(server.events(), [record("E_UL_AOR_INSERT"), contact("E_UL_CONTACT_INSERT", 1_700_000_600, 1)]);
    server.register("alice", &format!("CSeq: 2 REGISTER\n{CONTACT}"));
    assert_eq!(server.events(), [contact("E_UL_CONTACT_UPDATE", 1_700_000_600, 2)]);
    server.wait(601);
    assert_eq!(server.events(), [""; 0]);
    server.tick().unwrap();
    assert_eq!(server.events(), [contact("E_UL_CONTACT_DELETE", 1_700_000_600, 2), record("E_UL_AOR_DELETE")]);
    let value = |name| server.fixture.services.statistics.find(name).unwrap().value();
    assert_eq!(
        [value("usrloc:location-users"), value("usrloc:location-expires"), value("registered_users")],
        [0, 1, 0]
    );
}
