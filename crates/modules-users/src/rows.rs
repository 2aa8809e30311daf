//! A row of a table as messages show it: what it takes to find it.

use module_api::sql::Cell;

/// `ip=192.0.2.1 mask=33`: the columns under the names that they have in this database.
pub fn shown(columns: &[impl AsRef<str>], row: &[Cell]) -> String {
    let text = |cell: &Cell| String::from_utf8_lossy(&cell.to_bytes().unwrap_or_default()).escape_debug().to_string();
    let cells = columns.iter().zip(row).map(|(column, cell)| format!("{}={}", column.as_ref(), text(cell)));
    cells.collect::<Vec<_>>().join(" ")
}

/// The name of a column, by its place in the row.
pub fn column(columns: &[impl AsRef<str>], place: usize) -> &str {
    columns.get(place).map_or("", AsRef::as_ref)
}

#[cfg(test)]
mod tests {
    use super::{Cell, shown};

    #[test]
    fn columns_and_what_is_in_them() {
        let row = [Cell::Int(1), Cell::text("a\r\nb"), Cell::Null, Cell::text("more")];
        assert_eq!(shown(&["grp", "ip", "mask"], &row), "grp=1 ip=a\\r\\nb mask=");
    }
}
