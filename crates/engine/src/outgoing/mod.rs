//! How requests leave: the next hop, the socket, our Via and Record-Route, the bytes.

mod hop;
mod request;
mod socket;

pub(crate) use hop::Hop;
pub(crate) use request::{Changes, Leaving, ViaBranch};
