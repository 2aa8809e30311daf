//! The modules that bring events to subscribers: routes of the script, datagrams, connections, several at once.
//!
//! Invariants: a module knows `module-api` and `catalogue`, and no other module: event_virtual finds the ways of the
//! others among those that the server offers. Nothing here opens a socket; what is sent is asked of an edge.

mod address;
pub mod event_datagram;
pub mod event_route;
pub mod event_stream;
pub mod event_virtual;
mod payload;
#[cfg(test)]
mod tests;

use module_api::{EventTransport, Job, Module, Setup};
use std::sync::Arc;

/// The modules of this family.
pub const MODULES: &[&Module] =
    &[&event_datagram::MODULE, &event_route::MODULE, &event_stream::MODULE, &event_virtual::MODULE];

/// Offers a way to subscribers, before `startup_route` may subscribe them.
fn offer(setup: &mut Setup<'_>, transport: Arc<dyn EventTransport>) {
    setup.at_start(move |env| {
        env.services.events.offer_transport(transport);
        Job::DONE
    });
}
