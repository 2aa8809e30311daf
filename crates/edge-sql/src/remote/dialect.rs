//! Portable SQL as each server wants it: marks for values, and the types of columns.

use crate::url::Engine;
use catalogue::Column;

/// The text with each `?` that stands for a value as `name` has it, counted from 1. In quotes and comments it is left alone.
pub fn numbered(sql: &str, name: impl Fn(usize) -> String) -> String {
    let mut out = String::with_capacity(sql.len() + 16);
    let (mut number, mut rest) = (0, sql);
    while let Some(char) = rest.chars().next() {
        let taken = match char {
            '\'' | '"' => quoted(rest, char),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => char.len_utf8(),
        };
        let (token, after) = rest.split_at(taken);
        if token == "?" {
            number += 1;
            out += &name(number);
        } else {
            out += token;
        }
        rest = after;
    }
    out
}

/// The length of a text in quotes; a doubled quote within begins the next one.
fn quoted(text: &str, quote: char) -> usize {
    text.get(1..).and_then(|inner| inner.find(quote)).map_or(text.len(), |end| end + 2)
}

/// A column for `CREATE TABLE`.
pub fn column(engine: Engine, column: &Column) -> String {
    format!("{} {}", column.name, declaration(engine, column.sql))
}

/// A type with constraints and default, from the words that SQLite's schema has.
fn declaration(engine: Engine, sql: &str) -> String {
    let end = sql.find([' ', '(']).unwrap_or(sql.len());
    let (name, rest) = sql.split_at(end);
    let (size, rest) = match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((size, rest)) => (format!("({size})"), rest),
        None => (String::new(), rest),
    };
    let (rest, counts) = match rest.contains("AUTOINCREMENT") {
        true => (rest.replace(" AUTOINCREMENT", ""), true),
        false => (rest.to_owned(), false),
    };
    let name = name.to_ascii_uppercase();
    match engine {
        Engine::Postgres => {
            let rest = rest.replace(" UNSIGNED", "");
            let name = match name.as_str() {
                // SQLite's INTEGER keys have 64 bits, and `location` needs them.
                _ if counts => "BIGSERIAL".to_owned(),
                "CHAR" | "VARCHAR" => format!("VARCHAR{size}"),
                "DATETIME" => "TIMESTAMP".to_owned(),
                "FLOAT" => "REAL".to_owned(),
                "DOUBLE" => "DOUBLE PRECISION".to_owned(),
                "TINYINT" => "SMALLINT".to_owned(),
                "BLOB" => "BYTEA".to_owned(),
                _ => name,
            };
            format!("{name}{rest}")
        }
        Engine::Mysql if counts => format!("BIGINT UNSIGNED AUTO_INCREMENT{rest}"),
        // A text's length only chooses among MySQL's kinds of it.
        Engine::Mysql if name == "TEXT" => format!("TEXT{rest}"),
        Engine::Mysql => format!("{name}{size}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{declaration, numbered};
    use crate::url::Engine::{Mysql, Postgres};

    #[test]
    fn marks_are_numbered_where_they_stand_for_values() {
        let number = |sql| numbered(sql, |number| format!("${number}"));
        assert_eq!(number("SELECT a FROM b WHERE c = ? AND d=?"), "SELECT a FROM b WHERE c = $1 AND d=$2");
        assert_eq!(number("a '?''?' \"?\" ? -- ?\n? /* ? */ ? é?"), "a '?''?' \"?\" $1 -- ?\n$2 /* ? */ $3 é$4");
        assert_eq!(number("'open ?"), "'open ?");
    }

    #[test]
    fn types_are_those_of_each_schema() {
        let id = "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL";
        assert_eq!(declaration(Postgres, id), "BIGSERIAL PRIMARY KEY NOT NULL");
        assert_eq!(declaration(Mysql, id), "BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL");
        let moment = "DATETIME DEFAULT '1900-01-01 00:00:01' NOT NULL";
        assert_eq!(declaration(Postgres, moment), "TIMESTAMP DEFAULT '1900-01-01 00:00:01' NOT NULL");
        assert_eq!(declaration(Mysql, moment), moment);
        assert_eq!(declaration(Postgres, "FLOAT(10,2) DEFAULT 1.0 NOT NULL"), "REAL DEFAULT 1.0 NOT NULL");
        assert_eq!(declaration(Postgres, "CHAR(64) DEFAULT '' NOT NULL"), "VARCHAR(64) DEFAULT '' NOT NULL");
        assert_eq!(declaration(Mysql, "TEXT(512) DEFAULT NULL"), "TEXT DEFAULT NULL");
        assert_eq!(declaration(Postgres, "BIGINT(20) UNSIGNED NOT NULL"), "BIGINT NOT NULL");
    }
}
