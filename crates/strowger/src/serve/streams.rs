//! What comes by connections goes to workers; how connections behave, as the script has it.

use super::outside::Outside;
use crate::configure::{Configured, Ground};
use edge_net::Received;
use edge_net::tcp::{Handler, Keepalive, PerSource, QueueMax, StreamOptions};
use engine::Event;
use module_api::{Params, Proto, Sending};
use modules_transport::proto_tcp;
use script::globals::Globals;
use sip::Offence;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The engine, once there is one: sockets are opened before.
pub type Late = Arc<OnceLock<Arc<Outside>>>;

/// Hands on what comes by the connections of one transport.
pub struct ToWorkers {
    /// Who handles it.
    pub late: Late,
    /// The transport.
    pub proto: Proto,
}

/// How long a peer may take nothing of what waits for it, with `tcp_async`.
const STALLED_WITHIN: Duration = Duration::from_secs(10);

impl ToWorkers {
    fn received(&self, received: Received) -> engine::Received {
        let Received { socket, peer, local, connection, bytes } = received;
        engine::Received { bytes, socket, proto: self.proto, peer, local, connection }
    }

    fn handle(&self, event: Event) {
        if let Some(outside) = self.late.get() {
            outside.handle(event);
        }
    }
}

impl Handler for ToWorkers {
    fn message(&self, received: Received) {
        self.handle(Event::Received(self.received(received)));
    }

    fn unframed(&self, head: Received, offence: Offence) {
        self.handle(Event::Unframed(self.received(head), offence));
    }

    fn unsent(&self, message: Sending) {
        self.handle(Event::SendFailed(message));
    }
}

/// How connections behave.
pub fn stream_options(configured: &Configured, ground: &Ground) -> StreamOptions {
    let globals = &configured.globals;
    let number = |name: &str| u64::try_from(globals.int(name)).unwrap_or_default();
    let settings = configured.params_of(proto_tcp::MODULE.name, ground);
    let params = Params::new(&settings);
    let count = |param| u32::try_from(params.int(param)).unwrap_or_default();
    // Upstream's defaults for these count parts, where size and time say better what is too much.
    let set = |param| params.is_set(param).then(|| count(param));
    let chunks = set(&proto_tcp::TCP_ASYNC_MAX_POSTPONED_CHUNKS).and_then(|chunks| usize::try_from(chunks).ok());
    let send_timeout = Duration::from_millis(count(&proto_tcp::TCP_SEND_TIMEOUT).into());
    StreamOptions {
        connect_timeout: Duration::from_millis(number("tcp_connect_timeout").max(1)),
        idle: Duration::from_secs(number("tcp_connection_lifetime").max(1)),
        message_within: Duration::from_secs(number("tcp_max_msg_time").max(1)),
        message_reads_max: set(&proto_tcp::TCP_MAX_MSG_CHUNKS),
        connections_max: usize::try_from(number("tcp_max_connections")).unwrap_or(usize::MAX),
        per_source: per_source(&params),
        pingpong: params.is_on(&proto_tcp::TCP_CRLF_PINGPONG),
        drops_single_crlf: params.is_on(&proto_tcp::TCP_CRLF_DROP),
        stalled_within: if params.is_on(&proto_tcp::TCP_ASYNC) { STALLED_WITHIN } else { send_timeout },
        queue: QueueMax { chunks, ..QueueMax::default() },
        keepalive: globals.is_on("tcp_keepalive").then(|| keepalive(globals)),
    }
}

fn per_source(params: &Params<'_>) -> PerSource {
    let param = &proto_tcp::TCP_CONNECTIONS_PER_SOURCE;
    match usize::try_from(params.int(param)) {
        _ if !params.is_set(param) => PerSource::Half,
        Ok(limit) if limit > 0 => PerSource::AtMost(limit),
        _ => PerSource::Any,
    }
}

fn keepalive(globals: &Globals) -> Keepalive {
    // 0 is the system's own value, as upstream has it.
    let number = |name: &str| {
        globals.optional_int(name).and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
    };
    let seconds = |name: &str| number(name).map(|seconds| Duration::from_secs(seconds.into()));
    Keepalive { idle: seconds("tcp_keepidle"), interval: seconds("tcp_keepinterval"), count: number("tcp_keepcount") }
}
