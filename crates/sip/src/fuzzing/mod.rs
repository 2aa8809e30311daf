//! What must hold for any bytes whatever. The fuzz targets, the runner of their corpora and the property tests all call
//! these functions; each asserts, so that a violation is a crash with an input to keep.

mod digest;
mod edits;

use bytes::Bytes;

use crate::{
    CSeq, Edits, HeaderName, Limits, Lists, MediaType, Message, NameAddr, Params, ParseError, RAck, Uri, Value, Via,
    apply, auth,
    build::Reply,
    escape,
    framing::{Frame, Framer},
    multipart,
    sdp::Sdp,
    text, write,
};

pub use digest::check_digest;
pub use edits::check_edits;

/// A check for any bytes, by the name of its fuzz target and corpus.
pub type Target = (&'static str, fn(&[u8]));

/// All checks.
pub const TARGETS: &[Target] = &[
    ("message", check_message),
    ("framer", check_framer),
    ("uri", check_uri),
    ("name_addr", check_name_addr),
    ("list", check_list),
    ("via", check_via),
    ("cseq", check_cseq),
    ("rack", check_rack),
    ("value", check_value),
    ("params", check_params),
    ("auth", check_auth),
    ("media_type", check_media_type),
    ("sdp", check_sdp),
    ("multipart", check_multipart),
    ("text", check_text),
    ("edits", check_edits),
    ("digest", check_digest),
];

/// A message is written as it was read, its headers fill the place between start line and body, and an edit shows.
pub fn check_message(data: &[u8]) {
    match Message::parse(Bytes::copy_from_slice(data), &Limits::default()) {
        Ok(message) => check_parsed(&message),
        Err(error) => check_refused(&error),
    }
}

fn check_parsed(message: &Message) {
    let mut written = Vec::new();
    write(message, &[], &mut written);
    assert_eq!(&written, message.bytes());
    let lines: usize = message.headers().map(|header| header.line.len()).sum();
    assert_eq!(message.headers_start() + lines, message.headers_end());
    for header in message.headers() {
        assert_eq!(message.headers_called(header.name_text).next().map(|found| found.name), Some(header.name));
        assert!(message.header(header.name).is_some());
    }
    read_everything(message);
    check_reassembled(message);
    check_edited(message);
}

/// Edits that put each part in its own place change nothing: what is put together again is what was taken apart.
fn check_reassembled(message: &Message) {
    let mut edits = Edits::default();
    edits.set_request_uri(message.share(message.request_uri()));
    edits.set_status(message.status(), message.share(message.reason()));
    for header in message.headers() {
        match (header.index % 3, message.range_of(header.line)) {
            (0, _) => edits.replace_value(header.index, message.share(header.value)),
            (1, Some(line)) => edits.patch(line, message.share(header.line)),
            _ => edits.replace(header.index, message.share(header.line)),
        }
    }
    let mut written = Vec::new();
    write(message, &[&edits], &mut written);
    let expected = as_sent(message);
    assert_eq!(written.escape_ascii().to_string(), expected.escape_ascii().to_string());
}

/// The message with what is always made so: an upper-case version, the space behind a status code, a Content-Length.
fn as_sent(message: &Message) -> Vec<u8> {
    let start = match message.is_request() {
        true => [message.method_text(), b" ", message.request_uri(), b" SIP/2.0"].concat(),
        false => [b"SIP/2.0 ", message.status().to_string().as_bytes(), b" ", message.reason()].concat(),
    };
    let all = message.bytes();
    let line_end = all.iter().position(|byte| *byte == b'\n').map_or(0, |end| end - usize::from(all[end - 1] == b'\r'));
    let mut sent = [&start, &all[line_end..message.headers_end()]].concat();
    if message.header(HeaderName::ContentLength).is_none() {
        sent.extend_from_slice(format!("Content-Length: {}\r\n", message.body().len()).as_bytes());
    }
    sent.extend_from_slice(&all[message.headers_end()..]);
    sent
}

fn check_edited(message: &Message) {
    let mut edits = Edits::default();
    edits.append(Bytes::from_static(b"X-Added: 1\r\n"));
    edits.push_via(Bytes::from_static(b"Via: SIP/2.0/UDP edited.example.com;branch=z9hG4bKedit\r\n"));
    edits.set_body(Bytes::from_static(b"new body"), Some(Bytes::from_static(b"text/plain")));
    for item in message.name_addrs(HeaderName::Contact).flatten() {
        edits.remove_list_item(message, &item);
    }
    let Ok(edited) = apply(message, &edits) else {
        // Only the surplus header may have been too much for the text to be read again.
        return assert!(message.header_count() >= Limits::default().headers);
    };
    assert_eq!(edited.body(), b"new body");
    assert_eq!(edited.content_length(), Some(8));
    assert_eq!(edited.top_via().map(|via| via.host), Ok(&b"edited.example.com"[..]));
    assert_eq!(edited.headers_called(b"X-Added").last().map(|header| header.value), Some(&b"1"[..]));
}

fn check_refused(error: &ParseError) {
    assert!(!error.reason().is_empty() && error.code() >= 400);
    let Some(request) = error.answerable() else { return };
    let mut reply = Reply::new(request, error.code(), b"Refused");
    reply.to_tag = b"tag";
    reply.received = Some(std::net::IpAddr::from([192, 0, 2, 1]));
    reply.rport = Some(5060);
    let mut written = Vec::new();
    reply.write(&mut written);
    assert!(written.ends_with(b"Content-Length: 0\r\n\r\n"));
    // Who forges a source address gains nothing by it: the answer is hardly longer than the request.
    assert!(written.len() <= request.bytes().len() + ANSWER_ADDS_MAX);
}

/// Status line, To tag, what the top Via gets, and Content-Length.
const ANSWER_ADDS_MAX: usize = 120;

fn read_everything(message: &Message) {
    let _ = message.check();
    let _ = (message.max_forwards(), message.expires(), message.content_type(), message.request_uri());
    message.vias().for_each(drop);
    for name in HeaderName::all() {
        message.name_addrs(name).for_each(drop);
    }
    message.credentials(HeaderName::Authorization).for_each(drop);
    if let Some(content_type) = message.content_type() {
        multipart::parts(content_type, message.body()).for_each(drop);
    }
}

/// Cutting a stream does not depend on how its bytes arrive, and loses nothing but line ends.
pub fn check_framer(data: &[u8]) {
    let limits = Limits { message_bytes: 2048, ..Limits::default() };
    let (all, pieces) = (frames_of(data, data.len().max(1), limits), frames_of(data, 1, limits));
    assert_eq!(all, pieces);
    for frame in all {
        let Frame::Message(frame) = frame else { continue };
        // Who reads the message sees the same end as who cut it, or the next would see another message there.
        if let Ok(message) = Message::parse(frame.clone(), &limits) {
            assert_eq!(message.bytes(), &frame);
        }
    }
}

fn frames_of(data: &[u8], piece: usize, limits: Limits) -> Vec<Frame> {
    let mut framer = Framer::new(limits);
    let mut frames = Vec::new();
    for mut part in data.chunks(piece) {
        loop {
            match framer.next(&mut part) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(_) => return frames,
            }
        }
    }
    frames
}

