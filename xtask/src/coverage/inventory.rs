//! The names of OpenSIPS, as `xtask/inventory/modules.tsv` lists them.

use std::fs;

const INVENTORY: &str = "xtask/inventory/modules.tsv";

/// A line of the inventory.
pub struct Row {
    /// The module that has the name.
    pub module: String,
    /// What it is: function, param, mi …
    pub kind: String,
    /// The name.
    pub name: String,
    /// How early it is wanted.
    pub tier: String,
}

/// Reads it.
pub fn read() -> Result<Vec<Row>, String> {
    let text = fs::read_to_string(INVENTORY).map_err(|error| format!("{INVENTORY}: {error}"))?;
    // A line about the columns, then their names.
    Ok(text.lines().filter(|line| !line.starts_with('#')).skip(1).filter_map(row).collect())
}

fn row(line: &str) -> Option<Row> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [module, kind, name, .., tier] = fields.as_slice() else { return None };
    let [module, kind, name, tier] = [module, kind, name, tier].map(|field| (**field).to_owned());
    Some(Row { module, kind, name, tier })
}
