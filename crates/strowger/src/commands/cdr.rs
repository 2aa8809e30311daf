//! `strowger cdr`: the records of calls, from the tables of `acc`.

use super::columns::Columns;
use super::sql::Sql;
use crate::cli::CdrOptions;
use crate::defaults::Home;
use edge_sql::datetime;
use module_api::sql::{Cell, Statement};
use std::io;

/// The columns that the reader of a screen has no use for.
const NOT_SHOWN: [&str; 8] =
    ["id", "method", "from_tag", "to_tag", "ms_duration", "setuptime", "created", "sip_reason"];
/// The columns that may name a party of a call.
const PARTIES: [&str; 2] = ["caller", "callee"];

/// Prints the records that fit, the newest first.
///
/// # Errors
/// The database cannot be used, or has no such column.
pub fn run(options: &CdrOptions) -> Result<(), String> {
    let url = options.db.clone().unwrap_or_else(|| Home::of_user().database_url());
    let table = if options.missed { "missed_calls" } else { "acc" };
    let sql = Sql::open(&url)?;
    let known = sql.ask(&Statement::none_of(table), Vec::new())?.columns;
    let question = Question::new(options, table, &known)?;
    let rows = sql.ask(&Statement::raw(question.text), question.values)?;
    let mut shown = rows.columns.iter().map(String::as_str).enumerate().collect::<Vec<_>>();
    if options.csv {
        print_line(&mut io::stdout(), shown.iter().map(|(_, name)| (*name).to_owned()));
        rows.rows.iter().for_each(|row| print_line(&mut io::stdout(), row.iter().map(text)));
        return Ok(());
    }
    if rows.rows.is_empty() {
        println!("there are no such records");
        return Ok(());
    }
    shown.retain(|(_, name)| !NOT_SHOWN.contains(name));
    let rank =
        |name: &str| ["time", "caller", "callee", "sip_code", "duration"].iter().position(|first| *first == name);
    shown.sort_by_key(|(at, name)| (rank(name).unwrap_or(usize::MAX), *at));
    let mut columns = Columns::new(shown.iter().map(|(_, name)| *name));
    for row in &rows.rows {
        columns.add(shown.iter().map(|(at, _)| row.get(*at).map_or(String::new(), text)));
    }
    columns.print();
    Ok(())
}

/// What the database is asked.
struct Question {
    text: String,
    values: Vec<Cell>,
}

impl Question {
    /// The calls that the options choose, from a table with these columns.
    fn new(options: &CdrOptions, table: &str, known: &[String]) -> Result<Question, String> {
        let mut conditions = vec!["method = ?".to_owned()];
        let mut values = vec![Cell::text("INVITE")];
        let mut must = |condition: String, value: Cell| {
            conditions.push(condition);
            values.push(value);
        };
        if let Some(since) = options.since {
            must("time >= ?".to_owned(), Cell::Time(since));
        }
        if let Some(until) = options.until {
            must("time < ?".to_owned(), Cell::Time(until));
        }
        for (column, value) in &options.filters {
            must(format!("{} = ?", column_of(known, column, table)?), Cell::text(value));
        }
        if let Some(party) = &options.user {
            let columns = PARTIES.map(|column| column_of(known, column, table));
            let [caller, callee] = columns;
            let (caller, callee) = (caller?, callee?);
            must(format!("({caller} = ? OR {callee} = ?)"), Cell::text(party));
            values.push(Cell::text(party));
        }
        let limit = if options.all { String::new() } else { format!(" LIMIT {}", options.last) };
        let text = format!("SELECT * FROM {table} WHERE {} ORDER BY id DESC{limit}", conditions.join(" AND "));
        Ok(Question { text, values })
    }
}

/// A column by its name, as the table has it: so nothing else gets into the question.
fn column_of<'a>(known: &'a [String], name: &str, table: &str) -> Result<&'a str, String> {
    let found = known.iter().find(|known| known.eq_ignore_ascii_case(name));
    found.map(String::as_str).ok_or_else(|| format!("table {table} has no column {name}; it has {}", known.join(", ")))
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Time(moment) => datetime::print(*moment),
        other => other.to_bytes().map_or(String::new(), |text| String::from_utf8_lossy(&text).into_owned()),
    }
}

/// A line of comma-separated values (RFC 4180).
fn print_line(out: &mut impl io::Write, cells: impl Iterator<Item = String>) {
    let quoted = |cell: String| match cell.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    };
    let line: Vec<String> = cells.map(quoted).collect();
    // Whoever reads has gone: nobody is left to tell.
    let _ = write!(out, "{}\r\n", line.join(","));
}

#[cfg(test)]
mod tests {
    use super::{Question, print_line};
    use crate::cli::CdrOptions;
    use module_api::sql::Cell;

    fn known() -> Vec<String> {
        ["id", "method", "sip_code", "time", "caller", "callee"].map(str::to_owned).to_vec()
    }

    #[test]
    fn what_the_database_is_asked() {
        let options = CdrOptions {
            user: Some("alice".to_owned()),
            since: Some(1),
            until: Some(2),
            filters: vec![("SIP_code".to_owned(), "200".to_owned())],
            last: 5,
            ..CdrOptions::default()
        };
        let question = Question::new(&options, "acc", &known()).unwrap();
        assert_eq!(
            question.text,
            "SELECT * FROM acc WHERE method = ? AND time >= ? AND time < ? AND sip_code = ? AND \
             (caller = ? OR callee = ?) ORDER BY id DESC LIMIT 5"
        );
        let alice = Cell::text("alice");
        let values = [Cell::text("INVITE"), Cell::Time(1), Cell::Time(2), Cell::text("200"), alice.clone(), alice];
        assert_eq!(question.values, values);
    }

    #[test]
    fn a_column_that_is_not_there_is_no_part_of_a_question() {
        let filters = vec![("1=1; DROP TABLE acc".to_owned(), String::new())];
        let options = CdrOptions { filters, ..CdrOptions::default() };
        let wrong = Question::new(&options, "acc", &known()).map(|question| question.text).unwrap_err();
        assert!(wrong.ends_with("it has id, method, sip_code, time, caller, callee"), "{wrong}");
    }

    #[test]
    fn values_with_commas_and_quotes() {
        let mut out = Vec::new();
        print_line(&mut out, ["a", "b,c", "say \"hi\""].map(str::to_owned).into_iter());
        assert_eq!(out, b"a,\"b,c\",\"say \"\"hi\"\"\"\r\n");
    }
}
