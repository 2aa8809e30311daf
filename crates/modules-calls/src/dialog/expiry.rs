//! A call's time is over: its timeout route runs first, and may prolong it; then it ends.

use super::ending::hang_up;
use super::keeper::Keeper;
use super::lifecycle::{Cause, LIFETIME, advance};
use super::options::Choice;
use super::record::Dialog;
use super::state::Input;
use module_api::{DialogHandle, DialogOf, Direction, Env, Job, Request};
use std::sync::Arc;
use std::time::Duration;

/// A route that waits longer decides nothing any more.
const ROUTE_WITHIN: Duration = Duration::from_secs(60);

/// The time of a dialog is over.
pub fn expire(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>) {
    let route = {
        let mut inner = dialog.lock();
        inner.routes.timeout.clone().filter(|_| inner.is_confirmed()).inspect(|_| inner.is_expiring = true)
    };
    let Some(route) = route else { return end(keeper, env, dialog) };
    let number = env.operations.promise();
    let of = DialogOf { dialog: Arc::clone(dialog) as Arc<dyn DialogHandle>, direction: Direction::Downstream };
    if let Err(fault) = env.operations.run_route(env, &route, None, Some(of), Some(number)) {
        env.log().error(format!("dialog {}: {fault}", dialog.id.text()));
        return end(keeper, env, dialog);
    }
    let (keeper, dialog) = (Arc::clone(keeper), Arc::clone(dialog));
    let wait = Request::Promise { number, deadline: ROUTE_WITHIN };
    env.start(Job::wait(wait, move |env, _| {
        end(&keeper, env, &dialog);
        Job::DONE
    }));
}

/// Ends the dialog, unless the route has prolonged it.
fn end(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>) {
    let (goes_on, with_bye) = {
        let mut inner = dialog.lock();
        inner.is_expiring = false;
        (inner.expires > env.now, inner.is_confirmed() && inner.options.has(Choice::ByeOnTimeout))
    };
    if goes_on {
        return keeper.table.schedule(dialog);
    }
    let is_over = advance(keeper, env, dialog, Input::Timeout, &Cause::ours(LIFETIME));
    if is_over && with_bye {
        hang_up(env, dialog, b"");
    }
}
