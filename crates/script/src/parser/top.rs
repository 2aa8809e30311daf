//! A script: globals, module lines and routes in any order.

use super::{Parsed, Parser};
use crate::ast::Item;
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::{Symbol, TokenKind};

impl Parser<'_> {
    pub(super) fn script(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        while !self.is_at_end() {
            let start = self.token.span.start;
            if self.item(&mut items).is_err() {
                self.recover_line(start);
            }
        }
        self.settle_moved(&mut items);
        items
    }

    fn item(&mut self, items: &mut Vec<Item>) -> Parsed<()> {
        if self.eat(Symbol::Semicolon) {
            return Ok(());
        }
        if self.at(Symbol::RightBrace) {
            let brace = self.bump().span;
            let message = "this `}` closes nothing: a `{` is missing before it, or it is one too many";
            self.report(Diagnostic::error(codes::UNEXPECTED, brace, message));
            return Ok(());
        }
        if self.token.kind != TokenKind::Word {
            return Err(self.unexpected("a global parameter, a module line or a route"));
        }
        if let Some(kind) = Self::route_type(self.word()) {
            items.push(Item::Route(self.route(kind)?));
            return Ok(());
        }
        match self.word() {
            "loadmodule" => items.push(self.load_module()?),
            "modparam" => items.push(self.module_param()?),
            "mpath" => items.push(self.module_path()?),
            _ => self.global(items)?,
        }
        Ok(())
    }
}
