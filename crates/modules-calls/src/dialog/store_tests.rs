//! Dialogs in a database: modes, failures, restarts.

use super::columns::{DIALOG, length_max};
use super::keeper::{Keeper, dialog_of};
use super::tests::{INVITE, answer, dialog, function, text};
use super::{MODULE, mi, variables};
use catalogue::Value;
use module_api::sql::{Cell, Query, Rows};
use module_api::{Answer, Fault, Index, MiError, Operator, ParamSetting, Request, State};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{Fixture, absent, str};

/// A table as a database would keep it. Cloning shares it.
#[derive(Clone, Default)]
pub struct Rowset(pub Arc<Mutex<Kept>>);

#[derive(Default)]
pub struct Kept {
    pub rows: BTreeMap<i64, Vec<Cell>>,
    is_dead: bool,
    /// It does what it is asked, but its answers are lost.
    is_mute: bool,
    /// It is as strict as most servers about what its columns are made for.
    pub is_strict: bool,
    /// Rows with this Call-ID cannot be written.
    pub hates: &'static str,
    statements: Vec<String>,
}

impl Rowset {
    pub fn answerer(&self) -> Box<dyn FnMut(&Request) -> Answer> {
        let table = self.clone();
        Box::new(move |request| match request {
            Request::Sql(query) => Answer::Sql(table.run(query)),
            _ => Answer::Done(Ok(())),
        })
    }

    fn run(&self, query: &Query) -> Result<Rows, Fault> {
        let mut kept = self.0.lock().unwrap();
        if kept.is_dead {
            return Err(Fault::backend("it is away"));
        }
        for (_, params) in &query.statements {
            kept.accepts(params)?;
        }
        let mut found = Rows::default();
        for (statement, params) in &query.statements {
            let verb = statement.sql.split(' ').next().unwrap().to_owned();
            kept.statements.push(verb.clone());
            let key = |position: usize| params.get(position).and_then(Cell::to_int).unwrap();
            match verb.as_str() {
                "INSERT" => {
                    assert_eq!(params.len(), 29);
                    assert!(kept.rows.insert(key(0), params.to_vec()).is_none(), "the key is there");
                }
                "UPDATE" => {
                    let id = key(params.len() - 1);
                    let row = std::iter::once(Cell::Int(id)).chain(params.iter().take(28).cloned()).collect();
                    assert!(kept.rows.insert(id, row).is_some(), "there is no such row");
                }
                "DELETE" if params.is_empty() => kept.rows.clear(),
                "DELETE" => (0..params.len()).for_each(|position| {
                    kept.rows.remove(&key(position));
                }),
                "SELECT" => {
                    let after = key(0);
                    found.rows = kept.rows.range(after + 1..).map(|(_, row)| row.clone()).collect();
                }
                other => panic!("{other}"),
            }
        }
        if kept.is_mute {
            return Err(Fault::backend("no answer came in time"));
        }
        Ok(found)
    }

    pub fn column(&self, position: usize) -> Vec<String> {
        let kept = self.0.lock().unwrap();
        let text =
            |row: &Vec<Cell>| String::from_utf8_lossy(&row[position].to_bytes().unwrap_or_default()).into_owned();
        kept.rows.values().map(text).collect()
    }

    pub fn statements(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap().statements).join(" ")
    }

    pub fn kill(&self, is_dead: bool) {
        self.0.lock().unwrap().is_dead = is_dead;
    }
}

impl Kept {
    /// Whether a statement's values are taken: all statements of a query, or none.
    fn accepts(&self, params: &[Cell]) -> Result<(), Fault> {
        if params.len() < 29 {
            return Ok(());
        }
        let hated = |cell: &Cell| !self.hates.is_empty() && *cell == Cell::text(self.hates);
        if params.iter().any(hated) {
            return Err(Fault::script("the trigger says no"));
        }
        let is_update = params.first().is_some_and(|cell| matches!(cell, Cell::Text(_)));
        let columns = DIALOG.columns.iter().skip(usize::from(is_update));
        for (column, cell) in columns.zip(params).filter(|_| self.is_strict) {
            let is_wrong = match cell {
                Cell::Text(text) => {
                    let length = String::from_utf8_lossy(text).chars().count();
                    std::str::from_utf8(text).is_err() || length_max(column).is_some_and(|most| length > most)
                }
                Cell::Int(number) => column.sql.starts_with("INTEGER") && i32::try_from(*number).is_err(),
                _ => false,
            };
            if is_wrong {
                return Err(Fault::script(format!("Data too long for column '{}'", column.name)));
            }
        }
        Ok(())
    }
}

