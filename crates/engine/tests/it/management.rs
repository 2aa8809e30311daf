//! Management by JSON-RPC.

use crate::world::World;

#[test]
fn requests_and_their_errors() {
    let mut world = World::new("route { }");
    let cases = [
        ("{", r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}"#),
        ("[]", r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}"#),
        (
            r#"{"jsonrpc":"2.0","method":"nothing","id":"7"}"#,
            r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":"7"}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","method":"tm:reply","params":[1],"id":1}"#,
            r#"{"jsonrpc":"2.0","error":{"code":-32602,"message":"Invalid params","data":"Command only supports named parameters"},"id":1}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","method":"tm:uac_cancel","params":[1],"id":1}"#,
            r#"{"jsonrpc":"2.0","error":{"code":-32602,"message":"Invalid params","data":"Too few or too many parameters"},"id":1}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","method":"t_uac_cancel","params":{"callid":"x","nonsense":"1"},"id":1}"#,
            r#"{"jsonrpc":"2.0","error":{"code":-32602,"message":"Invalid params","data":"Named parameters do not match"},"id":1}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","method":"uac_cancel","params":["x",1],"id":1}"#,
            r#"{"jsonrpc":"2.0","error":{"code":481,"message":"No such transaction"},"id":1}"#,
        ),
        (r#"{"jsonrpc":"2.0","method":"tm:uac_cancel","params":["x",1]}"#, "no reply"),
    ];
    for (request, reply) in cases {
        assert_eq!(world.manage(request), reply, "{request}");
    }
}

#[test]
fn a_command_waits_for_the_reply_to_its_request() {
    let mut world = World::new("route { }");
    let request = r#"{"jsonrpc":"2.0","method":"t_uac_dlg","params":{"method":"OPTIONS","ruri":"sip:bob@192.0.2.20",
        "headers":"From: <sip:us@example.com>\r\nTo: <sip:bob@192.0.2.20>\r\n"},"id":5}"#;
    assert_eq!(world.manage(request), "later");
    let options = world.last("bob", "OPTIONS");
    world.reply("bob", &options, 200, "Fine");
    let reply = world.management.pop().unwrap().unwrap();
    let reply: serde_json::Value = serde_json::from_slice(&reply).unwrap();
    assert_eq!(reply["result"]["Status"], "200 Fine");
    assert_eq!(reply["id"], 5);
    world.settle();
}

#[test]
fn provisional_replies_are_passed_where_that_is_asked_for() {
    let request = r#"{"jsonrpc":"2.0","method":"t_uac_dlg","params":{"method":"INVITE","ruri":"sip:bob@192.0.2.20",
        "headers":"From: <sip:us@example.com>\r\nTo: <sip:bob@192.0.2.20>\r\n"},"id":5}"#;
    for (params, expected) in [
        ("", serde_json::Value::Null),
        (r#"modparam("tm", "pass_provisional_replies", 1)"#, serde_json::json!(["100 Trying", "180 Ringing"])),
    ] {
        let mut world = World::with_params(params, "route { }");
        assert_eq!(world.manage(request), "later");
        let invite = world.last("bob", "INVITE");
        world.reply("bob", &invite, 100, "Trying");
        world.reply("bob", &invite, 180, "Ringing");
        world.reply("bob", &invite, 486, "Busy Here");
        let reply = world.management.pop().unwrap().unwrap();
        let reply: serde_json::Value = serde_json::from_slice(&reply).unwrap();
        assert_eq!((&reply["result"]["Status"], &reply["result"]["Provisional"]), (&"486 Busy Here".into(), &expected));
        world.settle();
    }
}

#[test]
fn a_stored_transaction_is_answered_by_its_identifier() {
    let mut world = World::new(r#"route { t_newtran(); t_wait_for_new_branches(); xlog("$T_id\n"); }"#);
    world.request("alice", "INVITE", "sip:example.com", "");
    let id = world.script_log().pop().unwrap();
    let request = format!(
        r#"{{"jsonrpc":"2.0","method":"tm:reply","params":{{"code":"486","reason":"Busy","trans_id":"{id}","to_tag":"xyz","new_headers":"Retry-After: 5"}},"id":1}}"#
    );
    assert_eq!(world.manage(&request), r#"{"jsonrpc":"2.0","result":"OK","id":1}"#);
    let reply = world.last("alice", "486");
    assert_eq!(reply.to().unwrap().tag(), Some(&b"xyz"[..]));
    assert_eq!(reply.headers_called(b"Retry-After").count(), 1);
    world.settle();
}

#[test]
fn the_table_of_transactions_tells_what_it_holds_and_held() {
    let mut world = World::new(r#"route { t_reply(200, "OK"); }"#);
    for round in 1..=2 {
        for _ in 0..3 {
            world.request("alice", "OPTIONS", "sip:bob@example.com", "");
        }
        for command in ["tm:hash", "t_hash"] {
            let reply = world.manage(&format!(r#"{{"jsonrpc":"2.0","method":"{command}","id":1}}"#));
            let reply: serde_json::Value = serde_json::from_str(&reply).unwrap();
            let parts = reply["result"].as_array().unwrap();
            assert!(parts.iter().enumerate().all(|(number, part)| part["index"] == number), "{reply}");
            let sum = |name: &str| parts.iter().map(|part| part[name].as_u64().unwrap()).sum::<u64>();
            assert_eq!((sum("Current"), sum("Total")), (3, 3 * round), "{command}");
        }
        world.settle();
    }
}
