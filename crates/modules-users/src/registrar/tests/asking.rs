//! What scripts ask, remove and say by themselves; older releases.

use super::*;

#[test]
fn questions_about_registrations() {
    let mut server = Server::plain();
    server.register("Call-ID: seven\nContact: <sip:alice@192.0.2.1:5070>");
    let alice = str("sip:alice@example.com");
    let mut ask = |function, args: &[ArgValue]| server.fixture.call(&server.registrar, function, args);
    let table = || str("location");
    assert_eq!(ask(&query::IS_REGISTERED, &[table()]), 1);
    assert_eq!(ask(&query::IS_REGISTERED, &[table(), str("sip:bob@example.com")]), -1);
    let contact = str("sip:alice@192.0.2.1:5070");
    assert_eq!(ask(&query::IS_CONTACT_REGISTERED, &[table(), alice.clone(), contact]), 1);
    assert_eq!(ask(&query::IS_CONTACT_REGISTERED, &[table(), alice.clone(), absent(), str("seven")]), 1);
    assert_eq!(ask(&query::IS_CONTACT_REGISTERED, &[table(), alice.clone(), absent(), str("eight")]), -1);
    assert_eq!(ask(&query::IS_CONTACT_REGISTERED, &[table()]), 1, "by the request's own Contact");
    for (address, port, code) in [("192.0.2.1", 5070, 1), ("192.0.2.1", 5060, -1), ("192.0.2.2", 5070, -1)] {
        for (name, value) in [("ip", Value::fixed(address)), ("port", Value::Int(port))] {
            let id = server.fixture.services.names.avps.intern(name.as_bytes()).unwrap();
            server.fixture.msg.avps.clear(id);
            server.fixture.msg.avps.push(id, value);
        }
        let [ip, port] = ["$avp(ip)", "$avp(port)"].map(|name| ArgValue::Var(server.fixture.variable(name)));
        let args = [table(), alice.clone(), ip, port];
        assert_eq!(server.fixture.call(&server.registrar, &query::IS_IP_REGISTERED, &args), code, "{address}");
    }
}

#[test]
fn a_value_that_cannot_be_read_leaves_no_phone_without_an_answer() {
    let mut server = Server::plain();
    let contact = "Contact: <sip:alice@192.0.2.1>";
    let reply = server.register_with(contact, flags(&["max-contacts=many"]));
    assert_eq!(reply, "reply 500 Server Internal Error\nP-Registrar-Error: the contacts could not be stored");
    assert_eq!(server.register_with(contact, flags(&["max-contacts=many", "no-reply"])), "");
    assert!(server.fixture.log_lines().join(" ").contains("max-contacts is no number: \"many\""));
}

#[test]
fn a_contact_reached_by_a_name_is_removed_by_its_address() {
    let all = "Contact: <sip:alice@phone.example.net>, <sip:alice@other.example.net>, <sip:alice@192.0.2.1>";
    let mut server = Server::plain();
    server.register(all);
    server.fixture.answer = Box::new(|request| {
        let module_api::Request::Resolve(question) = request else { panic!("only names are asked for") };
        let address = if question.host == "phone.example.net" { "192.0.2.7:0" } else { "192.0.2.8:0" };
        let destination = module_api::Destination { proto: module_api::Proto::Udp, address: address.parse().unwrap() };
        let lifetime = Duration::from_secs(60);
        module_api::Answer::Resolved(Ok(module_api::Resolved { destinations: vec![destination], lifetime }))
    });
    let args = [str("location"), str("sip:alice@example.com"), absent(), str("192.0.2.7")];
    assert_eq!(server.fixture.call(&server.registrar, &remove::REMOVE, &args), 1);
    let left = server.register("");
    assert_eq!(left.matches("expires=").count(), 2, "{left}");
    assert!(!left.contains("phone.example.net"), "{left}");
}

#[test]
fn contacts_removed_by_the_script() {
    let all = "Contact: <sip:alice@192.0.2.1>, <sip:alice@192.0.2.2>;+sip.instance=\"<urn:uuid:2>\", \
               <sip:alice@192.0.2.3:5070>, <sip:alice@[2001:db8::3]>";
    let alice = || str("sip:alice@example.com");
    let cases: [(&Function, Vec<ArgValue>, &str); 6] = [
        (&remove::REMOVE, vec![str("location"), alice()], ""),
        (&remove::REMOVE, vec![str("location"), alice(), str("sip:alice@192.0.2.1")], "2 3 v6"),
        (&remove::REMOVE, vec![str("location"), alice(), absent(), str("[2001:DB8:0::3]")], "1 2 3"),
        (&remove::REMOVE, vec![str("location"), alice(), absent(), absent(), str("<urn:uuid:2>")], "1 3 v6"),
        (&remove_ip_port::REMOVE_IP_PORT, vec![str("192.0.2.3"), ArgValue::Int(5070), str("location")], "1 2 v6"),
        (
            &remove_ip_port::REMOVE_IP_PORT,
            vec![str("192.0.2.3"), ArgValue::Int(5060), str("location"), alice()],
            "1 2 3 v6",
        ),
    ];
    for (function, args, left) in cases {
        let mut server = Server::plain();
        server.fixture.answer = Box::new(|_| module_api::Answer::Done(Ok(())));
        server.register(all);
        assert_eq!(server.fixture.call(&server.registrar, function, &args), 1);
        let reply = server.register("");
        let names = [("1", "192.0.2.1>"), ("2", "192.0.2.2>"), ("3", "192.0.2.3:"), ("v6", "2001")];
        let found: Vec<&str> = names.iter().filter(|(_, text)| reply.contains(text)).map(|(name, _)| *name).collect();
        assert_eq!(found.join(" "), left, "{}", function.name);
    }
}

