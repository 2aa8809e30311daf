//! Where log lines go: stderr and syslog, as text or JSON. Neither waits: a line that cannot be written is counted.

mod facility;
mod format;
mod outlets;
mod syslog;

pub use facility::Facility;
pub use format::Format;
pub use outlets::{LogSettings, Outlets};
