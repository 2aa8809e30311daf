//! Values that ask for what they need: evaluated for their questions alone, until there is none.

use super::run::{Machine, Next, ON};
use super::{Awaited, Outcome};
use crate::program::instruction::Slot;
use std::ops::ControlFlow;

impl Machine<'_> {
    /// Evaluates the values, and waits if one has asked for something; then they are evaluated once more, for the next
    /// one that asks.
    pub(super) fn prepare(&mut self, slot: Slot) -> Next {
        let Some(operands) = self.program.tables.preparations.get(slot as usize) else { return ON };
        self.host.allow_asking();
        for operand in operands {
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
