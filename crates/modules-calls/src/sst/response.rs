//! A 2xx to an INVITE or UPDATE of a timed call: RFC 4028 section 8.2. The dialog lasts as long as it says from now on.

use super::VALUE;
use super::headers::Session;
use bytes::Bytes;
use module_api::{Call, HookEvent};
use sip::Method;
use std::time::Duration;

/// Called at each moment of every transaction.
pub fn watch(call: &mut Call<'_>, moment: &HookEvent<'_>) {
    let HookEvent::ReplyIn { reply, edits, .. } = moment else { return };
    let method = call.msg.message.method();
    if !(200..300).contains(&reply.status()) || !matches!(method, Method::Invite | Method::Update) {
        return;
    }
    let Some(dialog) = call.msg.dialog.as_ref().map(|of| std::sync::Arc::clone(&of.dialog)) else { return };
    let Some(wanted) = dialog.value(VALUE).int().and_then(|seconds| u32::try_from(seconds).ok()) else { return };
    let Some(dialogs) = call.env.services.dialogs.clone() else { return };
    let seconds = match Session::of(reply).expires {
        Some(seconds) => seconds,
        // The callee knows nothing of timers: the caller refreshes alone, if he can.
        None if Session::of(&call.msg.message).knows_timers => {
            let lines = format!("Session-Expires: {wanted};refresher=uac\r\nRequire: timer\r\n");
            edits.borrow_mut().append(Bytes::from(lines));
            wanted
        }
        None => return,
    };
    dialogs.set_lifetime(&mut call.env, &*dialog, Duration::from_secs(seconds.into()));
}
