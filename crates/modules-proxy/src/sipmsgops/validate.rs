//! `sipmsg_validate()`: holds a message to RFC 3261, and says what is wrong with it.

use super::body::WITH_SDP;
use catalogue::{Arg, Example, Routes, Value, Verdict as Judgement};
use module_api::{Args, Call, FUNCTION, Function, Operator, Outcome, Run};
use sip::{HeaderName, Message, Method, NameAddr, Scheme, Uri, sdp::Sdp};

pub(super) const SIPMSG_VALIDATE: Function = Function {
    name: "sipmsg_validate",
    about: "Checks what RFC 3261 asks of a message.",
    args: &[
        Arg::str(
            "flags",
            "Letters: `s` check the SDP, `h` all headers, `r` the Request-URI, `f` From, `t` To, `c` Contact; \
             `m` do not ask for Max-Forwards.",
        )
        .judged(|text| Judgement::letters(text, LETTERS, "letters among s, h, m, r, f, t and c"))
        .optional(),
        Arg::var("result_pvar", "Where the reason goes.").optional(),
    ],
    routes: Routes::REQUEST.or(Routes::ONREPLY).or(Routes::FAILURE).or(Routes::BRANCH),
    returns: RETURNS,
    examples: &[
        Example { script: "sipmsg_validate()", message: "Max-Forwards: 70\nContact: <sip:a@192.0.2.10>", returns: 1 },
        Example { script: "sipmsg_validate()", message: "Contact: <sip:a@192.0.2.10>", returns: -13 },
        Example { script: "sipmsg_validate(\"mx\")", message: "", returns: -14 },
        Example { script: "sipmsg_validate(\"m\")", message: "", returns: -14 },
        Example { script: "sipmsg_validate(\"ms\")", message: WITH_SDP, returns: -14 },
        Example { script: "sipmsg_validate()", message: "SIP/2.0 401 Unauthorized", returns: -20 },
    ],
    run: Run::Now(sipmsg_validate),
    ..FUNCTION
};

const LETTERS: &str = "shmrftc";

