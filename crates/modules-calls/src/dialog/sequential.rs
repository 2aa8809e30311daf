//! Requests inside a dialog that scripts and commands have sent, and the numbers that others have used up.

use super::keeper::{Keeper, current};
use super::record::Dialog;
use super::requests::{InDialog, send};
use bytes::Bytes;
use catalogue::{Arg, CommandParam, Routes, Verdict};
use module_api::{
    Args, Call, Command, Direction, Env, FUNCTION, Fault, Function, Job, Management, MiError, MiReply, MiRun, Outcome,
    Run, judge,
};
use sip::{Limits, Message};
use std::sync::Arc;

/// `dlg_send_sequential()`
pub const SEND: Function = Function {
    name: "dlg_send_sequential",
    about: "Sends a request inside the dialog to one party, as if it came from the other.",
    args: &[
        Arg::str("method", "Its method.").judged(judge::method),
        Arg::str("leg", "caller or callee: who gets it.")
            .judged(|text| Verdict::one_of(text, &["caller", "callee"], "\"caller\" or \"callee\"")),
        Arg::str("body", "Its body.").optional(),
        Arg::str("contenttype", "The type of the body; application/sdp if left out.")
            .judged(judge::media_type)
            .optional(),
        Arg::str("headers", "Header lines.").judged(judge::optional_header_lines).optional(),
    ],
    routes: Routes::ALL,
    returns: &[(1, "it is on its way"), (-1, "there is no dialog, or it cannot be sent")],
    run: Run::Now(send_from_script),
    ..FUNCTION
};

/// `dlg_inc_cseq()`
pub const INC_CSEQ: Function = Function {
    name: "dlg_inc_cseq",
    about: "Leaves CSeq numbers out in what goes to a party, as somebody else has sent it requests.",
    args: &[
        Arg::str("tag", "The party's tag; that of the message's To if left out.").optional(),
        Arg::int(
            "inc",
            "How many numbers; 1 if left out. A negative number takes some back, but none that the other party \
                         has used.",
        )
        .within(-1_000_000, 1_000_000)
        .optional(),
    ],
    routes: super::flags::ROUTES,
    returns: &[(1, "done"), (-1, "there is no dialog, or no such party")],
    run: Run::Now(inc_cseq),
    ..FUNCTION
};

const CALLID: CommandParam = CommandParam::str("callid");
const MODE: CommandParam = CommandParam::str("mode");
const METHOD: CommandParam = CommandParam::str("method");
const BODY: CommandParam = CommandParam::str("body");
const HEADERS: CommandParam = CommandParam::str("headers");

/// `dialog:send_sequential`
pub const MI_SEND: Command = Command {
    name: "dialog:send_sequential",
    aliases: &["dlg_send_sequential"],
    about: "Sends a request inside a dialog. mode: caller, callee, or challenge-caller (challenge) and challenge-callee, \
            where the answer of one is offered to the other. body: none, inbound, outbound, custom:TYPE:BODY. An INVITE \
            with none offers what stands.",
    recipes: &[
        &[CALLID],
        &[CALLID, MODE],
        &[CALLID, METHOD],
        &[CALLID, BODY],
        &[CALLID, MODE, METHOD],
        &[CALLID, MODE, BODY],
        &[CALLID, METHOD, BODY],
        &[CALLID, METHOD, BODY, MODE],
        &[CALLID, METHOD, BODY, MODE, HEADERS],
    ],
    named_only: true,
    reply: "\"Accepted\"",
    run: MiRun::Now(send_from_command),
};

/// Whom a request goes to, and whether the answer goes on to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mode {
    to: Direction,
    challenges: bool,
}

impl Mode {
    fn named(name: &str) -> Option<Mode> {
        let (to, challenges) = match name {
            "caller" => (Direction::Upstream, false),
            "callee" => (Direction::Downstream, false),
            "challenge" | "challenge-caller" => (Direction::Upstream, true),
            "challenge-callee" => (Direction::Downstream, true),
            _ => return None,
        };
        Some(Mode { to, challenges })
    }
}

fn send_from_script(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (_, dialog) = current(call)?;
    let to = match &args.str(1)?[..] {
        b"caller" => Direction::Upstream,
        b"callee" => Direction::Downstream,
        _ => return Err(Fault::script("dlg_send_sequential(): leg is caller or callee")),
    };
    let content_type = args.opt_str(3).cloned().unwrap_or(Bytes::from_static(b"application/sdp"));
    let body = args.opt_str(2).filter(|body| !body.is_empty()).map(|body| (content_type, body.clone()));
    let request = InDialog {
        method: args.str(0)?.clone(),
        headers: with_line_end(args.opt_str(4).cloned().unwrap_or_default()),
        body,
        has_contact: true,
    };
    if !dialog.lock().is_confirmed() {
        return Err(Fault::script("dlg_send_sequential(): the call is not answered, or has ended"));
    }
    send(&mut call.env, &dialog, to, &request, Some(Box::new(|_, _, _| Job::DONE)))?;
    Ok(1)
}

