//! What stays of a request's [`Routing`] while its transaction only waits for repetitions: a tenth of its size.

use catalogue::FlagSet;
use module_api::{Armed, Avps, Extensions, Routing, Source};
use sip::Message;
use std::sync::Arc;

/// What reply routes, hooks and variables may still ask for.
pub(super) struct Remnant {
    flags: FlagSet,
    avps: Avps,
    armed: Armed,
    extensions: Extensions,
}

impl Remnant {
    pub(super) fn of(routing: Routing) -> Remnant {
        let Routing { flags, avps, armed, extensions, .. } = routing;
        Remnant { flags, avps, armed, extensions }
    }

    /// The message again, as far as it is known.
    pub(super) fn revive(self, request: &Arc<Message>, source: Source) -> Box<Routing> {
        let Remnant { flags, avps, armed, extensions } = self;
        let mut routing = Box::new(Routing::new(Arc::clone(request), source));
        routing.flags = flags;
        routing.avps = avps;
        routing.armed = armed;
        routing.extensions = extensions;
        routing
    }
}
