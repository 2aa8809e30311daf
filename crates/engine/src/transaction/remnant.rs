//! What stays of a request's [`Routing`] while its transaction only waits for repetitions: a tenth of its size.

use catalogue::FlagSet;
use module_api::{Armed, Avps, DialogOf, Extensions, Routing, Source};
use sip::Message;
use std::sync::Arc;

/// What reply routes, hooks and variables may still ask for.
pub(super) struct Remnant {
    flags: FlagSet,
    avps: Avps,
    armed: Armed,
    extensions: Extensions,
    dialog: Option<DialogOf>,
    reply_cseq: Option<u32>,
}

impl Remnant {
    pub(super) fn of(routing: Routing) -> Remnant {
        let Routing { flags, avps, armed, extensions, dialog, reply_cseq, .. } = routing;
        Remnant { flags, avps, armed, extensions, dialog, reply_cseq }
    }

    /// The message again, as far as it is known.
    pub(super) fn revive(self, request: &Arc<Message>, source: Source) -> Box<Routing> {
        let Remnant { flags, avps, armed, extensions, dialog, reply_cseq } = self;
        let mut routing = Box::new(Routing::new(Arc::clone(request), source));
        routing.flags = flags;
        routing.avps = avps;
        routing.armed = armed;
        routing.extensions = extensions;
        routing.dialog = dialog;
        routing.reply_cseq = reply_cseq;
        routing
    }
}
