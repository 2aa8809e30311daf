//! `t_write_req()`, `t_write_unix()`: a request told to a program outside, by a FIFO or a UNIX socket.
//!
//! What is written is text, a line each: the action of `info`, method, Request-URI as received and as it is now, source
//! address, From and To with their tags, Call-ID, CSeq number, destination URI, message flags; then `name: value` for
//! each element of the item that `info` names, and after an empty line the body, if it is among them.

use super::Tm;
use super::params::TW_APPEND;
use bytes::Bytes;
use catalogue::{Arg, Routes, Value, Verdict};
use module_api::{
    Answer, Args, Call, FUNCTION, Fault, Flow, Function, Request, Run, Setup, StartError, VariableHandle,
};
use std::sync::Arc;

const ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH);
const INFO: Arg = Arg::str("info", "The action, and after a slash the item of tw_append to write.");

pub(super) const TO_FIFO: Function = Function {
    name: "t_write_req",
    about: "Writes what is to be known of the request to a FIFO.",
    args: &[INFO, Arg::str("fifo", "The path of the FIFO.").judged(judge_path)],
    routes: ROUTES,
    run: Run::Wait(|call, args| write(call, args, false)),
    ..FUNCTION
};

pub(super) const TO_SOCKET: Function = Function {
    name: "t_write_unix",
    about: "Writes what is to be known of the request to a UNIX datagram socket.",
    args: &[INFO, Arg::str("socket", "The path of the socket.").judged(judge_path)],
    routes: ROUTES,
    run: Run::Wait(|call, args| write(call, args, true)),
    ..FUNCTION
};

fn judge_path(text: &str) -> Verdict {
    Verdict::must(!text.is_empty() && !text.contains('\0'), text, "path", "a path, like /run/requests")
}

/// An item of `tw_append`.
pub(super) struct Append {
    name: String,
    elements: Vec<(String, VariableHandle)>,
    /// The body comes last, without a title, wherever it was named.
    with_body: bool,
}

/// The items of `tw_append`: `name:element;element`.
pub(super) fn appends(setup: &Setup<'_>) -> Result<Vec<Append>, StartError> {
    setup.params.strs(&TW_APPEND).into_iter().map(|text| append(setup, text)).collect()
}

fn append(setup: &Setup<'_>, text: &str) -> Result<Append, StartError> {
    let wrong = |what: String| StartError::param(TW_APPEND.name, format!("\"{text}\": {what}")).value(text);
    let (name, elements) = text.split_once(':').ok_or_else(|| wrong("it must be name:element;element".to_owned()))?;
    let mut append = Append { name: name.trim().to_owned(), elements: Vec::new(), with_body: false };
    for element in elements.split(';').map(str::trim).filter(|element| !element.is_empty()) {
        let (title, variable) = match element.split_once('=') {
            Some((title, variable)) => (title.trim(), variable.trim()),
            None => (element.trim_start_matches('$'), element),
        };
        if variable == "$rb" {
            append.with_body = true;
            continue;
        }
        let handle = setup.compiler.variable(variable).map_err(wrong)?;
        append.elements.push((title.to_owned(), handle));
    }
    Ok(append)
}

fn write(call: &mut Call<'_>, args: Args<'_>, socket: bool) -> Flow {
    match request(call, args, socket) {
        Ok(request) => Flow::wait(request, |_, answer| {
            Flow::Done(match answer {
                Answer::Done(outcome) => outcome.map(|()| 1),
                _ => Err(Fault::us("an answer of another kind came to a write")),
            })
        }),
        Err(fault) => Flow::Done(Err(fault)),
    }
}

fn request(call: &mut Call<'_>, args: Args<'_>, socket: bool) -> Result<Request, Fault> {
    let state: Arc<Tm> = call.shared_state()?;
    let info = args.str(0)?;
    let slash = info.iter().position(|byte| *byte == b'/');
    let (action, item) = slash.map_or((&info[..], &b""[..]), |at| info.split_at(at));
    let item = item.strip_prefix(b"/").unwrap_or_default();
    let append = match item {
        b"" => None,
        item => {
            let found = state.appends.iter().find(|append| append.name.as_bytes() == item);
            Some(found.ok_or_else(|| Fault::script("info names an item that tw_append does not define"))?)
        }
    };
    let mut text = Vec::new();
    line(action, &mut text);
    describe(call, &mut text)?;
    if let Some(append) = append {
        append.print(call, &mut text);
    }
    let path = String::from_utf8_lossy(args.str(1)?).into_owned();
    Ok(Request::Write { path, socket, bytes: text.into(), deadline: state.write_deadline })
}

fn describe(call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    let msg = &*call.msg;
    let message = &msg.message;
    line(message.method_text(), out);
    line(message.request_uri(), out);
    line(msg.request_uri(), out);
    line(msg.source.peer.ip().to_string().as_bytes(), out);
    for address in [message.from()?, message.to()?] {
        line(address.uri, out);
        line(address.tag().unwrap_or_default(), out);
    }
    line(message.call_id()?, out);
    line(message.cseq()?.number.to_string().as_bytes(), out);
    line(msg.branches.first().destination.as_deref().unwrap_or_default(), out);
    line(call.env.services.names.flags.message.list(msg.flags).as_bytes(), out);
    Ok(())
}

fn line(text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(text);
    out.push(b'\n');
}

impl AsRef<str> for Append {
    fn as_ref(&self) -> &str {
        &self.name
    }
}

impl Append {
    fn print(&self, call: &mut Call<'_>, out: &mut Vec<u8>) {
        for (title, variable) in &self.elements {
            let value = match variable.read(call) {
                Value::Null => Bytes::new(),
                value => value.into_bytes().unwrap_or_default(),
            };
            out.extend_from_slice(title.as_bytes());
            out.extend_from_slice(b": ");
            line(&value, out);
        }
        if self.with_body {
            out.push(b'\n');
            out.extend_from_slice(call.msg.message.body());
        }
    }
}
