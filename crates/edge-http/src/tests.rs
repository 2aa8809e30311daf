//! Servers of the tests' own on loopback: prompt, slow, refusing, endless, secure.

use crate::{HttpClient, HttpOptions, HttpVersion, Limits};
use bytes::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use module_api::{HttpFailure, HttpRequest, HttpResponse, Statistics};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring};

/// Longer than any test runs.
const LONG: Duration = Duration::from_secs(100);

struct World {
    client: HttpClient,
    statistics: Statistics,
    runtime: Runtime,
}

fn world(options: &HttpOptions) -> World {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let statistics = Statistics::default();
    let limits = Limits { requests: 2, ..Limits::default() };
    let client = HttpClient::new(runtime.handle().clone(), options, limits, &statistics).unwrap();
    World { client, statistics, runtime }
}

fn get(url: String) -> HttpRequest {
    HttpRequest {
        method: "GET",
        url,
        headers: Vec::new(),
        body: None,
        connect_within: LONG,
        answer_within: LONG,
        body_bytes_max: 1 << 20,
        asks_before_body: false,
        connects_alone: false,
    }
}

impl World {
    fn start(&self, request: HttpRequest) -> Receiver<Result<HttpResponse, HttpFailure>> {
        let (answer, answered) = channel();
        self.client.ask(request, move |outcome| answer.send(outcome).unwrap());
        answered
    }

    fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        self.start(request).recv_timeout(LONG).unwrap()
    }

    fn count(&self, name: &str) -> i64 {
        self.statistics.find(&format!("rest_client:{name}")).unwrap().value()
    }
}

/// A server that does this with each connection, in a thread of its own; its port, and the requests it reads.
fn server(work: impl Fn(&mut dyn Stream, &str) -> bool + Send + 'static) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (seen, requests) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(&mut stream.unwrap(), &|text| drop(seen.send(text)), &work);
        }
    });
    (port, requests)
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Reads requests, head and body, until the work says that it is enough.
fn serve(stream: &mut dyn Stream, seen: &dyn Fn(String), work: &dyn Fn(&mut dyn Stream, &str) -> bool) {
    loop {
        let mut head = String::new();
        let mut byte = [0];
        while !head.ends_with("\r\n\r\n") {
            match stream.read(&mut byte) {
                Ok(1) => head.push(char::from(byte[0])),
                _ => return,
            }
        }
        seen(head.clone());
        if !work(stream, &head) {
            return;
        }
    }
}

fn body_of(stream: &mut dyn Stream, head: &str) -> String {
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

fn response(status: u16, content_type: Option<&'static str>, body: &'static str) -> HttpResponse {
    let content_type = content_type.map(|text| Bytes::from_static(text.as_bytes()));
    HttpResponse { status, content_type, body: Bytes::from_static(body.as_bytes()) }
}

#[test]
fn a_plain_answer_and_a_chunked_one_over_one_connection() {
    let (port, requests) = server(|stream, head| {
        let answer = if head.starts_with("GET /plain") {
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nplain"
        } else {
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nchu\r\n4\r\nnked\r\n0\r\n\r\n"
        };
        stream.write_all(answer.as_bytes()).unwrap();
        true
    });
    let world = world(&HttpOptions::default());
    let mut first = get(format!("http://me:secret@127.0.0.1:{port}/plain?a=b"));
    first.headers = vec![("X-Own".to_owned(), Bytes::from_static(b"yes")), ("accept".to_owned(), "text/*".into())];
    assert_eq!(world.ask(first), Ok(response(200, Some("text/plain"), "plain")));
    assert_eq!(
        requests.recv().unwrap(),
        format!(
            "GET /plain?a=b HTTP/1.1\r\nx-own: yes\r\naccept: text/*\r\nauthorization: Basic bWU6c2VjcmV0\r\n\
             host: 127.0.0.1:{port}\r\n\r\n"
        )
    );
    // The server reads one connection at a time: a second one would never be answered.
    assert_eq!(world.ask(get(format!("http://127.0.0.1:{port}/chunked"))), Ok(response(404, None, "chunked")));
}

#[test]
fn a_kept_connection_that_has_ended_is_made_again() {
    let (port, requests) = server(|stream, _| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
        false
    });
    let world = world(&HttpOptions::default());
    for _ in 0..3 {
        assert_eq!(world.ask(get(format!("http://127.0.0.1:{port}/"))), Ok(response(200, None, "ok")));
    }
    assert_eq!(requests.iter().take(3).count(), 3);
}

