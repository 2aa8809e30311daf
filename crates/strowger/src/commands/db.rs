//! `strowger db create`: makes a database, or adds what one lacks.

use crate::modules::tables;
use edge_sql::{Url, schema};

/// Makes the database of a URL with all tables, and says what it did.
///
/// # Errors
/// The URL or the database cannot be used.
pub fn create(url: &str) -> Result<(), String> {
    let path = Url::parse(url).map_err(|error| error.to_string())?.path;
    let report = schema::create(&path, &tables(), "version").map_err(|error| error.to_string())?;
    for (what, names) in [("made", report.created), ("brought up to date", report.updated)] {
        if !names.is_empty() {
            println!("{}: {what}: {}", path.display(), names.join(", "));
        }
    }
    if !report.kept.is_empty() {
        println!("{}: as it should be: {}", path.display(), report.kept.join(", "));
    }
    Ok(())
}
