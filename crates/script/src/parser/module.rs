//! `loadmodule`, `mpath` and `modparam`.

use super::{Parsed, Parser};
use crate::ast::{Item, ModuleParam, ParamValue, Spanned};
use crate::lexer::{Symbol, TokenKind};

impl Parser<'_> {
    pub(super) fn load_module(&mut self) -> Parsed<Item> {
        self.bump();
        let path = self.plain_string("the name of a module in quotes")?;
        self.eat(Symbol::Semicolon);
        Ok(Item::LoadModule(path))
    }

    /// `mpath "directory"`, or with `=`.
    pub(super) fn module_path(&mut self) -> Parsed<Item> {
        self.bump();
        self.eat(Symbol::Equal);
        let path = self.plain_string("a directory in quotes")?;
        self.eat(Symbol::Semicolon);
        Ok(Item::ModulePath(path))
    }

    pub(super) fn module_param(&mut self) -> Parsed<Item> {
        self.bump();
        let outside = self.parentheses;
        self.expect(Symbol::LeftParenthesis)?;
        let param = self.module_param_parts();
        if param.is_err() {
            self.recover_parentheses(outside);
        } else {
            self.expect(Symbol::RightParenthesis)?;
        }
        self.eat(Symbol::Semicolon);
        Ok(Item::ModuleParam(param?))
    }

    fn module_param_parts(&mut self) -> Parsed<ModuleParam> {
        let modules = self.plain_string("the name of a module in quotes")?;
        self.expect(Symbol::Comma)?;
        let name = self.plain_string("the name of a parameter in quotes")?;
        self.expect(Symbol::Comma)?;
        Ok(ModuleParam { modules, name, value: self.param_value()? })
    }

    fn param_value(&mut self) -> Parsed<Spanned<ParamValue>> {
        let start = self.token.span.start;
        if self.token.kind == TokenKind::String {
            let text = self.joined_strings();
            let text = String::from_utf8_lossy(&text.bytes).into_owned();
            return Ok(self.spanned(ParamValue::Str(text), start));
        }
        let number = self.integer("a string or a number")?;
        Ok(self.spanned(ParamValue::Int(number), start))
    }

    /// A string whose variables, if any, are nobody's business here.
    pub(super) fn plain_string(&mut self, expected: &str) -> Parsed<Spanned<String>> {
        if self.token.kind != TokenKind::String {
            return Err(self.unexpected(expected));
        }
        let start = self.token.span.start;
        let text = String::from_utf8_lossy(&self.one_string().bytes).into_owned();
        Ok(self.spanned(text, start))
    }

    /// A number with its sign, or a boolean word.
    pub(super) fn integer(&mut self, expected: &str) -> Parsed<i32> {
        if let Some(number) = boolean(self.word()) {
            self.bump();
            return Ok(number);
        }
        let is_negative = self.at(Symbol::Minus) && matches!(self.second().kind, TokenKind::Number(_));
        if is_negative {
            self.bump();
        }
        let TokenKind::Number(number) = self.token.kind else { return Err(self.unexpected(expected)) };
        self.bump();
        Ok(if is_negative { number.wrapping_neg() } else { number })
    }
}

/// The boolean words.
pub(super) fn boolean(word: &str) -> Option<i32> {
    match word.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" | "enable" => Some(1),
        "no" | "false" | "off" | "disable" => Some(0),
        _ => None,
    }
}