pub fn params(mode: i32) -> Vec<(&'static str, ParamSetting)> {
    vec![
        ("db_mode", ParamSetting::Int(mode)),
        ("db_url", text("sqlite:///dialogs")),
        ("profiles_with_value", text("caller")),
    ]
}

/// A server whose call is answered.
pub fn answered(table: &Rowset, mode: i32) -> (Fixture, State) {
    let (mut fixture, state) = dialog(&params(mode));
    fixture.answer = table.answerer();
    answer(&mut fixture, &state);
    fixture.run_background().unwrap();
    (fixture, state)
}

/// The server after a restart.
pub fn restarted(table: &Rowset, mode: i32) -> (Fixture, State) {
    let mut fixture = Fixture::request(INVITE);
    fixture.answer = table.answerer();
    fixture.now = fixture.now + Duration::from_secs(100);
    let state = fixture.start(&MODULE, &params(mode));
    for (_, job) in std::mem::take(&mut fixture.wishes.at_start) {
        let job = fixture.with_env(job);
        fixture.run(job).unwrap();
    }
    (fixture, state)
}

pub fn stop(fixture: &mut Fixture) {
    for (_, job) in std::mem::take(&mut fixture.wishes.at_stop) {
        let job = fixture.with_env(job);
        fixture.run(job).unwrap();
    }
}

/// Runs the timer that writes.
pub fn write_behind(fixture: &mut Fixture) -> Result<(), Fault> {
    let timers = std::mem::take(&mut fixture.wishes.timers);
    let job = fixture.with_env(|env| timers[1].1(env));
    fixture.wishes.timers = timers;
    fixture.run(job)
}

pub const BYE: &str = "BYE sip:bob@192.0.2.20 SIP/2.0\nTo: <sip:bob@example.com>;tag=to-1\nCSeq: 2 BYE";

pub fn hang_up(fixture: &mut Fixture, state: &State) {
    fixture.next_request(BYE);
    assert_eq!(fixture.call(state, function("match_dialog"), &[absent()]), 1);
}

#[test]
fn in_realtime_a_call_has_a_row_from_its_answer_to_its_end() {
    let table = Rowset::default();
    let (mut fixture, state) = dialog(&params(1));
    fixture.answer = table.answerer();
    fixture.run_background().unwrap();
    assert_eq!(table.statements(), "");
    answer(&mut fixture, &state);
    fixture.run_background().unwrap();
    // What happens while a statement is under way is written after it.
    assert_eq!(table.statements(), "INSERT UPDATE");
    assert_eq!((table.column(1), table.column(18)), (vec!["call-1@192.0.2.10".to_owned()], vec!["4".to_owned()]));
    hang_up(&mut fixture, &state);
    fixture.run_background().unwrap();
    assert_eq!(table.statements(), "DELETE");
    assert!(table.column(0).is_empty());
}

#[test]
fn an_end_before_the_row_is_there_leaves_none() {
    let table = Rowset::default();
    let (mut fixture, state) = dialog(&params(1));
    fixture.answer = table.answerer();
    answer(&mut fixture, &state);
    hang_up(&mut fixture, &state);
    fixture.run_background().unwrap();
    assert!(table.column(0).is_empty());
    stop(&mut fixture);
    assert!(table.column(0).is_empty());
}

