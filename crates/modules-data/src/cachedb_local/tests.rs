//! Storing, counting, expiring, deleting.

use super::{MODULE, commands, functions};
use bytes::Bytes;
use module_api::{Answer, CacheOperation, CacheReply, Fault, ParamSetting, Request, StartJob, Time};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{Fixture, absent, check_examples, str};

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
fn examples() {
    check_examples(&MODULE, &[]);
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

#[test]
fn a_url_of_the_same_name_overwrites_an_earlier_one() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    let urls = [("cachedb_url", text("local://")), ("cachedb_url", text("local:///other"))];
    let state = fixture.start(&MODULE, &[&[("cache_collections", text("other"))], &urls[..]].concat());
    run(&fixture, "local", CacheOperation::Store { key: key("a"), value: key("1"), expires_s: 0 }).unwrap();
    let there =
        fixture.command(&state, commands::FETCH_CHUNK.run, &[("glob", "*".into()), ("collection", "other".into())]);
    assert_eq!(there.unwrap().to_string(), r#"{"keys":[{"name":"a","value":"1"}]}"#);
}

/// The collections as a restart finds them; `file` is what is on the disk.
fn restarted(file: &Arc<Mutex<Option<Bytes>>>, collections: &str, at: Time) -> Fixture {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    fixture.now = at;
    let params = [
        ("enable_restart_persistency", ParamSetting::Int(1)),
        ("cache_collections", text(collections)),
        ("cachedb_url", text("local://")),
        ("cachedb_url", text("local:x:///x")),
    ];
    fixture.start(&MODULE, &params);
    let disk = Arc::clone(file);
    fixture.answer = Box::new(move |request| match request {
        Request::Recall { path, .. } => {
            assert_eq!(path, ".restart_persistency.cache.cachedb_local");
            Answer::Recalled(Ok(disk.lock().unwrap().clone()))
        }
        Request::Keep { bytes, .. } => {
            *disk.lock().unwrap() = Some(bytes.clone());
            Answer::Done(Ok(()))
        }
        other => panic!("{other:?}"),
    });
    fixture
}

fn do_all(fixture: &mut Fixture, jobs: Vec<(&'static str, StartJob)>) -> Result<(), Fault> {
    for (_, job) in jobs {
        let job = fixture.with_env(job);
        fixture.run(job)?;
    }
    Ok(())
}

#[test]
fn what_is_there_at_a_clean_stop_is_there_again() {
    let (file, noon) = (Arc::new(Mutex::new(None)), Time::from_unix_seconds(1_700_000_000));
    let mut first = restarted(&file, "x; gone", noon);
    let jobs = std::mem::take(&mut first.wishes.at_start);
    do_all(&mut first, jobs).unwrap();
    for (store, name, expires_s) in [("local", "forever", 0), ("local", "brief", 60), ("local:x", "long", 600)] {
        run(&first, store, CacheOperation::Store { key: key(name), value: key("1"), expires_s }).unwrap();
    }
    let jobs = std::mem::take(&mut first.wishes.at_stop);
    do_all(&mut first, jobs).unwrap();

    let mut second = restarted(&file, "x", noon + Duration::from_secs(60));
    let jobs = std::mem::take(&mut second.wishes.at_start);
    do_all(&mut second, jobs).unwrap();
    let fetch = |fixture: &Fixture, store, name| run(fixture, store, CacheOperation::Fetch(key(name)));
    assert_eq!(fetch(&second, "local", "forever"), Ok(Some(key("1"))));
    assert_eq!(fetch(&second, "local", "brief"), Ok(None));
    assert_eq!(fetch(&second, "local:x", "long"), Ok(Some(key("1"))));
    second.now = second.now + Duration::from_secs(540);
    assert_eq!(fetch(&second, "local:x", "long"), Ok(None));
}

#[test]
fn a_damaged_file_is_an_empty_cache_and_a_foreign_one_is_not_touched() {
    let noon = Time::from_unix_seconds(1_700_000_000);
    let start = |content: &'static [u8]| {
        let mut fixture = restarted(&Arc::new(Mutex::new(Some(Bytes::from_static(content)))), "x", noon);
        let jobs = std::mem::take(&mut fixture.wishes.at_start);
        let outcome = do_all(&mut fixture, jobs).map_err(|fault| fault.text.into_owned());
        (outcome, fixture.log_lines().len())
    };
    assert_eq!(start(b"strowger cachedb_local 1\n+"), (Ok(()), 1));
    assert_eq!(start(b"mine"), (Err("the file of restart_persistency_cache_file is not ours".to_owned()), 0));
}
