//! What functions, variables and commands do with the dialog of a message.

use super::keeper::{Keeper, dialog_of};
use super::{MODULE, mi, mi_profiles, variables, watch};
use bytes::Bytes;
use catalogue::Value;
use module_api::{
    CacheOperation, CacheReply, Fault, Function, HookEvent, Index, Json, KeyValueStore, MiError, Operator,
    ParamSetting, State, Time, Variable,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use testkit::{Fixture, absent, check_examples, int, str};

pub fn text(text: &str) -> ParamSetting {
    ParamSetting::Str(text.to_owned())
}

pub fn function(name: &str) -> &'static Function {
    MODULE.functions.iter().find(|function| function.name == name).unwrap()
}

fn variable(name: &str) -> &'static Variable {
    variables::ALL.iter().find(|variable| variable.name == name).unwrap()
}

/// A server with an INVITE that has a dialog.
pub fn dialog(params: &[(&'static str, ParamSetting)]) -> (Fixture, State) {
    let mut fixture = Fixture::request(INVITE);
    let state = fixture.start(&MODULE, params);
    assert_eq!(fixture.call(&state, function("create_dialog"), &[absent()]), 1);
    (fixture, state)
}

pub const INVITE: &str = "INVITE sip:bob@example.com SIP/2.0\nContact: <sip:alice@192.0.2.10>";

/// The callee answers.
pub fn answer(fixture: &mut Fixture, state: &State) {
    let reply = Arc::new(testkit::message(
        "SIP/2.0 200 OK\nTo: <sip:bob@example.com>;tag=to-1\nContact: <sip:bob@192.0.2.20>\nCSeq: 1 INVITE",
    ));
    let sent = Bytes::new();
    fixture.with_call(state, |call| {
        watch::watch(call, &HookEvent::ReplyIn { branch: 0, reply: &reply, edits: &RefCell::default() });
        let moment =
            HookEvent::ReplyOut { code: 200, reply: Some(&reply), reason: b"OK", to_tag: b"to-1", sent: &sent };
        watch::watch(call, &moment);
        watch::watch(call, &HookEvent::Acknowledged);
    });
}

fn said(fixture: &mut Fixture, state: &State, name: &str) -> Value {
    fixture.read(state, variable(name), "", Index::None)
}

#[test]
fn examples_are_true() {
    check_examples(&MODULE, &[]);
}

#[test]
fn an_invite_has_one_dialog() {
    let (mut fixture, state) = dialog(&[]);
    let id = said(&mut fixture, &state, "DLG_did");
    assert_eq!(fixture.call(&state, function("create_dialog"), &[str("B")]), 1);
    assert_eq!(said(&mut fixture, &state, "DLG_did"), id);
    assert_eq!(said(&mut fixture, &state, "DLG_status"), Value::Int(1));
    assert_eq!(said(&mut fixture, &state, "DLG_count"), Value::Int(1));
    let params = String::from_utf8_lossy(&fixture.msg.route_set.added_params).into_owned();
    assert_eq!(Value::Str(params.strip_prefix(";did=").unwrap().to_owned().into()), id);
    answer(&mut fixture, &state);
    assert_eq!(said(&mut fixture, &state, "DLG_status"), Value::Int(4));
    assert_eq!(said(&mut fixture, &state, "DLG_count"), Value::Int(1));
    fixture.now = fixture.now + std::time::Duration::from_secs(7);
    assert_eq!(said(&mut fixture, &state, "DLG_lifetime"), Value::Int(7));
    assert_eq!(said(&mut fixture, &state, "DLG_timeout"), Value::Int(43_193));
    assert_eq!(said(&mut fixture, &state, "DLG_end_reason"), Value::Null);
}

#[test]
fn without_a_dialog_there_is_nothing_to_read_or_set() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    for name in ["DLG_lifetime", "DLG_status", "DLG_dir", "DLG_flags", "DLG_did", "DLG_timeout", "DLG_json"] {
        assert_eq!(said(&mut fixture, &state, name), Value::Null, "{name}");
    }
    assert_eq!(fixture.call(&state, function("set_dlg_flag"), &[str("a")]), -1);
    assert_eq!(fixture.call(&state, function("set_dlg_profile"), &[str("a"), absent(), absent()]), -1);
    assert_eq!(fixture.call(&state, function("dlg_on_answer"), &[absent()]), -1);
    let written = fixture.write(&state, variable("dlg_val"), "a", Operator::Set, Value::Int(1));
    assert!(written.unwrap_err().text.contains("no dialog"));
}

#[test]
fn flags_by_name() {
    let (mut fixture, state) = dialog(&[]);
    for (name, args, code) in [
        ("is_dlg_flag_set", vec![str("paid")], -1),
        ("test_and_set_dlg_flag", vec![str("paid"), int(1)], -1),
        ("test_and_set_dlg_flag", vec![str("paid"), int(0)], 1),
        ("test_and_set_dlg_flag", vec![str("paid"), int(0)], -1),
        ("is_dlg_flag_set", vec![str("paid")], 1),
        ("set_dlg_flag", vec![str("3")], 1),
    ] {
        assert_eq!(fixture.call(&state, function(name), &args), code, "{name}");
    }
    assert_eq!(said(&mut fixture, &state, "DLG_flags"), Value::fixed("paid 3"));
    fixture.write(&state, variable("DLG_flags"), "", Operator::Set, Value::fixed("one two")).unwrap();
    assert_eq!(fixture.call(&state, function("is_dlg_flag_set"), &[str("paid")]), -1);
    assert_eq!(fixture.call(&state, function("reset_dlg_flag"), &[str("one")]), 1);
    assert_eq!(said(&mut fixture, &state, "DLG_flags"), Value::fixed("two"));
}

#[test]
fn values_are_bounded() {
    let (mut fixture, state) = dialog(&[]);
    for number in 0..128 {
        let name = number.to_string();
        fixture.write(&state, variable("dlg_val"), &name, Operator::Set, Value::Int(number)).unwrap();
    }
    let one_more = fixture.write(&state, variable("dlg_val"), "more", Operator::Set, Value::Int(1));
    assert!(one_more.unwrap_err().text.contains("as many values"));
    fixture.write(&state, variable("dlg_val"), "7", Operator::Set, Value::Null).unwrap();
    fixture.write(&state, variable("dlg_val"), "more", Operator::Set, Value::fixed("x")).unwrap();
    assert_eq!(fixture.read(&state, variable("dlg_val"), "more", Index::None), Value::fixed("x"));
    assert_eq!(fixture.read(&state, variable("dlg_val"), "7", Index::None), Value::Null);
}

fn size(fixture: &mut Fixture, state: &State, profile: &str, value: module_api::ArgValue) -> Value {
    let target = module_api::ArgValue::Var(fixture.variable("$var(size)"));
    assert_eq!(fixture.call(state, function("get_profile_size"), &[str(profile), value, target]), 1);
    fixture.value("$var(size)")
}

#[test]
fn profiles_with_and_without_values() {
    let (mut fixture, state) =
        dialog(&[("profiles_with_value", text("caller; to")), ("profiles_no_value", text("all"))]);
    let set = function("set_dlg_profile");
    assert_eq!(fixture.call(&state, set, &[str("caller"), str("alice"), absent()]), 1);
    assert_eq!(fixture.call(&state, set, &[str("caller"), str("sales"), absent()]), 1);
    assert_eq!(fixture.call(&state, set, &[str("all"), str("ignored"), absent()]), 1);
    assert_eq!(fixture.call(&state, set, &[str("caller"), absent(), absent()]), -1);
    assert_eq!(fixture.call(&state, set, &[str("nosuch"), absent(), absent()]), -1);
    assert_eq!(size(&mut fixture, &state, "caller", str("alice")), Value::Int(1));
    assert_eq!(size(&mut fixture, &state, "caller", absent()), Value::Int(2));
    assert_eq!(size(&mut fixture, &state, "caller", str("bob")), Value::Int(0));
    assert_eq!(size(&mut fixture, &state, "all", absent()), Value::Int(1));
    let is_in = function("is_in_profile");
    assert_eq!(fixture.call(&state, is_in, &[str("caller"), str("sales")]), 1);
    assert_eq!(fixture.call(&state, is_in, &[str("to"), absent()]), -1);
    assert_eq!(fixture.call(&state, set, &[str("caller"), str("carol"), int(1)]), 1);
    assert_eq!(size(&mut fixture, &state, "caller", absent()), Value::Int(1));
    let unset = function("unset_dlg_profile");
    assert_eq!(fixture.call(&state, unset, &[str("caller"), str("alice")]), -1);
    assert_eq!(fixture.call(&state, unset, &[str("caller"), str("carol")]), 1);
    // The end of the call is the end of its membership.
    let ended = HookEvent::Ended;
    fixture.with_call(&state, |call| watch::watch(call, &ended));
    assert_eq!(said(&mut fixture, &state, "DLG_count"), Value::Int(0));
    assert_eq!(size(&mut fixture, &state, "all", absent()), Value::Int(0));
    assert_eq!(fixture.call(&state, is_in, &[str("all"), absent()]), 1);
}

#[test]
fn profiles_that_cannot_be() {
    let refused = |params: &[(&'static str, ParamSetting)]| {
        Fixture::request("OPTIONS sip:x SIP/2.0").try_start(&MODULE, params).map(|_| ()).unwrap_err().text
    };
    assert!(refused(&[("profiles_no_value", text("a/b"))]).contains("needs the module clusterer"));
    assert!(refused(&[("profiles_no_value", text("a/s"))]).contains("set cachedb_url"));
    assert!(refused(&[("profiles_no_value", text("a; a"))]).contains("there already"));
    assert!(refused(&[("profiles_no_value", text("a/x"))]).contains("/s or /b"));
    assert!(refused(&[("hash_size", ParamSetting::Int(1000))]).contains("power of 2"));
}

/// A key-value store that only counts.
#[derive(Default)]
struct Counting(Mutex<BTreeMap<Bytes, i32>>);

impl KeyValueStore for Counting {
    fn run(&self, operation: CacheOperation, _: Time) -> CacheReply {
        let mut counters = self.0.lock().unwrap();
        CacheReply::Now(match operation {
            CacheOperation::Add { key, amount, .. } => {
                *counters.entry(key).or_default() += amount;
                Ok(None)
            }
            CacheOperation::FetchCounter(key) => Ok(counters.get(&key).map(|count| count.to_string().into())),
            _ => Err(Fault::us("not asked for")),
        })
    }
}

#[test]
fn shared_profiles_are_counted_in_the_store() {
    let store = Arc::new(Counting::default());
    let mut fixture = Fixture::request(INVITE);
    fixture.services.caches.push(("redis:calls".to_owned(), Arc::clone(&store) as Arc<dyn KeyValueStore>));
    let params = [("cachedb_url", text("redis:calls://192.0.2.9/")), ("profiles_with_value", text("caller/s"))];
    let state = fixture.start(&MODULE, &params);
    fixture.call(&state, function("create_dialog"), &[absent()]);
    assert_eq!(fixture.call(&state, function("set_dlg_profile"), &[str("caller"), str("alice"), absent()]), 1);
    // Another server has two more.
    *store.0.lock().unwrap().get_mut(&b"dlg_val_caller_alice"[..]).unwrap() += 2;
    assert_eq!(size(&mut fixture, &state, "caller", str("alice")), Value::Int(3));
    assert_eq!(size(&mut fixture, &state, "caller", absent()), Value::Int(1));
    let shown =
        fixture.command(&state, mi_profiles::SIZE.run, &[("profile", "caller".into()), ("value", "alice".into())]);
    assert_eq!(
        shown.unwrap().to_string(),
        r#"{"Profile":{"name":"caller","value":"alice","count":3,"shared":"yes","replicated":"no"}}"#
    );
    fixture.with_call(&state, |call| watch::watch(call, &HookEvent::Ended));
    assert_eq!(size(&mut fixture, &state, "caller", str("alice")), Value::Int(2));
    let values = fixture.command(&state, mi_profiles::VALUES.run, &[("profile", "caller".into())]);
    assert_eq!(values, Err(MiError::new(405, "Unsupported command for shared profiles")));
}

#[test]
fn other_dialogs_are_found_by_their_values() {
    let (mut fixture, state) = dialog(&[]);
    for (name, value) in [("caller", "alice"), ("callee", "bob")] {
        fixture.write(&state, variable("dlg_val"), name, Operator::Set, Value::fixed(value)).unwrap();
    }
    fixture.next_request("INVITE sip:carol@example.com SIP/2.0\nCall-ID: other");
    let var = |fixture: &Fixture, text: &str| module_api::ArgValue::Var(fixture.variable(text));
    let (callee, count) = (var(&fixture, "$avp(callee)"), var(&fixture, "$var(count)"));
    let info = [str("callee"), callee, str("caller"), str("alice"), count.clone()];
    assert_eq!(fixture.call(&state, function("get_dialog_info"), &info), 1);
    assert_eq!((fixture.value("$avp(callee)"), fixture.value("$var(count)")), (Value::fixed("bob"), Value::Int(1)));
    let (names, values) = (var(&fixture, "$avp(names)"), var(&fixture, "$avp(values)"));
    let vals = [names, values, str("call-1@192.0.2.10")];
    assert_eq!(fixture.call(&state, function("get_dialog_vals"), &vals), 1);
    let json = var(&fixture, "$avp(json)");
    let by_value = [str("caller"), str("alice"), json.clone(), count.clone()];
    assert_eq!(fixture.call(&state, function("get_dialogs_by_val"), &by_value), 1);
    let shown = fixture.value("$avp(json)").into_bytes().unwrap();
    assert!(String::from_utf8_lossy(&shown).contains(r#""values":[{"caller":"alice"},{"callee":"bob"}]"#));
    let nobody = [str("caller"), str("carol"), json, count];
    assert_eq!(fixture.call(&state, function("get_dialogs_by_val"), &nobody), -1);
    // Its context can be loaded.
    let load = function("load_dialog_ctx");
    assert_eq!(fixture.call(&state, load, &[str("call-1@192.0.2.10"), absent(), int(2)]), 1);
    assert_eq!(fixture.read(&state, variable("dlg_val"), "callee", Index::None), Value::fixed("bob"));
    assert_eq!(fixture.call(&state, load, &[str("call-1@192.0.2.10"), absent(), absent()]), -1);
    assert_eq!(fixture.call(&state, function("unload_dialog_ctx"), &[]), 1);
    assert_eq!(said(&mut fixture, &state, "DLG_did"), Value::Null);
}

#[test]
fn a_dialog_as_json() {
    let (mut fixture, state) = dialog(&[("profiles_no_value", text("all"))]);
    fixture.write(&state, variable("dlg_val"), "n", Operator::Set, Value::Int(5)).unwrap();
    fixture.call(&state, function("set_dlg_profile"), &[str("all"), absent(), absent()]);
    fixture.call(&state, function("set_dlg_flag"), &[str("paid")]);
    answer(&mut fixture, &state);
    let id = fixture.with_call(&state, |call| dialog_of(call).unwrap().id);
    let listed = fixture.command(&state, mi::LIST_CTX.run, &[]).unwrap();
    let expected = serde_json_text(&id.text(), id.packed());
    assert_eq!(listed.to_string(), format!(r#"{{"count":1,"Dialogs":[{expected}]}}"#));
    let named = fixture.command(&state, mi::LIST.run, &[("callid", "call-1@192.0.2.10".into())]).unwrap();
    assert!(named["Dialog"]["context"].is_null());
    let no_such =
        fixture.command(&state, mi::LIST.run, &[("callid", "call-1@192.0.2.10".into()), ("from_tag", "x".into())]);
    assert_eq!(no_such, Err(MiError::new(404, "No such dialog")));
    let page = fixture.command(&state, mi::LIST.run, &[("index", 1.into()), ("counter", 10.into())]).unwrap();
    assert_eq!(page.to_string(), r#"{"count":1,"Dialogs":[]}"#);
    let json = said(&mut fixture, &state, "DLG_ctx_json").into_bytes().unwrap();
    assert_eq!(String::from_utf8_lossy(&json), expected);
}

fn serde_json_text(id: &str, number: u64) -> String {
    format!(
        r#"{{"ID":"{id}","db_id":"{number}","state":4,"user_flags":"paid","timestart":1700000000,"datestart":"2023-11-14 22:13:20","timeout":1700043200,"dateout":"2023-11-15 10:13:20","callid":"call-1@192.0.2.10","from_uri":"sip:alice@example.com","to_uri":"sip:bob@example.com","caller_tag":"from-1","caller_contact":"sip:alice@192.0.2.10","callee_cseq":"0","caller_route_set":"","caller_bind_addr":"udp:192.0.2.1:5060","caller_sdp":"","caller_sent_sdp":"","CALLEES":[{{"callee_tag":"to-1","callee_contact":"sip:bob@192.0.2.20","caller_cseq":"1","callee_route_set":"","callee_bind_addr":null,"callee_sdp":"","callee_sent_sdp":""}}],"context":{{"values":[{{"n":5}}],"profiles":[{{"all":""}}]}}}}"#
    )
}

#[test]
fn commands_of_profiles_and_values() {
    let (mut fixture, state) = dialog(&[("profiles_with_value", text("caller")), ("profiles_no_value", text("all"))]);
    answer(&mut fixture, &state);
    let id: Json = fixture.with_call(&state, |call| dialog_of(call).unwrap().id.text()).into();
    let mut run = |command: &module_api::Command, params: &[(&'static str, Json)]| {
        fixture.command(&state, command.run, params).map(|reply| reply.to_string())
    };
    let ok = Ok("\"OK\"".to_owned());
    let in_caller = [("dlg_id", id.clone()), ("profile", "caller".into()), ("value", "alice".into())];
    assert_eq!(run(&mi_profiles::SET, &in_caller), ok);
    assert_eq!(
        run(&mi_profiles::ALL, &[]),
        Ok(r#"{"Profiles":[{"name":"caller","has value":true},{"name":"all","has value":false}]}"#.to_owned())
    );
    assert_eq!(
        run(&mi_profiles::VALUES, &[("profile", "caller".into())]),
        Ok(r#"[{"value":"alice","count":1}]"#.to_owned())
    );
    assert_eq!(run(&mi_profiles::VALUES, &[("profile", "all".into())]), Ok(r#"[{"value":null,"count":0}]"#.to_owned()));
    assert!(run(&mi_profiles::DIALOGS, &in_caller[1..]).unwrap().contains("\"state\":4"));
    assert_eq!(run(&mi_profiles::UNSET, &in_caller), ok);
    assert_eq!(run(&mi_profiles::UNSET, &in_caller), Err(MiError::new(403, "Dialog Error")));
    assert_eq!(run(&mi_profiles::SIZE, &[("profile", "x".into())]), Err(MiError::new(404, "Profile not found")));
    let push = [("dlg_val_name", "a".into()), ("dlg_val_value", "b".into()), ("DID", vec![id].into())];
    assert_eq!(run(&mi::PUSH_VAR, &push), ok);
    let refused = run(&mi::DB_SYNC, &[]);
    assert_eq!(refused, Err(MiError::new(400, "Cannot sync in no-db mode")));
    assert_eq!(run(&mi::RESTORE_DB, &[]), Err(MiError::new(400, "Cannot restore db in no-db mode!")));
    assert_eq!(run(&mi::CLUSTER_SYNC, &[]), Err(MiError::new(400, "Dialog replication disabled")));
    assert_eq!(fixture.read(&state, variable("dlg_val"), "a", Index::None), Value::fixed("b"));
}

#[test]
fn an_established_dialog_is_small() {
    // Without session descriptions, the allocator's share aside; at most 5 kB are promised with everything.
    let bytes = size_of::<super::record::Dialog>();
    assert!(bytes <= 1200, "{bytes}");
    let (mut fixture, state) = dialog(&[]);
    answer(&mut fixture, &state);
    let keeper = Arc::clone(&state).downcast::<Keeper>().ok().unwrap();
    assert_eq!(keeper.table.count(), 1);
}
