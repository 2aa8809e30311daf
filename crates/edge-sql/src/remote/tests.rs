//! What every engine must do alike, on SQLite and on real servers; and what servers do when they die.

#[path = "../../../../tests/flows/harness/sql_server.rs"]
mod sql_server;

use crate::sqlite::tests::Directory;
use crate::{Databases, Options, Tuning, Url, look, schema};
use catalogue::{Column, Table};
use module_api::sql::{Cell, Database, Params, Query, Rows, Statement};
use module_api::{DatabaseWish, Fault, Level, LogSink, Logger, Statistics, Whose};
use sql_server::{Kind, SqlServer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

const fn column(name: &'static str, sql: &'static str) -> Column {
    Column { name, sql }
}

const PEOPLE: Table = Table {
    name: "people",
    version: 3,
    columns: &[
        column("id", "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"),
        column("name", "CHAR(64) DEFAULT '' NOT NULL"),
        column("domain", "CHAR(64) DEFAULT '' NOT NULL"),
        column("big", "BIGINT DEFAULT NULL"),
        column("weight", "FLOAT(10,2) DEFAULT 1.0 NOT NULL"),
        column("born", "DATETIME DEFAULT '1900-01-01 00:00:01' NOT NULL"),
        column("story", "TEXT DEFAULT NULL"),
        column("photo", "BLOB DEFAULT NULL"),
    ],
    indexes: &[("people_name_idx", &["name", "domain"], true), ("people_born_idx", &["born"], false)],
};

const NEWER: Table = Table {
    version: 4,
    columns: &[
        column("id", "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"),
        column("flags", "INTEGER DEFAULT 7 NOT NULL"),
    ],
    indexes: &[("people_flags_idx", &["flags"], false)],
    ..PEOPLE
};

struct Nowhere;

impl LogSink for Nowhere {
    fn write(&self, _: Level, _: Option<&str>, _: &[u8]) {}
}

fn wish(url: &str, tables: &[(&str, i32)]) -> DatabaseWish {
    let tables = tables.iter().map(|(name, version)| ((*name).to_owned(), *version)).collect();
    DatabaseWish { url: url.to_owned(), tables, ..DatabaseWish::default() }
}

fn open_with(url: &str, options: &Options, statistics: &Statistics) -> Databases {
    let log = Logger::new(0, 0, Arc::new(Nowhere));
    let opened = Databases::open(&[wish(url, &[("people", 3)])], options, statistics, &log);
    opened.unwrap_or_else(|errors| panic!("{}", said(&errors)))
}

fn open(url: &str) -> Databases {
    open_with(url, &Options::default(), &Statistics::default())
}

fn said<E: ToString>(errors: &[E]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What a look at a database says, as `strowger check` has it.
fn looked(url: &str, tables: &[(&str, i32)]) -> String {
    let found = look(&[wish(url, tables)], &Options::default(), &|path| path.to_owned());
    said(&found.into_iter().map(|(_, error)| error).collect::<Vec<_>>())
}

fn ask(databases: &Databases, query: Query) -> Result<Rows, Fault> {
    let (answer, answered) = channel();
    databases.submit(query, Box::new(move |rows| answer.send(rows).unwrap()));
    answered.recv().unwrap()
}

fn run(databases: &Databases, statement: &Arc<Statement>, values: &[Cell]) -> Result<Rows, Fault> {
    ask(databases, Query::new(Database(0), statement, values.to_vec()))
}

fn raw(databases: &Databases, sql: &str) -> Result<Rows, Fault> {
    run(databases, &Statement::raw(sql), &[])
}

fn int(databases: &Databases, sql: &str) -> i64 {
    raw(databases, sql).unwrap().rows[0][0].to_int().unwrap()
}

/// What every engine must do alike.
fn behave(url: &str) {
    let url_read = Url::parse(url).unwrap();
    let report = schema::make(&url_read, &[&PEOPLE], "version", schema::Scope::All).unwrap();
    assert_eq!(report.created, ["people"]);
    let report = schema::make(&url_read, &[&PEOPLE], "version", schema::Scope::All).unwrap();
    assert_eq!((report.kept.as_slice(), report.created.len()), (["people"].as_slice(), 0));
    let databases = open(url);
    values_go_in_and_come_out(&databases);
    rows_are_replaced(&databases);
    errors_say_whose_they_are(&databases);
    statements_stand_or_fall_together(&databases);
    one_bad_query_hurts_no_other(&databases);
    drop(databases);
    versions_are_checked(url);
    let report = schema::make(&url_read, &[&NEWER], "version", schema::Scope::Present).unwrap();
    assert_eq!(report.updated, ["people"]);
    let databases = Databases::open(
        &[wish(url, &[("people", 4)])],
        &Options::default(),
        &Statistics::default(),
        &Logger::new(0, 0, Arc::new(Nowhere)),
    );
    assert_eq!(int(&databases.ok().unwrap(), "SELECT max(flags) FROM people"), 7);
    let error = schema::make(&url_read, &[&PEOPLE], "version", schema::Scope::All).unwrap_err().to_string();
    assert!(error.ends_with("has version 4, version 3 is needed"), "{error}");
}

fn values_go_in_and_come_out(databases: &Databases) {
    let columns = ["name", "domain", "big", "weight", "born", "story", "photo"];
    let insert = Statement::insert("people", &columns);
    let story = "Grüße aus 北京, 'quoted' \"twice\" \\ 🙂 ? $1 --\n".repeat(1_000);
    let values = [
        Cell::text("Zo\u{eb}'; DROP TABLE people; --"),
        Cell::text(""),
        Cell::Int(i64::MIN),
        Cell::Real(0.5),
        Cell::Time(1_700_000_000),
        Cell::text(&story),
        Cell::Blob(b"\0\xff\x01'\\"[..].into()),
    ];
    assert_eq!(run(databases, &insert, &values).unwrap().changed, 1);
    let select = Statement::select("people", &columns, &["name", "domain", "born", "big"], "");
    let keys = [values[0].clone(), values[1].clone(), values[4].clone(), values[2].clone()];
    let found = run(databases, &select, &keys).unwrap();
    assert_eq!(found.columns, columns);
    assert_eq!(found.rows, [values.to_vec()]);
    // Numbers as text and texts as numbers, as configurations have them; NULL; defaults.
    let insert = Statement::insert("people", &["name", "big", "weight", "story"]);
    let values = [Cell::Int(1001), Cell::text("42"), Cell::text("2"), Cell::Null];
    run(databases, &insert, &values).unwrap();
    let select = Statement::select("people", &["big", "weight", "story", "photo", "name"], &["name"], "");
    let found = run(databases, &select, &[Cell::text("1001")]).unwrap();
    let expected = [Cell::Int(42), Cell::Real(2.0), Cell::Null, Cell::Null, Cell::text("1001")];
    assert_eq!(found.rows, [expected.to_vec()]);
    // What is no UTF-8 is no reason to lose a row.
    run(databases, &Statement::insert("people", &["name"]), &[Cell::text(b"\xff\xfe latin")]).unwrap();
    assert_eq!(int(databases, "SELECT count(*) FROM people WHERE name LIKE '% latin'"), 1);
    // Nothing found is no error; expressions have their own types.
    assert!(raw(databases, "SELECT id FROM people WHERE id < 0").unwrap().rows.is_empty());
    assert_eq!(int(databases, "SELECT sum(big) FROM people WHERE big > 0"), 42);
    let none = raw(databases, "SELECT max(id), 'a' FROM people WHERE id < 0").unwrap();
    assert_eq!(none.rows, [vec![Cell::Null, Cell::text("a")]]);
    let update = Statement::update("people", &["big"], &["name"]);
    assert_eq!(run(databases, &update, &[Cell::Int(42), Cell::text("1001")]).unwrap().changed, 1);
    assert_eq!(run(databases, &update, &[Cell::Int(42), Cell::text("nobody")]).unwrap().changed, 0);
    let delete = Statement::delete("people", &["name"]);
    assert_eq!(run(databases, &delete, &[Cell::text("1001")]).unwrap().changed, 1);
}

fn rows_are_replaced(databases: &Databases) {
    let replace = Statement::replace("people", &["name", "domain", "big"]);
    for big in [1, 2] {
        run(databases, &replace, &[Cell::text("Ray"), Cell::text("x"), Cell::Int(big)]).unwrap();
    }
    let select = Statement::select("people", &["big"], &["name"], "");
    assert_eq!(run(databases, &select, &[Cell::text("Ray")]).unwrap().rows, [vec![Cell::Int(2)]]);
}

fn errors_say_whose_they_are(databases: &Databases) {
    let insert = Statement::insert("people", &["name", "domain"]);
    let again = run(databases, &insert, &[Cell::text("Ray"), Cell::text("x")]).unwrap_err();
    assert_eq!(again.whose, Whose::Script, "{again}");
    for wrong in ["SELECT * FROM animals", "SELEKT 1", "UPDATE people SET nothing = 1"] {
        let fault = raw(databases, wrong).unwrap_err();
        assert_eq!(fault.whose, Whose::Script, "{fault}");
        assert!(!fault.text.contains("s3c:r@t"), "{fault}");
    }
    assert_eq!(int(databases, "SELECT 1"), 1);
}

fn statements_stand_or_fall_together(databases: &Databases) {
    let insert = Statement::insert("people", &["name", "domain"]);
    let row = |name: &str| -> (Arc<Statement>, Params) {
        (Arc::clone(&insert), [Cell::text(name), Cell::text("x")].into_iter().collect())
    };
    assert!(ask(databases, Query::batch(Database(0), [row("first"), row("Ray")])).is_err());
    assert_eq!(int(databases, "SELECT count(*) FROM people WHERE name = 'first'"), 0);
    assert!(ask(databases, Query::batch(Database(0), [row("first"), row("second")])).is_ok());
    assert_eq!(int(databases, "SELECT count(*) FROM people WHERE name IN ('first', 'second')"), 2);
}

fn one_bad_query_hurts_no_other(databases: &Databases) {
    let (answer, answered) = channel();
    let insert = Statement::insert("people", &["name", "domain"]);
    for number in 0..300 {
        // Every tenth is there already.
        let name = if number % 10 == 9 { "same".to_owned() } else { format!("n{number}") };
        let answer = answer.clone();
        let query = Query::new(Database(0), &insert, [Cell::text(name), Cell::text("many")]);
        databases.submit(query, Box::new(move |rows| answer.send(rows.is_ok()).unwrap()));
    }
    assert_eq!(answered.iter().take(300).filter(|good| *good).count(), 271);
    assert_eq!(int(databases, "SELECT count(*) FROM people WHERE domain = 'many'"), 271);
}

fn versions_are_checked(url: &str) {
    assert_eq!(looked(url, &[("people", 3)]), "");
    let lines = looked(url, &[("people", 5), ("animals", 2)]);
    assert!(lines.contains("has version 3, version 5 is needed: bring it up to date with"), "{lines}");
    assert!(lines.contains("no table \"animals\" (version 2): make it with `strowger db create"), "{lines}");
    assert!(!lines.contains("s3c:r@t"), "{lines}");
}

/// What a server says that cannot be used; the password is never told.
fn is_refused_with_advice(server: &SqlServer) {
    let url = server.url("strowger");
    let cases = [
        (url.replace("s3c:r@t", "wrong"), "correct user and password in the URL"),
        (server.url("nowhere"), "make it with `strowger db create"),
        (url.replace("127.0.0.1:", "127.0.0.1:1"), "write "),
    ];
    for (url, advice) in &cases {
        let said = looked(url, &[]);
        assert!(said.contains(advice), "{said}");
        assert!(!said.contains("s3c:r@t") && !said.contains("wrong@"), "{said}");
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let scheme = url.split("://").next().unwrap();
    let said = looked(&format!("{scheme}://a:secret@127.0.0.1:{closed}/b"), &[]);
    assert!(said.contains("is a server running on 127.0.0.1") && !said.contains("secret"), "{said}");
    schema::make(&Url::parse(&server.url("empty")).unwrap(), &[], "version", schema::Scope::All).unwrap();
    assert!(looked(&server.url("empty"), &[("people", 3)]).contains("no table \"people\""));
}

/// Writes while the server is killed and started again: what was acknowledged is there, and writing goes on.
fn survives_being_killed(server: &mut SqlServer) {
    let url = server.url("strowger");
    let statistics = Statistics::default();
    let databases = Arc::new(open_with(&url, &Options::default(), &statistics));
    raw(&databases, "DELETE FROM people").unwrap();
    let goes_on = Arc::new(AtomicBool::new(true));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (databases, goes_on) = (Arc::clone(&databases), Arc::clone(&goes_on));
            std::thread::spawn(move || {
                let insert = Statement::insert("people", &["name", "domain"]);
                let (mut kept, mut number) = (Vec::new(), 0);
                while goes_on.load(Ordering::Relaxed) {
                    number += 1;
                    let name = format!("w{writer}-{number}");
                    match run(&databases, &insert, &[Cell::text(&name), Cell::text("")]) {
                        Ok(_) => kept.push(name),
                        // Whoever is refused at once would ask in a circle.
                        Err(_) => std::thread::sleep(Duration::from_millis(10)),
                    }
                }
                kept
            })
        })
        .collect();
    let until = |done: &dyn Fn() -> bool| {
        while !done() {
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    let count = || raw(&databases, "SELECT count(*) FROM people").map_or(0, |rows| rows.rows[0][0].to_int().unwrap());
    until(&|| count() > 200);
    server.kill();
    until(&|| raw(&databases, "SELECT 1").is_err_and(|fault| fault.text.contains("is failing")));
    server.run();
    until(&|| count() > 0);
    let before = count();
    until(&|| count() > before + 100);
    goes_on.store(false, Ordering::Relaxed);
    let kept: Vec<String> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
    let there = raw(&databases, "SELECT name FROM people").unwrap();
    let there: std::collections::BTreeSet<Vec<u8>> =
        there.rows.iter().map(|row| row[0].to_bytes().unwrap().to_vec()).collect();
    let lost: Vec<&String> = kept.iter().filter(|name| !there.contains(name.as_bytes())).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged rows are lost: {lost:?}", lost.len(), kept.len());
    assert!(statistics.counter("sql", "sql_lost_connections", true).get() > 0);
}

/// A statement that takes longer than it may is ended, and others go on meanwhile.
fn ends_what_takes_too_long(server: &SqlServer, sleep: &str) {
    let tuning = Tuning { deadline: Duration::from_millis(300), ..Tuning::default() };
    let options = Options { postgres: tuning.clone(), mysql: tuning, ..Options::default() };
    let statistics = Statistics::default();
    let databases = open_with(&server.url("strowger"), &options, &statistics);
    let (answer, answered) = channel();
    databases
        .submit(Query::new(Database(0), &Statement::raw(sleep), []), Box::new(move |rows| answer.send(rows).unwrap()));
    assert_eq!(int(&databases, "SELECT 1"), 1);
    let fault = answered.recv().unwrap().unwrap_err();
    assert_eq!(fault.whose, Whose::Backend, "{fault}");
    assert_eq!(int(&databases, "SELECT 2"), 2);
}

#[test]
fn sqlite_behaves() {
    let directory = Directory::new();
    behave(&format!("sqlite://{}", directory.file("people.sqlite").display()));
}

#[test]
fn postgres_behaves_and_survives() {
    let mut server = SqlServer::start(Kind::Postgres);
    behave(&server.url("people"));
    schema::make(&Url::parse(&server.url("strowger")).unwrap(), &[&PEOPLE], "version", schema::Scope::All).unwrap();
    is_refused_with_advice(&server);
    ends_what_takes_too_long(&server, "SELECT pg_sleep(30)");
    types_of_postgres(&open(&server.url("strowger")));
    survives_being_killed(&mut server);
}

#[test]
fn mariadb_behaves_and_survives() {
    let mut server = SqlServer::start(Kind::Mariadb);
    behave(&server.url("people"));
    schema::make(&Url::parse(&server.url("strowger")).unwrap(), &[&PEOPLE], "version", schema::Scope::All).unwrap();
    is_refused_with_advice(&server);
    ends_what_takes_too_long(&server, "SELECT sleep(30)");
    types_of_mariadb(&open(&server.url("strowger")));
    survives_being_killed(&mut server);
}

fn types_of_postgres(databases: &Databases) {
    let found = raw(
        databases,
        "SELECT true, 1::smallint, -12345.678::numeric, 0.00005::numeric, 20000::numeric, '2024-02-29'::date, \
         'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '{\"a\": 1}'::jsonb, 0.1::real",
    );
    let expected = [
        Cell::Int(1),
        Cell::Int(1),
        Cell::Real(-12345.678),
        Cell::Real(0.00005),
        Cell::Int(20000),
        Cell::text("2024-02-29"),
        Cell::text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        Cell::text("{\"a\": 1}"),
        Cell::Real(0.1),
    ];
    assert_eq!(found.unwrap().rows, [expected.to_vec()]);
    let fault = raw(databases, "SELECT '10.0.0.1'::inet AS address").unwrap_err();
    assert!(fault.text.contains("CAST"), "{fault}");
    // Values of types that only the server knows how to read.
    raw(databases, "CREATE TABLE odd (address INET, price NUMERIC(8,2), since TIMESTAMPTZ, is_new BOOLEAN)").unwrap();
    let values = [Cell::text("10.0.0.1"), Cell::text("12.50"), Cell::Time(1_700_000_000), Cell::Int(1)];
    run(databases, &Statement::insert("odd", &["address", "price", "since", "is_new"]), &values).unwrap();
    let found = raw(databases, "SELECT CAST(address AS text), price, since, is_new FROM odd").unwrap();
    let expected = [Cell::text("10.0.0.1/32"), Cell::Real(12.5), Cell::Time(1_700_000_000), Cell::Int(1)];
    assert_eq!(found.rows, [expected.to_vec()]);
    // A table that changes under a prepared statement.
    let select = Statement::raw("SELECT * FROM odd WHERE is_new");
    assert_eq!(raw(databases, "SELECT is_new, price FROM odd").unwrap().rows.len(), 1);
    raw(databases, "ALTER TABLE odd DROP COLUMN address").unwrap();
    assert_eq!(run(databases, &select, &[]).unwrap().columns, ["price", "since", "is_new"]);
    raw(databases, "ALTER TABLE odd ALTER COLUMN price TYPE INTEGER").unwrap();
    assert_eq!(run(databases, &select, &[]).unwrap().rows[0][0], Cell::Int(13));
}

fn types_of_mariadb(databases: &Databases) {
    let found = raw(
        databases,
        "SELECT true, -12345.678, CAST(20000 AS DECIMAL(10,0)), DATE('2024-02-29'), TIME('12:30:00'), \
         CAST(18446744073709551615 AS UNSIGNED), x'00ff', CAST('2024-02-29 10:00:00' AS DATETIME) IS NULL",
    );
    let expected = [
        Cell::Int(1),
        Cell::Real(-12345.678),
        Cell::Int(20000),
        Cell::text("2024-02-29"),
        Cell::text("12:30:00"),
        Cell::text("18446744073709551615"),
        Cell::Blob(b"\0\xff"[..].into()),
        Cell::Int(0),
    ];
    assert_eq!(found.unwrap().rows, [expected.to_vec()]);
    // What cannot be prepared goes as it is.
    assert!(raw(databases, "HELP 'x'").is_ok() || raw(databases, "SHOW WARNINGS").is_ok());
    let last = run(databases, &Statement::insert("people", &["name"]), &[Cell::text("last")]).unwrap();
    assert!(last.last_id > 0);
}
