//! Text to tree, by recursive descent. A mistake is told and stepped over: whatever else is wrong is told as well.

mod call;
mod condition;
mod control;
mod expression;
mod global;
mod global_values;
mod keyword;
mod module;
mod old_comparison;
mod operand;
mod recovery;
mod route;
mod socket;
mod statement;
mod strings;
#[cfg(test)]
mod tests;
mod top;

use crate::ast::{ModuleParam, Script, Span, Spanned};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::lexer::{Lexer, Symbol, Token, TokenKind};
use crate::source::Source;

/// Parses a script. With an error among the messages the tree is what could be made of the text, and must not run.
pub fn parse(source: &Source) -> (Script, Vec<Diagnostic>) {
    let mut parser = Parser::new(&source.text);
    let items = parser.script();
    (Script { items, disables_tcp: parser.disables_tcp }, parser.diagnostics.finish())
}

/// A place in the text, one token ahead.
pub(crate) struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token to be looked at.
    token: Token,
    /// Where the one before it ended.
    end: u32,
    diagnostics: Diagnostics,
    /// How many statements and expressions this one stands inside.
    nesting: u32,
    /// How many loops and switches it stands inside.
    breakable: u32,
    /// How many parentheses are open, so that a mistake inside them ends with them.
    parentheses: u32,
    /// The place where a block was found not to be closed: the blocks around it are not told as well.
    unclosed_at: Option<u32>,
    /// Whether the rest of a mistake is being stepped over.
    is_recovering: bool,
    /// Global parameters of older releases that are a module's today.
    moved: Vec<ModuleParam>,
    disables_tcp: bool,
}

/// The mistake has been told; the caller steps over the rest of what it was parsing.
pub(crate) struct Reported;

/// A part of the tree, unless there was a mistake in it.
pub(crate) type Parsed<T> = Result<T, Reported>;

/// Statements and expressions inside each other; upstream has the same bound.
const NESTING_MAX: u32 = 100;

impl<'a> Parser<'a> {
    fn new(text: &'a [u8]) -> Parser<'a> {
        let start = Token { kind: TokenKind::End, span: Span::default() };
        let mut parser = Parser {
            lexer: Lexer::new(text),
            token: start,
            end: 0,
            diagnostics: Diagnostics::default(),
            nesting: 0,
            breakable: 0,
            parentheses: 0,
            unclosed_at: None,
            is_recovering: false,
            moved: Vec::new(),
            disables_tcp: false,
        };
        parser.go_to(0);
        parser
    }

    /// Goes on with the token at or after a place.
    fn go_to(&mut self, place: u32) {
        let (diagnostics, is_recovering) = (&mut self.diagnostics, self.is_recovering);
        self.token = self.lexer.token(place, &mut |fault| {
            // What is stepped over because of another mistake may well be no script at all.
            if !is_recovering || fault.code != codes::STRAY_BYTE {
                diagnostics.push(fault);
            }
        });
    }

    /// Takes the token, whatever it is.
    fn bump(&mut self) -> Token {
        let taken = self.token;
        match taken.kind {
            TokenKind::Symbol(Symbol::LeftParenthesis) => self.parentheses += 1,
            TokenKind::Symbol(Symbol::RightParenthesis) => self.parentheses = self.parentheses.saturating_sub(1),
            _ => {}
        }
        self.end = taken.span.end;
        self.go_to(taken.span.end);
        taken
    }

    /// The token after the next one. What is wrong with it is told when it is reached.
    fn second(&self) -> Token {
        self.lexer.token(self.token.span.end, &mut |_| {})
    }

    fn at(&self, symbol: Symbol) -> bool {
        self.token.kind == TokenKind::Symbol(symbol)
    }

    fn is_at_end(&self) -> bool {
        self.token.kind == TokenKind::End
    }

    fn eat(&mut self, symbol: Symbol) -> bool {
        let is_there = self.at(symbol);
        if is_there {
            self.bump();
        }
        is_there
    }

    fn expect(&mut self, symbol: Symbol) -> Parsed<Span> {
        if self.at(symbol) {
            return Ok(self.bump().span);
        }
        Err(self.unexpected(&format!("`{}`", symbol.text())))
    }

    /// The word that comes next, or nothing.
    fn word(&self) -> &'a str {
        match self.token.kind {
            TokenKind::Word => self.written(self.token.span),
            _ => "",
        }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let is_there = self.word() == word;
        if is_there {
            self.bump();
        }
        is_there
    }

    /// The text of a span. Words, numbers and symbols are ASCII, so nothing is lost.
    fn written(&self, span: Span) -> &'a str {
        str::from_utf8(self.lexer.bytes(span)).unwrap_or_default()
    }

    /// The text of a span, of whatever kind.
    fn written_lossy(&self, span: Span) -> String {
        String::from_utf8_lossy(self.lexer.bytes(span)).into_owned()
    }

    /// Whether the next token is the first of its line.
    fn starts_line(&self) -> bool {
        let between = Span { start: self.end, end: self.token.span.start };
        self.end == 0 || memchr::memchr(b'\n', self.lexer.bytes(between)).is_some()
    }

    /// The byte that follows the next token without anything between.
    fn byte_after(&self) -> Option<u8> {
        self.lexer.rest(self.token.span.end).first().copied()
    }

    /// From a place to the end of what was taken last.
    fn since(&self, start: u32) -> Span {
        Span { start, end: self.end.max(start) }
    }

    fn spanned<T>(&self, node: T, start: u32) -> Spanned<T> {
        Spanned { node, span: self.since(start) }
    }

    fn report(&mut self, diagnostic: Diagnostic) -> Reported {
        self.diagnostics.push(diagnostic);
        Reported
    }

    fn unexpected(&mut self, expected: &str) -> Reported {
        // The stray character was told already, and nothing else is wrong.
        if self.token.kind == TokenKind::Stray {
            return Reported;
        }
        let message = format!("expected {expected}, found {}", self.found());
        self.report(Diagnostic::error(codes::UNEXPECTED, self.token.span, message))
    }

    fn found(&self) -> String {
        match self.token.kind {
            TokenKind::End => "the end of the file".to_owned(),
            TokenKind::String => "a string".to_owned(),
            TokenKind::Dollar => "a variable".to_owned(),
            _ => format!("`{}`", self.written_lossy(self.token.span)),
        }
    }

    /// Parses something that may contain itself.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= NESTING_MAX {
            let message = format!("more than {NESTING_MAX} things stand inside each other");
            return Err(self.report(Diagnostic::error(codes::TOO_DEEP, self.token.span, message)));
        }
        self.nesting += 1;
        let parsed = parse(self);
        self.nesting -= 1;
        parsed
    }
}
