//! `tm:uac_dlg`, `tm:uac_cancel`, `tm:hash`, `tm:reply`.

use bytes::Bytes;
use catalogue::CommandParam as P;
use module_api::{
    COMMAND, Command, Job, Json, JsonMap, Management, MiError, MiFlow, MiReply, MiRun, NewRequest, ReplyContent,
    Request, WhenHeard,
};
use sip::{HeaderName, Limits, Message, Uri};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const METHOD: P = P::str("method");
const RURI: P = P::str("ruri");
const HEADERS: P = P::str("headers");
const NEXT_HOP: P = P::str("next_hop");
const SOCKET: P = P::str("socket");
const BODY: P = P::str("body");

pub(super) const UAC_DLG: Command = Command {
    name: "tm:uac_dlg",
    aliases: &["t_uac_dlg"],
    about: "Sends a request and answers with its final reply, and with the provisional ones before it under \
            \"Provisional\" where pass_provisional_replies is set.",
    recipes: &[
        &[METHOD, RURI, HEADERS],
        &[METHOD, RURI, HEADERS, NEXT_HOP],
        &[METHOD, RURI, HEADERS, SOCKET],
        &[METHOD, RURI, HEADERS, BODY],
        &[METHOD, RURI, HEADERS, NEXT_HOP, SOCKET],
        &[METHOD, RURI, HEADERS, NEXT_HOP, BODY],
        &[METHOD, RURI, HEADERS, SOCKET, BODY],
        &[METHOD, RURI, HEADERS, NEXT_HOP, SOCKET, BODY],
    ],
    named_only: true,
    reply: "{Status: s, RURI: s, Next-hop: s, Routes: [s, …], Message: s[, Provisional: [s, …]]}",
    run: MiRun::Wait(uac_dlg),
};

pub(super) const UAC_CANCEL: Command = Command {
    name: "tm:uac_cancel",
    aliases: &["t_uac_cancel"],
    about: "Cancels an INVITE found by its Call-ID and CSeq.",
    recipes: &[&[P::str("callid"), P::str("cseq")]],
    run: MiRun::Now(uac_cancel),
    ..COMMAND
};

pub(super) const HASH: Command = Command {
    name: "tm:hash",
    aliases: &["t_hash"],
    about: "How many transactions each part of the table holds, and has held since the start.",
    reply: "[{index: n, Current: n, Total: n}, …]",
    run: MiRun::Now(hash),
    ..COMMAND
};

const CODE: P = P::int("code");
const REASON: P = P::str("reason");
const TRANS_ID: P = P::str("trans_id");
const TO_TAG: P = P::str("to_tag");
const NEW_HEADERS: P = P::str("new_headers");

pub(super) const REPLY: Command = Command {
    name: "tm:reply",
    aliases: &["t_reply"],
    about: "Answers a transaction found by its identifier ($T_id).",
    recipes: &[
        &[CODE, REASON, TRANS_ID, TO_TAG],
        &[CODE, REASON, TRANS_ID, TO_TAG, NEW_HEADERS],
        &[CODE, REASON, TRANS_ID, TO_TAG, BODY],
        &[CODE, REASON, TRANS_ID, TO_TAG, NEW_HEADERS, BODY],
    ],
    named_only: true,
    run: MiRun::Now(reply),
    ..COMMAND
};

/// How long a command waits for a final reply: longer than any transaction takes by default.
const PATIENCE: Duration = Duration::from_secs(300);

/// What the replies leave for the command that waits for them.
type Slot = Arc<Mutex<Heard>>;

#[derive(Default)]
struct Heard {
    provisional: Vec<Json>,
    last: Option<(u16, Bytes)>,
}

/// More than any callee has to say before it answers.
const PROVISIONAL_MAX: usize = 32;

fn uac_dlg(management: &mut Management<'_>) -> MiFlow {
    match send(management) {
        Ok((promise, slot)) => {
            let request = Request::Promise { number: promise, deadline: PATIENCE };
            MiFlow::wait(request, move |_, _| MiFlow::Done(answer(&slot)))
        }
        Err(error) => MiFlow::Done(Err(error)),
    }
}

