//! A record as it waits on the disk: the rows to insert, whatever the parameters are when it is read again.

use bytes::{Buf, BufMut, Bytes};
use module_api::sql::{Cell, Params, Query, Statement};
use std::fmt::Write;

/// The rows of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Their table.
    pub table: String,
    /// Its columns; those that every record has come first, as the parameters name them.
    pub columns: Vec<String>,
    /// Their values, one row for each leg.
    pub rows: Vec<Params>,
}

/// The first byte of an entry of this form.
const FORM: u8 = 1;

const NULL: u8 = 0;
const INT: u8 = 1;
const TEXT: u8 = 2;
const TIME: u8 = 3;

impl Entry {
    /// As bytes.
    pub fn encode(&self) -> Bytes {
        let mut out = vec![FORM];
        put_text(&mut out, self.table.as_bytes());
        put_count(&mut out, self.columns.len());
        self.columns.iter().for_each(|column| put_text(&mut out, column.as_bytes()));
        put_count(&mut out, self.rows.len());
        for cell in self.rows.iter().flatten() {
            put_cell(&mut out, cell);
        }
        out.into()
    }

    /// From bytes; `None` for what is no entry of ours.
    pub fn decode(bytes: &[u8]) -> Option<Entry> {
        let rest = &mut &bytes[..];
        if rest.try_get_u8().ok()? != FORM {
            return None;
        }
        let table = name(rest)?;
        let columns: Vec<String> = (0..count(rest)?).map(|_| name(rest)).collect::<Option<_>>()?;
        let mut rows = Vec::new();
        for _ in 0..count(rest)? {
            rows.push((0..columns.len()).map(|_| cell(rest)).collect::<Option<Params>>()?);
            // Rows without columns would cost nothing, and there can be as many as there are numbers.
            if columns.is_empty() {
                return None;
            }
        }
        rest.is_empty().then_some(Entry { table, columns, rows })
    }

    /// Appends the INSERT of each row.
    pub fn insert_into(self, query: &mut Query) {
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let statement = Statement::insert(&self.table, &columns);
        query.statements.extend(self.rows.into_iter().map(|row| (statement.clone(), row)));
    }

    /// For people: what could not be written.
    pub fn describe(&self) -> String {
        let mut text = format!("table={}", self.table);
        for row in &self.rows {
            for (column, cell) in self.columns.iter().zip(row) {
                let value = cell.to_bytes().unwrap_or_default();
                let _ = write!(text, ";{column}={}", String::from_utf8_lossy(&value));
            }
        }
        text
    }
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    out.put_u32(u32::try_from(count).unwrap_or(u32::MAX));
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    put_count(out, text.len());
    out.put_slice(text);
}

fn put_cell(out: &mut Vec<u8>, cell: &Cell) {
    match cell {
        Cell::Int(number) => {
            out.put_u8(INT);
            out.put_i64(*number);
        }
        Cell::Time(seconds) => {
            out.put_u8(TIME);
            out.put_i64(*seconds);
        }
        Cell::Text(text) => {
            out.put_u8(TEXT);
            put_text(out, text);
        }
        // Records have no others.
        Cell::Null | Cell::Real(_) | Cell::Blob(_) => out.put_u8(NULL),
    }
}

fn count(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(rest.try_get_u32().ok()?).ok()
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = count(rest)?;
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(text)
}

fn name(rest: &mut &[u8]) -> Option<String> {
    String::from_utf8(text(rest)?.to_vec()).ok()
}

fn cell(rest: &mut &[u8]) -> Option<Cell> {
    Some(match rest.try_get_u8().ok()? {
        NULL => Cell::Null,
        INT => Cell::Int(rest.try_get_i64().ok()?),
        TIME => Cell::Time(rest.try_get_i64().ok()?),
        TEXT => Cell::text(text(rest)?),
        _ => return None,
    })
}

/// Reads any bytes; what can be read is written the same again.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    if let Some(entry) = Entry::decode(bytes) {
        assert_eq!(entry.encode(), bytes);
        let _ = entry.describe();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    fn sample() -> Entry {
        let row = |leg: &str| {
            Params::from_iter([Cell::text("INVITE"), Cell::Time(1_700_000_000), Cell::Null, Cell::text(leg)])
        };
        let columns = ["method", "time", "caller", "leg"].map(str::to_owned).to_vec();
        Entry { table: "acc".to_owned(), columns, rows: vec![row("a"), row("b\u{0}")] }
    }

    #[test]
    fn an_entry_comes_back_whole_or_not_at_all() {
        let bytes = sample().encode();
        assert_eq!(Entry::decode(&bytes), Some(sample()));
        for cut in 0..bytes.len() {
            assert_eq!(Entry::decode(&bytes[..cut]), None);
        }
        assert!(sample().describe().starts_with("table=acc;method=INVITE;time=1700000000;caller=;leg=a;method="));
    }

    #[test]
    fn the_corpus_holds() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/acc_entry");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        assert!(files.iter().any(|file| Entry::decode(file).is_some()) && files.len() >= 3);
        files.iter().for_each(|file| fuzz(file));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..100), place in 0..80usize, byte: u8) {
            fuzz(&bytes);
            let mut changed = sample().encode().to_vec();
            if let Some(at) = changed.get_mut(place) {
                *at = byte;
            }
            fuzz(&changed);
        }
    }
}
