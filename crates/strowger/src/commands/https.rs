//! One POST over TLS.

use bytes::Bytes;
use edge_http::{HttpClient, HttpOptions, HttpVersion, Limits};
use module_api::{HttpRequest, Statistics};
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::Duration;

/// The body of the answer; `ca` is a file with certificates that are trusted besides those of the system's authorities.
///
/// # Errors
/// The server cannot be reached, is not to be trusted, or refuses.
pub fn post(url: &str, ca: Option<PathBuf>, body: &str) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let options = HttpOptions { authorities: ca, version: HttpVersion::Http11, ..HttpOptions::default() };
    let client = HttpClient::new(runtime.handle().clone(), &options, Limits::default(), &Statistics::default());
    let client = client.map_err(|error| error.replace("ssl_capath", "--ca"))?;
    let request = HttpRequest {
        method: "POST",
        url: url.to_owned(),
        headers: vec![("Content-Type".to_owned(), Bytes::from_static(b"application/json"))],
        body: Some(Bytes::copy_from_slice(body.as_bytes())),
        connect_within: PATIENCE,
        answer_within: PATIENCE,
        body_bytes_max: REPLY_BYTES_MAX,
        asks_before_body: false,
        connects_alone: false,
    };
    let (answer, answered) = channel();
    client.ask(request, move |outcome| drop(answer.send(outcome)));
    let outcome = answered.recv().map_err(|_| format!("{url}: no answer came back"))?;
    let response =
        outcome.map_err(|failure| format!("{url}: {failure}; is the server running, with mi_http loaded?"))?;
    if response.status != 200 {
        return Err(format!("{url}: HTTP status {}", response.status));
    }
    String::from_utf8(response.body.to_vec()).map_err(|_| format!("{url}: no text came back"))
}

const PATIENCE: Duration = Duration::from_secs(30);

/// A location table of a hundred thousand contacts is shorter.
const REPLY_BYTES_MAX: usize = 256 << 20;
