//! The one interface to databases: prepared statements with typed values. `edge-sql` runs them.

use bytes::Bytes;
use smallvec::SmallVec;
use std::sync::Arc;

/// A database, by its number in the order of the URLs that were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Database(pub u16);

/// Statements run together: all or none.
#[derive(Clone, Debug)]
pub struct Query {
    /// Where.
    pub database: Database,
    /// The statements with their values. The rows answered are those of the last one.
    pub statements: SmallVec<[(Arc<Statement>, Params); 1]>,
}

/// The values of a statement, in the order of its placeholders.
pub type Params = SmallVec<[Cell; 6]>;

/// What a statement does, made once and run often. `edge-sql` prepares it once for each connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The text with `?` for each value, in the SQL that all engines understand.
    pub sql: String,
    /// Whether it changes the database.
    pub writes: bool,
}

/// A value in a database.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// NULL
    Null,
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(Bytes),
    /// Bytes.
    Blob(Bytes),
    /// A date and time, in seconds since the Unix epoch; written and read as the engine's DATETIME.
    Time(i64),
}

/// What a query yields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// Rows changed, for statements that write.
    pub changed: u64,
    /// The key of the row last inserted, where the engine gives one.
    pub last_id: i64,
}

impl Query {
    /// One statement.
    pub fn new(database: Database, statement: &Arc<Statement>, params: impl IntoIterator<Item = Cell>) -> Query {
        let mut statements = SmallVec::new();
        statements.push((Arc::clone(statement), params.into_iter().collect()));
        Query { database, statements }
    }

    /// Several statements in one transaction.
    pub fn batch(database: Database, statements: impl IntoIterator<Item = (Arc<Statement>, Params)>) -> Query {
        Query { database, statements: statements.into_iter().collect() }
    }
}

impl Statement {
    /// `SELECT columns FROM table WHERE key = ? AND …`; `tail` is appended (`ORDER BY …`).
    pub fn select(table: &str, columns: &[&str], keys: &[&str], tail: &str) -> Arc<Statement> {
        let sql = format!("SELECT {} FROM {}{} {tail}", list(columns), quote(table), filter(keys));
        Arc::new(Statement { sql: sql.trim_end().to_owned(), writes: false })
    }

    /// `INSERT INTO table (columns) VALUES (?, …)`
    pub fn insert(table: &str, columns: &[&str]) -> Arc<Statement> {
        Statement::fill("INSERT", table, columns)
    }

    /// `REPLACE INTO table (columns) VALUES (?, …)`
    pub fn replace(table: &str, columns: &[&str]) -> Arc<Statement> {
        Statement::fill("REPLACE", table, columns)
    }

    /// `UPDATE table SET column = ?, … WHERE key = ? AND …`
    pub fn update(table: &str, columns: &[&str], keys: &[&str]) -> Arc<Statement> {
        let set: Vec<String> = columns.iter().map(|column| format!("{} = ?", quote(column))).collect();
        let sql = format!("UPDATE {} SET {}{}", quote(table), set.join(", "), filter(keys));
        Arc::new(Statement { sql, writes: true })
    }

    /// `DELETE FROM table WHERE key = ? AND …`
    pub fn delete(table: &str, keys: &[&str]) -> Arc<Statement> {
        Arc::new(Statement { sql: format!("DELETE FROM {}{}", quote(table), filter(keys)), writes: true })
    }

    /// No row of a table, but its columns.
    pub fn none_of(table: &str) -> Arc<Statement> {
        Arc::new(Statement { sql: format!("SELECT * FROM {} WHERE 1 = 0", quote(table)), writes: false })
    }

    /// Text as written by the operator.
    pub fn raw(sql: impl Into<String>) -> Arc<Statement> {
        let sql = sql.into();
        let word = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        let reads = ["select", "with", "show", "pragma", "explain", "values"];
        let writes = !reads.iter().any(|read| word.eq_ignore_ascii_case(read));
        Arc::new(Statement { sql, writes })
    }

    fn fill(verb: &str, table: &str, columns: &[&str]) -> Arc<Statement> {
        let values = vec!["?"; columns.len()].join(", ");
        let sql = format!("{verb} INTO {} ({}) VALUES ({values})", quote(table), list(columns));
        Arc::new(Statement { sql, writes: true })
    }
}

impl Cell {
    /// Text.
    pub fn text(text: impl AsRef<[u8]>) -> Cell {
        Cell::Text(Bytes::copy_from_slice(text.as_ref()))
    }

    /// Text, or NULL for none.
    pub fn text_or_null(text: Option<impl AsRef<[u8]>>) -> Cell {
        text.map_or(Cell::Null, Cell::text)
    }

    /// The bytes of text or blob; numbers are printed; `None` for NULL.
    pub fn to_bytes(&self) -> Option<Bytes> {
        match self {
            Cell::Null => None,
            Cell::Int(number) | Cell::Time(number) => Some(Bytes::from(number.to_string())),
            Cell::Real(number) => Some(Bytes::from(number.to_string())),
            Cell::Text(text) | Cell::Blob(text) => Some(text.clone()),
        }
    }

    /// The integer, also of numeric text; `None` for anything else.
    pub fn to_int(&self) -> Option<i64> {
        match self {
            Cell::Int(number) | Cell::Time(number) => Some(*number),
            Cell::Real(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(*number as i64),
            Cell::Text(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
            _ => None,
        }
    }
}

/// A name as an identifier. Names come from module parameters; whatever could end the quotes is dropped.
fn quote(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '$')).collect()
}

fn list(columns: &[&str]) -> String {
    columns.iter().map(|column| quote(column)).collect::<Vec<_>>().join(", ")
}

fn filter(keys: &[&str]) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let tests: Vec<String> = keys.iter().map(|key| format!("{} = ?", quote(key))).collect();
    format!(" WHERE {}", tests.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::Statement;

    #[test]
    fn statements_are_plain_sql() {
        assert_eq!(
            Statement::select("subscriber", &["ha1"], &["username", "domain"], "").sql,
            "SELECT ha1 FROM subscriber WHERE username = ? AND domain = ?"
        );
        assert_eq!(
            Statement::update("location", &["q"], &["contact_id"]).sql,
            "UPDATE location SET q = ? WHERE contact_id = ?"
        );
        assert_eq!(Statement::insert("acc", &["method", "time"]).sql, "INSERT INTO acc (method, time) VALUES (?, ?)");
        assert!(!Statement::raw(" select 1").writes);
    }
}
