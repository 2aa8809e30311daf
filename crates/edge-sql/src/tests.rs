//! Real files in a directory of the test's own.

use crate::{Databases, SqliteOptions, schema};
use catalogue::{Column, Table};
use module_api::sql::{Cell, Database, Query, Rows, Statement};
use module_api::{Counter, DatabaseWish, Fault};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;

const PEOPLE: Table = Table {
    name: "people",
    version: 2,
    columns: &[
        Column { name: "id", sql: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" },
        Column { name: "name", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "born", sql: "DATETIME" },
    ],
    indexes: &[("people_name_idx", &["name"], true)],
};

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let directory = std::env::temp_dir().join(format!("edge-sql-{name}-{}", std::process::id()));
        // Left by a process that had the same number.
        let _ = std::fs::remove_dir_all(&directory);
        Scratch(directory)
    }

    fn file(&self) -> PathBuf {
        self.0.join("test.sqlite")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn open(path: &Path) -> Result<Databases, String> {
    let tables = vec![("people".to_owned(), 2)];
    let wish = DatabaseWish { url: format!("sqlite://{}", path.display()), tables, options: Vec::new() };
    let opened = Databases::open(&[wish], &SqliteOptions::default(), Counter::default(), Counter::default());
    opened.map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn ask(databases: &Databases, statement: &Arc<Statement>, values: Vec<Cell>) -> Result<Rows, Fault> {
    let (send, receive) = channel();
    databases.submit(Query::new(Database(0), statement, values), Box::new(move |answer| send.send(answer).unwrap()));
    receive.recv().unwrap()
}

#[test]
fn what_was_written_is_read_also_after_closing() {
    let scratch = Scratch::new("write");
    assert_eq!(schema::create(&scratch.file(), &[&PEOPLE]).unwrap(), ["people"]);
    let databases = open(&scratch.file()).unwrap();
    let insert = Statement::insert("people", &["name", "born"]);
    let written = ask(&databases, &insert, vec![Cell::text("alice"), Cell::Time(86_400 * 365)]).unwrap();
    assert_eq!((written.changed, written.last_id), (1, 1));
    databases.close();
    let databases = open(&scratch.file()).unwrap();
    let select = Statement::select("people", &["name", "born"], &["name"], "");
    let rows = ask(&databases, &select, vec![Cell::text("alice")]).unwrap();
    assert_eq!(rows.columns, ["name", "born"]);
    assert_eq!(rows.rows[0][0], Cell::text("alice"));
    assert!(rows.rows[0][1].to_bytes().unwrap().starts_with(b"197"));
}

#[test]
fn one_that_fails_in_a_batch_is_undone_alone() {
    let scratch = Scratch::new("batch");
    schema::create(&scratch.file(), &[&PEOPLE]).unwrap();
    let databases = open(&scratch.file()).unwrap();
    let insert = Statement::insert("people", &["name"]);
    let (send, receive) = channel();
    for name in ["alice", "alice", "bob"] {
        let send = send.clone();
        let query = Query::new(Database(0), &insert, vec![Cell::text(name)]);
        databases.submit(query, Box::new(move |answer| send.send(answer.is_ok()).unwrap()));
    }
    let outcomes: Vec<bool> = receive.iter().take(3).collect();
    assert_eq!(outcomes, [true, false, true]);
    let count = ask(&databases, &Statement::raw("SELECT count(*) FROM people"), vec![]).unwrap();
    assert_eq!(count.rows[0][0], Cell::Int(2));
}

#[test]
fn what_is_not_there_is_named_with_what_helps() {
    let scratch = Scratch::new("missing");
    let said = open(&scratch.file()).err().unwrap();
    assert!(said.contains("test.sqlite: there is no such database; `strowger db create sqlite://"), "{said}");
    schema::create(&scratch.file(), &[]).unwrap();
    let said = open(&scratch.file()).err().unwrap();
    assert!(said.contains("table people (version 2) is not there"), "{said}");
}

#[test]
fn an_older_table_gets_its_missing_columns() {
    let scratch = Scratch::new("migrate");
    const OLD: Table = Table { version: 1, columns: &[PEOPLE.columns[0], PEOPLE.columns[1]], ..PEOPLE };
    schema::create(&scratch.file(), &[&OLD]).unwrap();
    assert!(open(&scratch.file()).err().unwrap().contains("has version 1, version 2 is needed"));
    assert_eq!(schema::create(&scratch.file(), &[&PEOPLE]).unwrap(), ["people"]);
    assert_eq!(schema::create(&scratch.file(), &[&PEOPLE]).unwrap(), Vec::<String>::new());
    open(&scratch.file()).unwrap().close();
    assert!(schema::create(&scratch.file(), &[&OLD]).is_err());
}
