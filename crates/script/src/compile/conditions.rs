//! Expressions for their truth.

use super::lookup::fixed_text;
use super::{Compiler, LATER, add};
use crate::ast::{CompareOperator, Constant, Expression, ExpressionKind, Span};
use crate::diagnostic::{Diagnostic, codes};
use crate::program::instruction::{Instruction, Network, Operand};
use bytes::Bytes;
use catalogue::Value;
use posix_regex::Pattern;
use regex::bytes::Regex;
use std::sync::Arc;

impl Compiler<'_> {
    /// Leaves the truth of an expression in the truth register.
    pub(super) fn condition(&mut self, expression: &Expression) {
        match &expression.node {
            ExpressionKind::Call(call) => self.call(call),
            ExpressionKind::Route(call) => self.call_route(call),
            ExpressionKind::Assign { target, operator, value } => self.assign(target, *operator, value, true),
            ExpressionKind::Compare { left, operator, right } => self.compare(*operator, left, right),
            ExpressionKind::And(left, right) => self.short_circuit(left, right, Instruction::JumpUnless),
            ExpressionKind::Or(left, right) => self.short_circuit(left, right, Instruction::JumpIf),
            ExpressionKind::Not(operand) => {
                self.condition(operand);
                self.emit(Instruction::Not);
            }
            ExpressionKind::NonZero(operand) => {
                let operand = self.operand(operand);
                self.emit(Instruction::NonZero(operand));
            }
            ExpressionKind::Block(statements) => {
                self.statements(statements);
                let one = self.constant(Value::Int(1));
                self.emit(Instruction::Truth(Operand::Constant(one)));
            }
            ExpressionKind::Constant(_)
            | ExpressionKind::Format(_)
            | ExpressionKind::Variable(_)
            | ExpressionKind::Network(_)
            | ExpressionKind::Arithmetic { .. }
            | ExpressionKind::BitNot(_)
            | ExpressionKind::Negate(_) => {
                let operand = self.operand(expression);
                self.emit(Instruction::Truth(operand));
            }
        }
    }

    fn short_circuit(&mut self, left: &Expression, right: &Expression, jump: fn(u32) -> Instruction) {
        self.condition(left);
        let end = self.emit(jump(LATER));
        self.condition(right);
        self.land(end);
    }

    fn compare(&mut self, operator: CompareOperator, left: &Expression, right: &Expression) {
        let left = self.operand(left);
        match (operator, &right.node) {
            (CompareOperator::Match | CompareOperator::NoMatch, _) => {
                self.matches(left, operator == CompareOperator::NoMatch, right);
            }
            (CompareOperator::Equal | CompareOperator::NotEqual, ExpressionKind::Network(text)) => {
                self.in_network(left, operator == CompareOperator::NotEqual, text, right.span);
            }
            (_, ExpressionKind::Network(_)) => {
                self.error(codes::NO_VALUE, right.span, "a network is compared with == or != only");
            }
            _ => {
                let right = self.operand(right);
                self.emit(Instruction::Compare { operator, left, right });
            }
        }
    }

    fn matches(&mut self, left: Operand, negated: bool, right: &Expression) {
        let fixed = match &right.node {
            ExpressionKind::Constant(Constant::Str(text)) => Some(text.clone()),
            ExpressionKind::Constant(Constant::Int(number)) => Some(Bytes::from(number.to_string())),
            ExpressionKind::Network(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
            ExpressionKind::Format(text) => fixed_text(text),
            _ => None,
        };
        let Some(text) = fixed else {
            let pattern = self.operand(right);
            self.emit(Instruction::MatchComputed { left, pattern, negated });
            return;
        };
        if let Some(regex) = self.pattern(&text, Pattern::IGNORE_CASE, right.span) {
            let pattern = add(&mut self.tables.patterns, regex);
            self.emit(Instruction::Match { left, pattern, negated });
        }
    }

    /// Compiles a constant regular expression.
    pub(super) fn pattern(&mut self, text: &[u8], read_as: Pattern, span: Span) -> Option<Arc<Regex>> {
        match read_as.compile(text) {
            Ok(regex) => {
                self.note_digits(text, span);
                Some(Arc::new(regex))
            }
            Err(error) => {
                let diagnostic = Diagnostic::error(codes::PATTERN, span, format!("this regular expression: {error}"));
                self.push(match text.first() {
                    Some(b'+') => diagnostic.help("a plus sign is written \\+"),
                    _ if text.starts_with(b"^+") => diagnostic.help("a plus sign is written \\+"),
                    _ => diagnostic,
                });
                None
            }
        }
    }

    /// `\d` is the letter d, as in upstream's C library; few who write it know.
    fn note_digits(&mut self, text: &[u8], span: Span) {
        let mut bytes = text.iter();
        while let Some(byte) = bytes.next() {
            if *byte == b'\\' && bytes.next() == Some(&b'd') {
                let message = "\\d means the letter d in a POSIX regular expression";
                let warning = Diagnostic::warning(codes::PATTERN, span, message);
                return self.push(warning.help("write [0-9] for a digit"));
            }
        }
    }

    fn in_network(&mut self, left: Operand, negated: bool, text: &str, span: Span) {
        match Network::parse(text) {
            Some(network) => {
                let network = add(&mut self.tables.networks, network);
                self.emit(Instruction::InNetwork { left, network, negated });
            }
            None => self.error(codes::NO_VALUE, span, format!("{text} is neither an address nor a network")),
        }
    }
}
