//! A transaction as functions and variables of modules see it.

use super::Transaction;
use module_api::{TransactionBranch, TransactionHandle};
use std::any::Any;
use std::time::Duration;

impl TransactionHandle for Transaction {
    fn id(&self) -> String {
        self.id.to_hex()
    }

    fn branches(&self) -> &[TransactionBranch] {
        &self.targets
    }

    fn first_active(&self) -> usize {
        self.first_active
    }

    fn branch_mut(&mut self, number: usize) -> Option<&mut TransactionBranch> {
        self.targets.get_mut(number)
    }

    fn reply_code(&self) -> u16 {
        self.code_at_hand.unwrap_or_else(|| self.server().map_or(0, |server| server.code))
    }

    fn was_cancelled(&self) -> bool {
        self.was_cancelled || self.cancel_waits
    }

    fn is_answered(&self) -> bool {
        self.is_answered()
    }

    fn timeouts(&self) -> (Duration, Duration) {
        (self.any_reply, self.invite_final)
    }

    fn set_timeouts(&mut self, any_reply: Option<Duration>, invite_final: Option<Duration>) {
        self.any_reply = any_reply.unwrap_or(self.any_reply);
        self.invite_final = invite_final.unwrap_or(self.invite_final);
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