fn send(management: &mut Management<'_>) -> Result<(u64, Slot), MiError> {
    let slot = Slot::default();
    let heard = Arc::clone(&slot);
    let provisional = WhenHeard(Arc::new(move |code, reply| {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.provisional.len() < PROVISIONAL_MAX {
            heard.provisional.push(status_text(code, Message::parse(reply.clone(), &Limits::OWN).ok().as_ref()));
        }
    }));
    let request = NewRequest { provisional: Some(provisional), ..new_request(management)? };
    let operations = management.env.operations;
    let promise = operations.promise();
    let kept = Arc::clone(&slot);
    let done = Box::new(move |env: &mut module_api::Env<'_>, code: u16, reply: Bytes| {
        kept.lock().unwrap_or_else(PoisonError::into_inner).last = Some((code, reply));
        env.operations.fulfil(env, promise);
        Job::DONE
    });
    operations.send_request(&mut management.env, request, Some(done))?;
    Ok((promise, slot))
}

fn new_request(management: &Management<'_>) -> Result<NewRequest, MiError> {
    let params = &management.params;
    let given = |name: &str| params.opt_str(name).filter(|text| !text.is_empty() && *text != ".");
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    let uri = params.str("ruri")?;
    Uri::parse(uri.as_bytes()).map_err(|_| MiError::new(400, "Invalid ruri"))?;
    if let Some(next_hop) = given("next_hop") {
        Uri::parse(next_hop.as_bytes()).map_err(|_| MiError::new(400, "Invalid next_hop"))?;
    }
    if let Some(socket) = given("socket") {
        let known = management.env.services.sockets.named(socket.as_bytes());
        known.ok_or_else(|| MiError::new(404, "Local socket not found"))?;
    }
    let headers = with_line_ends(params.str("headers")?);
    let body = given("body");
    check_headers(&headers, body.is_some())?;
    Ok(NewRequest {
        method: bytes(params.str("method")?),
        uri: bytes(uri),
        next_hop: given("next_hop").map(bytes),
        socket: given("socket").map(bytes),
        headers: headers.into(),
        body: body.map(bytes).unwrap_or_default(),
        ..NewRequest::default()
    })
}

/// Header lines as messages have them, whatever ends them on a command line.
fn with_line_ends(text: &str) -> Vec<u8> {
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    lines.flat_map(|line| line.bytes().chain(*b"\r\n")).collect()
}

fn check_headers(headers: &[u8], has_body: bool) -> Result<(), MiError> {
    let mut names = Vec::new();
    for line in headers.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let colon = line.iter().position(|byte| *byte == b':').ok_or_else(|| MiError::new(400, "Bad headers"))?;
        names.push(HeaderName::of(line.get(..colon).unwrap_or_default().trim_ascii()));
    }
    let wants = |name: HeaderName, text: &str| {
        if names.contains(&name) { Ok(()) } else { Err(MiError::new(400, text)) }
    };
    if names.contains(&HeaderName::ContentLength) {
        return Err(MiError::new(400, "Content-Length disallowed"));
    }
    if has_body {
        wants(HeaderName::ContentType, "Content-Type missing")?;
    }
    wants(HeaderName::To, "To missing")?;
    wants(HeaderName::From, "From missing")
}

