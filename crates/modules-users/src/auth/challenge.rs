//! `www_challenge` and `proxy_challenge`: 401 and 407 with a challenge for each algorithm (RFC 8760).

use super::check::StaleSeen;
use super::qop::QopOffer;
use super::realm::realm;
use super::{Auth, Hop, OK};
use bytes::Bytes;
use catalogue::{Arg, Example, Routes, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, ReplyContent, Run};
use sip::Method;
use sip::digest::Algorithm;

pub const WWW_CHALLENGE: Function = Function {
    name: "www_challenge",
    about: "Answers 401 with a challenge in WWW-Authenticate.",
    args: ARGS,
    routes: Routes::REQUEST,
    returns: RETURNS,
    examples: &[Example { script: "www_challenge(\"\", \"auth\")", message: "", returns: 1 }],
    run: Run::Now(|call, args| challenge(call, args, Hop::User)),
    ..FUNCTION
};

pub const PROXY_CHALLENGE: Function = Function {
    name: "proxy_challenge",
    about: "Answers 407 with a challenge in Proxy-Authenticate.",
    args: ARGS,
    routes: Routes::REQUEST,
    returns: RETURNS,
    examples: &[Example {
        script: "proxy_challenge(\"example.com\", \"auth,auth-int\", \"SHA-256,MD5\")",
        message: "",
        returns: 1,
    }],
    run: Run::Now(|call, args| challenge(call, args, Hop::Proxy)),
    ..FUNCTION
};

const ARGS: &[Arg] = &[
    Arg::str("realm", "The realm; empty: the domain of who registers or calls."),
    Arg::str("qop", "auth, auth-int, or both with a comma between; none where left out.").optional().judged(judge_qop),
    Arg::str("algorithms", "The algorithms, with commas between; MD5 where left out.")
        .optional()
        .judged(judge_algorithms),
];

const RETURNS: &[(i32, &str)] = &[(1, "the challenge was sent"), (-1, "an error, which is logged; 500 was sent")];

fn challenge(call: &mut Call<'_>, args: Args<'_>, hop: Hop) -> Outcome {
    // RFC 3261 section 22.1: neither has a reply that could carry a challenge.
    if matches!(call.msg.message.method(), Method::Ack | Method::Cancel) {
        return Err(Fault::script("an ACK or CANCEL cannot be challenged"));
    }
    let made = lines(call, args, hop);
    let (code, reason) = if made.is_ok() { hop.reply() } else { (500, "Server Internal Error") };
    let headers = made.as_ref().map(|lines| Bytes::copy_from_slice(lines)).unwrap_or_default();
    // The script counts on the phone to have its answer, whatever a variable said.
    let reply = ReplyContent { headers, ..ReplyContent::new(code, reason) };
    call.env.operations.answer(call, &reply)?;
    made.map(|_| OK)
}

fn lines(call: &mut Call<'_>, args: Args<'_>, hop: Hop) -> Result<Vec<u8>, Fault> {
    let auth = call.state::<Auth>()?;
    let qop = args.opt_str(1).map_or(Ok(QopOffer::None), |text| offer(text))?;
    let mut lines = Vec::with_capacity(256);
    {
        let realm = realm(call.msg, hop, args.str(0)?, &auth.realm_prefix)?;
        let stale = call.msg.extensions.get::<StaleSeen>().is_some();
        let mut line = |algorithm: Algorithm, named: bool| {
            let nonce = auth.nonces.issue(algorithm, qop, call.env.now);
            write_line(&mut lines, hop, realm, &nonce, qop, named.then_some(algorithm), stale);
        };
        match args.opt_str(2).filter(|list| !list.trim_ascii().is_empty()) {
            None => line(Algorithm::Md5, false),
            Some(list) => algorithms(list)?.into_iter().for_each(|algorithm| line(algorithm, true)),
        }
    }
    Ok(lines)
}

fn offer(text: &[u8]) -> Result<QopOffer, Fault> {
    QopOffer::parse(text).ok_or_else(|| Fault::script("qop must be auth, auth-int, or both"))
}

fn judge_qop(text: &str) -> Verdict {
    match (text.trim(), QopOffer::parse(text.as_bytes())) {
        ("0", _) => Verdict::Old(String::new()),
        ("1", _) => Verdict::Old("auth".to_owned()),
        (_, Some(_)) => Verdict::Fine,
        (_, None) => {
            Verdict::Wrong(format!("\"{text}\" is no quality of protection"), "auth, auth-int, or auth,auth-int")
        }
    }
}

fn judge_algorithms(text: &str) -> Verdict {
    if text.trim().is_empty() {
        return Verdict::Fine;
    }
    let known = "one or more of MD5, MD5-sess, SHA-256, SHA-256-sess, SHA-512-256, SHA-512-256-sess";
    Verdict::of(algorithms(text.as_bytes()), known)
}

fn algorithms(list: &[u8]) -> Result<Vec<Algorithm>, Fault> {
    let names = list.split(|byte| *byte == b',').map(|name| name.trim_ascii());
    let algorithm = |name: &[u8]| {
        Algorithm::of(name)
            .ok_or_else(|| Fault::script(format!("\"{}\" is no digest algorithm", String::from_utf8_lossy(name))))
    };
    names.take(Algorithm::ALL.len()).map(algorithm).collect()
}

fn write_line(
    out: &mut Vec<u8>,
    hop: Hop,
    realm: &[u8],
    nonce: &[u8],
    qop: QopOffer,
    algorithm: Option<Algorithm>,
    stale: bool,
) {
    out.extend_from_slice(hop.challenge().as_bytes());
    out.extend_from_slice(b": Digest realm=\"");
    for byte in realm.iter().filter(|byte| !byte.is_ascii_control()) {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.extend_from_slice(b"\", nonce=\"");
    out.extend_from_slice(nonce);
    out.push(b'"');
    if let Some(qop) = qop.text() {
        out.extend_from_slice(b", qop=\"");
        out.extend_from_slice(qop.as_bytes());
        out.push(b'"');
    }
    if let Some(algorithm) = algorithm {
        out.extend_from_slice(b", algorithm=");
        out.extend_from_slice(algorithm.as_str().as_bytes());
    }
    if stale {
        out.extend_from_slice(b", stale=true");
    }
    out.extend_from_slice(b"\r\n");
}