fn with_line_end(headers: Bytes) -> Bytes {
    if headers.is_empty() || headers.ends_with(b"\n") { headers } else { [&headers[..], b"\r\n"].concat().into() }
}

fn inc_cseq(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (_, dialog) = current(call)?;
    let message = Arc::clone(&call.msg.message);
    let tag: &[u8] = match args.opt_str(0) {
        Some(tag) => tag,
        None => message.to_tag().unwrap_or_default(),
    };
    let count = args.opt_int(1)?.unwrap_or(1);
    let mut inner = dialog.lock();
    inner.numbers_changed();
    if *inner.caller.tag == *tag {
        inner.caller.numbering.shift(count);
        return Ok(1);
    }
    let callee = inner.callee_tagged(tag).and_then(|callee| inner.callees.get_mut(callee));
    let Some(leg) = callee else { return Ok(-1) };
    leg.numbering.shift(count);
    Ok(1)
}

fn send_from_command(management: &mut Management<'_>) -> MiReply {
    let keeper = management.state::<Keeper>()?;
    let params = &management.params;
    let mode = Mode::named(params.opt_str("mode").unwrap_or("caller"));
    let mode = mode.ok_or_else(|| MiError::new(400, "Invalid mode"))?;
    let method = params.opt_str("method").unwrap_or("INVITE").to_owned();
    let found = keeper.table.with_call_id(params.str("callid")?.as_bytes()).into_iter().next();
    let dialog = found.ok_or_else(|| MiError::new(404, "Dialog Not Found"))?;
    if !dialog.lock().is_confirmed() {
        return Err(MiError::new(406, "Not Acceptable"));
    }
    let body = body_of(&dialog, mode, &method, params.opt_str("body").unwrap_or("none"))?;
    let headers = with_line_end(Bytes::from(params.opt_str("headers").unwrap_or_default().to_owned()));
    let request = InDialog { method: method.into(), headers, body, has_contact: true };
    let (next, other) = (request.clone(), Arc::clone(&dialog));
    let done = Box::new(move |env: &mut Env<'_>, code: u16, reply: Bytes| {
        if mode.challenges && (200..300).contains(&code) {
            pass_on(env, &other, mode.to, next, reply);
        }
        Job::DONE
    });
    let sent = send(&mut management.env, &dialog, mode.to, &request, Some(done));
    sent.map_err(|fault| MiError::new(500, "Internal Error").with(fault.text))?;
    Ok("Accepted".into())
}

/// What one party has answered is offered to the other.
fn pass_on(env: &mut Env<'_>, dialog: &Arc<Dialog>, asked: Direction, mut request: InDialog, reply: Bytes) {
    let Ok(reply) = Message::parse(reply, &Limits::OWN) else { return };
    let content_type = reply.content_type().unwrap_or(b"application/sdp");
    let body = (!reply.body().is_empty())
        .then(|| (Bytes::copy_from_slice(content_type), Bytes::copy_from_slice(reply.body())));
    request.body = body.or(request.body);
    if let Err(fault) = send(env, dialog, asked.opposite(), &request, Some(Box::new(|_, _, _| Job::DONE))) {
        env.log().warning(format!("dialog {}: the other party is not asked: {fault}", dialog.id.text()));
    }
}

fn body_of(dialog: &Dialog, mode: Mode, method: &str, text: &str) -> Result<Option<(Bytes, Bytes)>, MiError> {
    let inner = dialog.lock();
    let sdp = |body: Option<Bytes>| {
        body.filter(|body| !body.is_empty()).map(|body| (Bytes::from_static(b"application/sdp"), body))
    };
    let sent = || inner.target(mode.to).map(|leg| leg.sent_sdp.clone());
    match text {
        // An INVITE without offer would have to be acknowledged with an answer, which only the other party knows.
        "none" if method == "INVITE" => {
            let unknown =
                || MiError::new(406, "Not Acceptable").with("it is not known what was offered last: give a body");
            sdp(sent()).map(Some).ok_or_else(unknown)
        }
        "none" => Ok(None),
        "outbound" => Ok(sdp(sent())),
        "inbound" => Ok(sdp(inner.target(mode.to.opposite()).map(|leg| leg.sdp.clone()))),
        custom => {
            let custom = custom.strip_prefix("custom:").and_then(|rest| rest.split_once(':'));
            let (content_type, body) = custom.ok_or_else(|| MiError::new(400, "Invalid body mode"))?;
            Ok(Some((Bytes::from(content_type.to_owned()), Bytes::from(body.to_owned()))))
        }
    }
}
