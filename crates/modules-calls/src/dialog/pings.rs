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
    let offer = match how {
        Ping::Options => None,
        Ping::Reinvite => offer(dialog, to),
    };
    // A re-INVITE without offer would ask the party for one, and its ACK would have to answer that for the other party.
    let how = if offer.is_some() { Ping::Reinvite } else { Ping::Options };
    let method = if offer.is_some() { "INVITE" } else { "OPTIONS" };
    let request = InDialog { body: offer, has_contact: true, ..InDialog::new(method, Bytes::new()) };
    let (keeper, pinged) = (Arc::clone(keeper), Arc::clone(dialog));
    let done = Box::new(move |env: &mut Env<'_>, code: u16, _| {
        answered(&keeper, env, &pinged, how, code);
        Job::DONE
    });
    if let Err(fault) = send(env, dialog, to, &request, Some(done)) {
        env.log().warning(format!("dialog {}: a party is not pinged: {fault}", dialog.id.text()));
    }
}

/// A re-INVITE changes nothing that offers what stands; `None` where that is not known: it was long, it was the answer in
/// an ACK, or the server has been started since.
fn offer(dialog: &Dialog, to: Direction) -> Option<(Bytes, Bytes)> {
    let sdp = dialog.lock().target(to).map(|leg| leg.sent_sdp.clone()).unwrap_or_default();
    (!sdp.is_empty()).then(|| (Bytes::from_static(b"application/sdp"), sdp))
}

fn answered(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>, how: Ping, code: u16) {
    // Nobody is there, or somebody who does not know of the call (RFC 3261 section 12.2.1.2). A party that refuses anything
    // else is there, and its session stands as it was (section 14.1).
    if !matches!(code, 408 | 481) {
        return;
    }
    let reason = if how == Ping::Reinvite { REINVITE_PING } else { PING };
    if dialog.lock().is_confirmed()
        && let Err(fault) = end(keeper, env, dialog, reason, b"")
    {
        env.log().warning(format!("dialog {}: {fault}", dialog.id.text()));
    }
}
