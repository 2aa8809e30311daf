//! Records of whole calls: from `do_accounting()` with the flag "cdr", by what their dialogs tell.
//!
//! When a call is answered, what is known of it goes to its dialog and, where there is a `spool_file`, to the disk before the
//! answer leaves for the caller: whoever is killed then knows it again when started. It has its record when it ends: by a BYE
//! when that is answered, so that the script can still set values; by anything else at once.

use super::calls::Answered;
use super::database::{Before, write_after};
use super::functions::attach;
use super::marks::{Accounting, Backend, Occasion, Values};
use super::params::{Acc, NEEDS_DIALOG};
use super::record::Record;
use super::{event, journal, log, opening};
use bytes::Bytes;
use catalogue::Value;
use module_api::{Call, DialogAnswer, DialogEvent, DialogHandle, Env, Fault, HookEvent, Job, State, Time};
use sip::Method;
use std::sync::Arc;
use std::time::Duration;

/// The value of a dialog that keeps what is known of its call.
const KEPT: &[u8] = b"acc_call";
/// How long the reply to a BYE is waited for: longer than a transaction.
const REPLY_WAIT: Duration = Duration::from_secs(40);

/// The call that the request at hand begins is to have a record, where it begins one.
///
/// # Errors
/// It can have no dialog.
pub fn arm(call: &mut Call<'_>, acc: &Acc, backends: &[Backend], table: Option<String>) -> Result<(), Fault> {
    if !begins_call(call) {
        return Ok(());
    }
    let dialogs = call.env.services.dialogs.clone().ok_or_else(|| Fault::script(NEEDS_DIALOG))?;
    let dialog = match &call.msg.dialog {
        Some(of) => Arc::clone(&of.dialog),
        None => dialogs.create(call)?,
    };
    let common = attach(call, acc)?.common.clone();
    {
        let mut values = common.lock();
        backends.iter().for_each(|backend| values.marks.set(*backend, Occasion::Call));
        values.table = table.or_else(|| values.table.take());
    }
    acc.calls.arm(dialog.number(), common);
    Ok(())
}

/// Whether the request at hand is an INVITE that begins a call.
pub fn begins_call(call: &Call<'_>) -> bool {
    call.msg.message.method() == Method::Invite && call.msg.message.to_tag().is_none()
}

/// Fields and tables that older releases read from variables when a record is written are read while the INVITE is there.
pub fn read_variables(call: &mut Call<'_>, acc: &Acc) {
    let Some(common) = Accounting::attached(call).map(|attached| attached.common.clone()) else { return };
    let Values { marks, table, mut extra, mut legs } = common.lock().clone();
    if !marks.any(Occasion::Call) {
        return;
    }
    let named = acc.table_variable.as_ref().filter(|_| table.is_none());
    let named = named.and_then(|variable| variable.read(call).into_bytes());
    acc.old_fields.read(call, &mut extra, &mut legs);
    let table = table.or_else(|| named.map(|name| String::from_utf8_lossy(&name).into_owned()));
    *common.lock() = Values { marks, table, extra, legs };
}

/// Called at each moment in the life of every dialog.
pub fn watch(env: &mut Env<'_>, state: &State, dialog: &Arc<dyn DialogHandle>, moment: &mut DialogEvent<'_>) {
    let Ok(acc) = Arc::clone(state).downcast::<Acc>() else { return };
    let number = dialog.number();
    match moment {
        DialogEvent::Confirmed(answer) => answered(env, &acc, dialog, answer),
        DialogEvent::Failed(_) => drop(acc.calls.take(number, env.now)),
        DialogEvent::Terminated { by_bye: true } => hung_up(env, &acc, number),
        DialogEvent::Terminated { by_bye: false } => finish(env, &acc, number, env.wall_time()),
        DialogEvent::Expired => {
            let over = env.services.wall.at(dialog.times().expires);
            finish(env, &acc, number, env.wall_time().min(over));
        }
        DialogEvent::Loaded => {
            let Some(text) = dialog.value(KEPT).into_bytes() else { return };
            let known = opening::decode(&text, &acc.fields).filter(|(known, _, _)| *known == number);
            let Some((_, answered, values)) = known else {
                return env.log().error(format!("acc: dialog {} keeps no call of ours", dialog.did()));
            };
            acc.calls.restore(number, answered, values);
        }
        DialogEvent::Created(_) | DialogEvent::Early | DialogEvent::Within(..) => {}
    }
}

fn answered(env: &mut Env<'_>, acc: &Arc<Acc>, dialog: &Arc<dyn DialogHandle>, answer: &DialogAnswer) {
    let number = dialog.number();
    let Some(common) = acc.calls.common(number) else { return };
    let values = common.lock().clone();
    if !values.marks.any(Occasion::Call) {
        return drop(acc.calls.take(number, env.now));
    }
    let (times, wall) = (dialog.times(), &env.services.wall);
    let held = acc.journal.as_ref().map(journal::RecordJournal::number);
    let known = Answered {
        from_tag: dialog.caller().tag,
        to_tag: dialog.callee().tag,
        callid: dialog.call_id(),
        code: answer.code,
        reason: answer.reason.clone(),
        created: wall.at(times.created),
        at: wall.at(times.answered.unwrap_or(env.now)),
        expires: wall.at(times.expires),
        ended: None,
        held,
        is_of_before: false,
    };
    let forgotten = acc.calls.forget_before(&known).and_then(|before| before.held);
    forgotten.into_iter().for_each(|held| journal::release(env, acc, held));
    let text = opening::encode(number, &known, &values, &acc.fields);
    if let Err(fault) = dialog.set_value(env, KEPT, Value::Str(text.clone())) {
        env.log().warning(format!("acc: dialog {} does not keep its call: {fault}", dialog.did()));
    }
    acc.calls.answer(number, known, held.is_some());
    let (Some(journal), Some(held)) = (&acc.journal, held) else { return };
    let sending = env.out.hold(&answer.sent);
    let own = Arc::clone(acc);
    journal::hold(env, journal, held, text, move |env, outcome| {
        sending.into_iter().for_each(|sending| env.out.send(sending));
        settled(env, &own, number, outcome);
    });
}

