//! An extension of SQLite that makes it as slow as a database far away: `slow(X)` is X, after a second.

use super::run_to_end;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const SOURCE: &str = r#"
#include <sqlite3ext.h>
#include <unistd.h>
SQLITE_EXTENSION_INIT1

static void slow(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    sleep(1);
    sqlite3_result_value(context, values[0]);
}

int sqlite3_slow_init(sqlite3 *database, char **error, const sqlite3_api_routines *api) {
    (void)error;
    SQLITE_EXTENSION_INIT2(api);
    return sqlite3_create_function(database, "slow", 1, SQLITE_UTF8, 0, slow, 0, 0);
}
"#;

/// Makes it in a directory.
pub fn slow_extension(directory: &Path) -> PathBuf {
    let (source, library) = (directory.join("slow.c"), directory.join("slow.so"));
    fs::write(&source, SOURCE).expect("source");
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source);
    let (status, said) = run_to_end(&mut command, Duration::from_secs(60));
    assert!(status.success(), "{said}");
    library
}
