//! `REPLACE`, which PostgreSQL does not know, as an `INSERT … ON CONFLICT … DO UPDATE` over the first unique key whose
//! columns are all given. Columns that are not given keep what they have.

use tokio_postgres::{Client, Error};

/// The unique keys of a table, a row for each column; the primary one last, as it is seldom given.
const UNIQUE_KEYS: &str = "SELECT i.indexrelid::text, a.attname::text FROM pg_index i JOIN pg_attribute a \
    ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) WHERE i.indrelid = to_regclass($1::text) \
    AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL ORDER BY i.indisprimary, i.indexrelid, a.attnum";

/// The statement as PostgreSQL knows it; any other as it is.
pub async fn rewrite(client: &Client, sql: &str) -> Result<String, Error> {
    let Some(replace) = Replace::parse(sql) else { return Ok(sql.to_owned()) };
    let mut keys: Vec<(String, Vec<String>)> = Vec::new();
    for row in client.query(UNIQUE_KEYS, &[&replace.table]).await? {
        let (key, column): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        match keys.last_mut() {
            Some((last, columns)) if *last == key => columns.push(column),
            _ => keys.push((key, vec![column])),
        }
    }
    let keys: Vec<Vec<String>> = keys.into_iter().map(|(_, columns)| columns).collect();
    Ok(replace.print(&keys))
}

/// `REPLACE INTO table (columns) rest`
struct Replace<'a> {
    table: &'a str,
    columns: Vec<&'a str>,
    rest: &'a str,
}

impl<'a> Replace<'a> {
    fn parse(sql: &'a str) -> Option<Replace<'a>> {
        let text = word(word(sql, "REPLACE")?, "INTO")?;
        let (table, text) = text.split_once('(')?;
        let (columns, rest) = text.split_once(')')?;
        Some(Replace { table: table.trim(), columns: columns.split(',').map(str::trim).collect(), rest: rest.trim() })
    }

    fn print(&self, keys: &[Vec<String>]) -> String {
        let given = |column: &str| self.columns.iter().any(|given| given.eq_ignore_ascii_case(column));
        let insert = format!("INSERT INTO {} ({}) {}", self.table, self.columns.join(", "), self.rest);
        let Some(key) = keys.iter().find(|key| key.iter().all(|column| given(column))) else { return insert };
        let is_key = |column: &str| key.iter().any(|of_key| of_key.eq_ignore_ascii_case(column));
        let set: Vec<String> = self
            .columns
            .iter()
            .filter(|column| !is_key(column))
            .map(|column| format!("{column} = EXCLUDED.{column}"))
            .collect();
        let action = if set.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {}", set.join(", ")) };
        format!("{insert} ON CONFLICT ({}) DO {action}", key.join(", "))
    }
}

fn word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let text = text.trim_start();
    let start = text.get(..word.len())?;
    start.eq_ignore_ascii_case(word).then(|| text.get(word.len()..)).flatten().filter(|rest| rest.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::Replace;

    #[test]
    fn a_unique_key_that_is_given_decides() {
        let keys = [vec!["username".to_owned(), "domain".to_owned()], vec!["id".to_owned()]];
        let print = |sql: &str| Replace::parse(sql).map(|replace| replace.print(&keys));
        assert_eq!(
            print("REPLACE INTO t (username, domain, v) VALUES (?, ?, ?)").as_deref(),
            Some(
                "INSERT INTO t (username, domain, v) VALUES (?, ?, ?) ON CONFLICT (username, domain) \
                 DO UPDATE SET v = EXCLUDED.v"
            )
        );
        assert_eq!(
            print("replace into t (id) values (1)").as_deref(),
            Some("INSERT INTO t (id) values (1) ON CONFLICT (id) DO NOTHING")
        );
        assert_eq!(print("REPLACE INTO t (v) VALUES (?)").as_deref(), Some("INSERT INTO t (v) VALUES (?)"));
        assert_eq!(print("SELECT replace(a) FROM b"), None);
    }
}
