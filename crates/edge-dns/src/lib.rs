//! Names: where a host's name leads (RFC 3263), the names of an address, and records as they are (ENUM). Answers are kept
//! as long as the name servers say, also those that there is nothing.

mod ask;
mod options;
mod order;
mod records;
mod resolver;
mod steps;
mod system;
#[cfg(test)]
mod tests;

pub use ask::Names;
pub use options::{Options, Slow};
pub use resolver::{Prepared, Resolver};
