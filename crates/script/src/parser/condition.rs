//! What looks right in a condition and is likely not meant.

use super::{Parser, Reported};
use crate::ast::{AssignOperator, Constant, Expression, ExpressionKind};
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::Symbol;

impl Parser<'_> {
    /// `if ($rU = "x")` assigns, and is always true.
    pub(super) fn warn_assignment(&mut self, condition: &Expression) {
        match &condition.node {
            ExpressionKind::And(left, right) | ExpressionKind::Or(left, right) => {
                self.warn_assignment(left);
                self.warn_assignment(right);
            }
            ExpressionKind::Not(operand) => self.warn_assignment(operand),
            ExpressionKind::Assign { target, operator: AssignOperator::Set, value }
                if matches!(value.node, ExpressionKind::Constant(_)) =>
            {
                let between = crate::ast::Span { start: target.span.end, end: value.span.start };
                let message = "this assigns, it does not compare: the condition is always true";
                let fault = Diagnostic::warning(codes::ASSIGNMENT_AS_CONDITION, condition.span, message);
                self.report(fault.help("a comparison is written `==`").fix(between, " == "));
            }
            _ => {}
        }
    }

    /// Tells what follows a complete expression within parentheses. Never true, so that it ends a condition.
    pub(super) fn unexpected_in_condition(&mut self) -> bool {
        let Reported = match self.at(Symbol::LeftBrace) {
            true => self.missing_parenthesis(),
            false => self.unexpected("`)` or an operator"),
        };
        false
    }

    fn missing_parenthesis(&mut self) -> Reported {
        let after = crate::ast::Span { start: self.end, end: self.end };
        let fault = Diagnostic::error(codes::MISSING, after, "`)` is missing at the end of the condition");
        self.report(fault.fix(after, ")"))
    }
}

/// A number as an operand.
pub(super) fn number_constant(number: i32) -> ExpressionKind {
    ExpressionKind::Constant(Constant::Int(number))
}
