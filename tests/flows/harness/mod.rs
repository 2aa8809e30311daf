//! What flows stand on: a server process of its own for each test, and its peers.

mod ports;
mod process;
mod server;
mod sipp;

pub use ports::free_port;
pub use process::{Running, run_to_end};
pub use server::{Server, ServerBuilder};
pub use sipp::{Sipp, Users};
