//! What stands between operators.

use super::condition::number_constant;
use super::{Parsed, Parser};
use crate::ast::{AssignOperator, Call, Constant, Expression, ExpressionKind, Span, Spanned, Statement};
use crate::diagnostic::{Diagnostic, codes};
use crate::dialect::needs_no_parentheses;
use crate::format::parse_variable;
use crate::lexer::{Symbol, TokenKind};
use bytes::Bytes;
use catalogue::level_named;

impl Parser<'_> {
    pub(super) fn operand(&mut self) -> Parsed<Expression> {
        let start = self.token.span.start;
        let node = match self.token.kind {
            TokenKind::Dollar => ExpressionKind::Variable(self.variable()?),
            TokenKind::String => self.string_value(),
            TokenKind::Address => self.network()?,
            TokenKind::Number(number) => {
                self.bump();
                number_constant(number)
            }
            TokenKind::Word => self.word_operand()?,
            TokenKind::Symbol(Symbol::LeftParenthesis) => self.parenthesised()?,
            TokenKind::Symbol(Symbol::LeftBracket) => self.bracketed()?,
            TokenKind::Symbol(Symbol::LeftBrace) => ExpressionKind::Block(self.nested(Self::block)?),
            _ => return Err(self.unexpected("a value or a condition")),
        };
        Ok(self.spanned(node, start))
    }

    /// `( … )`; its place includes the parentheses.
    fn parenthesised(&mut self) -> Parsed<ExpressionKind> {
        self.bump();
        let inside = self.expression()?;
        if !self.at(Symbol::RightParenthesis) {
            return Err(self.unexpected("`)` or an operator"));
        }
        self.bump();
        Ok(inside.node)
    }

    /// `[ arithmetic ]`, or an IPv6 address.
    fn bracketed(&mut self) -> Parsed<ExpressionKind> {
        self.bump();
        let node = match self.token.kind {
            TokenKind::Address => {
                let address = self.bump().span;
                ExpressionKind::Network(self.written(address).to_owned())
            }
            _ => ExpressionKind::NonZero(Box::new(self.expression()?)),
        };
        self.expect(Symbol::RightBracket)?;
        Ok(node)
    }

    /// `10.0.0.1`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0`
    fn network(&mut self) -> Parsed<ExpressionKind> {
        let start = self.bump().span.start;
        if self.eat(Symbol::Slash) {
            if !matches!(self.token.kind, TokenKind::Number(_) | TokenKind::Address) {
                return Err(self.unexpected("the bits of a network"));
            }
            self.bump();
        }
        let written = self.written_lossy(self.since(start));
        Ok(ExpressionKind::Network(written.split_whitespace().collect()))
    }

    fn word_operand(&mut self) -> Parsed<ExpressionKind> {
        let word = self.word();
        if word == "if" {
            return self.if_as_operand();
        }
        if let Some(statement) = self.statement_as_operand() {
            return statement;
        }
        if self.second().kind == TokenKind::Symbol(Symbol::LeftParenthesis) {
            return Ok(match word {
                "setdebug" => self.setdebug()?,
                "route" => ExpressionKind::Route(self.route_call()?),
                _ => ExpressionKind::Call(self.call()?),
            });
        }
        if word.eq_ignore_ascii_case("null") {
            self.bump();
            return Ok(ExpressionKind::Constant(Constant::Null));
        }
        if let Some(number) = super::module::boolean(word) {
            self.bump();
            return Ok(number_constant(number));
        }
        self.bare_word()
    }

    /// `setdebug(n)` of 1.x is `$log_level = n`, `setdebug()` gives back what is configured.
    fn setdebug(&mut self) -> Parsed<ExpressionKind> {
        let Call { mut args, span, .. } = self.call()?;
        let value = match args.pop().flatten() {
            Some(value) if args.is_empty() => value,
            Some(_) => {
                let message = "setdebug() takes the level of the log, or nothing";
                return Err(self.report(Diagnostic::error(codes::ARGUMENT_COUNT, span, message)));
            }
            None => Spanned { node: ExpressionKind::Constant(Constant::Null), span },
        };
        let written = match value.node {
            ExpressionKind::Constant(Constant::Null) => "NULL".to_owned(),
            _ => self.written_lossy(value.span),
        };
        let warning = Diagnostic::warning(codes::FUNCTION_OLD, span, "setdebug() is an assignment today");
        self.report(warning.fix(span, format!("$log_level = {written}")));
        let Ok(mut target) = parse_variable(b"$log_level") else { return Err(self.unexpected("a level")) };
        target.span = span;
        Ok(ExpressionKind::Assign { target, operator: AssignOperator::Set, value: Box::new(value) })
    }

    fn if_as_operand(&mut self) -> Parsed<ExpressionKind> {
        let start = self.token.span.start;
        let node = self.nested(Self::if_statement)?;
        let statement: Statement = Spanned { node, span: self.since(start) };
        Ok(ExpressionKind::Block(vec![statement]))
    }

    /// A word without quotes after an operator is taken for a string, otherwise for a call without parentheses.
    fn bare_word(&mut self) -> Parsed<ExpressionKind> {
        let is_right_side = self.follows_operator();
        let span = self.bump().span;
        let word = self.written(span);
        if let Some(level) = level_named(word).filter(|_| is_right_side) {
            return Ok(number_constant(level));
        }
        if word == "continue" {
            let fault = Diagnostic::error(codes::UNEXPECTED, span, "there is no `continue`");
            return Err(self.report(fault.help("put what it was to pass over into an `if`, or a route that returns")));
        }
        if !is_right_side && needs_no_parentheses(word) {
            let after = Span { start: span.end, end: span.end };
            let message = format!("`{word}` is a call of {word}(): 1.x took it without parentheses");
            self.report(Diagnostic::warning(codes::OLD_EXPRESSION, span, message).fix(after, "()"));
            let name = Spanned { node: word.to_owned(), span };
            return Ok(ExpressionKind::Call(Call { name, args: Vec::new(), span }));
        }
        if !is_right_side {
            let message = format!("`{word}` is neither a value nor a call: a call needs its parentheses");
            let after = Span { start: span.end, end: span.end };
            let fault = Diagnostic::error(codes::CALL_WITHOUT_PARENTHESES, span, message);
            return Err(self.report(fault.fix(after, "()")));
        }
        let fault = Diagnostic::error(codes::BARE_WORD, span, format!("`{word}` stands without quotes"));
        self.report(fault.fix(span, format!("\"{word}\"")));
        Ok(ExpressionKind::Constant(Constant::Str(Bytes::copy_from_slice(word.as_bytes()))))
    }

    /// Whether a comparison or assignment stands before the next token.
    fn follows_operator(&self) -> bool {
        let before = self.lexer.bytes(Span { start: 0, end: self.end });
        before.ends_with(b"=") || before.ends_with(b"<") || before.ends_with(b">") || before.ends_with(b"~")
    }
}
