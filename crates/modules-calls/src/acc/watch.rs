//! What is written at which moment of a transaction.

use super::call::{self, arm, begins_call, read_variables};
use super::functions::common;
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
    if call.msg.message.method() == Method::Bye {
        call::bye(call, &acc, moment);
    }
    match moment {
        HookEvent::Created if begins_call(call) => {
            arm_by_flag(call, &acc);
            read_variables(call, &acc);
        }
        HookEvent::ReplyIn { reply, .. } if reply.status() >= 200 && begins_call(call) => read_variables(call, &acc),
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
    let mut marks = marks(call, acc);
    if occasion == Occasion::Done && code.first() == Some(&b'2') && begins_call(call) {
        leave_to_call(call, acc, &mut marks);
    }
    if !marks.any(occasion) {
        return;
    }
    let record = Record::new(call, acc, code, reason, to_tag);
    if marks.has(Backend::Log, occasion) {
        log::write(&call.env, acc, heading, &record);
    }
    if marks.has(Backend::Event, occasion) {
        let kind = event::of_code(code);
        event::raise(&mut call.env, acc, kind, &record);
    }
    if marks.has(Backend::Db, occasion) {
        let table = if occasion == Occasion::Missed { acc.table_missed.clone() } else { table(call, acc) };
        database::write(&mut call.env, acc, &table, occasion, record);
    }
}

/// An answer is not accounted where the whole call is.
fn leave_to_call(call: &Call<'_>, acc: &Acc, marks: &mut Marks) {
    let Some(common) = common(call, acc) else { return };
    let of_call = common.lock().marks;
    let whole = Backend::ALL.into_iter().filter(|backend| of_call.has(*backend, Occasion::Call));
    whole.for_each(|backend| marks.reset(backend, Occasion::Done));
}

/// The flag of older scripts that makes records of whole calls.
fn arm_by_flag(call: &mut Call<'_>, acc: &Acc) {
    let [.., of_calls] = acc.flags;
    if !of_calls.is_some_and(|flag| call.msg.flags.is_set(flag)) {
        return;
    }
    let marks = marks(call, acc);
    let backends: Vec<Backend> =
        Backend::ALL.into_iter().filter(|backend| marks.has(*backend, Occasion::Done)).collect();
    if let Err(fault) = arm(call, acc, &backends, None) {
        call.env.log().error(format!("acc: the call has no record of its own: {fault}"));
    }
}

/// The marks of `do_accounting()`, and those that flags of older scripts make.
fn marks(call: &Call<'_>, acc: &Acc) -> Marks {
    let mut marks = Accounting::attached(call).map(|accounting| accounting.marks).unwrap_or_default();
    let set = |flag: Option<u8>| flag.is_some_and(|flag| call.msg.flags.is_set(flag));
    let [log, log_missed, db, db_missed, evi, evi_missed, failed, _] = acc.flags;
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
