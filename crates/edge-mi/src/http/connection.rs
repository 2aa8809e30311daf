//! One connection: requests in, answers out.

use super::patience::Patience;
use super::roots::{Answer, Hangup, RootRequest};
use super::{Shared, auth};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// How long requests under way have when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Serves until the other side goes, is idle for too long, does not read its answers, or the server stops.
pub async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let stream = Patience::new(stream, shared.options.idle, shared.stalled.clone());
    let (Some(acceptor), Some(tls)) = (&shared.tls, &shared.options.tls) else {
        return converse(stream, &shared).await;
    };
    let mut stopping = shared.stopping.clone();
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(tls.handshake_within, acceptor.accept(stream)) => shaken,
        _ = stopping.changed() => return,
    };
    match shaken {
        Ok(Ok(stream)) => converse(stream, &shared).await,
        Ok(Err(_)) | Err(_) => shared.failed_handshakes.increment(),
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, shared: &Shared) {
    let mut stopping = shared.stopping.clone();
    let idle = shared.options.idle;
    let service = service_fn(|request| respond(request, shared));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(idle);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // Errors are the peer's: it went away, was silent, or spoke something else.
    tokio::select! {
        _ = &mut connection => return,
        _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = tokio::time::timeout(LAST_WORDS, connection).await;
}

async fn respond(request: Request<Incoming>, shared: &Shared) -> Result<Response<Full<Bytes>>, Hangup> {
    if let Some((user, password)) = &shared.options.credentials
        && !auth::is_allowed(request.headers(), user, password)
    {
        return Ok(challenge(&shared.options.realm));
    }
    let is_post = match *request.method() {
        Method::POST => true,
        Method::GET => false,
        _ => return Ok(response(Answer::page(406, "Only GET and POST are understood."))),
    };
    let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
    let Some((root, rest)) = shared.roots.find(&path) else {
        return Ok(response(Answer::page(400, "Nothing is offered under this path.")));
    };
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| media_type(value.as_bytes()));
    let most = shared.options.request_bytes_max;
    let body = Limited::new(request.into_body(), most).collect();
    let body = match tokio::time::timeout(shared.options.arrives_within, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return Ok(response(Answer::page(413, "The request is too long.")));
        }
        Ok(Err(_)) | Err(_) => return Err(Hangup),
    };
    root.serve(RootRequest { is_post, rest: rest.to_owned(), content_type, body }).await.map(response)
}

/// The type without parameters: `application/json; charset=utf-8` is `application/json`.
fn media_type(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    response
}

fn challenge(realm: &str) -> Response<Full<Bytes>> {
    let mut denied = response(Answer::page(401, "Who are you?"));
    let quoted = realm.replace('\\', "\\\\").replace('"', "\\\"");
    let value = HeaderValue::from_str(&format!("Basic realm=\"{quoted}\""));
    denied.headers_mut().insert(WWW_AUTHENTICATE, value.unwrap_or(HeaderValue::from_static("Basic")));
    denied
}
