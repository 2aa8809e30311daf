//! One request and its answer.

use crate::HttpVersion;
use crate::body::Outgoing;
use crate::client::Shared;
use crate::pool::Sender;
use crate::target::Target;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, EXPECT, HOST, HeaderName, HeaderValue};
use hyper::{HeaderMap, Request, StatusCode, Version};
use module_api::{HttpFailure, HttpRequest, HttpResponse};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// What has come so far, for whoever waits no longer.
#[derive(Default)]
pub struct SoFar {
    is_connected: bool,
    status: Option<u16>,
    content_type: Option<Bytes>,
    body: BytesMut,
}

/// How long a connection may take to be ready again after an answer; after that it is not worth keeping.
const READY_WITHIN: Duration = Duration::from_millis(20);

/// Asks within the time that the request has.
pub async fn ask(shared: &Shared, request: &HttpRequest) -> Result<HttpResponse, HttpFailure> {
    let mut so_far = SoFar::default();
    match timeout(request.answer_within, perform(shared, request, &mut so_far)).await {
        Ok(Ok(())) => so_far.into_response().ok_or_else(|| HttpFailure::Other("there is no answer".to_owned())),
        Ok(Err(failure)) => Err(failure),
        Err(_) if !so_far.is_connected => Err(HttpFailure::ConnectTimeout),
        Err(_) => Err(HttpFailure::TransferTimeout(so_far.into_response())),
    }
}

async fn perform(shared: &Shared, request: &HttpRequest, so_far: &mut SoFar) -> Result<(), HttpFailure> {
    let target = Target::parse(&request.url)?;
    let mut kept = shared.pool.take(&target.server);
    loop {
        let is_kept = kept.is_some();
        let mut sender = match kept.take() {
            Some(sender) => sender,
            None => connect(shared, request, &target).await?,
        };
        so_far.is_connected = true;
        let message = message(request, &target, shared.connector.version(), sender.is_http2())?;
        match sender.send(message).await {
            Ok(answer) => {
                receive(answer, request.body_bytes_max, so_far).await?;
                if let Ok(true) = timeout(READY_WITHIN, sender.is_ready()).await {
                    shared.pool.keep(target.server, sender);
                }
                return Ok(());
            }
            // A server may close a connection that was kept just as the request comes. Only what it cannot have seen, or
            // may see twice, is sent again, over a new one.
            Err(error) if is_kept && (error.message().is_some() || request.method != "POST") => {}
            Err(error) => return Err(HttpFailure::Other(error.error().to_string())),
        }
    }
}

async fn connect(shared: &Shared, request: &HttpRequest, target: &Target) -> Result<Sender, HttpFailure> {
    let alone = request.connects_alone.then(|| shared.connector.alone(&target.server));
    if let Some(None) = alone {
        return Err(HttpFailure::AlreadyConnecting);
    }
    let connected = timeout(request.connect_within, shared.connector.connect(&target.server)).await;
    connected.unwrap_or(Err(HttpFailure::ConnectTimeout))
}

fn message(
    request: &HttpRequest,
    target: &Target,
    version: HttpVersion,
    is_http2: bool,
) -> Result<Request<Outgoing>, HttpFailure> {
    let wrong = |what: String| HttpFailure::Other(what);
    let body = request.body.clone();
    let (body, wanted) = match body {
        Some(bytes) if request.asks_before_body && !is_http2 && version != HttpVersion::Http10 => {
            let wanted = Arc::new(Notify::new());
            (Outgoing::when(Arc::clone(&wanted), bytes), Some(wanted))
        }
        body => (Outgoing::new(body), None),
    };
    // HTTP/1 names the server in a header, HTTP/2 with the path.
    let path = target.uri.path_and_query().map_or("/", |path| path.as_str());
    let builder = match is_http2 {
        true => Request::builder().uri(target.uri.clone()),
        false => Request::builder().uri(path),
    };
    let builder = builder.method(request.method);
    let builder = if version == HttpVersion::Http10 { builder.version(Version::HTTP_10) } else { builder };
    let mut message = builder.body(body).map_err(|error| wrong(error.to_string()))?;
    write_headers(message.headers_mut(), request, target, is_http2)?;
    if let Some(wanted) = wanted {
        message.headers_mut().insert(EXPECT, HeaderValue::from_static("100-continue"));
        hyper::ext::on_informational(&mut message, move |answer| {
            if answer.status() == StatusCode::CONTINUE {
                wanted.notify_one();
            }
        });
    }
    Ok(message)
}

fn write_headers(
    headers: &mut HeaderMap,
    request: &HttpRequest,
    target: &Target,
    is_http2: bool,
) -> Result<(), HttpFailure> {
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(HttpFailure::Other("a header cannot be written".to_owned()));
        };
        headers.append(name, value);
    }
    let mut usual = vec![(ACCEPT, "*/*")];
    usual.extend(target.authorization.as_deref().map(|authorization| (AUTHORIZATION, authorization)));
    if !is_http2 {
        usual.push((HOST, &target.host_header));
    }
    for (name, value) in usual {
        let value = HeaderValue::from_str(value);
        let value = value.map_err(|_| HttpFailure::Other("the URL cannot be written".to_owned()))?;
        // What the script says of them goes before.
        headers.entry(name).or_insert(value);
    }
    Ok(())
}

async fn receive(
    answer: hyper::Response<hyper::body::Incoming>,
    bytes_max: usize,
    so_far: &mut SoFar,
) -> Result<(), HttpFailure> {
    let status = answer.status().as_u16();
    so_far.status = Some(status);
    so_far.content_type = answer.headers().get(CONTENT_TYPE).map(|value| Bytes::copy_from_slice(value.as_bytes()));
    let mut body = answer.into_body();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| HttpFailure::Other(error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        if so_far.body.len().saturating_add(data.len()) > bytes_max {
            return Err(HttpFailure::TooLong { status });
        }
        so_far.body.extend_from_slice(&data);
    }
    Ok(())
}

impl SoFar {
    fn into_response(self) -> Option<HttpResponse> {
        let SoFar { status, content_type, body, .. } = self;
        Some(HttpResponse { status: status?, content_type, body: body.freeze() })
    }
}
