//! The front half of the script for any bytes: reading, parsing and the messages about it.
#![no_main]

use script::source::{LoadOptions, load};
use std::collections::BTreeMap;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let files = BTreeMap::from([("main.cfg".to_owned(), data.to_vec())]);
    let environment = BTreeMap::from([("NAME".to_owned(), "value\n".to_owned())]);
    let (source, faults) = load("main.cfg", &LoadOptions { files: &files, environment: &environment }, None);
    let (_, messages) = script::parse(&source);
    for message in faults.iter().chain(&messages) {
        script::diagnostic::render(message, &source.map);
        script::diagnostic::to_json(message, &source.map);
    }
    let _ = script::format::parse_format(data);
    let _ = script::format::parse_variables(data);
});