#[test]
fn saving_what_another_registrar_accepted() {
    let mut server = Server::plain();
    let mut reply = Fixture::reply(
        "SIP/2.0 200 OK\nCSeq: 1 REGISTER\nTo: <sip:alice@example.com>\n\
         Contact: <sip:alice@192.0.2.1>;expires=77, <sip:alice@192.0.2.9>;expires=5",
    );
    let request = "REGISTER sip:example.com SIP/2.0\nTo: <sip:alice@example.com>\n\
                   Contact: <sip:alice@192.0.2.1>;expires=600, <sip:alice@192.0.2.2>;expires=600";
    reply.msg.counterpart = Some(Arc::new(testkit::message(request)));
    assert_eq!(reply.call(&server.registrar, &save::SAVE, &[str("location")]), 1);
    assert!(reply.journal().is_empty());
    assert_eq!(server.register(""), "reply 200 OK\nContact: <sip:alice@192.0.2.1>;expires=77");
}

#[test]
fn the_receiving_socket_in_a_header() {
    let mut server = Server::new(&[], &[("sock_hdr_name", text("Sock-Info"))]);
    assert_eq!(server.fixture.call(&server.registrar, &add_sock_hdr::ADD_SOCK_HDR, &[str("Sock-Info")]), 1);
    assert!(server.fixture.shown().contains("\nSock-Info: udp:192.0.2.1:5060\n"));
    server.register_with("Sock-Info: tcp:192.0.2.1:5060\nContact: <sip:alice@192.0.2.1>", flags(&["socket-header"]));
    assert_eq!(server.shown()["Contacts"][0]["Socket"], "tcp:192.0.2.1:5060");
}

#[test]
fn a_connection_is_kept_as_long_as_its_contact() {
    let mut server = Server::new(&[], &[("tcp_persistent_flag", text("TCP_PERSISTENT"))]);
    server.fixture.msg.source.connection = Some(17);
    let until = server.fixture.now + Duration::from_secs(600);
    server.register("Contact: <sip:alice@192.0.2.1>;expires=600");
    assert_eq!(server.fixture.out.drain_keeps().count(), 0, "the flag is not set");
    let request = "REGISTER sip:example.com SIP/2.0\nTo: <sip:alice@example.com>\nCSeq: 2 REGISTER\n\
                   Contact: <sip:alice@192.0.2.1>;expires=600";
    server.fixture.next_request(request);
    server.fixture.msg.flags.set(0);
    server.fixture.call(&server.registrar, &save::SAVE, &[str("location")]);
    assert_eq!(server.fixture.out.drain_keeps().collect::<Vec<_>>(), [(17, until)]);
}

#[test]
fn parameters_of_older_releases_are_flags_by_default() {
    let path = "Path: <sip:edge.example.com;lr>\nContact: <sip:alice@192.0.2.10>";
    let mut server = Server::new(&[], &[("use_path", int(1))]);
    assert!(server.register(path).starts_with("reply 420"));
    let mut server = Server::new(&[], &[("use_path", int(1)), ("path_mode", int(0))]);
    assert!(server.register(path).starts_with("reply 200"));
    assert_eq!(server.call(CALL, absent()), "1\nsip:alice@192.0.2.10 via sip:edge.example.com;lr");
    let mut server = Server::new(&[], &[("path_mode", int(0))]);
    server.register(path);
    assert_eq!(server.call(CALL, absent()), "1\nsip:alice@192.0.2.10");

    let contacts = "Contact: <sip:alice@192.0.2.10>;q=0.9, <sip:alice@192.0.2.11>;q=0.1;methods=\"INVITE\"";
    let mut server = Server::new(&[], &[("append_branches", int(0))]);
    server.register(contacts);
    assert_eq!(server.call(CALL, absent()), "1\nsip:alice@192.0.2.10 q=0.9");

    let mut server = Server::new(&[], &[("method_filtering", int(1))]);
    server.register("Contact: <sip:alice@192.0.2.10>;methods=\"INVITE\"");
    assert_eq!(server.call("MESSAGE sip:alice@example.com SIP/2.0", absent()), "-2");

    let request = "REGISTER sip:example.com SIP/2.0\nTo: <sip:alice@example.com>\nSock-Info: tcp:192.0.2.1:5060\n\
                   Contact: <sip:alice@192.0.2.1>";
    let mut server = Server::new(&[], &[("sock_hdr_name", text("Sock-Info")), ("sock_flag", text("2"))]);
    for (is_set, socket) in [(false, "udp:192.0.2.1:5060"), (true, "tcp:192.0.2.1:5060")] {
        server.fixture.next_request(&format!("{request}\nCall-ID: {is_set}"));
        if is_set {
            server.fixture.msg.flags.set(0);
        }
        server.fixture.call(&server.registrar, &save::SAVE, &[str("location")]);
        assert_eq!(server.shown()["Contacts"][0]["Socket"], socket);
    }
}
