//! Route blocks: `route[name] {…}` and its kin.

use super::{Parsed, Parser};
use crate::ast::{Route, RouteType, Span, Spanned};
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::{Symbol, TokenKind, place};

impl Parser<'_> {
    /// The kind of route that a word starts.
    pub(super) fn route_type(word: &str) -> Option<RouteType> {
        RouteType::ALL.into_iter().find(|kind| kind.keyword() == word)
    }

    pub(super) fn route(&mut self, kind: RouteType) -> Parsed<Route> {
        let keyword = self.bump().span;
        let header = if self.at(Symbol::LeftBracket) { self.route_header(kind)? } else { Header::default() };
        self.check_header(kind, keyword, &header);
        if !self.at(Symbol::LeftBrace) {
            return Err(self.unexpected("`{` and the statements of the route"));
        }
        let body = self.block()?;
        let name = header.name.filter(|name| !(is_main(kind) && name.node == "0"));
        Ok(Route { kind, name, interval_s: header.interval_s, body, span: self.since(keyword.start) })
    }

    /// `[name]`, `[name, seconds]`
    fn route_header(&mut self, kind: RouteType) -> Parsed<Header> {
        self.bump();
        let name = self.route_name()?;
        let mut header = Header { name: Some(name), interval_s: None };
        if self.eat(Symbol::Comma) {
            self.second_part(kind, &mut header)?;
        }
        self.expect(Symbol::RightBracket)?;
        Ok(header)
    }

    /// A name reaches to `]` or `,`: older scripts have dashes and dots in it.
    pub(super) fn route_name(&mut self) -> Parsed<Spanned<String>> {
        if self.token.kind == TokenKind::String {
            return self.plain_string("a name");
        }
        let start = self.token.span.start;
        let accept = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let length = self.lexer.rest(start).iter().take_while(accept).count();
        if length == 0 {
            return Err(self.unexpected("the name of the route"));
        }
        let span = Span { start, end: start + place(length) };
        self.end = span.end;
        self.go_to(span.end);
        Ok(Spanned { node: self.written_lossy(span), span })
    }

    fn second_part(&mut self, kind: RouteType, header: &mut Header) -> Parsed<()> {
        let start = self.token.span.start;
        if kind == RouteType::Timer {
            let seconds = self.integer("the seconds between two runs")?;
            header.interval_s = u32::try_from(seconds).ok().filter(|seconds| *seconds > 0);
            if header.interval_s.is_none() {
                let message = "a timer route runs every 1 or more seconds";
                self.report(Diagnostic::error(codes::UNEXPECTED, self.since(start), message));
            }
            return Ok(());
        }
        if kind == RouteType::Event && matches!(self.word(), "sync" | "async") {
            let word = self.bump().span;
            let comma = header.name.as_ref().map_or(word.start, |name| name.span.end);
            let message = "event routes always run on their own: `sync` and `async` mean nothing any more";
            let fix = Span { start: comma, end: word.end };
            self.report(Diagnostic::warning(codes::OLD_ROUTE, word, message).fix(fix, ""));
            return Ok(());
        }
        Err(self.unexpected("`]`"))
    }

    fn check_header(&mut self, kind: RouteType, keyword: Span, header: &Header) {
        let needs_name = matches!(kind, RouteType::Branch | RouteType::Failure | RouteType::Timer | RouteType::Event);
        let word = self.written(keyword);
        if needs_name && header.name.is_none() {
            let example = if kind == RouteType::Timer { "name, seconds" } else { "name" };
            let message = format!("a {word} has a name: {word}[{example}]");
            self.report(Diagnostic::error(codes::UNEXPECTED, keyword, message));
        }
        if kind == RouteType::Timer && header.interval_s.is_none() && header.name.is_some() {
            let message = "the seconds between two runs are missing: timer_route[name, seconds]";
            self.report(Diagnostic::error(codes::UNEXPECTED, keyword, message));
        }
        let is_single = matches!(kind, RouteType::Local | RouteType::Error | RouteType::Startup);
        if let Some(name) = header.name.as_ref().filter(|name| is_single && name.node != "0") {
            let message = format!("there is one {word}, and it has no name");
            self.report(Diagnostic::error(codes::UNEXPECTED, name.span, message));
        }
    }
}

/// What stands in the brackets.
#[derive(Default)]
struct Header {
    name: Option<Spanned<String>>,
    interval_s: Option<u32>,
}

/// `route[0]` is another spelling of the main route.
fn is_main(kind: RouteType) -> bool {
    !matches!(kind, RouteType::Branch | RouteType::Failure | RouteType::Timer | RouteType::Event)
}
