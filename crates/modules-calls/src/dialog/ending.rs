//! Ending a call from here: BYE to both parties, or while it rings CANCEL and 487.

use super::keeper::Keeper;
use super::lifecycle::{Cause, advance};
use super::record::Dialog;
use super::requests::{InDialog, lines, send};
use super::state::{Input, State};
use bytes::Bytes;
use module_api::{Direction, Env, Fault, Job, ReplyContent};
use std::sync::Arc;

/// Ends a dialog for this reason, with these header lines in the BYEs besides those of `dlg_extra_hdrs`.
///
/// # Errors
/// It has ended already, or its INVITE is not there any more.
pub fn end(
    keeper: &Arc<Keeper>,
    env: &mut Env<'_>,
    dialog: &Arc<Dialog>,
    reason: &'static str,
    headers: &[u8],
) -> Result<(), Fault> {
    match dialog.state() {
        State::Unconfirmed | State::Early => {
            let transaction = {
                let mut inner = dialog.lock();
                inner.end_reason = Some(reason);
                inner.transaction.clone()
            };
            let transaction = transaction.ok_or_else(|| Fault::us("its INVITE is not on its way yet"))?;
            let operations = env.operations;
            let reply = ReplyContent::new(487, "Request Terminated");
            operations.reply_by_id(env, transaction.as_bytes(), &reply)
        }
        State::ConfirmedNoAck | State::Confirmed => {
            // Who takes the step sends the BYEs: a party that hangs up at this moment is not told twice.
            if advance(keeper, env, dialog, Input::End, &Cause::ours(reason)) {
                hang_up(env, dialog, headers);
            }
            Ok(())
        }
        State::Deleted => Err(Fault::script("the dialog has ended")),
    }
}

/// Sends a BYE to both parties.
pub fn hang_up(env: &mut Env<'_>, dialog: &Arc<Dialog>, headers: &[u8]) {
    let headers = Bytes::from(lines(headers));
    for to in [Direction::Upstream, Direction::Downstream] {
        let bye = InDialog::new("BYE", headers.clone());
        if let Err(fault) = send(env, dialog, to, &bye, Some(Box::new(|_, _, _| Job::DONE))) {
            env.log().warning(format!("dialog {}: no BYE to one of its parties: {fault}", dialog.id.text()));
        }
    }
}
