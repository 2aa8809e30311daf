//! Statements and blocks of them.

use super::{Parsed, Parser};
use crate::ast::{ExpressionKind, Span, Spanned, Statement, StatementKind};
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::{Symbol, TokenKind, place};

impl Parser<'_> {
    /// `{ … }`. Mistakes in its statements are told and stepped over.
    pub(super) fn block(&mut self) -> Parsed<Vec<Statement>> {
        let opening = self.expect(Symbol::LeftBrace)?;
        let statements = self.statements(&[]);
        if self.eat(Symbol::RightBrace) {
            return Ok(statements);
        }
        if self.unclosed_at != Some(self.token.span.start) {
            self.unclosed_at = Some(self.token.span.start);
            let fault = Diagnostic::error(codes::BLOCK_UNCLOSED, opening, "this `{` has no `}`");
            let note = if self.is_at_end() { "the file ends here" } else { "something new begins here" };
            self.report(fault.note_at(self.token.span, note));
        }
        Ok(statements)
    }

    /// Statements up to a `}`, one of these words, or where a block can only have been left open.
    pub(super) fn statements(&mut self, ends: &[&str]) -> Vec<Statement> {
        let mut statements = Vec::new();
        while !self.at(Symbol::RightBrace)
            && !self.is_at_end()
            && !ends.contains(&self.word())
            && !self.starts_section()
        {
            let start = self.token.span.start;
            match self.nested(Self::statement) {
                Ok(Some(statement)) => statements.push(statement),
                Ok(None) => {}
                Err(_) => self.recover_statement(start),
            }
        }
        statements
    }

    /// A statement with its `;`, or nothing for a `;` alone.
    fn statement(&mut self) -> Parsed<Option<Statement>> {
        if self.eat(Symbol::Semicolon) || self.foreign_comment() {
            return Ok(None);
        }
        let start = self.token.span.start;
        let kind = match self.token.kind {
            TokenKind::Symbol(Symbol::LeftBrace) => StatementKind::Block(self.block()?),
            TokenKind::Word => match self.control_statement() {
                Some(kind) => kind?,
                None => self.simple_statement()?,
            },
            _ => self.simple_statement()?,
        };
        Ok(Some(self.spanned(kind, start)))
    }

    /// A statement that ends with `;`.
    fn simple_statement(&mut self) -> Parsed<StatementKind> {
        let kind = self.keyword_statement();
        let kind = match kind {
            Some(kind) => kind?,
            None => self.expression_statement()?,
        };
        self.semicolon()?;
        Ok(kind)
    }

    fn expression_statement(&mut self) -> Parsed<StatementKind> {
        if self.word() == "else" {
            let message = "this `else` belongs to no `if`: it follows one statement or one block";
            return Err(self.report(Diagnostic::error(codes::UNEXPECTED, self.token.span, message)));
        }
        let start = self.token.span.start;
        let expression = self.expression()?;
        self.assignment_alone(start, &expression.node);
        Ok(StatementKind::Expression(expression))
    }

    /// `$x = f() && g();`: is it `$x` or the whole that is meant to be combined?
    fn assignment_alone(&mut self, start: u32, expression: &ExpressionKind) {
        let (ExpressionKind::And(left, _) | ExpressionKind::Or(left, _)) = expression else { return };
        if left.span.start != start || !matches!(left.node, ExpressionKind::Assign { .. }) {
            return self.assignment_alone(start, &left.node);
        }
        let span = self.since(start);
        let written = self.written_lossy(left.span);
        let (target, value) = written.split_once('=').unwrap_or((&written, ""));
        let value = format!("{}{}", value.trim(), self.written_lossy(self.since(left.span.end)));
        let fault = Diagnostic::error(codes::LOGIC_IN_ASSIGNMENT, span, "an assignment ends at `&&` and `||`");
        let target = target.trim();
        self.report(fault.help(format!("write `{target} = ({value})`, or an `if` on the assignment")));
    }

    /// `//` starts a comment in other languages: told, and taken as one.
    fn foreign_comment(&mut self) -> bool {
        if !self.at(Symbol::Slash) || self.byte_after() != Some(b'/') {
            return false;
        }
        let slashes = Span { start: self.token.span.start, end: self.token.span.end + 1 };
        let fault = Diagnostic::error(codes::NOT_A_COMMENT, slashes, "`//` does not start a comment");
        self.report(fault.help("write `#`").fix(slashes, "#"));
        let rest = self.lexer.rest(slashes.start);
        self.end = slashes.start + place(memchr::memchr(b'\n', rest).unwrap_or(rest.len()));
        self.go_to(self.end);
        true
    }

    /// The `;` after a statement. Where it is missing at the end of a line, nothing else is wrong.
    fn semicolon(&mut self) -> Parsed<()> {
        if self.eat(Symbol::Semicolon) {
            return Ok(());
        }
        let can_go_on = self.starts_line() || self.at(Symbol::RightBrace) || self.token.kind == TokenKind::Word;
        if !can_go_on {
            return Err(self.unexpected("`;`"));
        }
        let after = Span { start: self.end, end: self.end };
        let fault = Diagnostic::error(codes::MISSING, after, "`;` is missing at the end of the statement");
        self.report(fault.fix(after, ";"));
        Ok(())
    }

    /// The body of `if`, `while` and `for`: a block, or one statement. A mistake in it leaves an empty body.
    pub(super) fn body(&mut self) -> Vec<Statement> {
        let start = self.token.span.start;
        let parsed = match self.at(Symbol::LeftBrace) {
            true => self.nested(Self::block),
            false => self.nested(Self::statement).map(|statement| statement.into_iter().collect()),
        };
        parsed.unwrap_or_else(|_| {
            self.recover_statement(start);
            Vec::new()
        })
    }

    /// A keyword statement, such as `exit`, where an expression stands: done, and true.
    pub(super) fn statement_as_operand(&mut self) -> Option<Parsed<ExpressionKind>> {
        let start = self.token.span.start;
        let kind = self.keyword_statement()?;
        Some(kind.map(|kind| ExpressionKind::Block(vec![Spanned { node: kind, span: self.since(start) }])))
    }
}
