//! What happens to connections, as events: `E_CORE_TCP_DISCONNECT`, and `E_CORE_THRESHOLD` for slow sends.

use super::outside::Late;
use crate::configure::micros;
use catalogue::Value;
use edge_net::StreamWatch;
use module_api::{Logger, Proto, TCP_DISCONNECT};
use script::globals::Globals;
use std::net::SocketAddr;
use std::sync::Arc;

/// Watches the connections.
pub fn watch(globals: &Globals, late: &Late, log: &Logger) -> StreamWatch {
    let slow = micros(globals, "tcp_threshold").map(|limit| {
        let (late, log) = (Arc::clone(late), log.clone());
        let tell = move |peer: SocketAddr, took: std::time::Duration| {
            let (micros, limit) = (took.as_micros(), limit.as_micros());
            log.warning(format!("threshold exceeded: sending to {peer} took {micros} of {limit} µs"));
            if let Some(outside) = late.get() {
                outside.threshold_passed("tcp", took, &peer.to_string());
            }
        };
        (limit, Arc::new(tell) as Arc<_>)
    });
    let late = Arc::clone(late);
    let closed = move |proto: Proto, peer: SocketAddr, local: SocketAddr| {
        if let Some(outside) = late.get() {
            let text = |text: String| Value::from(text);
            let values = vec![
                text(peer.ip().to_string()),
                Value::Int(peer.port().into()),
                text(local.ip().to_string()),
                Value::Int(local.port().into()),
                text(proto.name().to_owned()),
            ];
            outside.raise(&TCP_DISCONNECT, values);
        }
    };
    StreamWatch { slow, closed: Some(Arc::new(closed)) }
}