#[test]
fn a_call_goes_on_over_a_restart() {
    let table = Rowset::default();
    let (mut fixture, state) = answered(&table, 1);
    let timeout = variables::ALL.iter().find(|known| known.name == "DLG_timeout").unwrap();
    let value = variables::ALL.iter().find(|known| known.name == "dlg_val").unwrap();
    fixture.write(&state, value, "who", Operator::Set, Value::fixed("al|ice")).unwrap();
    fixture.call(&state, function("set_dlg_profile"), &[str("caller"), str("alice"), absent()]);
    fixture.call(&state, function("set_dlg_flag"), &[str("paid")]);
    // Values go with the next change of state.
    fixture.write(&state, timeout, "", Operator::Set, Value::Int(1000)).unwrap();
    fixture.run_background().unwrap();
    drop(fixture);
    let (mut fixture, state) = restarted(&table, 1);
    let keeper = Arc::clone(&state).downcast::<Keeper>().ok().unwrap();
    assert_eq!((keeper.table.count(), keeper.counters.active.get()), (1, 1));
    hang_up(&mut fixture, &state);
    assert_eq!(fixture.read(&state, value, "who", Index::None), Value::fixed("al|ice"));
    assert_eq!(fixture.call(&state, function("is_dlg_flag_set"), &[str("paid")]), 1);
    assert_eq!(fixture.call(&state, function("is_in_profile"), &[str("caller"), str("alice")]), 1);
    assert_eq!(keeper.profiles.all()[0].size(Some(b"alice")), 0);
    fixture.run_background().unwrap();
    assert!(table.column(0).is_empty());
    assert_eq!(keeper.counters.active.get(), 0);
}

#[test]
fn what_is_left_of_its_time_is_left_after_a_restart() {
    let table = Rowset::default();
    answered(&table, 1);
    let (mut fixture, state) = restarted(&table, 1);
    let dialog = Arc::clone(&state).downcast::<Keeper>().ok().unwrap().table.all().next().unwrap();
    let now = fixture.now;
    assert_eq!(dialog.lock().expires.since(now), Duration::from_secs(43_200 - 100));
    // Once it is over, the timer ends it.
    fixture.now = now + Duration::from_secs(43_200);
    let timers = std::mem::take(&mut fixture.wishes.timers);
    let job = fixture.with_env(|env| timers[0].1(env));
    fixture.run(job).unwrap();
    fixture.run_background().unwrap();
    assert!(table.column(0).is_empty());
    assert_eq!(dialog.lock().end_reason, Some("Lifetime Timeout"));
}

#[test]
fn delayed_writing_takes_what_has_changed_since() {
    let table = Rowset::default();
    let (mut fixture, state) = answered(&table, 2);
    assert!(table.column(0).is_empty());
    write_behind(&mut fixture).unwrap();
    assert_eq!(table.statements(), "INSERT");
    write_behind(&mut fixture).unwrap();
    assert_eq!(table.statements(), "");
    hang_up(&mut fixture, &state);
    fixture.run_background().unwrap();
    assert_eq!(table.column(0).len(), 1);
    write_behind(&mut fixture).unwrap();
    assert_eq!(table.statements(), "DELETE");
}

#[test]
fn at_a_stop_everything_is_written() {
    let table = Rowset::default();
    let (mut fixture, _) = answered(&table, 3);
    assert_eq!(table.statements(), "");
    stop(&mut fixture);
    assert_eq!(table.column(18), ["4"]);
    let (mut fixture, state) = restarted(&table, 3);
    // A kill would bring back what has ended long ago, with nobody to tell it so.
    fixture.run_background().unwrap();
    assert!(table.column(0).is_empty());
    stop(&mut fixture);
    assert_eq!(table.column(18), ["4"]);
    drop((fixture, state));
    let (mut fixture, state) = restarted(&table, 3);
    hang_up(&mut fixture, &state);
    fixture.run_background().unwrap();
    stop(&mut fixture);
    assert!(table.column(0).is_empty());
}

