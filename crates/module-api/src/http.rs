//! Questions to HTTP servers (`rest_get()` and its kin).

use bytes::Bytes;
use std::fmt;
use std::time::Duration;

/// A request to an HTTP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// Its method.
    pub method: &'static str,
    /// Where it goes: `http://…` or `https://…`.
    pub url: String,
    /// Header fields besides those that every request has.
    pub headers: Vec<(String, Bytes)>,
    /// Its body.
    pub body: Option<Bytes>,
    /// How long it may take to connect.
    pub connect_within: Duration,
    /// How long everything may take.
    pub answer_within: Duration,
    /// The longest body of a response.
    pub body_bytes_max: usize,
    /// Whether to ask the server (`Expect: 100-continue`) before a long body is sent.
    pub asks_before_body: bool,
    /// Whether only one request at a time may connect to a host: others are refused meanwhile.
    pub connects_alone: bool,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// Its status code.
    pub status: u16,
    /// Its Content-Type.
    pub content_type: Option<Bytes>,
    /// Its body.
    pub body: Bytes,
}

/// Why there is no answer, or not a whole one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpFailure {
    /// Nobody listens there.
    Refused,
    /// No connection came about in time.
    ConnectTimeout,
    /// The answer was not there in time; what had come of it, if anything.
    TransferTimeout(Option<HttpResponse>),
    /// Another request is connecting to this host.
    AlreadyConnecting,
    /// The body is longer than it may be.
    TooLong {
        /// The status code of the response.
        status: u16,
    },
    /// Anything else: the URL, the name, the certificate, the protocol, ourselves.
    Other(String),
}

impl fmt::Display for HttpFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HttpFailure::Refused => out.write_str("the connection was refused"),
            HttpFailure::ConnectTimeout => out.write_str("no connection came about in time"),
            HttpFailure::TransferTimeout(_) => out.write_str("the answer was not there in time"),
            HttpFailure::AlreadyConnecting => out.write_str("another request is connecting to this host"),
            HttpFailure::TooLong { .. } => out.write_str("the answer is longer than it may be"),
            HttpFailure::Other(text) => out.write_str(text),
        }
    }
}
