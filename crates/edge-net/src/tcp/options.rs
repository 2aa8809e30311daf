//! How connections behave, and what is counted about them.

use crate::StreamWatch;
use module_api::Counter;
use socket2::TcpKeepalive;
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
    /// `tcp_max_connections`: accepted ones.
    pub connections_max: usize,
    /// `tcp_crlf_pingpong`: a double CRLF is answered.
    pub pingpong: bool,
    /// `tcp_keepalive`: the system asks silent peers whether they are there.
    pub keepalive: Option<Keepalive>,
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
            connections_max: 2048,
            pingpong: true,
            keepalive: Some(Keepalive::default()),
        }
    }
}

/// What is counted.
#[derive(Clone, Debug, Default)]
pub struct StreamCounters {
    /// Connections refused because there are too many.
    pub refused: Counter,
    /// Messages that a connection's full queue refused.
    pub dropped: Counter,
    /// Connections closed because what came was no SIP, or only half a message in time.
    pub garbled: Counter,
    /// Who is told of it.
    pub watch: StreamWatch,
}
