//! The crate from outside: torture corpora, fuzz corpora, properties.

// Helpers of tests fail by panicking, as the tests themselves do.
#![allow(clippy::expect_used, clippy::panic)]

mod corpora;
mod properties;
mod torture;

use std::path::PathBuf;

/// A place in the repository.
fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
