//! The provider of `configs/residential.cfg`, with two subscribers.

use super::ServerBuilder;

const SCRIPT: &str = include_str!("../configs/residential.cfg");

/// The provider as its script has it.
pub fn provider() -> ServerBuilder {
    provider_with(&[])
}

/// The provider with parts of its script replaced.
pub fn provider_with(changes: &[(&str, &str)]) -> ServerBuilder {
    let script = changes.iter().fold(SCRIPT.to_owned(), |script, (part, replacement)| {
        assert!(script.contains(part), "the script has no {part}");
        script.replace(part, replacement)
    });
    let builder = ServerBuilder::new(&script).with_database();
    builder.with_user("alice", "wonderland").with_user("bob", "builder")
}
