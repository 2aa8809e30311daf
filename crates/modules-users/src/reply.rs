//! Replies as `send_reply()` sends them: within the transaction where there is one, else without.

use module_api::{Call, Fault, ReplyContent};

/// Answers the request at hand.
///
/// # Errors
/// It cannot be answered, or has been already.
pub fn send(call: &mut Call<'_>, reply: &ReplyContent) -> Result<(), Fault> {
    let operations = call.env.operations;
    if call.msg.transaction.is_some() {
        return operations.reply(call, reply);
    }
    operations.reply_stateless(call, reply)
}
