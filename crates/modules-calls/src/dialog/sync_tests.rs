//! `dialog:db_sync`: what has ended stays ended, what is in memory takes what its row has.

use super::keeper::Keeper;
use super::store_tests::{Rowset, answered, hang_up, restarted, write_behind};
use super::tests::function;
use super::{mi, variables};
use catalogue::Value;
use module_api::sql::Cell;
use module_api::{Answer, Operator, Request, State};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{Fixture, absent, str};

fn sync(fixture: &mut Fixture, state: &State) {
    let reply = fixture.command(state, mi::DB_SYNC.run, &[]);
    assert_eq!(reply.map(|reply| reply.to_string()), Ok("\"OK\"".to_owned()));
}

fn keeper(state: &State) -> Arc<Keeper> {
    Arc::clone(state).downcast().ok().unwrap()
}

#[test]
fn a_call_whose_row_is_still_to_be_deleted_does_not_come_back() {
    let table = Rowset::default();
    let (mut fixture, state) = answered(&table, 2);
    write_behind(&mut fixture).unwrap();
    hang_up(&mut fixture, &state);
    sync(&mut fixture, &state);
    assert_eq!((keeper(&state).table.count(), table.column(0).len()), (0, 1));
    write_behind(&mut fixture).unwrap();
    assert!(table.column(0).is_empty());
}

#[test]
fn a_call_that_ends_while_its_row_is_on_the_way_does_not_come_back() {
    let table = Rowset::default();
    let (mut fixture, state) = answered(&table, 1);
    // The rows were read before the BYE, and its deletion is done before they are looked at.
    let read = Arc::new(Mutex::new(None));
    let (kept, mut inner) = (Arc::clone(&read), table.answerer());
    fixture.answer = Box::new(move |request| match request {
        Request::Sql(query) if query.statements[0].0.sql.starts_with("SELECT") => {
            *kept.lock().unwrap() = Some(inner(request));
            Answer::Sql(Err(module_api::Fault::backend("later")))
        }
        _ => inner(request),
    });
    let shared = keeper(&state);
    super::load::begins(&shared);
    let _ = fixture.command(&state, mi::DB_SYNC.run, &[]);
    let rows = read.lock().unwrap().take().unwrap().rows().unwrap();
    assert_eq!(rows.rows.len(), 1);
    hang_up(&mut fixture, &state);
    fixture.run_background().unwrap();
    assert!(table.column(0).is_empty());
    fixture.with_env(|env| super::load::take(&shared, env, &rows));
    super::load::ended(&shared);
    assert_eq!((shared.table.count(), shared.counters.active.get()), (0, 0));
}

#[test]
fn first_pings_after_a_restart_are_spread_over_the_interval() {
    let table = Rowset::default();
    let (mut fixture, state) = answered(&table, 1);
    fixture.run_background().unwrap();
    drop(state);
    {
        let mut kept = table.0.lock().unwrap();
        let row = kept.rows.values().next().unwrap().clone();
        for number in 0..60 {
            let mut another = row.clone();
            another[0] = Cell::Int(number);
            // options-ping-caller
            another[25] = Cell::Int(32);
            kept.rows.insert(number, another);
        }
    }
    let (fixture, state) = restarted(&table, 1);
    let mut due: Vec<u64> = keeper(&state)
        .table
        .all()
        .filter_map(|dialog| Some(dialog.lock().next_pings[0]?.since(fixture.now).as_secs()))
        .collect();
    due.sort_unstable();
    let expected: Vec<u64> = (1..=30).flat_map(|second| [second, second]).collect();
    assert_eq!(due, expected);
}

#[test]
fn a_call_in_memory_takes_what_its_row_has_unless_it_has_news() {
    let table = Rowset::default();
    let (mut fixture, state) = answered(&table, 2);
    fixture.call(&state, function("set_dlg_profile"), &[str("caller"), str("alice"), absent()]);
    write_behind(&mut fixture).unwrap();
    let change = |value: &str, profile: &str| {
        let mut kept = table.0.lock().unwrap();
        let row = kept.rows.values_mut().next().unwrap();
        row[20] = Cell::Int(row[20].to_int().unwrap() + 50);
        row[21] = Cell::text(format!("who#s#{value}|"));
        row[22] = Cell::text(format!("caller#{profile}|"));
    };
    change("bob", "carol");
    let dialog = keeper(&state).table.all().next().unwrap();
    let before = dialog.lock().expires;
    sync(&mut fixture, &state);
    assert_eq!(dialog.lock().value(b"who"), Some(&Value::fixed("bob")));
    assert_eq!(dialog.lock().expires.since(before), Duration::from_secs(50));
    let size = |value: &[u8]| keeper(&state).profiles.all()[0].size(Some(value));
    assert_eq!((size(b"alice"), size(b"carol")), (0, 1));
    // What the script has said since is newer than the row.
    let value = variables::ALL.iter().find(|known| known.name == "dlg_val").unwrap();
    fixture.write(&state, value, "who", Operator::Set, Value::fixed("dave")).unwrap();
    change("eve", "eve");
    sync(&mut fixture, &state);
    assert_eq!(dialog.lock().value(b"who"), Some(&Value::fixed("dave")));
}