/// A URI equals itself, and its parts lie in its text in order.
pub fn check_uri(data: &[u8]) {
    assert_eq!(Uri::check(data).is_ok(), Uri::parse(data).is_ok());
    let Ok(uri) = Uri::parse(data) else { return };
    assert!(uri.same_as(&uri) && uri.same_address_of_record(&uri));
    assert_eq!(uri.text, data);
    assert!(text::trim(uri.host) == uri.host);
    let target = crate::as_request_uri(data);
    if let Ok(target) = Uri::parse(&target)
        && matches!(uri.scheme, crate::Scheme::Sip | crate::Scheme::Sips)
    {
        assert!(target.headers.is_none() && !target.params.has(b"method"));
        assert!(target.same_address_of_record(&uri));
    }
    let _ = (uri.default_port(), uri.host_ip(), uri.transport(), uri.header_pairs().count());
}

/// An address reads the same a second time.
pub fn check_name_addr(data: &[u8]) {
    let Ok(address) = NameAddr::parse(data) else { return };
    assert_eq!(NameAddr::parse(address.text), Ok(address));
    let _ = (address.tag(), address.parsed_uri(), address.check());
}

/// The items of a list with the commas between them are the list.
pub fn check_list(data: &[u8]) {
    let items: usize = Lists::new(data).map(<[u8]>::len).sum();
    let commas = Lists::new(data).count() - 1;
    let spaces = data.iter().filter(|byte| text::is_lws(**byte)).count();
    assert!(items + commas <= data.len() && data.len() <= items + commas + spaces);
}

