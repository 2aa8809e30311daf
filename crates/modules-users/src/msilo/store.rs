//! `m_store`: the request at hand is kept for its owner.

use super::statements::NewRow;
use super::{Msilo, failed, stamp};
use crate::subject::user_and_domain;
use bytes::Bytes;
use catalogue::{Arg, Example, Routes, Verdict};
use chrono::Local;
use module_api::sql::Cell;
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, NewRequest, Run};
use std::sync::Arc;

pub const M_STORE: Function = Function {
    name: "m_store",
    about: "Keeps the request's body for an owner who is not there.",
    args: &[Arg::str("owner", "The owner's URI, if not the Request-URI, or To where that has no user.")
        .judged(judge_owner)
        .optional()],
    routes: Routes::REQUEST.or(Routes::FAILURE),
    returns: &[
        (1, "it is kept"),
        (-1, "the owner has max_messages already, it has no body or Content-Type, or an error, which is logged"),
    ],
    examples: &[Example {
        script: "m_store(\"$ru\")",
        message: "MESSAGE sip:bob@example.com SIP/2.0\nContent-Length: 0",
        returns: -1,
    }],
    run: Run::Wait(|call, args| store(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

/// The URI of a user, or nothing.
pub fn judge_owner(text: &str) -> Verdict {
    let is_owner = text.is_empty() || matches!(user_and_domain(text.as_bytes(), ""), Ok(Some(_)));
    Verdict::must(is_owner, text, "URI of a user", "a URI, like sip:alice@example.com")
}

fn store(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let module = call.shared_state::<Msilo>()?;
    let (user, domain) = owner(call, args)?;
    let insert = {
        let (came_at, send_at) = (now_s(call), send_at(call, &module)?);
        let message = &call.msg.message;
        if message.body().is_empty() {
            return Err(Fault::peer("a message without a body is not kept"));
        }
        let content_type = message.content_type().filter(|content_type| !content_type.is_empty());
        let row = NewRow {
            from: message.from()?.uri,
            to: message.to()?.uri,
            user: &user,
            domain: &domain,
            body: message.body(),
            content_type: content_type.ok_or(Fault::peer("a body without Content-Type is not kept"))?,
            came_at,
            ends_at: ends_at(&module, message.expires().ok().flatten(), came_at, send_at),
            send_at,
        };
        module.statements.insert(module.database, &row)
    };
    let notice = module.notice.as_ref().and_then(|notice| notice.request(call, module.outbound_proxy.as_ref()));
    if module.messages_max == 0 {
        return Ok(keep(module, insert, notice));
    }
    let count = module.statements.count(module.database, &user, &domain, call.env.wall_time());
    Ok(Flow::wait(count.into(), move |_, answer| match answer.rows() {
        Ok(rows) => {
            let count = rows.rows.first().and_then(|row| row.first()).and_then(Cell::to_int).unwrap_or(0);
            if count >= module.messages_max { Flow::done(-1) } else { keep(module, insert, notice) }
        }
        Err(fault) => Flow::Done(Err(failed("messages are not counted", &fault))),
    }))
}

fn keep(module: Arc<Msilo>, insert: module_api::sql::Query, notice: Option<NewRequest>) -> Flow {
    Flow::wait(insert.into(), move |call, answer| {
        if let Err(fault) = answer.rows() {
            return Flow::Done(Err(failed("a message is not kept", &fault)));
        }
        module.stored.increment();
        let operations = call.env.operations;
        let told = notice.map_or(Ok(()), |notice| operations.send_request(&mut call.env, notice, None));
        if let Err(fault) = told {
            call.env.log().error(format!("msilo: a sender is not told that the message is kept: {fault}"));
        }
        Flow::done(1)
    })
}

/// User and domain of the owner.
fn owner(call: &Call<'_>, args: Args<'_>) -> Result<(Bytes, Bytes), Fault> {
    let message = &call.msg.message;
    let found = match args.opt_str(0).filter(|owner| !owner.is_empty()) {
        Some(owner) => user_and_domain(owner, "")?,
        None => match user_and_domain(call.msg.request_uri(), "")? {
            Some(owner) => Some(owner),
            None => user_and_domain(message.to()?.uri, "")?,
        },
    };
    let (user, domain) = found.ok_or(Fault::script("the owner's URI has no user"))?;
    Ok((Bytes::copy_from_slice(&user), domain.to_ascii_lowercase().into()))
}

/// When the message is to be sent, 0 for whenever its owner comes.
fn send_at(call: &mut Call<'_>, module: &Msilo) -> Result<i64, Fault> {
    let Some(variable) = &module.send_time else { return Ok(0) };
    let value = variable.read(call);
    let Some(text) = value.text() else { return Ok(0) };
    let wrong = || Fault::script(format!("{} is no time, YYYYMMDDHHMMSS", String::from_utf8_lossy(&text)));
    stamp::moment(&text, &Local).ok_or_else(wrong)
}

/// A message is kept for as long as the parameter says, or its sender where that is shorter (RFC 3428); one
/// that has a time, from then on.
fn ends_at(module: &Msilo, expires: Option<u32>, came_at: i64, send_at: i64) -> i64 {
    if send_at > 0 {
        return send_at.max(came_at).saturating_add(module.kept_s);
    }
    let wished = expires.filter(|seconds| *seconds > 0).map_or(i64::MAX, i64::from);
    came_at.saturating_add(module.kept_s.min(wished))
}

fn now_s(call: &Call<'_>) -> i64 {
    i64::try_from(call.env.wall_time().unix_seconds()).unwrap_or(i64::MAX)
}
