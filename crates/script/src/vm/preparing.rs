//! Values that ask for what they need: evaluated for their questions alone, until there is none.

use super::run::{Machine, Next, ON};
use super::{Awaited, Outcome};
use crate::program::instruction::Slot;
use std::ops::ControlFlow;

impl Machine<'_> {
    /// Evaluates the values, and waits if one has asked for something; then they are evaluated once more, for the next
    /// one that asks.
    pub(super) fn prepare(&mut self, slot: Slot) -> Next {
        let Some(preparation) = self.program.tables.preparations.get(slot as usize) else { return ON };
        if let Some(level) = preparation.level
            && self.xlog_level(level) > self.host.xlog_level()
        {
            return ON;
        }
        self.host.allow_asking();
        for operand in &preparation.operands {
            self.peek(*operand);
        }
        let line = self.line();
        if !self.host.has_asked(line) {
            return ON;
        }
        self.execution.waiting = Some(Awaited::Prepared(slot));
        ControlFlow::Break(Outcome::Waiting)
    }
}
