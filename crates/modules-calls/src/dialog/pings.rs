//! Pings inside dialogs: a party that is gone answers none, and the call ends.

use super::ending::end;
use super::keeper::Keeper;
use super::lifecycle::{PING, REINVITE_PING};
use super::options::Ping;
use super::record::Dialog;
use super::requests::{InDialog, send};
use bytes::Bytes;
use module_api::{Direction, Env, Job};
use std::sync::Arc;

/// Pings the party that requests of this direction go to.
pub fn ping(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>, to: Direction, how: Ping) {
    let request = match how {
        Ping::Options => InDialog { has_contact: true, ..InDialog::new("OPTIONS", Bytes::new()) },
        Ping::Reinvite => reinvite(dialog, to),
    };
    let (keeper, pinged) = (Arc::clone(keeper), Arc::clone(dialog));
    let done = Box::new(move |env: &mut Env<'_>, code: u16, _| {
        answered(&keeper, env, &pinged, how, code);
        Job::DONE
    });
    if let Err(fault) = send(env, dialog, to, &request, Some(done)) {
        env.log().warning(format!("dialog {}: a party is not pinged: {fault}", dialog.id.text()));
    }
}

/// A re-INVITE that changes nothing: it offers again what was offered last.
pub fn reinvite(dialog: &Dialog, to: Direction) -> InDialog {
    let sdp = dialog.lock().target(to).map(|leg| leg.sent_sdp.clone()).unwrap_or_default();
    let body = (!sdp.is_empty()).then(|| (Bytes::from_static(b"application/sdp"), sdp));
    InDialog { body, has_contact: true, ..InDialog::new("INVITE", Bytes::new()) }
}

fn answered(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>, how: Ping, code: u16) {
    let reason = match (how, code) {
        // Nobody is there, or somebody who does not know of the call (RFC 3261 section 12.2.1.2).
        (Ping::Options, 408 | 481) => PING,
        // 491: the party is sending a re-INVITE itself, so it is there.
        (Ping::Reinvite, 491 | 500 | 503) | (Ping::Reinvite, ..300) => return,
        (Ping::Reinvite, _) => REINVITE_PING,
        (Ping::Options, _) => return,
    };
    if dialog.lock().is_confirmed()
        && let Err(fault) = end(keeper, env, dialog, reason, b"")
    {
        env.log().warning(format!("dialog {}: {fault}", dialog.id.text()));
    }
}
