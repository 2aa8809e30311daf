//! An INVITE that begins a timed call: RFC 4028 section 8.1.

use super::check::too_small;
use super::headers::Session;
use super::{SessionTimers, VALUE};
use bytes::Bytes;
use module_api::{Call, DialogHandle, Env, Kind, Routing, State};
use std::sync::Arc;

/// Times the call; or refuses it, if its caller wants a shorter session than we let through.
pub fn begin(
    timers: &SessionTimers,
    env: &mut Env<'_>,
    state: &State,
    dialog: &Arc<dyn DialogHandle>,
    routing: &mut Routing,
) {
    let asked = Session::of(&routing.message);
    let seconds = match asked.expires {
        Some(seconds) if seconds < timers.min_se && asked.knows_timers && timers.rejects => {
            let mut call = Call { env: env.reborrow(), msg: routing, kind: Kind::Request, module: state };
            if let Err(fault) = call.env.operations.reply(&mut call, &too_small(timers.min_se)) {
                call.env.log().warning(format!("sst: the 422 cannot be sent: {fault}"));
            }
            return;
        }
        Some(seconds) => seconds,
        None => {
            let seconds = timers.min_se.max(timers.interval).max(asked.min_se.unwrap_or(0));
            routing.edits.append(Bytes::from(format!("Session-Expires: {seconds}\r\n")));
            seconds
        }
    };
    let marked = dialog.set_value(env, VALUE, i32::try_from(seconds).unwrap_or(i32::MAX).into());
    if let Err(fault) = marked {
        env.log().warning(format!("sst: the call is not timed: {fault}"));
    }
}
