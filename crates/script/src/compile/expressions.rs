//! Expressions for their values: operands, arithmetic, assignment.

use super::loops::value_of;
use super::{Compiler, add};
use crate::ast::{
    ArithmeticOperator, AssignOperator, CompareOperator, Constant, Expression, ExpressionKind, Span, Text, Variable,
};
use crate::diagnostic::{Diagnostic, codes};
use crate::host::ScriptFault;
use crate::program::instruction::{Instruction, Operand};
use crate::vm::{arithmetic, complement, negated};
use catalogue::Value;

impl Compiler<'_> {
    /// An expression run for what it does.
    pub(super) fn effect(&mut self, expression: &Expression) {
        match &expression.node {
            ExpressionKind::Assign { target, operator, value } => self.assign(target, *operator, value, false),
            _ => self.condition(expression),
        }
    }

    /// What is neither a call nor an assignment, and is not the outcome of its route, does nothing.
    pub(super) fn note_idle(&mut self, expression: &Expression) {
        if does_something(expression) {
            return;
        }
        let warning = Diagnostic::warning(codes::WITHOUT_EFFECT, expression.span, "this does nothing");
        self.push(match &expression.node {
            ExpressionKind::Compare { left, operator: CompareOperator::Equal, right } => {
                let between = Span { start: left.span.end, end: right.span.start };
                warning.help("an assignment is written `=`").fix(between, " = ")
            }
            ExpressionKind::Compare { left, operator: CompareOperator::Match, right }
                if matches!(right.node, ExpressionKind::Constant(Constant::Int(_))) =>
            {
                let between = Span { start: left.span.end, end: right.span.start };
                warning.help("`=~` matches an expression; the complement of a number is `= ~`").fix(between, " = ~")
            }
            _ => warning,
        });
    }

    /// The value of an expression: a constant or variable is named, anything else is computed onto the stack.
    pub(super) fn operand(&mut self, expression: &Expression) -> Operand {
        match &expression.node {
            ExpressionKind::Constant(constant) => self.constant_operand(value_of(constant)),
            ExpressionKind::Format(text) => self.format_operand(text),
            ExpressionKind::Variable(variable) => self.variable_operand(variable),
            ExpressionKind::Network(text) => self.constant_operand(Value::copied(text.as_bytes())),
            ExpressionKind::Arithmetic { left, operator, right } => {
                self.arithmetic(expression.span, *operator, left, right)
            }
            ExpressionKind::Negate(operand) => self.unary(expression.span, operand, negated, Instruction::Negate),
            ExpressionKind::BitNot(operand) => self.unary(expression.span, operand, complement, Instruction::BitNot),
            ExpressionKind::Call(_) | ExpressionKind::Route(_) => {
                self.condition(expression);
                self.emit(Instruction::PushCode);
                Operand::Pop
            }
            _ => {
                self.condition(expression);
                self.emit(Instruction::PushTruth);
                Operand::Pop
            }
        }
    }

    fn constant_operand(&mut self, value: Value) -> Operand {
        Operand::Constant(self.constant(value))
    }

    pub(super) fn variable_operand(&mut self, variable: &Variable) -> Operand {
        let variable = self.lookup.read(variable);
        Operand::Variable(add(&mut self.tables.variables, variable))
    }

    pub(super) fn format_operand(&mut self, text: &Text) -> Operand {
        let format = self.lookup.format(text);
        match format.fixed() {
            Some(text) => self.constant_operand(Value::Str(text)),
            None => Operand::Format(add(&mut self.tables.formats, format)),
        }
    }

    fn arithmetic(
        &mut self,
        span: Span,
        operator: ArithmeticOperator,
        left: &Expression,
        right: &Expression,
    ) -> Operand {
        let before = self.here();
        let left = self.operand(left);
        let right = self.operand(right);
        let is_constant = before == self.here();
        if let (true, Some(known), Some(other)) = (is_constant, self.known(left), self.known(right)) {
            match arithmetic(operator, &known, &other) {
                // Left to the running script, where it yields nothing.
                Err(ScriptFault::DivisionByZero) => {
                    self.push(Diagnostic::warning(codes::NO_VALUE, span, ScriptFault::DivisionByZero.to_string()));
                }
                value => return self.folded(span, value),
            }
        }
        self.emit(Instruction::Arithmetic { operator, left, right });
        Operand::Pop
    }

    fn unary(
        &mut self,
        span: Span,
        operand: &Expression,
        fold: fn(&Value) -> Result<Value, ScriptFault>,
        instruction: fn(Operand) -> Instruction,
    ) -> Operand {
        let operand = self.operand(operand);
        if let Some(value) = self.known(operand) {
            return self.folded(span, fold(&value));
        }
        self.emit(instruction(operand));
        Operand::Pop
    }

    fn known(&self, operand: Operand) -> Option<Value> {
        let Operand::Constant(slot) = operand else { return None };
        self.tables.constants.get(slot as usize).cloned()
    }

    fn folded(&mut self, span: Span, value: Result<Value, ScriptFault>) -> Operand {
        let value = value.unwrap_or_else(|fault| {
            self.error(codes::NO_VALUE, span, fault.to_string());
            Value::Null
        });
        self.constant_operand(value)
    }

    pub(super) fn assign(
        &mut self,
        target: &Variable,
        operator: AssignOperator,
        value: &Expression,
        is_condition: bool,
    ) {
        let value = self.operand(value);
        let target = self.lookup.target(target, is_condition);
        let target = add(&mut self.tables.variables, target);
        self.emit(Instruction::Assign { target, operator, value });
    }
}

fn does_something(expression: &Expression) -> bool {
    match &expression.node {
        ExpressionKind::Constant(_)
        | ExpressionKind::Format(_)
        | ExpressionKind::Network(_)
        | ExpressionKind::Variable(_) => false,
        ExpressionKind::Compare { left, right, .. } | ExpressionKind::Arithmetic { left, right, .. } => {
            does_something(left) || does_something(right)
        }
        ExpressionKind::And(left, right) | ExpressionKind::Or(left, right) => {
            does_something(left) || does_something(right)
        }
        ExpressionKind::Not(inner)
        | ExpressionKind::Negate(inner)
        | ExpressionKind::BitNot(inner)
        | ExpressionKind::NonZero(inner) => does_something(inner),
        ExpressionKind::Assign { .. }
        | ExpressionKind::Call(_)
        | ExpressionKind::Route(_)
        | ExpressionKind::Block(_) => true,
    }
}
