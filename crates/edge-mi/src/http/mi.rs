//! Management over HTTP (`mi_http`): JSON-RPC in the body of a POST.

use super::roots::{Answer, Hangup, Root, RootRequest};
use crate::handler::{Handler, ask};
use crate::pretty;
use bytes::Bytes;
use std::pin::Pin;
use std::time::Duration;

/// What `mi_http` offers under its `root`.
pub struct MiRoot {
    handler: Handler,
    is_pretty: bool,
    reply_bytes_max: Option<usize>,
    answer_within: Duration,
}

impl MiRoot {
    /// Answers with `handler`; `is_pretty` is the parameter `pretty_printing`.
    pub fn new(handler: Handler, is_pretty: bool, options: &super::HttpOptions) -> MiRoot {
        let super::HttpOptions { reply_bytes_max, answer_within, .. } = *options;
        MiRoot { handler, is_pretty, reply_bytes_max, answer_within }
    }

    async fn answer(&self, request: RootRequest) -> Result<Answer, Hangup> {
        if !request.is_post {
            return Ok(Answer::page(405, "Commands are sent with POST."));
        }
        // Without these types a form of any web page could send commands with its visitor's credentials.
        if !matches!(request.content_type.as_deref(), Some("application/json" | "text/xml")) {
            return Err(Hangup);
        }
        if request.body.is_empty() {
            return Ok(Answer::page(400, "The request has no body."));
        }
        let reply = tokio::time::timeout(self.answer_within, ask(&self.handler, request.body)).await;
        let reply = match reply {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) | Err(_) => return Ok(Answer::page(500, "The command was not answered.")),
        };
        let Some(reply) = reply else {
            return Ok(Answer { code: 202, content_type: "application/json", body: Bytes::new() });
        };
        let body = pretty::print(reply, self.is_pretty);
        if self.reply_bytes_max.is_some_and(|most| body.len() > most) {
            return Ok(Answer::page(500, "The reply is longer than buf_size."));
        }
        Ok(Answer { code: 200, content_type: "application/json", body })
    }
}

impl Root for MiRoot {
    fn serve(&self, request: RootRequest) -> Pin<Box<dyn Future<Output = Result<Answer, Hangup>> + Send + '_>> {
        Box::pin(self.answer(request))
    }
}