/// A Via reads the same a second time, and so does one whose address was filled in.
pub fn check_via(data: &[u8]) {
    assert_eq!(Via::check_head(data).is_ok(), Via::parse(data).is_ok());
    let Ok(via) = Via::parse(data) else { return };
    assert_eq!(Via::parse(via.text), Ok(via));
    let _ = (via.check(), via.branch(), via.received_ip(), via.rport(), via.host_ip());
    let mut params = Vec::new();
    via.write_params(Some(std::net::IpAddr::from([192, 0, 2, 1])), Some(5060), &mut params);
    let params = Params::new(&params);
    if via.params.check().is_ok() {
        assert_eq!(params.value(b"received"), Some(&b"192.0.2.1"[..]));
        assert_eq!(params.value(b"rport"), Some(&b"5060"[..]));
    }
}

/// A CSeq is what its parts say.
pub fn check_cseq(data: &[u8]) {
    let Ok(cseq) = CSeq::parse(data) else { return };
    let again = [cseq.number.to_string().as_bytes(), b" ", cseq.method_text].concat();
    assert_eq!(CSeq::parse(&again), Ok(cseq));
}

/// A RAck is what its parts say.
pub fn check_rack(data: &[u8]) {
    let Ok(rack) = RAck::parse(data) else { return };
    let again = [format!("{} {} ", rack.response, rack.sequence).as_bytes(), rack.method_text].concat();
    assert_eq!(RAck::parse(&again), Ok(rack));
}

/// A value is what its parts say.
pub fn check_value(data: &[u8]) {
    let Ok(value) = Value::parse(data) else { return };
    let again = [value.value, value.params.as_bytes()].concat();
    assert_eq!(Value::parse(&again), Ok(value));
    let _ = value.number();
}

/// Every parameter is found by its name.
pub fn check_params(data: &[u8]) {
    let params = Params::new(data);
    let _ = params.check();
    for (name, _) in params.iter() {
        assert!(params.has(name));
        let _ = params.unquoted(name);
    }
}

/// Credentials and challenges.
pub fn check_auth(data: &[u8]) {
    if let Ok(credentials) = auth::Credentials::parse(data) {
        let _ = (credentials.nonce_count(), credentials.plain_username());
        assert!(!credentials.is_digest() || credentials.params.value(b"response").is_some());
    }
    if let Ok(challenge) = auth::Challenge::parse(data) {
        let _ = challenge.offers_qop(b"auth");
    }
}

/// A media type is what its parts say.
pub fn check_media_type(data: &[u8]) {
    let Ok(media) = MediaType::parse(data) else { return };
    assert!(text::is_token(media.kind) && text::is_token(media.subtype));
}

/// The views of a session description.
pub fn check_sdp(data: &[u8]) {
    let Ok(sdp) = Sdp::parse(data) else { return };
    let sections: usize = sdp.media().map(|media| media.text.len()).sum();
    assert_eq!(sdp.session_text().len() + sections, data.len());
    let _ = (sdp.origin(), sdp.is_hold(), sdp.lines().count());
    for media in sdp.media() {
        assert!(media.codecs().count() <= media.formats().count());
        assert!(media.codecs().all(|codec| codec.lines().count() <= media.lines().count()));
    }
}

/// The parts of a body lie in the body; the first line of the input is the Content-Type.
pub fn check_multipart(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (content_type, body) = data.split_at(end);
    let length: usize = multipart::parts(content_type, body).map(|part| part.text.len()).sum();
    assert!(length <= body.len());
    assert!(multipart::parts(content_type, body).all(|part| part.header_pairs().count() <= part.headers.len()));
    multipart::body_of_type(content_type, body, b"application", b"sdp");
}

/// Escaping and its reverse, unfolding and unquoting.
pub fn check_text(data: &[u8]) {
    for escaped in [escape::escape_user(data), escape::escape_param(data), escape::escape_header(data)] {
        assert_eq!(escape::unescape(&escaped), data);
        assert!(escape::is_well_escaped(&escaped));
    }
    assert!(!text::unfold(data).contains(&b'\n'));
    assert!(text::unquote(data).len() <= data.len());
    let _ = (text::number(data), escape::unescape(data), HeaderName::of(data));
}