/// A code and what it means, which is also the reason given to the script.
type Verdict = (i32, &'static str);

const CALL_ID: Verdict = (-3, "Call-ID is missing");
const NO_LENGTH: Verdict = (-4, "Content-Length is missing");
const WRONG_LENGTH: Verdict = (-5, "Content-Length is wrong");
const SDP: Verdict = (-6, "the SDP cannot be read");
const CSEQ: Verdict = (-7, "CSeq is missing");
const FROM: Verdict = (-8, "From is missing");
const TO: Verdict = (-9, "To is missing");
const VIA: Verdict = (-10, "Via is missing");
const HEADERS: Verdict = (-2, "a header cannot be read");
const URI: Verdict = (-11, "the Request-URI cannot be read");
const URI_HOST: Verdict = (-12, "the host of the Request-URI is wrong");
const MAX_FORWARDS: Verdict = (-13, "Max-Forwards is missing");
const CONTACT: Verdict = (-14, "Contact is missing");
const PATH: Verdict = (-15, "Path is for REGISTER only");
const ALLOW: Verdict = (-16, "a 405 without Allow");
const MIN_EXPIRES: Verdict = (-17, "a 423 without Min-Expires");
const PROXY_AUTHENTICATE: Verdict = (-18, "a 407 without Proxy-Authenticate");
const UNSUPPORTED: Verdict = (-19, "a 420 without Unsupported");
const WWW_AUTHENTICATE: Verdict = (-20, "a 401 without WWW-Authenticate");
const CONTENT_TYPE: Verdict = (-21, "a body without Content-Type");
const TO_URI: Verdict = (-22, "To cannot be read");
const TO_HOST: Verdict = (-23, "the host of To is wrong");
const FROM_URI: Verdict = (-24, "From cannot be read");
const FROM_HOST: Verdict = (-25, "the host of From is wrong");
const CONTACT_URI: Verdict = (-26, "Contact cannot be read");
const URI_USER: Verdict = (-27, "the user part of the Request-URI is wrong");
const FROM_USER: Verdict = (-28, "the user part of From is wrong");
const TO_USER: Verdict = (-29, "the user part of To is wrong");
const STAR: Verdict = (-30, "`*` as Contact is for REGISTER with Expires 0 only");
const OTHER: Verdict = (-255, "any other error, which is logged");

const RETURNS: &[(i32, &str)] = &[
    (1, "it is as it should be"),
    HEADERS,
    CALL_ID,
    NO_LENGTH,
    WRONG_LENGTH,
    SDP,
    CSEQ,
    FROM,
    TO,
    VIA,
    URI,
    URI_HOST,
    MAX_FORWARDS,
    CONTACT,
    PATH,
    ALLOW,
    MIN_EXPIRES,
    PROXY_AUTHENTICATE,
    UNSUPPORTED,
    WWW_AUTHENTICATE,
    CONTENT_TYPE,
    TO_URI,
    TO_HOST,
    FROM_URI,
    FROM_HOST,
    CONTACT_URI,
    URI_USER,
    FROM_USER,
    TO_USER,
    STAR,
    OTHER,
];

fn sipmsg_validate(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    warn_of_unknown(call, args.opt_str(0).map_or(&b""[..], |letters| letters));
    Ok(validate(call, args).unwrap_or_else(|fault| {
        call.env.log().error(format!("sipmsg_validate: {fault}"));
        OTHER.0
    }))
}

/// Upstream says what it passes over.
fn warn_of_unknown(call: &Call<'_>, letters: &[u8]) {
    for letter in letters.iter().filter(|letter| !LETTERS.as_bytes().contains(letter)) {
        let letter = char::from(*letter).escape_default();
        call.env.log().warning(format!("sipmsg_validate: flag {letter} means nothing"));
    }
}

fn validate(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let checks = Checks::parse(args.opt_str(0).map_or(&b""[..], |letters| letters));
    let uri = call.msg.is_request().then(|| call.msg.request_uri().clone());
    let verdict = checks.judge(&call.msg.message, uri.as_deref(), call.msg.source.proto.is_reliable());
    let Err((code, reason)) = verdict else { return Ok(1) };
    if let Some(variable) = args.opt_var(1) {
        variable.write(call, Operator::Set, Value::fixed(reason))?;
    }
    Ok(code)
}

/// What is checked besides what always is.
#[derive(Clone, Copy, Default)]
struct Checks {
    sdp: bool,
    headers: bool,
    ignore_max_forwards: bool,
    uri: bool,
    from: bool,
    to: bool,
    contact: bool,
}

impl Checks {
    /// Letters that mean nothing are passed over.
    fn parse(letters: &[u8]) -> Checks {
        let mut checks = Checks::default();
        for letter in letters {
            match letter {
                b's' => checks.sdp = true,
                b'h' => checks.headers = true,
                b'm' => checks.ignore_max_forwards = true,
                b'r' => checks.uri = true,
                b'f' => checks.from = true,
                b't' => checks.to = true,
                b'c' => checks.contact = true,
                _ => {}
            }
        }
        checks
    }

    fn judge(self, message: &Message, uri: Option<&[u8]>, is_stream: bool) -> Result<(), Verdict> {
        check_essentials(message)?;
        check_body(message, is_stream)?;
        if self.sdp {
            check_sdp(message)?;
        }
        match uri {
            Some(uri) => self.judge_request(message, uri)?,
            None => check_reply(message)?,
        }
        if self.headers {
            message.check().map_err(|_| HEADERS)?;
        }
        if self.from {
            check_address(message.from().ok(), [FROM_URI, FROM_HOST, FROM_USER])?;
        }
        if self.to {
            check_address(message.to().ok(), [TO_URI, TO_HOST, TO_USER])?;
        }
        if self.contact {
            check_contacts(message)?;
        }
        Ok(())
    }

    fn judge_request(self, message: &Message, uri: &[u8]) -> Result<(), Verdict> {
        if self.uri {
            check_uri(Uri::parse(uri).ok(), [URI, URI_HOST, URI_USER])?;
        }
        let method = message.method();
        must(self.ignore_max_forwards || has(message, HeaderName::MaxForwards), MAX_FORWARDS)?;
        // RFC 3261 section 8.1.1.8, RFC 6665 and RFC 3515: requests that make a dialog say where to reach their sender.
        let makes_dialog = matches!(method, Method::Invite | Method::Subscribe | Method::Refer);
        must(!makes_dialog || has(message, HeaderName::Contact), CONTACT)?;
        must(method == Method::Register || !has(message, HeaderName::Path), PATH)
    }
}

fn check_essentials(message: &Message) -> Result<(), Verdict> {
    must(message.call_id().is_ok(), CALL_ID)?;
    must(message.cseq().is_ok(), CSEQ)?;
    must(message.from().is_ok(), FROM)?;
    must(message.to().is_ok(), TO)?;
    must(message.top_via().is_ok(), VIA)
}

fn check_body(message: &Message, is_stream: bool) -> Result<(), Verdict> {
    let announced = message.header(HeaderName::ContentLength);
    must(!is_stream || announced.is_some(), NO_LENGTH)?;
    must(announced.is_none() || message.content_length() == Some(message.body().len()), WRONG_LENGTH)?;
    must(message.body().is_empty() || message.content_type().is_some(), CONTENT_TYPE)
}

fn check_sdp(message: &Message) -> Result<(), Verdict> {
    let Some(kind) = message.content_type() else { return Ok(()) };
    let Some(text) = sip::multipart::body_of_type(kind, message.body(), b"application", b"sdp") else { return Ok(()) };
    must(text.is_empty() || Sdp::parse(text).is_ok(), SDP)
}

/// RFC 3261 section 20, table 2: what these replies must carry.
fn check_reply(message: &Message) -> Result<(), Verdict> {
    let (name, verdict) = match message.status() {
        401 => (HeaderName::WwwAuthenticate, WWW_AUTHENTICATE),
        405 => (HeaderName::Allow, ALLOW),
        407 => (HeaderName::ProxyAuthenticate, PROXY_AUTHENTICATE),
        420 => (HeaderName::Unsupported, UNSUPPORTED),
        423 => (HeaderName::MinExpires, MIN_EXPIRES),
        200..=299 if message.method() == Method::Invite => (HeaderName::Contact, CONTACT),
        _ => return Ok(()),
    };
    must(has(message, name), verdict)
}

fn check_address(address: Option<NameAddr<'_>>, verdicts: [Verdict; 3]) -> Result<(), Verdict> {
    check_uri(address.and_then(|address| address.parsed_uri().ok()), verdicts)
}

/// The verdicts are those for the whole, the host and the user part.
fn check_uri(uri: Option<Uri<'_>>, [whole, host, user]: [Verdict; 3]) -> Result<(), Verdict> {
    let Some(uri) = uri else { return Err(whole) };
    if !matches!(uri.scheme, Scheme::Sip | Scheme::Sips) {
        return Ok(());
    }
    must(is_host(uri.host), host)?;
    must(uri.user.is_none_or(is_user), user)
}

fn check_contacts(message: &Message) -> Result<(), Verdict> {
    for contact in message.name_addrs(HeaderName::Contact) {
        let Ok(contact) = contact else { return Err(CONTACT_URI) };
        if contact.address.is_star() {
            let unregisters = message.is_request()
                && message.method() == Method::Register
                && message.expires().ok().flatten() == Some(0);
            must(unregisters, STAR)?;
            continue;
        }
        must(contact.address.parsed_uri().is_ok(), CONTACT_URI)?;
    }
    Ok(())
}

/// RFC 3261 section 25.1, `host`: letters, digits, hyphens and dots, or an IPv6 address in brackets.
fn is_host(host: &[u8]) -> bool {
    let is_name = !host.is_empty() && host.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(byte));
    is_name || host.starts_with(b"[")
}

