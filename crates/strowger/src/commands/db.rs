//! `strowger db`: makes databases, brings them up to date, says what is in them.

use crate::modules::tables;
use edge_sql::schema::{self, Scope};
use edge_sql::{Options, Url};

/// The table of versions.
const VERSION: &str = "version";

/// Makes the database of a URL with all tables, or brings up to date those that are there, and says what it did.
///
/// # Errors
/// The URL or the database cannot be used.
pub fn make(url: &str, scope: Scope) -> Result<(), String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let report = schema::make(&url, &tables(), VERSION, scope).map_err(|error| error.to_string())?;
    let parts = [("made", report.created), ("brought up to date", report.updated), ("as it should be", report.kept)];
    for (what, names) in parts.into_iter().filter(|(_, names)| !names.is_empty()) {
        println!("{}: {what}: {}", url.place(), names.join(", "));
    }
    Ok(())
}

/// Says which version each table has, and which it should have.
///
/// # Errors
/// The URL or the database cannot be used, or a table is not as it should be.
pub fn version(url: &str) -> Result<(), String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let versions = schema::versions(&url, VERSION, &Options::default()).map_err(|error| error.to_string())?;
    let mut differ = 0;
    for table in tables() {
        let found = versions.iter().find(|(name, _)| name == table.name).map(|(_, version)| *version);
        let wanted = i64::from(table.version);
        match found {
            Some(found) if found == wanted => println!("{:<20} {found}", table.name),
            Some(found) => println!("{:<20} {found}, should be {wanted}", table.name),
            None => println!("{:<20} -, should be {wanted}", table.name),
        }
        differ += u32::from(found != Some(wanted));
    }
    for (name, version) in versions.iter().filter(|(name, _)| tables().iter().all(|table| table.name != name)) {
        println!("{name:<20} {version}, used by nothing here");
    }
    match differ {
        0 => Ok(()),
        _ => Err(format!("{differ} tables are not as they should be: {} makes what is missing", url.place().create())),
    }
}
