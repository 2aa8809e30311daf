//! Who is told what happens to connections.

use module_api::Proto;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Who is told what happens to connections. By default nobody.
#[derive(Clone, Default)]
pub struct StreamWatch {
    /// From when on connecting or writing is slow (`tcp_threshold`), and who is told of it.
    pub slow: Option<(Duration, Slow)>,
    /// Is told the other end and ours of each connection that has been closed.
    pub closed: Option<Closed>,
}

/// Is told the other end, and how long it took.
pub type Slow = Arc<dyn Fn(SocketAddr, Duration) + Send + Sync>;
/// Is told the transport, the other end, and ours.
pub type Closed = Arc<dyn Fn(Proto, SocketAddr, SocketAddr) + Send + Sync>;

impl StreamWatch {
    /// Connecting or writing took this long.
    pub(crate) fn took(&self, peer: SocketAddr, took: Duration) {
        if let Some((_, tell)) = self.slow.as_ref().filter(|(limit, _)| took > *limit) {
            tell(peer, took);
        }
    }

    /// A connection has been closed.
    pub(crate) fn closed(&self, proto: Proto, peer: SocketAddr, local: SocketAddr) {
        if let Some(tell) = &self.closed {
            tell(proto, peer, local);
        }
    }
}

impl fmt::Debug for StreamWatch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("StreamWatch").field("slow", &self.slow.is_some()).finish_non_exhaustive()
    }
}
