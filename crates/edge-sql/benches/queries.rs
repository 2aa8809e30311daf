//! What a query costs in CPU time, all threads together: `cargo bench -p edge-sql`.

use bytes::Bytes;
use edge_sql::{Databases, Options};
use module_api::sql::{Cell, Database, Query, Statement};
use module_api::{DatabaseWish, Level, LogSink, Logger, Statistics};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

const USERS: usize = 10_000;
const QUERIES: usize = 100_000;
/// Ticks of the clock that `/proc` counts in.
const TICKS_PER_SECOND: f64 = 100.0;

struct Nowhere;

impl LogSink for Nowhere {
    fn write(&self, _: Level, _: Option<&str>, _: &[u8]) {}
}

fn main() {
    let path = std::env::temp_dir().join(format!("edge-sql-bench-{}.sqlite", std::process::id()));
    let outcome = fill(&path).and_then(|()| run(&path));
    for suffix in ["", "-wal", "-shm"] {
        // What is left over is in the directory for temporary files.
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    if let Err(error) = outcome {
        eprintln!("{error}");
    }
}

fn fill(path: &Path) -> Result<(), String> {
    let failed = |error: rusqlite::Error| error.to_string();
    let mut connection = rusqlite::Connection::open(path).map_err(failed)?;
    let all = connection.transaction().map_err(failed)?;
    all.execute_batch("CREATE TABLE user (name CHAR(64), domain CHAR(64), ha1 CHAR(64), UNIQUE (name, domain))")
        .map_err(failed)?;
    for number in 0..USERS {
        all.execute("INSERT INTO user VALUES (?, 'example.com', ?)", (name(number), "f".repeat(32))).map_err(failed)?;
    }
    all.commit().map_err(failed)
}

fn run(path: &Path) -> Result<(), String> {
    let wish = DatabaseWish { url: format!("sqlite://{}", path.display()), ..DatabaseWish::default() };
    let log = Logger::new(0, 0, Arc::new(Nowhere));
    let opened = Databases::open(&[wish], &Options::default(), &Statistics::default(), &log);
    let databases = opened.map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let select = Statement::select("user", &["ha1"], &["name", "domain"], "");
    let by_values = |number: usize| {
        let domain = Cell::Text(Bytes::from_static(b"example.com"));
        Query::new(Database(0), &select, [Cell::text(name(number)), domain])
    };
    let by_text = |number: usize| {
        let name = name(number);
        let sql = format!("SELECT ha1 FROM user WHERE name='{name}' AND domain='example.com'");
        Query::new(Database(0), &Statement::raw(sql), [])
    };
    let update = Statement::update("user", &["ha1"], &["name", "domain"]);
    let write = |number: usize| {
        let cells = [Cell::text("0".repeat(32)), Cell::text(name(number)), Cell::text("example.com")];
        Query::new(Database(0), &update, cells)
    };
    measure(&databases, "select, one at a time", 1, QUERIES, by_values);
    measure(&databases, "select, 16 at a time", 16, QUERIES, by_values);
    measure(&databases, "select, 256 at a time", 256, QUERIES, by_values);
    measure(&databases, "values in the text, 16 at a time", 16, QUERIES, by_text);
    measure(&databases, "update, 16 at a time", 16, QUERIES / 20, write);
    measure(&databases, "update, 256 at a time", 256, QUERIES / 5, write);
    Ok(())
}

/// Keeps so many queries under way.
fn measure(databases: &Databases, what: &str, under_way: usize, count: usize, query: impl Fn(usize) -> Query) {
    let (answer, answered): (Sender<bool>, Receiver<bool>) = channel();
    let (start, cpu) = (Instant::now(), cpu_seconds());
    for number in 0..count {
        if number >= under_way {
            let _ = answered.recv();
        }
        let answer = answer.clone();
        databases.submit(
            query(number),
            Box::new(move |rows| {
                // Nobody waits for more answers than there were queries.
                let _ = answer.send(rows.is_ok());
            }),
        );
    }
    let rest = answered.iter().take(under_way.min(count)).filter(|good| *good).count();
    let (elapsed, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let each = |seconds: f64| seconds * 1e6 / count as f64;
    println!("{what:34} {:7.2} us of CPU, {:7.2} us of time each ({rest} good)", each(cpu), each(elapsed));
}

fn name(number: usize) -> String {
    format!("user{}", number.wrapping_mul(7919) % USERS)
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_SECOND
}