/// RFC 3261 section 25.1, `user`.
fn is_user(user: &[u8]) -> bool {
    let mut bytes = user.iter();
    while let Some(byte) = bytes.next() {
        let good = match byte {
            b'%' => {
                let (high, low) = (bytes.next(), bytes.next());
                high.is_some_and(u8::is_ascii_hexdigit) && low.is_some_and(u8::is_ascii_hexdigit)
            }
            _ => byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(byte),
        };
        if !good {
            return false;
        }
    }
    true
}

fn has(message: &Message, name: HeaderName) -> bool {
    message.header(name).is_some()
}

fn must(holds: bool, verdict: Verdict) -> Result<(), Verdict> {
    if holds { Ok(()) } else { Err(verdict) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use module_api::ArgValue;
    use testkit::{Fixture, str};

    fn verdict(lines: &str, flags: &str) -> String {
        let mut fixture = if lines.starts_with("SIP/2.0 ") { Fixture::reply(lines) } else { Fixture::request(lines) };
        let state = fixture.start(&super::super::MODULE, &[]);
        let reason = ArgValue::Var(fixture.variable("$var(reason)"));
        let code = fixture.call(&state, &SIPMSG_VALIDATE, &[str(flags), reason]);
        let reason = fixture.value("$var(reason)").text().map(|text| String::from_utf8_lossy(&text).into_owned());
        format!("{code} {}", reason.unwrap_or_default()).trim_end().to_owned()
    }

    #[test]
    fn requests() {
        let options = |lines: &str, flags: &str| verdict(&format!("OPTIONS sip:b@example.com SIP/2.0\n{lines}"), flags);
        assert_eq!(options("Max-Forwards: 1", "hsrftc"), "1");
        assert_eq!(options("", "m"), "1");
        assert_eq!(options("", ""), "-13 Max-Forwards is missing");
        assert_eq!(options("Path: <sip:p@192.0.2.3;lr>", "m"), "-15 Path is for REGISTER only");
        assert_eq!(options("\nbody", "m"), "-21 a body without Content-Type");
        assert_eq!(options("Content-Type: application/sdp\n\nhello", "ms"), "-6 the SDP cannot be read");
        assert_eq!(options("Expires: soon", "mh"), "-2 a header cannot be read");
        assert_eq!(options("From: <sip:a@ex_ample.com>;tag=1", "mf"), "-25 the host of From is wrong");
        assert_eq!(options("To: <sip:a#b@example.com>", "mt"), "-29 the user part of To is wrong");
        assert_eq!(options("Contact: *", "mc"), "-30 `*` as Contact is for REGISTER with Expires 0 only");
        assert_eq!(options("Contact: <sip:>", "mc"), "-26 Contact cannot be read");
        assert_eq!(options("", "xm"), "1");
        assert_eq!(options("Expires: soon", "xmh"), "-2 a header cannot be read");
    }

    #[test]
    fn the_request_uri() {
        let uri = |uri: &str| verdict(&format!("OPTIONS {uri} SIP/2.0"), "mr");
        assert_eq!(uri("sip:b@exa_mple.com"), "-12 the host of the Request-URI is wrong");
        assert_eq!(uri("sip:b%4@example.com"), "-27 the user part of the Request-URI is wrong");
        assert_eq!(uri("sip:b%41@[2001:db8::1]:5060"), "1");
        assert_eq!(uri("tel:+1234"), "1");
    }

    #[test]
    fn registrations() {
        let register = |lines: &str| verdict(&format!("REGISTER sip:example.com SIP/2.0\n{lines}"), "mc");
        assert_eq!(register("Contact: *\nExpires: 0\nPath: <sip:p@192.0.2.3;lr>"), "1");
        assert_eq!(register("Contact: *"), "-30 `*` as Contact is for REGISTER with Expires 0 only");
    }

    #[test]
    fn replies() {
        assert_eq!(verdict("SIP/2.0 180 Ringing", ""), "1");
        assert_eq!(verdict("SIP/2.0 200 OK", ""), "-14 Contact is missing");
        assert_eq!(verdict("SIP/2.0 405 No", ""), "-16 a 405 without Allow");
        assert_eq!(verdict("SIP/2.0 407 Auth", ""), "-18 a 407 without Proxy-Authenticate");
        assert_eq!(verdict("SIP/2.0 420 Ext", ""), "-19 a 420 without Unsupported");
        assert_eq!(verdict("SIP/2.0 423 Brief", ""), "-17 a 423 without Min-Expires");
    }
}
