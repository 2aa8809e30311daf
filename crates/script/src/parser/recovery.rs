//! Stepping over what cannot be parsed, to where something new begins.

use super::Parser;
use crate::ast::Span;
use crate::lexer::{Symbol, TokenKind};

/// What a statement can start with; at the start of a line it is one.
const STATEMENT_WORDS: &[&str] = &[
    "if", "while", "for", "switch", "case", "default", "break", "return", "exit", "drop", "route", "xlog", "log",
    "async", "launch", "assert",
];

/// What a section can start with, besides routes.
const SECTION_WORDS: &[&str] = &["loadmodule", "modparam", "mpath"];

impl Parser<'_> {
    /// After a mistake in a statement that began at `start`: goes behind its `;` or block, or to where the next one
    /// begins.
    pub(super) fn recover_statement(&mut self, start: u32) {
        self.recovering(|parser| parser.skip_statement(start));
    }

    fn skip_statement(&mut self, start: u32) {
        self.parentheses = 0;
        if self.token.span.start == start && !self.at(Symbol::RightBrace) {
            self.bump();
        }
        let mut braces = 0_u32;
        loop {
            if self.is_at_end() || self.starts_section() {
                return;
            }
            match self.token.kind {
                TokenKind::Symbol(Symbol::RightBrace) if braces == 0 => return,
                TokenKind::Symbol(Symbol::Semicolon) if braces == 0 => {
                    self.bump();
                    return;
                }
                TokenKind::Symbol(Symbol::LeftBrace) => braces += 1,
                TokenKind::Symbol(Symbol::RightBrace) => {
                    braces -= 1;
                    if braces == 0 {
                        self.bump();
                        return;
                    }
                }
                TokenKind::Word if braces == 0 && self.starts_line() && STATEMENT_WORDS.contains(&self.word()) => {
                    return;
                }
                _ => {}
            }
            self.bump();
        }
    }

    /// After a mistake in a `case`: goes behind its `:`, or to the next line.
    pub(super) fn recover_case(&mut self) {
        self.recovering(|parser| {
            while !parser.is_at_end() && !parser.at(Symbol::RightBrace) && !parser.starts_line() {
                if parser.eat(Symbol::Colon) {
                    break;
                }
                parser.bump();
            }
        });
    }

    /// After a mistake within parentheses: goes behind the one that closes them, if there is one before the statement
    /// ends. `outside` is how many were open before them.
    pub(super) fn recover_parentheses(&mut self, outside: u32) -> bool {
        self.recovering(|parser| parser.skip_parentheses(outside));
        let is_closed = self.parentheses == outside;
        self.parentheses = outside;
        is_closed
    }

    fn skip_parentheses(&mut self, outside: u32) {
        while self.parentheses > outside {
            let is_over = self.at(Symbol::LeftBrace)
                || self.at(Symbol::RightBrace)
                || self.at(Symbol::Semicolon)
                || self.is_at_end()
                || self.starts_section();
            if is_over {
                break;
            }
            self.bump();
        }
    }

    /// After a mistake outside of routes: goes to the next line, over a block if one begins on this line.
    pub(super) fn recover_line(&mut self, start: u32) {
        self.recovering(|parser| parser.skip_line(start));
    }

    fn skip_line(&mut self, start: u32) {
        self.parentheses = 0;
        if self.token.span.start == start {
            self.bump();
        }
        let mut braces = 0_u32;
        while !self.is_at_end() && !self.starts_section() && (braces > 0 || !self.starts_line()) {
            match self.token.kind {
                TokenKind::Symbol(Symbol::LeftBrace) => braces += 1,
                TokenKind::Symbol(Symbol::RightBrace) => braces = braces.saturating_sub(1),
                _ => {}
            }
            self.bump();
        }
    }

    fn recovering(&mut self, skip: impl FnOnce(&mut Self)) {
        self.is_recovering = true;
        skip(self);
        self.is_recovering = false;
    }

    /// Whether a route or module line begins here, so that no block can go on.
    pub(super) fn starts_section(&self) -> bool {
        if self.token.kind != TokenKind::Word || !(self.starts_line() || self.follows_statement()) {
            return false;
        }
        let word = self.word();
        if SECTION_WORDS.contains(&word) {
            return self.starts_line();
        }
        let is_route = word == "route" || word.ends_with("_route");
        let opening = [TokenKind::Symbol(Symbol::LeftBracket), TokenKind::Symbol(Symbol::LeftBrace)];
        is_route && opening.contains(&self.second().kind)
    }

    /// Whether a statement or block has just ended, or a block begun.
    fn follows_statement(&self) -> bool {
        let before = self.end.checked_sub(1).map(|last| self.lexer.bytes(Span { start: last, end: self.end }));
        matches!(before, Some(b";" | b"}" | b"{"))
    }
}
