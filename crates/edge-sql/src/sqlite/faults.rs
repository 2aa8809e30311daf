//! Whose fault an error of SQLite is.

use module_api::Fault;
use rusqlite::{Error, ErrorCode};
use std::path::Path;

/// The fault of a query that failed.
pub fn fault(path: &Path, error: &Error) -> Fault {
    let path = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => {
            Fault::backend(format!("database {path}: the query took too long and was ended"))
        }
        _ if is_failing(error) => Fault::backend(format!("database {path}: {error}")),
        _ => Fault::script(format!("database {path}: {error}")),
    }
}

/// Whether the database itself is in trouble, rather than the query wrong.
pub fn is_failing(error: &Error) -> bool {
    use ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, FileLockingProtocolFailed, NotADatabase,
        OperationInterrupted, OutOfMemory, PermissionDenied, ReadOnly, SystemIoFailure,
    };
    matches!(
        error.sqlite_error_code(),
        Some(
            CannotOpen
                | DatabaseBusy
                | DatabaseCorrupt
                | DatabaseLocked
                | DiskFull
                | FileLockingProtocolFailed
                | NotADatabase
                | OperationInterrupted
                | OutOfMemory
                | PermissionDenied
                | ReadOnly
                | SystemIoFailure
        )
    )
}

/// Whether a query that was taken for one that only reads wants to write.
pub fn wants_to_write(error: &Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ReadOnly)
}
