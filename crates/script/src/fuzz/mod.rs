//! What must hold for any bytes whatever, for the fuzz targets and the runners of their corpora.

mod front;
mod host;
mod vm;
mod writer;

pub use front::fuzz_front;
pub use vm::fuzz_vm;
