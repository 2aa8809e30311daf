//! Arguments as tests write them.

use bytes::Bytes;
use module_api::ArgValue;
use posix_regex::Pattern;
use std::sync::Arc;

/// An argument left out.
pub const fn absent() -> ArgValue {
    ArgValue::Absent
}

/// An integer.
pub const fn int(number: i32) -> ArgValue {
    ArgValue::Int(number)
}

/// A string.
pub fn str(text: &str) -> ArgValue {
    ArgValue::Str(Bytes::copy_from_slice(text.as_bytes()))
}

/// A regular expression, ignoring case as scripts do.
#[allow(clippy::expect_used, reason = "a test with a bad expression should fail")]
pub fn regex(pattern: &str) -> ArgValue {
    let regex = Pattern::IGNORE_CASE.compile(pattern.as_bytes());
    ArgValue::Regex(Arc::new(regex.expect("a regular expression")))
}

/// A regular expression that is matched line by line.
#[allow(clippy::expect_used, reason = "a test with a bad expression should fail")]
pub fn line_regex(pattern: &str) -> ArgValue {
    let regex = Pattern::BY_LINE.compile(pattern.as_bytes());
    ArgValue::Regex(Arc::new(regex.expect("a regular expression")))
}

/// Named flags, `"name"` or `"name=value"`.
pub fn flags(flags: &[&'static str]) -> ArgValue {
    let flags = flags.iter().map(|flag| match flag.split_once('=') {
        Some((name, value)) => (name, Some(Bytes::from_static(value.as_bytes()))),
        None => (*flag, None),
    });
    ArgValue::Flags(flags.collect())
}
