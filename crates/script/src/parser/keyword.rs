//! Statements that are a word with arguments of their own: `exit`, `return`, `xlog`, `async` …

use super::condition::number_constant;
use super::strings::text_of;
use super::{Parsed, Parser};
use crate::ast::{Expression, ExpressionKind, Spanned, StatementKind, Text};
use crate::diagnostic::{Diagnostic, codes};
use crate::format::Reader;
use crate::lexer::{Symbol, TokenKind, index};
use bytes::Bytes;

impl Parser<'_> {
    /// The statement that the next word starts, without its `;`.
    pub(super) fn keyword_statement(&mut self) -> Option<Parsed<StatementKind>> {
        let word = self.word();
        let is_call = self.second().kind == TokenKind::Symbol(Symbol::LeftParenthesis);
        Some(match word {
            "break" => self.break_statement(),
            "exit" => self.plain_statement(StatementKind::Exit),
            "drop" => self.plain_statement(StatementKind::Drop),
            "return" => self.return_statement(),
            "assert" if is_call => self.in_parentheses(Self::assert_statement),
            "log" if is_call => self.in_parentheses(Self::log_statement),
            "xlog" if is_call => self.in_parentheses(Self::xlog_statement),
            "xdbg" if is_call => self.in_parentheses(Self::xdbg_statement),
            "async" if is_call => self.in_parentheses(Self::async_statement),
            "launch" if is_call => self.in_parentheses(Self::launch_statement),
            "error" if is_call => self.error_statement(),
            _ => return None,
        })
    }

    /// A word that may have an empty `()`.
    fn plain_statement(&mut self, kind: StatementKind) -> Parsed<StatementKind> {
        self.bump();
        if self.eat(Symbol::LeftParenthesis) {
            self.expect(Symbol::RightParenthesis)?;
        }
        Ok(kind)
    }

    fn break_statement(&mut self) -> Parsed<StatementKind> {
        let span = self.token.span;
        if self.breakable == 0 {
            let fault = Diagnostic::error(codes::BREAK_OUTSIDE, span, "`break` stands in no while, for or switch");
            let fault = fault.help("write `exit;` to end the script, or `return;` to end this route");
            self.report(fault.note("the oldest releases ended the script here, later ones the route"));
        }
        self.plain_statement(StatementKind::Break)
    }

    /// `return`, `return()`, `return n`, `return(n, value, …)`
    fn return_statement(&mut self) -> Parsed<StatementKind> {
        self.bump();
        if self.at(Symbol::Semicolon) || self.at(Symbol::RightBrace) {
            return Ok(StatementKind::Return(Vec::new()));
        }
        if !self.at(Symbol::LeftParenthesis) {
            return Ok(StatementKind::Return(vec![self.arithmetic()?]));
        }
        let outside = self.parentheses;
        self.bump();
        let mut values = Vec::new();
        while !self.at(Symbol::RightParenthesis) {
            match self.arithmetic() {
                Ok(value) => values.push(value),
                Err(reported) => {
                    self.recover_parentheses(outside);
                    return Err(reported);
                }
            }
            if !self.eat(Symbol::Comma) {
                break;
            }
        }
        self.expect(Symbol::RightParenthesis)?;
        Ok(StatementKind::Return(values))
    }

    /// `word ( … )`, where a mistake ends with the parentheses.
    fn in_parentheses(&mut self, parse: impl Fn(&mut Self) -> Parsed<StatementKind>) -> Parsed<StatementKind> {
        self.bump();
        let outside = self.parentheses;
        self.bump();
        let parsed = parse(self);
        if parsed.is_ok() && self.eat(Symbol::RightParenthesis) {
            return parsed;
        }
        let parsed = parsed.and_then(|_| Err(self.unexpected("`)`")));
        self.recover_parentheses(outside);
        parsed
    }

    fn assert_statement(&mut self) -> Parsed<StatementKind> {
        let condition = self.expression()?;
        let text = if self.eat(Symbol::Comma) { Some(self.format_argument()?) } else { None };
        Ok(StatementKind::Assert { condition, text })
    }

    fn log_statement(&mut self) -> Parsed<StatementKind> {
        let level = self.level()?;
        if self.token.kind != TokenKind::String {
            return Err(self.unexpected("a text in quotes"));
        }
        let text = Bytes::from(self.joined_strings().bytes);
        Ok(StatementKind::Log { level, text })
    }

    fn xlog_statement(&mut self) -> Parsed<StatementKind> {
        let level = self.level()?;
        Ok(StatementKind::Xlog { level, format: self.format_argument()? })
    }

    fn xdbg_statement(&mut self) -> Parsed<StatementKind> {
        let level = Spanned { node: number_constant(LEVEL_DEBUG), span: self.token.span };
        Ok(StatementKind::Xlog { level: Some(level), format: self.format_argument()? })
    }

    /// The level before the text, if there is one: `L_ERR`, `"L_ERR"`, a number or a variable.
    fn level(&mut self) -> Parsed<Option<Expression>> {
        let start = self.token.span.start;
        let node = match self.token.kind {
            TokenKind::Dollar if !self.is_only_argument() => ExpressionKind::Variable(self.variable()?),
            TokenKind::String if self.second().kind == TokenKind::Symbol(Symbol::Comma) => {
                let name = String::from_utf8_lossy(&self.one_string().bytes).into_owned();
                number_constant(self.level_number(&name, start)?)
            }
            TokenKind::Word => {
                let name = self.word();
                self.bump();
                number_constant(self.level_number(name, start)?)
            }
            TokenKind::Number(_) | TokenKind::Symbol(Symbol::Minus) => number_constant(self.integer("a level")?),
            _ => return Ok(None),
        };
        let level = self.spanned(node, start);
        self.expect(Symbol::Comma)?;
        Ok(Some(level))
    }

    /// Whether the variable here is followed by the closing parenthesis: then it is the text.
    fn is_only_argument(&self) -> bool {
        let mut ahead = Reader::in_script(self.lexer.rest(0), index(self.token.span.start));
        let is_variable = ahead.variable().is_ok();
        ahead.skip_blanks();
        is_variable && ahead.peek() == Some(b')')
    }

    /// Upstream looks at the first letter after `L_` only.
    fn level_number(&mut self, name: &str, start: u32) -> Parsed<i32> {
        let letter = name.strip_prefix("L_").and_then(|rest| rest.bytes().next());
        Ok(match letter {
            Some(b'A') => -3,
            Some(b'C') => -2,
            Some(b'E') => -1,
            Some(b'W') => 1,
            Some(b'N') => 2,
            Some(b'I') => 3,
            Some(b'D') => LEVEL_DEBUG,
            _ => {
                let message = format!("`{name}` is no level of the log");
                let fault = Diagnostic::error(codes::UNEXPECTED, self.since(start), message);
                let levels = "the levels are L_ALERT, L_CRIT, L_ERR, L_WARN, L_NOTICE, L_INFO and L_DBG";
                return Err(self.report(fault.help(levels)));
            }
        })
    }

    /// A text that is expanded: strings one after the other, or a variable.
    pub(super) fn format_argument(&mut self) -> Parsed<Spanned<Text>> {
        let start = self.token.span.start;
        if self.token.kind == TokenKind::Dollar {
            let variable = self.variable()?;
            let written = self.written_lossy(variable.span);
            return Ok(text_of(variable, &written));
        }
        if self.token.kind != TokenKind::String {
            return Err(self.unexpected("a text in quotes"));
        }
        let decoded = self.joined_strings();
        let text = self.format_string(&decoded);
        Ok(self.spanned(text, start))
    }

    fn async_statement(&mut self) -> Parsed<StatementKind> {
        let call = self.call()?;
        self.expect(Symbol::Comma)?;
        let route = self.route_reference()?;
        let timeout_s = if self.eat(Symbol::Comma) { Some(self.arithmetic()?) } else { None };
        Ok(StatementKind::Async { call, route, timeout_s })
    }

    fn launch_statement(&mut self) -> Parsed<StatementKind> {
        let call = self.call()?;
        let route = if self.eat(Symbol::Comma) { Some(self.route_reference()?) } else { None };
        let param = if self.eat(Symbol::Comma) { Some(self.format_argument()?) } else { None };
        Ok(StatementKind::Launch { call, route, param })
    }

    /// Upstream accepts `error(…)` and does nothing with it.
    fn error_statement(&mut self) -> Parsed<StatementKind> {
        let start = self.token.span.start;
        self.call()?;
        let fault = Diagnostic::warning(codes::WITHOUT_EFFECT, self.since(start), "`error()` does nothing");
        self.report(fault.help("`xlog` writes to the log, `exit` ends the script"));
        Ok(StatementKind::Block(Vec::new()))
    }
}

const LEVEL_DEBUG: i32 = 4;