#[test]
fn bodies_are_sent_and_a_server_may_be_asked_first() {
    let (port, _) = server(|stream, head| {
        if head.contains("expect: 100-continue") {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
        }
        let body = body_of(stream, head);
        let answer = format!("{} {body}", head.contains("expect: 100-continue"));
        let text = format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
        stream.write_all(text.as_bytes()).unwrap();
        true
    });
    let world = world(&HttpOptions::default());
    let mut post = get(format!("http://127.0.0.1:{port}/"));
    (post.method, post.body) = ("POST", Some(Bytes::from_static(b"data")));
    assert_eq!(world.ask(post.clone()), Ok(response(201, None, "false data")));
    post.asks_before_body = true;
    assert_eq!(world.ask(post), Ok(response(201, None, "true data")));
}

#[test]
fn what_goes_wrong_has_its_name() {
    let world = world(&HttpOptions::default());
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(world.ask(get(format!("http://127.0.0.1:{closed}/"))), Err(HttpFailure::Refused));
    assert!(matches!(world.ask(get("http://no.such.host.invalid/".to_owned())), Err(HttpFailure::Other(_))));
    assert!(matches!(world.ask(get("nonsense://x".to_owned())), Err(HttpFailure::Other(_))));
    let (garbled, _) = server(|stream, _| {
        stream.write_all(b"220 mail.example.com ESMTP\r\n").unwrap();
        false
    });
    assert!(matches!(world.ask(get(format!("http://127.0.0.1:{garbled}/"))), Err(HttpFailure::Other(_))));
    assert_eq!(world.count("failed_requests"), 4);
}

#[test]
fn slow_servers_are_not_waited_for() {
    let world = world(&HttpOptions::default());
    // It accepts, says half of what it has to say, and keeps the connection open.
    let (half, _) = server(|stream, _| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 9\r\n\r\nhalf").unwrap();
        true
    });
    let (silent, _) = server(|_, _| true);
    let brief = Duration::from_millis(300);
    let mut request = get(format!("http://127.0.0.1:{half}/"));
    request.answer_within = brief;
    let partial = response(200, Some("a/b"), "half");
    assert_eq!(world.ask(request.clone()), Err(HttpFailure::TransferTimeout(Some(partial))));
    request.url = format!("http://127.0.0.1:{silent}/");
    assert_eq!(world.ask(request), Err(HttpFailure::TransferTimeout(None)));
}

#[test]
fn connecting_takes_no_longer_than_it_may() {
    let world = world(&HttpOptions { verifies_peer: false, ..HttpOptions::default() });
    // It accepts and never begins the TLS handshake.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut request = get(format!("https://127.0.0.1:{port}/"));
    request.connect_within = Duration::from_millis(50);
    assert_eq!(world.ask(request.clone()), Err(HttpFailure::ConnectTimeout));
    // While one connects alone, others are refused at once.
    (request.connect_within, request.connects_alone) = (LONG, true);
    let waiting = world.start(request.clone());
    let accepted = |listener: &TcpListener| listener.accept().unwrap().0;
    let _held: Vec<TcpStream> = (0..2).map(|_| accepted(&listener)).collect();
    assert_eq!(world.ask(request.clone()), Err(HttpFailure::AlreadyConnecting));
    // And past the bound nothing is begun.
    let second = world.start(HttpRequest { connects_alone: false, ..request.clone() });
    let third = world.ask(request);
    assert_eq!(third, Err(HttpFailure::Other("too many requests are under way".to_owned())));
    assert_eq!(world.count("refused_requests"), 1);
    drop((waiting, second));
}

