//! The buffer that a thread reads into: one for all connections it serves, so that a silent connection has none.

use std::cell::Cell;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Bytes read at a time.
const READ_BYTES: usize = 32 * 1024;

/// Calls `work` with the buffer.
pub(super) fn with<R>(work: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut buffer = BUFFER.take();
    if buffer.is_empty() {
        buffer.resize(READ_BYTES, 0);
    }
    let result = work(&mut buffer);
    BUFFER.set(buffer);
    result
}
