//! `strowger init`: the default provider's script and database in a directory, for editing.

use crate::defaults::{Home, write_private};
use std::fs;
use std::path::Path;

/// Writes them; what is there already stays.
///
/// # Errors
/// A file cannot be written, or there is a script already.
pub fn run(directory: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    fs::create_dir_all(directory).map_err(failed)?;
    let home = Home { directory: directory.canonicalize().map_err(failed)? };
    let script = home.script();
    if script.exists() {
        return Err(format!("{}: there is a script already", script.display()));
    }
    // The script has the key that marks our calls' routes.
    write_private(&script, &home.default_script().map_err(failed)?).map_err(failed)?;
    home.make_database().map_err(|error| error.to_string())?;
    let database = home.database_url();
    println!("script    {}", script.display());
    println!("database  {}", home.database().display());
    println!("add one   strowger user --db {database} add NAME");
    println!("start it  strowger -f {}", script.display());
    Ok(())
}