fn answer(slot: &Slot) -> MiReply {
    let Heard { provisional, last } = std::mem::take(&mut *slot.lock().unwrap_or_else(PoisonError::into_inner));
    let (code, bytes) = last.ok_or_else(|| MiError::new(408, "Request Timeout"))?;
    let reply = Message::parse(bytes, &Limits::OWN).ok();
    let text = |bytes: &[u8]| Json::from(String::from_utf8_lossy(bytes).into_owned());
    let contact =
        reply.as_ref().and_then(|reply| Some(text(reply.name_addrs(HeaderName::Contact).next()?.ok()?.address.uri)));
    let mut routes: Vec<Json> = Vec::new();
    for item in reply.iter().flat_map(|reply| reply.name_addrs(HeaderName::RecordRoute)).flatten() {
        routes.push(text(item.text));
    }
    // A caller's route set is the Record-Route of the reply, from its end (RFC 3261 section 12.1.2).
    routes.reverse();
    let next_hop = routes.first().cloned().or_else(|| contact.clone());
    let mut object = JsonMap::new();
    object.insert("Status".to_owned(), status_text(code, reply.as_ref()));
    object.insert("RURI".to_owned(), contact.unwrap_or_else(|| ".".into()));
    object.insert("Next-hop".to_owned(), next_hop.unwrap_or_else(|| ".".into()));
    object.insert("Routes".to_owned(), routes.into());
    object.insert("Message".to_owned(), reply.map_or_else(|| "".into(), |reply| text(reply.bytes())));
    if !provisional.is_empty() {
        object.insert("Provisional".to_owned(), provisional.into());
    }
    Ok(Json::Object(object))
}

/// Code and reason phrase of a reply; one that nobody sent is a timeout.
fn status_text(code: u16, reply: Option<&Message>) -> Json {
    let reason = reply.map_or("Request Timeout".into(), |reply| String::from_utf8_lossy(reply.reason()));
    format!("{code} {reason}").into()
}

fn uac_cancel(management: &mut Management<'_>) -> MiReply {
    let not_found = || MiError::new(481, "No such transaction");
    let callid = management.params.str("callid")?.to_owned();
    let cseq = management.params.str("cseq")?.split_ascii_whitespace().next().and_then(|cseq| cseq.parse().ok());
    let operations = management.env.operations;
    let cancelled = operations.cancel_by_callid(&mut management.env, callid.as_bytes(), cseq.ok_or_else(not_found)?);
    cancelled.map_err(|_| not_found())?;
    Ok("OK".into())
}

fn hash(management: &mut Management<'_>) -> MiReply {
    let load = management.env.operations.table_load();
    let parts = load.into_iter().enumerate().map(|(index, (current, total))| {
        let mut object = JsonMap::new();
        object.insert("index".to_owned(), index.into());
        object.insert("Current".to_owned(), current.into());
        object.insert("Total".to_owned(), total.into());
        Json::Object(object)
    });
    Ok(parts.collect::<Vec<_>>().into())
}

/// `index:label` named transactions before there was `$T_id`; nothing tells them any more.
fn old_id_error(index: &str, label: &str) -> MiError {
    match (index.parse::<u32>(), label.parse::<u32>()) {
        (Err(_), _) => MiError::new(400, "Invalid index in old trans_id"),
        (_, Err(_)) => MiError::new(400, "Invalid label in old trans_id"),
        _ => MiError::new(404, "Transaction not found"),
    }
}

fn reply(management: &mut Management<'_>) -> MiReply {
    let params = &management.params;
    let code = u16::try_from(params.int("code")?).ok().filter(|code| (100..=699).contains(code));
    let code = code.ok_or_else(|| MiError::new(400, "Invalid reply code"))?;
    let id = params.str("trans_id")?.to_owned();
    if let Some((index, label)) = id.split_once(':') {
        return Err(old_id_error(index, label));
    }
    if id.len() != 16 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(MiError::new(400, "Invalid trans_id"));
    }
    let given = |name: &str| params.opt_str(name).filter(|text| !text.is_empty() && *text != ".");
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    let content = ReplyContent {
        headers: given("new_headers").map(with_line_ends).unwrap_or_default().into(),
        body: given("body").map(|body| (bytes(body), Bytes::new())),
        to_tag: given("to_tag").map(bytes),
        ..ReplyContent::new(code, bytes(params.str("reason")?))
    };
    let operations = management.env.operations;
    match operations.reply_by_id(&mut management.env, id.as_bytes(), &content) {
        Ok(()) => Ok("OK".into()),
        Err(fault) if fault.sip_reply().0 == 404 => Err(MiError::new(404, "Transaction not found")),
        Err(_) => Err(MiError::new(500, "Reply failed")),
    }
}
