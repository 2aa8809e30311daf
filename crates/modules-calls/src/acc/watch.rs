//! What is written at which moment of a transaction.

use super::marks::{Accounting, Backend, Marks, Occasion};
use super::params::Acc;
use super::record::Record;
use super::{database, event, log};
use module_api::{Call, HookEvent};
use sip::{Message, Method};
use std::sync::Arc;

/// Called at every moment of every transaction.
pub fn watch(call: &mut Call<'_>, moment: &HookEvent<'_>) {
    let Ok(acc) = call.shared_state::<Acc>() else { return };
    match moment {
        HookEvent::ReplyOut { code, reply, reason, to_tag, .. } => {
            replied(call, &acc, *code, reply.map(AsRef::as_ref), reason, to_tag);
        }
        HookEvent::Failed { code, reason } => missed(call, &acc, *code, reason),
        HookEvent::Cancelled if acc.report_cancels => {
            account(call, &acc, Occasion::Done, "ACC: request cancelled", b"487", b"Request Cancelled", b"");
        }
        _ => {}
    }
}

fn replied(call: &mut Call<'_>, acc: &Arc<Acc>, code: u16, reply: Option<&Message>, reason: &[u8], to_tag: &[u8]) {
    let occasion = match code {
        ..200 if acc.early_media && reply.is_some_and(|reply| !reply.body().is_empty()) => Occasion::Done,
        ..200 => return,
        200..300 => Occasion::Done,
        _ => Occasion::Failed,
    };
    let heading = if code < 200 { "ACC: early media" } else { "ACC: transaction answered" };
    account(call, acc, occasion, heading, code.to_string().as_bytes(), reason, to_tag);
}

/// A call that failed is a missed one, once.
fn missed(call: &mut Call<'_>, acc: &Arc<Acc>, code: u16, reason: &[u8]) {
    if call.msg.message.method() != Method::Invite {
        return;
    }
    account(call, acc, Occasion::Missed, "ACC: call missed", code.to_string().as_bytes(), reason, b"");
    if let Some(accounting) = call.msg.extensions.get_mut::<Accounting>() {
        Backend::ALL.into_iter().for_each(|backend| accounting.marks.reset(backend, Occasion::Missed));
    }
}

fn account(
    call: &mut Call<'_>,
    acc: &Arc<Acc>,
    occasion: Occasion,
    heading: &str,
    code: &[u8],
    reason: &[u8],
    to_tag: &[u8],
) {
    let marks = marks(call, acc);
    if !marks.any(occasion) {
        return;
    }
    let record = Record::new(call, acc, code, reason, to_tag);
    let is_missed = occasion == Occasion::Missed;
    if marks.has(Backend::Log, occasion) {
        log::write(&call.env, acc, heading, &record);
    }
    if marks.has(Backend::Event, occasion) {
        let kind = event::of_code(code);
        event::raise(&mut call.env, acc, kind, &record);
    }
    if marks.has(Backend::Db, occasion) {
        let table = if is_missed { acc.table_missed.clone() } else { table(call, acc) };
        database::write(&mut call.env, acc, &table, is_missed, record);
    }
}

/// The marks of `do_accounting()`, and those that flags of older scripts make.
fn marks(call: &Call<'_>, acc: &Acc) -> Marks {
    let mut marks = Accounting::attached(call).map(|accounting| accounting.marks).unwrap_or_default();
    let set = |flag: Option<u8>| flag.is_some_and(|flag| call.msg.flags.is_set(flag));
    let [log, log_missed, db, db_missed, evi, evi_missed, failed] = acc.flags;
    for (backend, done, missed) in
        [(Backend::Log, log, log_missed), (Backend::Db, db, db_missed), (Backend::Event, evi, evi_missed)]
    {
        if set(done) {
            marks.set(backend, Occasion::Done);
            if set(failed) {
                marks.set(backend, Occasion::Failed);
            }
        }
        if set(missed) {
            marks.set(backend, Occasion::Missed);
        }
    }
    marks
}

/// The table of this call: named by `do_accounting()`, by the variable, or the standard one.
fn table(call: &mut Call<'_>, acc: &Acc) -> String {
    if let Some(table) = Accounting::attached(call).and_then(|accounting| accounting.table.clone()) {
        return table;
    }
    let named = acc.table_variable.as_ref().and_then(|variable| variable.read(call).into_bytes());
    named.map_or_else(|| acc.table_acc.clone(), |name| String::from_utf8_lossy(&name).into_owned())
}
