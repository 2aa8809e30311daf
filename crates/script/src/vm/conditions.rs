//! What sets the truth register, and `switch`.

use super::Execution;
use super::compare::{compare, fits, in_network};
use super::run::Machine;
use crate::ast::CompareOperator;
use crate::host::ScriptFault;
use crate::program::instruction::{Operand, Slot};
use catalogue::Value;
use posix_regex::Pattern;
use regex::bytes::Regex;

impl Machine<'_> {
    pub(super) fn non_zero(&mut self, operand: Operand) {
        let value = self.peek(operand);
        self.execution.truth = value.int().unwrap_or(0) != 0;
    }

    pub(super) fn compare(&mut self, operator: CompareOperator, left: Operand, right: Operand) {
        let right = self.peek(right);
        let left = self.peek(left);
        self.execution.truth = compare(operator, &left, &right).unwrap_or_else(|fault| {
            self.warn(fault);
            false
        });
    }

    pub(super) fn matches(&mut self, left: Operand, pattern: Slot, negated: bool) {
        let left = self.peek(left);
        self.execution.truth = match self.program.tables.patterns.get(pattern as usize) {
            Some(regex) => is_match(regex, &left, negated),
            None => false,
        };
    }

    /// A pattern that is NULL matches nothing; one that is no expression is a fault, and both operators are false.
    pub(super) fn matches_computed(&mut self, left: Operand, pattern: Operand, negated: bool) {
        let pattern = self.value(pattern);
        let left = self.value(left);
        let Some(text) = pattern.into_bytes() else {
            self.execution.truth = negated;
            return;
        };
        let Execution { patterns, steps_left, .. } = &mut *self.execution;
        self.execution.truth = match patterns.compiled(&text, Pattern::IGNORE_CASE, steps_left) {
            Ok(regex) => is_match(&regex, &left, negated),
            Err(why) => {
                self.warn(ScriptFault::BadPattern(why));
                false
            }
        };
    }

    pub(super) fn in_network(&mut self, left: Operand, network: Slot, negated: bool) {
        let left = self.peek(left);
        let network = self.program.tables.networks.get(network as usize);
        self.execution.truth = network.is_some_and(|network| in_network(&left, network)) != negated;
    }

    pub(super) fn switch(&mut self, subject: Operand, table: Slot) {
        let subject = self.peek(subject);
        let Some(table) = self.program.tables.switches.get(table as usize) else { return };
        let case = table.cases.iter().find(|(case, _)| fits(&subject, case));
        self.execution.counter = case.map_or(table.otherwise, |(_, address)| *address);
    }
}

fn is_match(regex: &Regex, value: &Value, negated: bool) -> bool {
    value.text().is_some_and(|text| regex.is_match(&text)) != negated
}
