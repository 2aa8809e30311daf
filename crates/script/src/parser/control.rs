//! `if`, `while`, `for` and `switch`.

use super::condition::number_constant;
use super::{Parsed, Parser};
use crate::ast::{Constant, Expression, Span, Spanned, Statement, StatementKind};
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::{Symbol, TokenKind};
use bytes::Bytes;

/// An `if` may have this many `else if`: each stands inside the one before it.
const ELSE_IF_MAX: usize = 200;

impl Parser<'_> {
    /// The control statement that the next word starts.
    pub(super) fn control_statement(&mut self) -> Option<Parsed<StatementKind>> {
        Some(match self.word() {
            "if" => self.if_statement(),
            "while" => self.while_statement(),
            "for" => self.for_statement(),
            "switch" => self.switch_statement(),
            _ => return None,
        })
    }

    /// The branches of an `if` are read one after the other, and put inside each other from the last to the first.
    pub(super) fn if_statement(&mut self) -> Parsed<StatementKind> {
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let start = self.token.span.start;
            self.bump();
            let condition = self.condition()?;
            let then = self.body();
            // One too many is told; those after it are looked at, and put nowhere.
            match branches.len() {
                0..ELSE_IF_MAX => branches.push((start, condition, then)),
                ELSE_IF_MAX => {
                    let message =
                        format!("more than {ELSE_IF_MAX} times `else if`: use `switch`, or a route for a part");
                    self.report(Diagnostic::error(codes::TOO_DEEP, self.since(start), message));
                    branches.push((start, condition, then));
                }
                _ => {}
            }
            if !self.eat_word("else") {
                break;
            }
            if self.word() != "if" {
                otherwise = self.body();
                break;
            }
        }
        Ok(self.put_together(branches, otherwise))
    }

    fn put_together(&self, mut branches: Vec<Branch>, mut otherwise: Vec<Statement>) -> StatementKind {
        let end = self.end;
        while branches.len() > 1
            && let Some((start, condition, then)) = branches.pop()
        {
            let node = StatementKind::If { condition, then, otherwise };
            otherwise = vec![Spanned { node, span: Span { start, end } }];
        }
        match branches.pop() {
            Some((_, condition, then)) => StatementKind::If { condition, then, otherwise },
            None => StatementKind::Block(otherwise),
        }
    }

    fn while_statement(&mut self) -> Parsed<StatementKind> {
        self.bump();
        let condition = self.condition()?;
        Ok(StatementKind::While { condition, body: self.breakable_body() })
    }

    /// `for ($it in $(x[*])) …`
    fn for_statement(&mut self) -> Parsed<StatementKind> {
        self.bump();
        let outside = self.parentheses;
        self.expect(Symbol::LeftParenthesis)?;
        let header = self.for_header();
        if header.is_err() {
            self.recover_parentheses(outside);
        }
        let body = self.breakable_body();
        let (iterator, over) = header?;
        Ok(StatementKind::For { iterator, over, body })
    }

    fn for_header(&mut self) -> Parsed<(crate::ast::Variable, crate::ast::Variable)> {
        let iterator = self.variable()?;
        if !self.eat_word("in") {
            return Err(self.unexpected("`in`"));
        }
        let over = self.variable()?;
        self.expect(Symbol::RightParenthesis)?;
        Ok((iterator, over))
    }

    fn breakable_body(&mut self) -> Vec<Statement> {
        self.breakable += 1;
        let body = self.body();
        self.breakable -= 1;
        body
    }

    fn switch_statement(&mut self) -> Parsed<StatementKind> {
        self.bump();
        let subject = self.condition()?;
        self.expect(Symbol::LeftBrace)?;
        self.breakable += 1;
        let parts = self.switch_parts();
        self.breakable -= 1;
        let (cases, default) = parts?;
        self.expect(Symbol::RightBrace)?;
        Ok(StatementKind::Switch { subject, cases, default })
    }

    fn switch_parts(&mut self) -> Parsed<SwitchParts> {
        let (mut cases, mut default) = (Vec::new(), None);
        loop {
            let keyword = self.token.span;
            match self.word() {
                "case" => {
                    self.bump();
                    let value = self.case_value();
                    let value = value.and_then(|value| self.expect(Symbol::Colon).map(|_| value));
                    if value.is_err() {
                        self.recover_case();
                    }
                    let statements = self.statements(&["case", "default"]);
                    cases.extend(value.map(|value| (value, statements)));
                }
                "default" => {
                    self.bump();
                    self.expect(Symbol::Colon)?;
                    default = Some(self.statements(&["case", "default"]));
                    if matches!(self.word(), "case" | "default") {
                        let message = "`default` is the last part of a switch";
                        self.report(Diagnostic::error(codes::DEFAULT_NOT_LAST, keyword, message));
                    }
                }
                _ if self.eat(Symbol::Semicolon) => {}
                _ if self.at(Symbol::RightBrace) => return Ok((cases, default)),
                _ => return Err(self.unexpected("`case`, `default` or `}`")),
            }
        }
    }

    /// A case is a number or a string that is taken as it stands.
    fn case_value(&mut self) -> Parsed<Spanned<Constant>> {
        let start = self.token.span.start;
        if self.token.kind == TokenKind::String {
            let text = Bytes::from(self.one_string().bytes);
            return Ok(self.spanned(Constant::Str(text), start));
        }
        let word = self.word();
        if !word.is_empty() && super::module::boolean(word).is_none() {
            let message = format!("`{word}` stands without quotes");
            let span = self.bump().span;
            self.report(Diagnostic::error(codes::BARE_WORD, span, message).fix(span, format!("\"{word}\"")));
            return Ok(self.spanned(Constant::Str(Bytes::copy_from_slice(word.as_bytes())), start));
        }
        let number = self.integer("a number or a string")?;
        Ok(self.spanned(Constant::Int(number), start))
    }

    /// `( … )` after a keyword. After a mistake in it the body is looked at all the same.
    pub(super) fn condition(&mut self) -> Parsed<Expression> {
        let outside = self.parentheses;
        let start = self.expect(Symbol::LeftParenthesis)?.start;
        let condition = self.expression();
        let is_whole = match &condition {
            Ok(condition) => {
                self.warn_assignment(condition);
                self.at(Symbol::RightParenthesis) || self.unexpected_in_condition()
            }
            Err(_) => false,
        };
        if is_whole {
            self.bump();
        } else {
            self.recover_parentheses(outside);
        }
        Ok(condition.unwrap_or_else(|_| self.spanned(number_constant(1), start)))
    }
}

/// Where an `if` starts, its condition, and what is done when that is true.
type Branch = (u32, Expression, Vec<Statement>);

type SwitchParts = (Vec<(Spanned<Constant>, Vec<Statement>)>, Option<Vec<Statement>>);
