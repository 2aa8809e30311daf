//! What a branch ended with, and its reply until that has gone upstream.

use sip::{Edits, Message};
use std::sync::Arc;

/// What a branch ended with.
pub(crate) struct Final {
    pub(crate) code: u16,
    pub(crate) reply: FinalReply,
}

/// The reply behind a [`Final`].
pub(crate) enum FinalReply {
    /// There was none: the branch took too long, or could not be sent.
    Missing,
    /// With the changes of `onreply_route`.
    Received(Box<(Arc<Message>, Edits)>),
    /// It was received and has gone upstream.
    Passed,
}

impl Final {
    /// The outcome of a branch that nobody answered.
    pub(crate) fn without_reply(code: u16) -> Final {
        Final { code, reply: FinalReply::Missing }
    }

    /// Whether somebody sent it, rather than we made it up.
    pub(crate) fn was_received(&self) -> bool {
        !matches!(self.reply, FinalReply::Missing)
    }

    /// The reply, while it has not gone upstream.
    pub(crate) fn reply(&self) -> Option<&(Arc<Message>, Edits)> {
        match &self.reply {
            FinalReply::Received(reply) => Some(reply),
            FinalReply::Missing | FinalReply::Passed => None,
        }
    }

    /// Takes the reply to send it upstream.
    pub(crate) fn pass(&mut self) -> Option<(Arc<Message>, Edits)> {
        match std::mem::replace(&mut self.reply, FinalReply::Passed) {
            FinalReply::Received(reply) => Some(*reply),
            other => {
                self.reply = other;
                None
            }
        }
    }
}
