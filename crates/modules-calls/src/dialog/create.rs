//! `create_dialog()`: from here on the call is known.

use super::id::DialogId;
use super::keeper::{Keeper, dialog_of};
use super::leg::Leg;
use super::lifecycle::tell;
use super::matching::Mode;
use super::options::{NO_AUTO_PRACK, Options};
use super::record::{Dialog, Inner, Names};
use super::store::Change;
use catalogue::{Arg, Example, Refused, Routes, Verdict};
use module_api::{Args, Call, DialogEvent, DialogHandle, DialogOf, Direction, FUNCTION, Fault, Function, Outcome, Run};
use sip::Method;
use std::sync::Arc;
use std::time::Duration;

/// Letters of older releases, or names.
fn judge_flags(text: &str) -> Verdict {
    // Told already, as a word that cannot be used.
    if text.to_ascii_lowercase().contains("auto-prack") {
        return Verdict::Fine;
    }
    match Options::names_of_letters(text) {
        Some(names) if !text.trim().is_empty() => Verdict::Old(names),
        _ => Verdict::of(Options::parse(text), "names of flags with commas between, like bye-on-timeout"),
    }
}

/// `create_dialog()`
pub const CREATE_DIALOG: Function = Function {
    name: "create_dialog",
    about: "Follows the call that an INVITE begins as a dialog; its replies and all its requests are known from here on.",
    args: &[Arg::str(
        "flags",
        "bye-on-timeout (B): both parties get a BYE when its time is over; options-ping-caller (P), options-ping-callee \
         (p), reinvite-ping-caller (R), reinvite-ping-callee (r): a party that does not answer pings ends it; \
         end-on-race-condition (E): a call that is answered though it was cancelled is ended. A list with commas, or the \
         letters.",
    )
    .refusing(&[Refused::new("auto-prack", NO_AUTO_PRACK)])
    .judged(judge_flags)
    .optional()],
    routes: Routes::REQUEST,
    returns: &[(1, "the call has a dialog"), (-1, "the request begins none, or there is no room")],
    examples: &[
        Example { script: "create_dialog()", message: "OPTIONS sip:example.com SIP/2.0", returns: -1 },
        Example { script: "create_dialog(\"bye-on-timeout\")", message: "To: <sip:b@example.com>;tag=1", returns: -1 },
    ],
    run: Run::Now(create_dialog),
    ..FUNCTION
};

/// How often it is looked whether the message of a dialog without transaction is still under way.
pub const CHECK_AFTER: Duration = Duration::from_secs(5);
/// How long a call may ring without its transaction ending it.
pub const RINGING_MAX: Duration = Duration::from_secs(24 * 3600);

fn create_dialog(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let keeper = call.shared_state::<Keeper>()?;
    let options = match args.opt_str(0) {
        Some(flags) => Options::parse(&String::from_utf8_lossy(flags))?,
        None => Options::default(),
    };
    match create(&keeper, call, options) {
        Ok(_) => Ok(1),
        Err(fault) => Err(fault),
    }
}

/// Makes the dialog of the INVITE at hand, or finds it.
///
/// # Errors
/// The message begins no dialog, or there is no room for another.
pub fn create(keeper: &Arc<Keeper>, call: &mut Call<'_>, options: Options) -> Result<Arc<Dialog>, Fault> {
    if let Some(dialog) = dialog_of(call) {
        dialog.lock().options.add(options);
        return Ok(dialog);
    }
    let message = Arc::clone(&call.msg.message);
    let (from, to) = (message.from()?, message.to()?);
    if message.method() != Method::Invite || to.tag().is_some() {
        return Err(Fault::script("create_dialog(): only an INVITE outside dialogs begins one"));
    }
    let (call_id, cseq) = (message.call_id()?, message.cseq()?.number);
    let names = Names { call_id: call_id.into(), from_uri: from.uri.into(), to_uri: to.uri.into() };
    let config = &keeper.config;
    let (now, entry) = (call.env.now, keeper.table.entry(call_id));
    let caller = Leg::caller(&message, call.msg.source.socket);
    let transaction = call.msg.transaction.as_ref().map(|known| known.id().into_boxed_str());
    let random = &mut call.env.random;
    let dialog = keeper.table.insert(|| {
        let id = DialogId { entry, number: random.next_u32() };
        let mut inner = Inner::new(caller.clone(), config.lifetime, now + RINGING_MAX, config.delete_delay);
        inner.options = options;
        inner.first_cseq = cseq;
        inner.transaction = transaction.clone();
        inner.next_check = Some(now + CHECK_AFTER);
        Dialog::new(id, &names, now, Arc::downgrade(keeper), inner)
    });
    let dialog =
        dialog.ok_or_else(|| Fault::us("there is no room for another dialog").reply(503, "Service Unavailable"))?;
    keeper.counters.processed.increment();
    keeper.counters.live.increment();
    keeper.table.schedule(&dialog);
    let handle: Arc<dyn DialogHandle> = Arc::clone(&dialog) as Arc<dyn DialogHandle>;
    call.msg.dialog = Some(DialogOf { dialog: handle, direction: Direction::Downstream });
    if config.mode != Mode::SipOnly {
        let param = format!("{}{}", config.rr_param, dialog.id.text());
        call.msg.route_set.added_params.extend_from_slice(param.as_bytes());
    }
    if let Some(store) = &keeper.store {
        store.changed(keeper, &mut call.env, &dialog, Change::Created);
    }
    tell(&mut call.env, &dialog, &mut DialogEvent::Created(call.msg));
    Ok(dialog)
}