#[test]
fn while_the_database_is_away_nothing_is_lost() {
    let table = Rowset::default();
    let (mut fixture, state) = dialog(&params(1));
    fixture.answer = table.answerer();
    table.kill(true);
    answer(&mut fixture, &state);
    assert!(fixture.run_background().unwrap_err().text.contains("tried again"));
    assert!(write_behind(&mut fixture).is_err());
    table.kill(false);
    write_behind(&mut fixture).unwrap();
    assert_eq!(table.column(18), ["4"]);
    table.kill(true);
    hang_up(&mut fixture, &state);
    assert!(fixture.run_background().is_err());
    table.kill(false);
    write_behind(&mut fixture).unwrap();
    assert!(table.column(0).is_empty());
}

#[test]
fn an_answer_that_is_lost_makes_no_second_row_and_leaves_none() {
    let table = Rowset::default();
    let (mut fixture, state) = dialog(&params(1));
    fixture.answer = table.answerer();
    table.0.lock().unwrap().is_mute = true;
    answer(&mut fixture, &state);
    assert!(fixture.run_background().is_err());
    assert_eq!(table.column(0).len(), 1);
    table.0.lock().unwrap().is_mute = false;
    write_behind(&mut fixture).unwrap();
    assert_eq!(table.column(18), ["4"]);
    hang_up(&mut fixture, &state);
    fixture.run_background().unwrap();
    assert!(table.column(0).is_empty());
}

#[test]
fn an_end_while_the_row_is_written_behind_leaves_none() {
    let table = Rowset::default();
    let (mut fixture, state) = answered(&table, 2);
    let timers = std::mem::take(&mut fixture.wishes.timers);
    let job = fixture.with_env(|env| timers[1].1(env));
    fixture.wishes.timers = timers;
    hang_up(&mut fixture, &state);
    fixture.run(job).unwrap();
    write_behind(&mut fixture).unwrap();
    assert!(table.column(0).is_empty());
}

#[test]
fn a_bad_row_is_named_and_passed_over() {
    let table = Rowset::default();
    answered(&table, 1);
    let mut other = table.0.lock().unwrap().rows.values().next().unwrap().clone();
    other[0] = Cell::Int(7);
    other[18] = Cell::text("ringing");
    table.0.lock().unwrap().rows.insert(7, other);
    let (fixture, state) = restarted(&table, 1);
    let keeper = Arc::clone(&state).downcast::<Keeper>().ok().unwrap();
    assert_eq!(keeper.table.count(), 1);
    let lines = fixture.log_lines();
    assert_eq!(lines, ["ERROR: table dialog, row 7: column state is no number; the row is passed over"]);
}

#[test]
fn memory_and_database_are_brought_together_by_command() {
    let table = Rowset::default();
    let (mut fixture, state) = answered(&table, 1);
    table.0.lock().unwrap().rows.clear();
    let reply = fixture.command(&state, mi::RESTORE_DB.run, &[]);
    assert_eq!(reply.map(|reply| reply.to_string()), Ok("\"OK\"".to_owned()));
    assert_eq!(table.column(0).len(), 1);
    // Another server takes them over.
    let mut other = Fixture::request(INVITE);
    let state = other.start(&MODULE, &params(1));
    other.answer = table.answerer();
    other.command(&state, mi::DB_SYNC.run, &[]).unwrap();
    assert_eq!(Arc::clone(&state).downcast::<Keeper>().ok().unwrap().table.count(), 1);
    table.kill(true);
    let failed = other.command(&state, mi::DB_SYNC.run, &[]).unwrap_err();
    assert_eq!((failed.code, failed.message), (400, MiError::new(400, "Sync mem with DB failed").message));
}

#[test]
fn the_did_of_a_row_is_the_one_that_phones_have() {
    let table = Rowset::default();
    let (mut fixture, state) = answered(&table, 1);
    let id = fixture.with_call(&state, |call| dialog_of(call).unwrap().id);
    assert_eq!(table.column(0), [id.packed().to_string()]);
    let (mut fixture, state) = restarted(&table, 1);
    fixture.next_request(&format!("{BYE}\nRoute: <sip:192.0.2.1;lr;did={}>", id.text()));
    assert_eq!(fixture.call(&state, function("match_dialog"), &[str("DID_ONLY")]), 1);
}
