//! Expressions, from the loosest operator to the tightest: logic, comparison and assignment, arithmetic.

use super::{Parsed, Parser, Reported};
use crate::ast::{
    ArithmeticOperator, AssignOperator, CompareOperator, Constant, Expression, ExpressionKind, Span, Spanned,
};
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::{Symbol, TokenKind};
use bytes::Bytes;

/// Operators in a row: each makes the tree one deeper.
const OPERATORS_MAX: usize = 250;

impl Parser<'_> {
    /// `&&` and `||` have one level, left to right.
    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        self.nested(|parser| parser.chain(Self::negation, Self::logic_operator))
    }

    /// Operands with operators of one level between them, left to right.
    fn chain(
        &mut self,
        operand: fn(&mut Self) -> Parsed<Expression>,
        operator: fn(&mut Self) -> Option<Join>,
    ) -> Parsed<Expression> {
        let mut left = operand(self)?;
        let mut operators = 0;
        while let Some(join) = operator(self) {
            operators += 1;
            if operators > OPERATORS_MAX {
                let message = format!("more than {OPERATORS_MAX} operators in a row");
                return Err(self.report(Diagnostic::error(codes::TOO_DEEP, self.token.span, message)));
            }
            let right = operand(self)?;
            let span = Span { start: left.span.start, end: right.span.end };
            left = Spanned { node: join.expression(Box::new(left), Box::new(right)), span };
        }
        Ok(left)
    }

    fn logic_operator(&mut self) -> Option<Join> {
        let join = match (self.token.kind, self.word()) {
            (TokenKind::Symbol(Symbol::AndAnd), _) | (_, "and") => Join::And,
            (TokenKind::Symbol(Symbol::OrOr), _) | (_, "or") => Join::Or,
            _ => return None,
        };
        self.bump();
        Some(join)
    }

    /// `!` reaches over a comparison: its left side cannot be anything but a variable.
    fn negation(&mut self) -> Parsed<Expression> {
        let start = self.token.span.start;
        if self.eat(Symbol::Not) || self.eat_word("not") {
            let operand = self.nested(Self::negation)?;
            return Ok(self.spanned(ExpressionKind::Not(Box::new(operand)), start));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed<Expression> {
        if let Some(today) = self.old_comparison() {
            return today;
        }
        let left = self.arithmetic()?;
        if let Some(operator) = self.assign_operator() {
            return self.assignment(left, operator);
        }
        let Some(operator) = self.compare_operator() else { return Ok(left) };
        let operator_span = self.bump().span;
        if let (ExpressionKind::Variable(variable), CompareOperator::Equal | CompareOperator::NotEqual, "myself") =
            (&left.node, operator, self.word())
        {
            return self.variable_with_myself(variable, operator);
        }
        let right = self.comparison_right()?;
        self.check_left(&left, operator_span, &right)?;
        let span = Span { start: left.span.start, end: right.span.end };
        let node = ExpressionKind::Compare { left: Box::new(left), operator, right: Box::new(right) };
        Ok(Spanned { node, span })
    }

    pub(super) fn compare_operator(&self) -> Option<CompareOperator> {
        let TokenKind::Symbol(symbol) = self.token.kind else { return None };
        Some(match symbol {
            Symbol::EqualEqual => CompareOperator::Equal,
            Symbol::NotEqual => CompareOperator::NotEqual,
            Symbol::Less => CompareOperator::Less,
            Symbol::Greater => CompareOperator::Greater,
            Symbol::LessEqual => CompareOperator::LessOrEqual,
            Symbol::GreaterEqual => CompareOperator::GreaterOrEqual,
            Symbol::Match => CompareOperator::Match,
            Symbol::NoMatch => CompareOperator::NoMatch,
            _ => return None,
        })
    }

    /// A string on the right is taken as it stands.
    fn comparison_right(&mut self) -> Parsed<Expression> {
        if self.token.kind != TokenKind::String {
            return self.arithmetic();
        }
        let start = self.token.span.start;
        let decoded = self.one_string();
        let span = self.since(start);
        if let Ok(text) = crate::format::parse_format(&decoded.bytes)
            && text.segments.iter().any(|segment| matches!(segment, crate::ast::Segment::Variable(_)))
        {
            let message = "the variables in this string are not expanded: a comparison takes it as it stands";
            let fault = Diagnostic::warning(codes::NOT_EXPANDED, span, message);
            self.report(fault.help("assign the string to a `$var(…)` first, and compare with that"));
        }
        Ok(Spanned { node: ExpressionKind::Constant(Constant::Str(Bytes::from(decoded.bytes))), span })
    }

    fn check_left(&mut self, left: &Expression, operator: Span, right: &Expression) -> Parsed<()> {
        match &left.node {
            ExpressionKind::Constant(_) | ExpressionKind::Format(_) | ExpressionKind::Network(_) => {
                let message = "a comparison has its variable on the left";
                let mut fault = Diagnostic::error(codes::COMPARISON_LEFT, left.span, message);
                if matches!(right.node, ExpressionKind::Variable(_)) {
                    let whole = Span { start: left.span.start, end: right.span.end };
                    let turned = turned_around(self.written(operator));
                    let (left, right) = (self.written_lossy(left.span), self.written_lossy(right.span));
                    fault = fault.fix(whole, format!("{right} {turned} {left}"));
                }
                Err(self.report(fault))
            }
            ExpressionKind::Call(_) | ExpressionKind::Route(_) => {
                let message = "the outcome of a call cannot be compared: it is true or false";
                let fault = Diagnostic::error(codes::COMPARISON_LEFT, left.span, message);
                Err(self.report(fault.help("call it first, its return code is in `$rc`")))
            }
            _ => Ok(()),
        }
    }

    fn assign_operator(&self) -> Option<AssignOperator> {
        use ArithmeticOperator::{Add, BitAnd, BitOr, BitXor, Divide, Multiply, Remainder, Subtract};
        let TokenKind::Symbol(symbol) = self.token.kind else { return None };
        Some(match symbol {
            Symbol::Equal => AssignOperator::Set,
            Symbol::ColonEqual => AssignOperator::Replace,
            Symbol::PlusEqual => AssignOperator::With(Add),
            Symbol::MinusEqual => AssignOperator::With(Subtract),
            Symbol::StarEqual => AssignOperator::With(Multiply),
            Symbol::SlashEqual => AssignOperator::With(Divide),
            Symbol::PercentEqual => AssignOperator::With(Remainder),
            Symbol::AmpersandEqual => AssignOperator::With(BitAnd),
            Symbol::BarEqual => AssignOperator::With(BitOr),
            Symbol::CaretEqual => AssignOperator::With(BitXor),
            _ => return None,
        })
    }

    fn assignment(&mut self, left: Expression, operator: AssignOperator) -> Parsed<Expression> {
        let target = match left.node {
            ExpressionKind::Variable(variable) => variable,
            _ => {
                let message = "only a variable can be assigned to";
                return Err(self.report(Diagnostic::error(codes::ASSIGNMENT_TARGET, left.span, message)));
            }
        };
        if !target.transformations.is_empty() {
            return Err(self.transformed_target(&target));
        }
        self.bump();
        let value = self.arithmetic()?;
        let span = Span { start: left.span.start, end: value.span.end };
        Ok(Spanned { node: ExpressionKind::Assign { target, operator, value: Box::new(value) }, span })
    }

    fn transformed_target(&mut self, target: &crate::ast::Variable) -> Reported {
        let message = "a variable is assigned to without transformations";
        self.report(Diagnostic::error(codes::ASSIGNMENT_TARGET, target.span, message))
    }

    /// `& | ^ << >>`, below `+ - * / %`, which are all of one level.
    pub(super) fn arithmetic(&mut self) -> Parsed<Expression> {
        self.chain(Self::sum, Self::bit_operator)
    }

    fn sum(&mut self) -> Parsed<Expression> {
        self.chain(Self::unary, Self::sum_operator)
    }

    fn bit_operator(&mut self) -> Option<Join> {
        let TokenKind::Symbol(symbol) = self.token.kind else { return None };
        let operator = match symbol {
            Symbol::Ampersand => ArithmeticOperator::BitAnd,
            Symbol::Bar => ArithmeticOperator::BitOr,
            Symbol::Caret => ArithmeticOperator::BitXor,
            Symbol::ShiftLeft => ArithmeticOperator::ShiftLeft,
            Symbol::ShiftRight => ArithmeticOperator::ShiftRight,
            _ => return None,
        };
        self.bump();
        Some(Join::Arithmetic(operator))
    }

    fn sum_operator(&mut self) -> Option<Join> {
        let TokenKind::Symbol(symbol) = self.token.kind else { return None };
        let operator = match symbol {
            Symbol::Plus => ArithmeticOperator::Add,
            Symbol::Minus => ArithmeticOperator::Subtract,
            Symbol::Star => ArithmeticOperator::Multiply,
            Symbol::Slash => ArithmeticOperator::Divide,
            Symbol::Percent => ArithmeticOperator::Remainder,
            _ => return None,
        };
        self.bump();
        Some(Join::Arithmetic(operator))
    }

    fn unary(&mut self) -> Parsed<Expression> {
        let start = self.token.span.start;
        if self.at(Symbol::Minus) && matches!(self.second().kind, TokenKind::Number(_)) {
            let number = self.integer("a number")?;
            return Ok(self.spanned(ExpressionKind::Constant(Constant::Int(number)), start));
        }
        if self.eat(Symbol::Minus) {
            let operand = self.nested(Self::unary)?;
            return Ok(self.spanned(ExpressionKind::Negate(Box::new(operand)), start));
        }
        if self.eat(Symbol::Tilde) {
            let operand = self.nested(Self::unary)?;
            return Ok(self.spanned(ExpressionKind::BitNot(Box::new(operand)), start));
        }
        if self.at(Symbol::Not) || self.word() == "not" {
            return self.nested(Self::negation);
        }
        self.operand()
    }
}

/// How two operands are joined.
enum Join {
    And,
    Or,
    Arithmetic(ArithmeticOperator),
}

impl Join {
    fn expression(self, left: Box<Expression>, right: Box<Expression>) -> ExpressionKind {
        match self {
            Join::And => ExpressionKind::And(left, right),
            Join::Or => ExpressionKind::Or(left, right),
            Join::Arithmetic(operator) => ExpressionKind::Arithmetic { left, operator, right },
        }
    }
}

fn turned_around(operator: &str) -> &str {
    match operator {
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        same => same,
    }
}
