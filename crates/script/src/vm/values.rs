//! Operands, arithmetic and assignment.

use super::run::Machine;
use super::{arithmetic, complement, negated};
use crate::ast::{ArithmeticOperator, AssignOperator};
use crate::host::{Assign, Index, ScriptFault};
use crate::program::instruction::{Address, Operand, Slot};
use catalogue::Value;
use std::borrow::Cow;

impl<'m> Machine<'m> {
    /// The value of an operand; a constant is only looked at.
    pub(super) fn peek(&mut self, operand: Operand) -> Cow<'m, Value> {
        let tables = &self.program.tables;
        match operand {
            Operand::Pop => Cow::Owned(self.execution.values.pop().unwrap_or_default()),
            Operand::Constant(slot) => {
                tables.constants.get(slot as usize).map_or(Cow::Owned(Value::Null), Cow::Borrowed)
            }
            Operand::Variable(slot) => Cow::Owned(match tables.variables.get(slot as usize) {
                Some(variable) => variable.value(self.host, Some(&self.execution.scope)),
                None => Value::Null,
            }),
            Operand::Format(slot) => Cow::Owned(self.formatted(slot)),
        }
    }

    /// The value of an operand.
    pub(super) fn value(&mut self, operand: Operand) -> Value {
        self.peek(operand).into_owned()
    }

    fn formatted(&mut self, slot: Slot) -> Value {
        let Some(format) = self.program.tables.formats.get(slot as usize) else { return Value::Null };
        let value = format.value_in(self.host, Some(&self.execution.scope));
        // Only a text that is too long is NULL.
        if value.is_null() {
            self.warn(ScriptFault::TextTooLong);
        }
        value
    }

    pub(super) fn arithmetic(&mut self, operator: ArithmeticOperator, left: Operand, right: Operand) {
        // The right side first: it is the upper one where both are on the stack.
        let right = self.peek(right);
        let left = self.peek(left);
        self.push_result(arithmetic(operator, &left, &right));
    }

    pub(super) fn negate(&mut self, operand: Operand) {
        let value = self.peek(operand);
        self.push_result(negated(&value));
    }

    pub(super) fn complement(&mut self, operand: Operand) {
        let value = self.peek(operand);
        self.push_result(complement(&value));
    }

    fn push_result(&mut self, result: Result<Value, ScriptFault>) {
        let value = result.unwrap_or_else(|fault| {
            self.warn(fault);
            self.execution.has_no_value = true;
            Value::Null
        });
        self.execution.values.push(value);
    }

    pub(super) fn assign(&mut self, target: Slot, operator: AssignOperator, value: Operand) {
        let value = self.value(value);
        self.execution.truth = false;
        if std::mem::take(&mut self.execution.has_no_value) {
            return;
        }
        let result = match operator {
            AssignOperator::Set => self.write(target, Assign::Set, value),
            AssignOperator::Replace => self.write(target, Assign::Replace, value),
            AssignOperator::With(operator) => self.assign_with(target, operator, &value),
        };
        match result {
            Ok(()) => self.execution.truth = true,
            Err(fault) => self.warn(fault),
        }
    }

    /// `+=` and its kin.
    fn assign_with(&mut self, target: Slot, operator: ArithmeticOperator, value: &Value) -> Result<(), ScriptFault> {
        let before = self.value(Operand::Variable(target));
        if before.is_null() || value.is_null() {
            return Err(ScriptFault::NullOperand);
        }
        let after = arithmetic(operator, &before, value)?;
        self.write(target, Assign::Set, after)
    }

    fn write(&mut self, target: Slot, operator: Assign, value: Value) -> Result<(), ScriptFault> {
        let Some(variable) = self.program.tables.variables.get(target as usize) else { return Ok(()) };
        let written = variable.assign(self.host, Some(&self.execution.scope), operator, value);
        written.map_err(|rejected| ScriptFault::Rejected(rejected.0))
    }

    /// Reads the list anew at each turn, as upstream does: what the loop adds is seen.
    pub(super) fn for_turn(&mut self, list: Slot, exit: Address) {
        let Some(list) = self.program.tables.lists.get(list as usize) else { return };
        let over = self.program.tables.variables.get(list.over as usize);
        let turn = self.execution.loops.last().copied().unwrap_or_default();
        let index = Index::At(i32::try_from(turn).unwrap_or(i32::MAX));
        let value = over.map(|over| over.value_at(self.host, Some(&self.execution.scope), index)).unwrap_or_default();
        if value.is_null() {
            self.execution.counter = exit;
            return;
        }
        if !self.turn(exit) {
            return;
        }
        if let Err(fault) = self.write(list.iterator, Assign::Set, value) {
            self.warn(fault);
            self.execution.counter = exit;
        }
    }
}
