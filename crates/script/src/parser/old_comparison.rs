//! Comparisons of 1.x become today's, with a warning that shows the line to write.

use super::condition::number_constant;
use super::{Parsed, Parser};
use crate::ast::{Call, CompareOperator, Constant, Expression, ExpressionKind, Segment, Span, Spanned, Text, Variable};
use crate::diagnostic::{Diagnostic, codes};
use crate::dialect::{OldOperand, host_of, old_operand};
use crate::format::parse_variable;
use crate::lexer::{Symbol, TokenKind};
use bytes::Bytes;

/// The longest message, which `max_len` stood for.
const MESSAGE_BYTES_MAX: i32 = 65_535;

impl Parser<'_> {
    /// The comparison or operand of 1.x that the next word starts.
    pub(super) fn old_comparison(&mut self) -> Option<Parsed<Expression>> {
        let old = self.old_word()?;
        let start = self.token.span.start;
        self.bump();
        if old.word == "msg:len" {
            self.bump();
            self.bump();
        }
        let span = self.since(start);
        let Ok(mut today) = parse_variable(old.today.as_bytes()) else { return None };
        place_at(&mut today, span);
        let Some(operator) = self.compare_operator() else {
            let expression = Spanned { node: ExpressionKind::Variable(today), span };
            self.warn_old(old, span, old.today);
            return Some(Ok(expression));
        };
        let operator_text = self.written(self.token.span);
        self.bump();
        if self.word() == "myself" {
            return Some(self.compare_with_myself(old, operator, start));
        }
        Some(self.compare_with_value(old, today, operator, operator_text, start))
    }

    /// The old operand here; `msg:len` is three tokens.
    fn old_word(&self) -> Option<OldOperand> {
        let word = self.word();
        if word == "msg" && self.lexer.rest(self.token.span.end).starts_with(b":len") {
            return old_operand("msg:len");
        }
        let is_call = self.second().kind == TokenKind::Symbol(Symbol::LeftParenthesis);
        old_operand(word).filter(|_| !is_call)
    }

    /// `uri == myself` is `is_myself("$rd")`.
    fn compare_with_myself(&mut self, old: OldOperand, operator: CompareOperator, start: u32) -> Parsed<Expression> {
        self.bump();
        let span = self.since(start);
        let Some(host) = old.host else {
            let message = format!("`{}` cannot be compared with `myself`", old.word);
            return Err(self.report(Diagnostic::error(codes::OLD_EXPRESSION, span, message)));
        };
        let (expression, today) = self.is_myself(host, operator, span)?;
        self.warn_old(old, span, &today);
        Ok(expression)
    }

    /// `$rd == myself` is `is_myself("$rd")`; of a whole URI the host is meant. The word `myself` comes next.
    pub(super) fn variable_with_myself(
        &mut self,
        variable: &Variable,
        operator: CompareOperator,
    ) -> Parsed<Expression> {
        self.bump();
        let span = self.since(variable.span.start);
        let written = self.written_lossy(variable.span);
        let host = host_of(&written).map_or(written, str::to_owned);
        let (expression, today) = self.is_myself(&host, operator, span)?;
        let message = "`myself` is a word of 1.x";
        self.report(Diagnostic::warning(codes::OLD_EXPRESSION, span, message).fix(span, today));
        Ok(expression)
    }

    /// The question whether a host is ours, or is not, and how it is written today.
    fn is_myself(&mut self, host: &str, operator: CompareOperator, span: Span) -> Parsed<(Expression, String)> {
        let Ok(mut variable) = parse_variable(host.as_bytes()) else { return Err(self.unexpected("a host")) };
        place_at(&mut variable, span);
        let source = Bytes::copy_from_slice(host.as_bytes());
        let argument = ExpressionKind::Format(Text { segments: vec![Segment::Variable(variable)], source });
        let args = vec![Some(Spanned { node: argument, span })];
        let name = Spanned { node: "is_myself".to_owned(), span };
        let call = Spanned { node: ExpressionKind::Call(Call { name, args, span }), span };
        let today = format!("is_myself(\"{host}\")");
        if operator == CompareOperator::NotEqual {
            return Ok((Spanned { node: ExpressionKind::Not(Box::new(call)), span }, format!("!{today}")));
        }
        Ok((call, today))
    }

    fn compare_with_value(
        &mut self,
        old: OldOperand,
        today: Variable,
        operator: CompareOperator,
        operator_text: &str,
        start: u32,
    ) -> Parsed<Expression> {
        let variable_span = today.span;
        let (right, written) = self.old_value(old, operator)?;
        let span = self.since(start);
        self.warn_old(old, span, &format!("{} {operator_text} {written}", old.today));
        let left = Box::new(Spanned { node: ExpressionKind::Variable(today), span: variable_span });
        Ok(Spanned { node: ExpressionKind::Compare { left, operator, right: Box::new(right) }, span })
    }

    /// The right side, and how it is written today.
    fn old_value(&mut self, old: OldOperand, operator: CompareOperator) -> Parsed<(Expression, String)> {
        let start = self.token.span.start;
        let is_pattern = matches!(operator, CompareOperator::Match | CompareOperator::NoMatch);
        let (node, written) = match self.token.kind {
            TokenKind::Word => self.old_value_word(old),
            TokenKind::String => {
                let token = self.token.span;
                let decoded = self.one_string().bytes;
                let number = str::from_utf8(&decoded).ok().and_then(|text| text.parse::<i32>().ok());
                match number.filter(|_| is_number(old) && !is_pattern) {
                    Some(number) => (number_constant(number), number.to_string()),
                    None => (string(&decoded), self.written_lossy(token)),
                }
            }
            _ => {
                let right = self.arithmetic()?;
                let written = self.written_lossy(right.span);
                return Ok((right, written));
            }
        };
        Ok((self.spanned(node, start), written))
    }

    /// `UDP`, `INET`, `INVITE`, `max_len`: words that are strings or numbers today.
    fn old_value_word(&mut self, old: OldOperand) -> (ExpressionKind, String) {
        let word = self.word();
        self.bump();
        match (old.word, word) {
            ("msg:len", "max_len") => (number_constant(MESSAGE_BYTES_MAX), MESSAGE_BYTES_MAX.to_string()),
            ("proto", _) => {
                let word = word.to_ascii_lowercase();
                (string(word.as_bytes()), format!("\"{word}\""))
            }
            _ => (string(word.as_bytes()), format!("\"{word}\"")),
        }
    }

    fn warn_old(&mut self, old: OldOperand, span: Span, today: &str) {
        let message = format!("`{}` is an operand of 1.x", old.word);
        self.report(Diagnostic::warning(codes::OLD_EXPRESSION, span, message).fix(span, today));
    }
}

fn is_number(old: OldOperand) -> bool {
    matches!(old.word, "src_port" | "dst_port" | "status" | "msg:len" | "retcode" | "return_code")
}

fn string(bytes: &[u8]) -> ExpressionKind {
    ExpressionKind::Constant(Constant::Str(Bytes::copy_from_slice(bytes)))
}

/// The variable stands where the old words stand.
fn place_at(variable: &mut Variable, span: Span) {
    variable.span = span;
}
