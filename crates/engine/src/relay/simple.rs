//! What is relayed without branches of its own: the ACK to a 2xx, and CANCEL.

use super::INTERNAL;
use crate::desk::Desk;
use crate::table::{Id, Mail};
use bytes::Bytes;
use module_api::{Call, Flow, RelayOptions, ReplyContent};
use sip::HeaderName;

impl Desk<'_> {
    /// An ACK end to end has no transaction: it is forwarded, unless it acknowledges a 2xx of our own, and the INVITE
    /// hears that it passed.
    pub(super) fn relay_ack(&self, call: &mut Call<'_>, proxy: Option<Bytes>) -> Flow {
        if let Some(id) = call.msg.invite.map(Id::of) {
            let ends_here = self.ends_here(call.msg, id);
            self.post(&mut call.env, id, Mail::Acknowledged);
            if ends_here {
                return Flow::done(1);
            }
        }
        self.forward(call, proxy.filter(|_| call.msg.branches.first().destination.is_none()))
    }

    /// A CANCEL is answered here and goes on as CANCELs of our own (RFC 3261 sections 9.2 and 16.10).
    pub(super) fn relay_cancel(&self, call: &mut Call<'_>, invite: Id, options: &RelayOptions) -> Flow {
        if options.allow_no_cancel && forbids_cancel(call) {
            return Flow::done(INTERNAL);
        }
        let reason = options.pass_reason.then(|| reason_lines(call)).flatten();
        let reply = ReplyContent::new(200, "canceling");
        if let Err(fault) = self.reply_stateless(call, &reply) {
            return Flow::Done(Err(fault));
        }
        self.core.counters.tm.local_replies.increment();
        self.post(&mut call.env, invite, Mail::Cancel { reason });
        Flow::done(1)
    }
}

/// RFC 3841 section 9.1: the caller wants no CANCEL to follow.
fn forbids_cancel(call: &Call<'_>) -> bool {
    call.msg.message.headers_called(b"Request-Disposition").any(|header| {
        header.value.split(|byte| *byte == b',').any(|word| word.trim_ascii().eq_ignore_ascii_case(b"no-cancel"))
    })
}

fn reason_lines(call: &Call<'_>) -> Option<Bytes> {
    let mut lines = Vec::new();
    for header in call.msg.message.headers_named(HeaderName::Reason) {
        lines.extend_from_slice(header.line);
    }
    (!lines.is_empty()).then(|| lines.into())
}
