//! Who answers requests.

use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Takes a JSON-RPC request and, some time later and on any thread, gives its reply.
pub type Handler = Arc<dyn Fn(Bytes, Reply) + Send + Sync>;

/// Takes the reply to a request, none for a notification. Dropped uncalled, it says that the request failed.
pub type Reply = Box<dyn FnOnce(Option<Bytes>) + Send>;

/// The request was dropped without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered;

/// Asks and waits.
pub async fn ask(handler: &Handler, request: Bytes) -> Result<Option<Bytes>, Unanswered> {
    let (answer, answered) = oneshot::channel();
    handler(
        request,
        Box::new(move |reply| {
            // Whoever asked may have hung up.
            let _ = answer.send(reply);
        }),
    );
    answered.await.map_err(|_| Unanswered)
}
