//! Accepting connections.

use super::Streams;
use super::places::Direction;
use super::serve::serve;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long none is accepted when the system has no room for one.
const WITHOUT_ROOM: Duration = Duration::from_millis(50);

/// Accepts connections for as long as the runtime runs.
pub(super) async fn accept(streams: Arc<Streams>, listener: TcpListener) {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            // Out of descriptors: those who are connected go on, and some will leave.
            Err(_) => {
                tokio::time::sleep(WITHOUT_ROOM).await;
                continue;
            }
        };
        let Ok(place) = streams.common.places.enter(peer, Direction::Accepted) else {
            streams.common.counters.refused.increment();
            continue;
        };
        let connection = Arc::new(streams.connection(peer, place));
        streams.common.places.is_silent(&connection);
        streams.table.insert(&connection);
        streams.common.runtime.spawn(serve(Arc::clone(&streams), connection, stream));
    }
}
