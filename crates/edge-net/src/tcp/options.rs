//! How connections behave, and what is counted about them.

use crate::StreamWatch;
use module_api::Counter;
use socket2::TcpKeepalive;
use std::net::IpAddr;
use std::time::Duration;

/// How connections behave.
#[derive(Clone, Copy, Debug)]
pub struct StreamOptions {
    /// `tcp_connect_timeout`
    pub connect_timeout: Duration,
    /// `tcp_connection_lifetime`: how long a connection may be silent.
    pub idle: Duration,
    /// `tcp_max_msg_time`: how long a message may take to arrive.
    pub message_within: Duration,
    /// `tcp_max_msg_chunks`: in how many reads a message may arrive.
    pub message_reads_max: Option<u32>,
    /// `tcp_max_connections`: accepted ones, and as many opened.
    pub connections_max: usize,
    /// `tcp_connections_per_source`
    pub per_source: PerSource,
    /// `tcp_crlf_pingpong`: a double CRLF is answered.
    pub pingpong: bool,
    /// `tcp_crlf_drop`: a CRLF that comes alone is no half of a double one.
    pub drops_single_crlf: bool,
    /// How long a peer may take nothing of what waits for it: `tcp_send_timeout` without `tcp_async`.
    pub stalled_within: Duration,
    /// How much may wait for a peer.
    pub queue: QueueMax,
    /// `tcp_keepalive`: the system asks silent peers whether they are there.
    pub keepalive: Option<Keepalive>,
}

/// How many connections one source may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerSource {
    /// As many as there may be.
    Any,
    /// Half of them, so that nobody has all; this machine's own programs may.
    Half,
    /// This many.
    AtMost(usize),
}

impl PerSource {
    /// The limit for this peer, where so many may connect at all.
    pub(super) const fn limit(self, peer: IpAddr, max: usize) -> Option<usize> {
        match self {
            PerSource::AtMost(limit) => Some(limit),
            PerSource::Half if !peer.is_loopback() => Some(max.div_ceil(2)),
            PerSource::Half | PerSource::Any => None,
        }
    }
}

/// How much may wait for a peer: what exceeds any of these ends the connection.
#[derive(Clone, Copy, Debug)]
pub struct QueueMax {
    /// `tcp_async_max_postponed_chunks`: messages, once the connection is open.
    pub chunks: Option<usize>,
    /// Bytes that each connection may hold.
    pub bytes: usize,
    /// Bytes that all may hold together besides: one gets a quarter of what is free, so that few peers who are slow
    /// for a moment have much room, and many who never read have little.
    pub shared_bytes: usize,
}

/// How the system asks; what is `None` is as the system has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keepalive {
    /// `tcp_keepidle`: after how long a silence.
    pub idle: Option<Duration>,
    /// `tcp_keepinterval`: how long between two questions.
    pub interval: Option<Duration>,
    /// `tcp_keepcount`: after how many without answer the peer is gone.
    pub count: Option<u32>,
}

impl Keepalive {
    /// For the system.
    pub(super) fn parameters(self) -> TcpKeepalive {
        let mut parameters = TcpKeepalive::new();
        if let Some(idle) = self.idle {
            parameters = parameters.with_time(idle);
        }
        if let Some(interval) = self.interval {
            parameters = parameters.with_interval(interval);
        }
        match self.count {
            Some(count) => parameters.with_retries(count),
            None => parameters,
        }
    }
}

impl Default for StreamOptions {
    fn default() -> StreamOptions {
        StreamOptions {
            connect_timeout: Duration::from_millis(100),
            idle: Duration::from_secs(120),
            message_within: Duration::from_secs(4),
            message_reads_max: None,
            connections_max: 2048,
            per_source: PerSource::Half,
            pingpong: true,
            drops_single_crlf: false,
            stalled_within: Duration::from_secs(10),
            queue: QueueMax::default(),
            keepalive: Some(Keepalive::default()),
        }
    }
}

impl Default for QueueMax {
    fn default() -> QueueMax {
        QueueMax { chunks: None, bytes: 256 * 1024, shared_bytes: 64 * 1024 * 1024 }
    }
}

/// What is counted.
#[derive(Clone, Debug, Default)]
pub struct StreamCounters {
    /// Connections refused because there are too many.
    pub refused: Counter,
    /// Messages that did not leave because their connection was refused, broke, or did not take them.
    pub dropped: Counter,
    /// Connections closed because what came was no SIP, or only half a message in time.
    pub garbled: Counter,
    /// Who is told of it.
    pub watch: StreamWatch,
    /// Connections closed because the peer did not read.
    pub stalled: Counter,
    /// Connections that could not be opened.
    pub unopened: Counter,
}
