//! Storing, counting, expiring, deleting.

use super::{MODULE, commands, functions};
use bytes::Bytes;
use module_api::{CacheOperation, CacheReply, Fault, ParamSetting};
use std::time::Duration;
use testkit::{Fixture, absent, str};

fn text(value: &str) -> ParamSetting {
    ParamSetting::Str(value.to_owned())
}

fn run(fixture: &Fixture, store: &str, operation: CacheOperation) -> Result<Option<Bytes>, Fault> {
    match fixture.services.cache(store.as_bytes())?.run(operation, fixture.now) {
        CacheReply::Now(answer) => answer,
        CacheReply::Wait(..) => panic!("a store in memory answers at once"),
    }
}

fn key(name: &str) -> Bytes {
    Bytes::copy_from_slice(name.as_bytes())
}

#[test]
fn values_live_as_long_as_they_should() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    fixture
        .start(&MODULE, &[("cache_collections", text("auth=14; other")), ("cachedb_url", text("local:auth:///auth"))]);
    let store = CacheOperation::Store { key: key("a"), value: key("1"), expires_s: 60 };
    run(&fixture, "local:auth", store).unwrap();
    assert_eq!(run(&fixture, "local:auth", CacheOperation::Fetch(key("a"))), Ok(Some(key("1"))));
    fixture.now = fixture.now + Duration::from_secs(60);
    assert_eq!(run(&fixture, "local:auth", CacheOperation::Fetch(key("a"))), Ok(None));
    assert!(run(&fixture, "local:nobody", CacheOperation::Fetch(key("a"))).is_err());
}

#[test]
fn counters_count_and_text_does_not() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    fixture.start(&MODULE, &[]);
    let add = |amount| CacheOperation::Add { key: key("n"), amount, expires_s: 0 };
    assert_eq!(run(&fixture, "local", add(5)), Ok(Some(key("5"))));
    assert_eq!(run(&fixture, "local", add(-7)), Ok(Some(key("-2"))));
    run(&fixture, "local", CacheOperation::Store { key: key("t"), value: key("word"), expires_s: 0 }).unwrap();
    assert!(run(&fixture, "local", CacheOperation::FetchCounter(key("t"))).is_err());
}

#[test]
fn patterns_delete_from_script_and_management() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    for name in ["user_a", "user_b", "gw_1"] {
        run(&fixture, "local", CacheOperation::Store { key: key(name), value: key("x"), expires_s: 0 }).unwrap();
    }
    assert_eq!(fixture.call(&state, &functions::REMOVE_CHUNK, &[absent(), str("user_a*")]), 1);
    let left = fixture.command(&state, commands::FETCH_CHUNK.run, &[("glob", "*".into())]).unwrap();
    assert_eq!(left.to_string(), r#"{"keys":[{"name":"gw_1","value":"x"},{"name":"user_b","value":"x"}]}"#);
    assert_eq!(fixture.command(&state, commands::REMOVE_CHUNK.run, &[("glob", "*".into())]), Ok("OK".into()));
    assert_eq!(run(&fixture, "local", CacheOperation::Fetch(key("gw_1"))), Ok(None));
}

#[test]
fn a_url_without_its_collection_is_refused() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    let error = fixture.try_start(&MODULE, &[("cachedb_url", text("local:auth:///auth"))]).unwrap_err();
    assert!(error.to_string().contains("no collection \"auth\""), "{error}");
}