fn settled(env: &mut Env<'_>, acc: &Arc<Acc>, number: u64, outcome: Result<(), Fault>) {
    if let Err(fault) = &outcome {
        env.log().error(format!("acc: a call is not on the disk ({fault}); it is known in memory and to its dialog"));
    }
    if acc.calls.settle(number, outcome.is_ok()) {
        finish(env, acc, number, env.wall_time());
    }
}

/// A BYE has ended the call.
fn hung_up(env: &mut Env<'_>, acc: &Arc<Acc>, number: u64) {
    let Some((known, values)) = acc.calls.end(number, env.wall_time(), env.now + REPLY_WAIT) else { return };
    let (Some(journal), Some(held)) = (&acc.journal, known.held) else { return };
    let text = opening::encode(number, &known, &values, &acc.fields);
    let own = Arc::clone(acc);
    // Should the disk not take this, it still holds what it had.
    journal::hold(env, journal, held, text, move |env, _| settled(env, &own, number, Ok(())));
}

/// Called at the moments of a BYE's transaction.
pub fn bye(call: &mut Call<'_>, acc: &Arc<Acc>, moment: &HookEvent<'_>) {
    let code = match moment {
        HookEvent::ReplyOut { code: code @ 200.., .. } => Some(*code),
        HookEvent::Ended => None,
        _ => return,
    };
    if let Some(of) = &call.msg.dialog {
        let number = of.dialog.number();
        if acc.calls.is_ending(number) {
            let now = call.env.wall_time();
            finish(&mut call.env, acc, number, now);
        }
        return;
    }
    // RFC 3261 section 15.1.1: these end a call.
    if !matches!(code, Some(200..300 | 408 | 481)) {
        return;
    }
    // A call of before the start, whose dialog nobody has kept.
    let message = Arc::clone(&call.msg.message);
    let from_tag = message.from().ok().and_then(|from| from.tag());
    let (Ok(call_id), Some(from_tag), Some(to_tag)) = (message.call_id(), from_tag, message.to_tag()) else { return };
    if let Some(number) = acc.calls.of_before(call_id, (from_tag, to_tag)) {
        let ended = call.env.services.wall.at(call.msg.source.received_at);
        finish(&mut call.env, acc, number, ended);
    }
}

/// A call of before the start that the disk holds.
pub fn restore(env: &mut Env<'_>, acc: &Arc<Acc>, number: u64, held: u64, mut known: Answered, values: Values) {
    let ended = known.ended;
    known.held = Some(held);
    acc.calls.restore(number, known, values);
    if let Some(ended) = ended {
        finish(env, acc, number, ended);
    }
}

/// What is done every second.
pub fn tick(acc: &Arc<Acc>, env: &mut Env<'_>) -> Job {
    for number in acc.calls.overdue(env.now) {
        finish(env, acc, number, env.wall_time());
    }
    for (over, number, call_id) in acc.calls.outlasted(env.wall_time()) {
        // One whose dialog is there ends with that, whose time may have been changed.
        let dialog = env.services.dialogs.as_ref().and_then(|dialogs| dialogs.find(&call_id));
        if dialog.is_none_or(|dialog| dialog.number() != number) {
            finish(env, acc, number, over);
        }
    }
    Job::DONE
}

/// The record of a call, which has ended then, unless that is known better.
fn finish(env: &mut Env<'_>, acc: &Arc<Acc>, number: u64, ended: Time) {
    let Some(account) = acc.calls.take(number, ended) else { return };
    let Some(known) = account.answered else { return };
    let values = account.common.lock().clone();
    let record = Record {
        method: Bytes::from_static(b"INVITE"),
        from_tag: known.from_tag,
        to_tag: known.to_tag,
        callid: known.callid,
        code: known.code.to_string().into(),
        reason: known.reason,
        time: known.at,
        created: known.created,
        duration: Some(known.ended.unwrap_or(ended).since(known.at)),
        extra: values.extra,
        legs: values.legs,
    };
    if values.marks.has(Backend::Log, Occasion::Call) {
        log::write(env, acc, "ACC: call ended", &record);
    }
    if values.marks.has(Backend::Event, Occasion::Call) {
        event::raise(env, acc, &event::CDR, &record);
    }
    if values.marks.has(Backend::Db, Occasion::Call) {
        let table = values.table.unwrap_or_else(|| acc.table_acc.clone());
        let before = Before { held: known.held, is_doubtful: known.is_of_before };
        return write_after(env, acc, &table, Occasion::Call, record, before);
    }
    known.held.into_iter().for_each(|held| journal::release(env, acc, held));
}
