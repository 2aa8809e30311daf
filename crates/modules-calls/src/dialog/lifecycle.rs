//! What follows when a dialog takes a step: counters, timers, rows, events, routes, and whoever watches.

use super::event;
use super::keeper::Keeper;
use super::options::{Choice, Ping};
use super::record::{Dialog, Inner};
use super::state::{Action, Input, State};
use super::store::Change;
use module_api::{DialogAnswer, DialogEvent, DialogHandle, DialogOf, Direction, Env, Kind, Source, Time};
use sip::Message;
use std::sync::Arc;

/// Why a dialog takes a step.
#[derive(Clone, Default)]
pub struct Cause {
    /// Why it ends (`$DLG_end_reason`).
    pub reason: Option<&'static str>,
    /// The INVITE's final reply.
    pub answer: DialogAnswer,
    /// The message that says so.
    pub message: Option<(Arc<Message>, Source, Kind)>,
}

impl Cause {
    /// Somebody here wants it.
    pub fn ours(reason: &'static str) -> Cause {
        Cause { reason: Some(reason), ..Cause::default() }
    }
}

/// Takes a step; false if the dialog ignores the input where it stands.
pub fn advance(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>, input: Input, cause: &Cause) -> bool {
    let stepped = {
        let mut inner = dialog.lock();
        let stepped = inner.step(input);
        if let Some((_, _, Some(action))) = stepped {
            note(keeper, &mut inner, action, cause, env.now);
        }
        stepped
    };
    let Some((before, after, action)) = stepped else { return false };
    count(keeper, before, after, action);
    event::raise(env, dialog, before, after);
    if after == State::Deleted {
        leave(keeper, env, dialog);
    } else {
        keeper.table.schedule(dialog);
    }
    let moment = match action {
        Some(Action::Ring) => Some(DialogEvent::Early),
        Some(Action::Answer) => Some(DialogEvent::Confirmed(&cause.answer)),
        Some(Action::Fail) => Some(DialogEvent::Failed(cause.answer.code)),
        Some(Action::Terminate) => Some(DialogEvent::Terminated { by_bye: input == Input::Bye }),
        Some(Action::Expire) => Some(DialogEvent::Expired),
        Some(Action::Establish) | None => None,
    };
    // First those who watch: what they set on the dialog is in its row.
    moment.into_iter().for_each(|mut moment| tell(env, dialog, &mut moment));
    note_row(keeper, env, dialog);
    action.into_iter().for_each(|action| run_route(env, dialog, action, cause));
    true
}

/// Tells those who watch dialogs.
pub fn tell(env: &mut Env<'_>, dialog: &Arc<Dialog>, moment: &mut DialogEvent<'_>) {
    let services = env.services;
    if services.dialog_hooks.is_empty() {
        return;
    }
    let handle: Arc<dyn DialogHandle> = Arc::clone(dialog) as Arc<dyn DialogHandle>;
    for (state, hook) in &services.dialog_hooks {
        hook(env, state, &handle, moment);
    }
}

/// What the dialog itself keeps of it.
fn note(keeper: &Keeper, inner: &mut Inner, action: Action, cause: &Cause, now: Time) {
    match action {
        Action::Ring | Action::Establish => {}
        Action::Answer => {
            inner.answered = Some(now);
            let chosen = inner.chosen;
            let others = inner.callees.iter_mut().enumerate().filter(|(position, _)| *position != chosen);
            others.for_each(|(_, leg)| leg.lose());
            inner.expires = now + inner.lifetime;
            arm_pings(keeper, inner, now);
            inner.transaction = None;
            if inner.was_cancelled || inner.callees.get(chosen).is_some_and(|leg| leg.was_hung_up) {
                end_soon(keeper, inner, now);
            }
        }
        Action::Fail | Action::Terminate | Action::Expire => {
            inner.ended = Some(now);
            inner.end_reason = cause.reason.or(inner.end_reason);
            inner.next_pings = [None; 2];
            inner.race_ends = None;
        }
    }
}

/// What the parties have said has crossed (RFC 5407 section 3): the call ends soon, where the script wants that.
pub fn end_soon(keeper: &Keeper, inner: &mut Inner, now: Time) {
    if inner.options.has(Choice::EndOnRace) && inner.is_confirmed() && inner.race_ends.is_none() {
        inner.race_ends = Some(now + keeper.config.race_timeout);
    }
}

/// Says when the parties are pinged next.
fn arm_pings(keeper: &Keeper, inner: &mut Inner, now: Time) {
    inner.next_pings = inner.options.pings().map(|ping| ping.map(|ping| now + interval(keeper, ping)));
}

/// How long it is from one ping to the next.
pub fn interval(keeper: &Keeper, ping: Ping) -> std::time::Duration {
    match ping {
        Ping::Options => keeper.config.options_interval,
        Ping::Reinvite => keeper.config.reinvite_interval,
    }
}

fn count(keeper: &Keeper, before: State, after: State, action: Option<Action>) {
    let counters = &keeper.counters;
    let is_active = |state| matches!(state, State::ConfirmedNoAck | State::Confirmed);
    counters.early.add(i64::from(after == State::Early) - i64::from(before == State::Early));
    counters.active.add(i64::from(is_active(after)) - i64::from(is_active(before)));
    match action {
        Some(Action::Fail) => counters.failed.increment(),
        Some(Action::Expire) => counters.expired.increment(),
        _ => {}
    }
}

/// A dialog that has ended counts in no profile, and leaves the table.
fn leave(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>) {
    let (profiles, delay) = {
        let inner = dialog.lock();
        (inner.profiles.clone(), inner.delete_delay)
    };
    keeper.counters.live.add(-1);
    for (profile, value) in profiles {
        keeper.profiles.leave(env, profile, &value, dialog.id);
    }
    if delay.is_zero() {
        keeper.table.remove(dialog);
    } else {
        keeper.table.schedule(dialog);
    }
}

/// `dlg_on_answer()` and its kin.
fn run_route(env: &mut Env<'_>, dialog: &Arc<Dialog>, action: Action, cause: &Cause) {
    let route = {
        let inner = dialog.lock();
        match action {
            Action::Answer => inner.routes.answer.clone(),
            Action::Terminate | Action::Expire => inner.routes.hangup.clone(),
            Action::Ring | Action::Establish | Action::Fail => None,
        }
    };
    let Some(route) = route else { return };
    let direction = if cause.reason == Some(UPSTREAM_BYE) { Direction::Upstream } else { Direction::Downstream };
    let of = DialogOf { dialog: Arc::clone(dialog) as Arc<dyn DialogHandle>, direction };
    if let Err(fault) = env.operations.run_route(env, &route, cause.message.clone(), Some(of), None) {
        env.log().error(format!("dialog {}: {fault}", dialog.id.text()));
    }
}

fn note_row(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>) {
    if let Some(store) = &keeper.store {
        store.changed(keeper, env, dialog, Change::State);
    }
}

/// The reasons that scripts see in `$DLG_end_reason`.
pub const UPSTREAM_BYE: &str = "Upstream BYE";
/// The caller has hung up.
pub const DOWNSTREAM_BYE: &str = "Downstream BYE";
/// The time was over.
pub const LIFETIME: &str = "Lifetime Timeout";
/// A command.
pub const MI: &str = "MI Termination";
/// A party does not answer OPTIONS.
pub const PING: &str = "Ping Timeout";
/// A party does not answer re-INVITE.
pub const REINVITE_PING: &str = "ReINVITE Ping Timeout";
/// A CANCEL and a 2xx have crossed.
pub const RACE: &str = "SIP Race Condition";
