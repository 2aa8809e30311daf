//! Calls of functions and routes.

use super::condition::number_constant;
use super::strings::literal;
use super::{Parsed, Parser, Reported};
use crate::ast::{Call, Constant, Expression, ExpressionKind, RouteCall, Span, Spanned, Text};
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::{Symbol, TokenKind, place};
use bytes::Bytes;

impl Parser<'_> {
    /// `name(argument, …)`
    pub(super) fn call(&mut self) -> Parsed<Call> {
        let start = self.token.span;
        let name = self.word();
        if name.is_empty() {
            return Err(self.unexpected("a function"));
        }
        self.bump();
        if !self.at(Symbol::LeftParenthesis) {
            return Err(self.without_parentheses(start, name));
        }
        let args = if name == "forward" && self.is_to_request_uri() { Vec::new() } else { self.arguments()? };
        let name = Spanned { node: name.to_owned(), span: start };
        Ok(Call { name, args, span: self.since(start.start) })
    }

    fn without_parentheses(&mut self, name_span: Span, name: &str) -> Reported {
        let after = Span { start: name_span.end, end: name_span.end };
        let message = format!("`{name}` is followed by no `(`: a call needs its parentheses");
        self.report(Diagnostic::error(codes::CALL_WITHOUT_PARENTHESES, name_span, message).fix(after, "()"))
    }

    /// `(uri:host, uri:port)` of the first releases: where the Request-URI says, which needs no argument today.
    fn is_to_request_uri(&mut self) -> bool {
        let start = self.token.span.start;
        let rest = self.lexer.rest(start);
        let Some(length) = memchr::memchr(b')', rest).map(|end| end + 1) else { return false };
        let written: Vec<u8> = rest.iter().take(length).copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        if !matches!(&written[..], b"(uri:host)" | b"(uri:host,uri:port)") {
            return false;
        }
        let span = Span { start, end: start + place(length) };
        let warning = Diagnostic::warning(codes::FUNCTION_OLD, span, "the parts of the Request-URI are no arguments");
        self.report(warning.help("forward() goes where the Request-URI says").fix(span, "()"));
        self.end = span.end;
        self.go_to(span.end);
        true
    }

    /// The arguments with their parentheses. After a mistake the rest of them is left out.
    fn arguments(&mut self) -> Parsed<Vec<Option<Expression>>> {
        let outside = self.parentheses;
        self.bump();
        let mut args = Vec::new();
        if self.eat(Symbol::RightParenthesis) {
            return Ok(args);
        }
        loop {
            let is_empty = self.at(Symbol::Comma) || self.at(Symbol::RightParenthesis);
            let argument = if is_empty { Ok(None) } else { self.argument().map(Some) };
            let is_wrong = argument.is_err();
            args.extend(argument);
            if !is_wrong && self.eat(Symbol::RightParenthesis) {
                return Ok(args);
            }
            if is_wrong || !self.eat(Symbol::Comma) {
                let can_go_on = !is_wrong && self.after_argument();
                let is_closed = self.recover_parentheses(outside);
                return if is_closed || can_go_on { Ok(args) } else { Err(Reported) };
            }
        }
    }

    /// Tells what follows an argument. Whether the call is over: only its `)` is missing.
    fn after_argument(&mut self) -> bool {
        let is_missing = self.at(Symbol::Semicolon) || self.at(Symbol::LeftBrace) || self.at(Symbol::RightBrace);
        if is_missing || (self.starts_line() && self.token.kind == TokenKind::Word) {
            let after = Span { start: self.end, end: self.end };
            let fault = Diagnostic::error(codes::MISSING, after, "`)` is missing after the arguments");
            self.report(fault.fix(after, ")"));
            return true;
        }
        let follows_string = matches!(self.lexer.bytes(Span { start: 0, end: self.end }).last(), Some(b'"' | b'\''));
        match self.token.kind {
            TokenKind::String if follows_string => {
                let message = "two strings stand side by side: they are one only in xlog and modparam";
                let fault = Diagnostic::error(codes::STRINGS_SIDE_BY_SIDE, self.token.span, message);
                self.report(fault.help("put a `,` between them, or write them as one string"))
            }
            TokenKind::String | TokenKind::Dollar | TokenKind::Number(_) => {
                let after = Span { start: self.end, end: self.end };
                let fault = Diagnostic::error(codes::MISSING, after, "`,` is missing between the arguments");
                self.report(fault.fix(after, ","))
            }
            _ => self.unexpected("`,` or `)`"),
        };
        false
    }

    fn argument(&mut self) -> Parsed<Expression> {
        let start = self.token.span.start;
        let node = match self.token.kind {
            TokenKind::String => self.string_argument(),
            TokenKind::Dollar => ExpressionKind::Variable(self.variable()?),
            _ if self.is_unquoted_text() => self.unquoted_text(),
            TokenKind::Symbol(Symbol::Minus) | TokenKind::Number(_) => number_constant(self.integer("a number")?),
            TokenKind::Word => self.word_argument(),
            _ => return Err(self.unexpected("an argument")),
        };
        Ok(self.spanned(node, start))
    }

    fn word_argument(&mut self) -> ExpressionKind {
        let word = self.word();
        self.bump();
        if word.eq_ignore_ascii_case("null") {
            return ExpressionKind::Constant(Constant::Null);
        }
        match super::module::boolean(word) {
            Some(number) => number_constant(number),
            None => ExpressionKind::Constant(Constant::Str(Bytes::copy_from_slice(word.as_bytes()))),
        }
    }

    /// `udp:10.0.0.1:5060`, `sip.example.com`: older releases took sockets and hosts without quotes.
    fn is_unquoted_text(&self) -> bool {
        match self.token.kind {
            TokenKind::Address => true,
            TokenKind::Word | TokenKind::Number(_) => {
                matches!(self.byte_after(), Some(b':' | b'.' | b'-' | b'@' | b'/'))
            }
            _ => false,
        }
    }

    fn unquoted_text(&mut self) -> ExpressionKind {
        let start = self.token.span.start;
        let ends =
            |byte: &u8| matches!(byte, b',' | b')' | b'(' | b';' | b'{' | b'}' | b'"') || byte.is_ascii_whitespace();
        let length = self.lexer.rest(start).iter().position(ends).unwrap_or(0);
        let span = Span { start, end: start + place(length) };
        let text = self.written_lossy(span);
        self.end = span.end;
        self.go_to(span.end);
        let fault = Diagnostic::warning(codes::UNQUOTED, span, format!("`{text}` stands without quotes"));
        self.report(fault.fix(span, format!("\"{text}\"")));
        ExpressionKind::Constant(Constant::Str(Bytes::from(text)))
    }

    /// `route(name, …)`
    pub(super) fn route_call(&mut self) -> Parsed<RouteCall> {
        let start = self.bump().span.start;
        let outside = self.parentheses;
        self.expect(Symbol::LeftParenthesis)?;
        let parsed = self.route_call_parts();
        if parsed.is_err() || !self.at(Symbol::RightParenthesis) {
            let parsed = parsed.and_then(|_| Err(self.unexpected("`,` or `)`")));
            self.recover_parentheses(outside);
            return parsed;
        }
        self.bump();
        parsed.map(|call| RouteCall { span: self.since(start), ..call })
    }

    fn route_call_parts(&mut self) -> Parsed<RouteCall> {
        let name = self.route_call_name()?;
        let mut args = Vec::new();
        while self.eat(Symbol::Comma) {
            let start = self.token.span.start;
            let node = match self.token.kind {
                // Not expanded: the route reads the text as it stands.
                TokenKind::String => ExpressionKind::Constant(Constant::Str(Bytes::from(self.one_string().bytes))),
                _ => self.argument()?.node,
            };
            args.push(self.spanned(node, start));
        }
        Ok(RouteCall { name, args, span: Span::default() })
    }

    fn route_call_name(&mut self) -> Parsed<Spanned<Text>> {
        match self.token.kind {
            TokenKind::Dollar | TokenKind::String => self.format_argument(),
            _ => {
                let Spanned { node, span } = self.route_name()?;
                Ok(Spanned { node: literal(node.as_bytes()), span })
            }
        }
    }

    /// The name of a route that is known when the script is read.
    pub(super) fn route_reference(&mut self) -> Parsed<Spanned<String>> {
        match self.token.kind {
            TokenKind::String => self.plain_string("the name of a route"),
            _ => self.route_name(),
        }
    }
}
