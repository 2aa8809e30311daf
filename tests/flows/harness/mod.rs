//! What flows stand on: a server process of its own for each test, and its peers.

mod crowd;
mod digest;
mod extension;
mod line;
mod name_server;
mod phone;
mod ports;
mod process;
mod provider;
mod server;
mod sipp;
mod sql_server;
mod wire;

pub use crowd::{Callees, Callers};
pub use digest::{authorization, ha1};
pub use extension::slow_extension;
pub use line::Line;
pub use name_server::{NameServer, record};
pub use phone::Phone;
pub use ports::free_port;
pub use process::{Running, run_to_end};
pub use provider::{provider, provider_with};
pub use server::{Server, ServerBuilder, comes_true};
pub use sipp::{Sipp, Users};
pub use sql_server::{Kind, SqlServer};
pub use wire::Wire;