#[test]
fn an_endless_body_is_cut_off() {
    let world = world(&HttpOptions::default());
    let (port, _) = server(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 1000]).is_ok() {}
        false
    });
    let mut request = get(format!("http://127.0.0.1:{port}/"));
    request.body_bytes_max = 10_000;
    assert_eq!(world.ask(request), Err(HttpFailure::TooLong { status: 200 }));
}

#[test]
fn versions() {
    let (port, requests) = server(|stream, _| {
        stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nold").unwrap();
        false
    });
    let old = world(&HttpOptions { version: HttpVersion::Http10, ..HttpOptions::default() });
    assert_eq!(old.ask(get(format!("http://127.0.0.1:{port}/"))), Ok(response(200, None, "old")));
    assert!(requests.recv().unwrap().starts_with("GET / HTTP/1.0\r\n"));

    let new = world(&HttpOptions { version: HttpVersion::Http2Known, ..HttpOptions::default() });
    let listener = new.runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    new.runtime.spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let answer = service_fn(|request: hyper::Request<hyper::body::Incoming>| async move {
            let text = format!("{:?} {}", request.version(), request.uri());
            Ok::<_, std::convert::Infallible>(hyper::Response::new(http_body_util::Full::new(Bytes::from(text))))
        });
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), answer)
            .await
    });
    for _ in 0..2 {
        let answer = new.ask(get(format!("http://127.0.0.1:{port}/x"))).unwrap();
        assert_eq!(answer.body, format!("HTTP/2.0 http://127.0.0.1:{port}/x"));
    }
}

/// A server with a certificate for `localhost` that nobody has signed but itself; the certificate as a file.
fn secure() -> (u16, PathBuf) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let directory = std::env::temp_dir().join(format!("edge-http-{}-{port}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("own.pem"), made.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let chain: Vec<CertificateDer<'static>> = vec![made.cert.der().clone()];
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(chain, key).unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = BufReader::new(StreamOwned::new(connection, stream.unwrap()));
            let mut line = String::new();
            if stream.read_line(&mut line).is_ok() {
                let _ = stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecure");
            }
        }
    });
    (port, directory)
}

#[test]
fn certificates_are_checked_as_far_as_the_options_say() {
    let (port, directory) = secure();
    let asked = |options: HttpOptions, host: &str| {
        let answer = world(&options).ask(get(format!("https://{host}:{port}/")));
        answer.map(|answer| String::from_utf8(answer.body.to_vec()).unwrap()).map_err(|failure| failure.to_string())
    };
    let (strict, trusting) =
        (HttpOptions::default(), HttpOptions { authorities: Some(directory.clone()), ..HttpOptions::default() });
    assert!(asked(strict, "localhost").is_err());
    assert_eq!(asked(trusting.clone(), "localhost").as_deref(), Ok("secure"));
    let other_name = asked(trusting.clone(), "127.0.0.1").unwrap_err();
    assert!(other_name.contains("not valid for name"), "{other_name}");
    let any_name = HttpOptions { verifies_host: false, ..trusting };
    assert_eq!(asked(any_name, "127.0.0.1").as_deref(), Ok("secure"));
    let any_peer = HttpOptions { verifies_peer: false, ..HttpOptions::default() };
    assert_eq!(asked(any_peer.clone(), "localhost").as_deref(), Ok("secure"));
    assert!(asked(any_peer.clone(), "127.0.0.1").is_err());
    assert_eq!(asked(HttpOptions { verifies_host: false, ..any_peer }, "127.0.0.1").as_deref(), Ok("secure"));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn authorities_that_cannot_be_read_are_an_error_at_start() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let options = HttpOptions { authorities: Some(PathBuf::from("/nonexistent")), ..HttpOptions::default() };
    let made = HttpClient::new(runtime.handle().clone(), &options, Limits::default(), &Statistics::default());
    assert_eq!(made.map(|_| ()).unwrap_err(), "ssl_capath: there is no certificate in /nonexistent");
}
