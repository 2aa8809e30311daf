//! How long the common steps take, in nanoseconds each: `cargo bench -p sip`.

// A bench is about time.
#![allow(clippy::disallowed_types)]

use std::{hint::black_box, time::Instant};

use bytes::Bytes;
use sip::{Edits, HeaderName, Limits, Message, Uri, build::Reply, write};

const OPTIONS: &str = "OPTIONS sip:service@sip.example.com SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-1-1-0;rport\r\n\
    From: <sip:tester@192.0.2.10:5060>;tag=1SIPpTag001\r\n\
    To: <sip:service@sip.example.com>\r\n\
    Call-ID: 1-12345@192.0.2.10\r\n\
    CSeq: 1 OPTIONS\r\n\
    Contact: <sip:tester@192.0.2.10:5060>\r\n\
    Max-Forwards: 70\r\n\
    Content-Length: 0\r\n\r\n";

const INVITE: &str = "INVITE sip:bob@biloxi.example.com SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bK776asdhds;rport\r\n\
    Via: SIP/2.0/UDP 10.1.3.3:5060;branch=z9hG4bK776asdhde;received=192.0.2.9\r\n\
    Record-Route: <sip:192.0.2.20;lr;ftag=1928301774>\r\n\
    Max-Forwards: 69\r\n\
    From: \"Alice\" <sip:alice@atlanta.example.com>;tag=1928301774\r\n\
    To: \"Bob\" <sip:bob@biloxi.example.com>\r\n\
    Call-ID: a84b4c76e66710@pc33.atlanta.example.com\r\n\
    CSeq: 314159 INVITE\r\n\
    Contact: <sip:alice@10.1.3.3:5060;transport=udp>\r\n\
    Allow: INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, OPTIONS, INFO, SUBSCRIBE\r\n\
    Supported: replaces, norefersub, extended-refer, timer, outbound, path\r\n\
    User-Agent: Example Phone 5.6.1\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 0\r\n\r\n";

fn main() {
    let limits = Limits::default();
    let options = Bytes::from_static(OPTIONS.as_bytes());
    let invite = Bytes::from_static(INVITE.as_bytes());
    let (Ok(parsed), Ok(request)) = (Message::parse(invite.clone(), &limits), Message::parse(options.clone(), &limits))
    else {
        return eprintln!("the samples are no messages");
    };
    measure("parse OPTIONS", || Message::parse(options.clone(), &limits).is_ok());
    measure("parse INVITE", || Message::parse(invite.clone(), &limits).is_ok());
    measure("check INVITE", || parsed.check().is_ok());
    measure("clone INVITE", || parsed.clone().header_count() > 0);
    measure("find a header", || parsed.header(black_box(HeaderName::UserAgent)).is_some());
    measure("read a URI", || Uri::parse(black_box(b"sip:alice@10.1.3.3:5060;transport=udp")).is_ok());
    let mut out = Vec::with_capacity(4096);
    measure("reply to OPTIONS", || {
        out.clear();
        Reply::new(&request, 200, b"OK").write(&mut out);
        !out.is_empty()
    });
    let via = Bytes::from_static(b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n");
    let target = Bytes::from_static(b"sip:bob@192.0.2.4");
    let mut out = Vec::with_capacity(4096);
    measure("forward INVITE", || {
        let mut edits = Edits::default();
        edits.push_via(via.clone());
        edits.push_record_route(via.clone());
        edits.set_request_uri(target.clone());
        edits.replace_value(4, target.clone());
        out.clear();
        write(&parsed, &[&edits], &mut out);
        !out.is_empty()
    });
}

/// Runs a step often enough to tell, and prints the mean of the quietest of several rounds.
fn measure(name: &str, mut step: impl FnMut() -> bool) {
    let round = |step: &mut dyn FnMut() -> bool| {
        let start = Instant::now();
        let good = (0..TURNS).all(|_| black_box(step()));
        assert!(good, "{name}");
        start.elapsed().as_nanos() / u128::from(TURNS)
    };
    let best = (0..ROUNDS).map(|_| round(&mut step)).min().unwrap_or_default();
    println!("{name:>20} {best:6} ns");
}

const TURNS: u32 = 50_000;
const ROUNDS: u32 = 20;
