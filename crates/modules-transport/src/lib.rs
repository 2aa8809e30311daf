//! The transport modules: they declare and check parameters; the edge that owns the sockets reads them.

pub mod proto_tcp;
pub mod proto_udp;

use module_api::Module;

/// The modules of this family.
pub const MODULES: &[&Module] = &[&proto_tcp::MODULE, &proto_udp::MODULE];
