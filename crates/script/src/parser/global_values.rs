//! The values of global parameters, each checked against the declaration.

use super::{Parsed, Parser};
use crate::ast::{Blacklist, BlacklistRule, GlobalValue, ScalingProfile, Span, Spanned};
use crate::diagnostic::{Diagnostic, codes};
use crate::globals::{GlobalKind, GlobalParam};
use crate::hostname::{SHAPE, is_host};
use crate::lexer::{Symbol, TokenKind, place};
use catalogue::Verdict;

impl Parser<'_> {
    pub(super) fn global_value(&mut self, param: &GlobalParam) -> Parsed<Spanned<GlobalValue>> {
        let start = self.token.span.start;
        let value = match param.kind {
            // Any number but 0 is yes.
            GlobalKind::Bool => GlobalValue::Int(i32::from(self.integer("yes or no")? != 0)),
            GlobalKind::Int => GlobalValue::Int(self.number_value()?),
            GlobalKind::Path if self.token.kind != TokenKind::String => GlobalValue::Str(self.raw_value().node),
            GlobalKind::Str | GlobalKind::Path => GlobalValue::Str(self.plain_string("a string in quotes")?.node),
            GlobalKind::Word => GlobalValue::Str(self.word_value()?),
            GlobalKind::Host => GlobalValue::Str(self.host_value()?),
            GlobalKind::TypeOfService => GlobalValue::Int(self.type_of_service()?),
            GlobalKind::Socket => self.socket_value()?,
            GlobalKind::HostAlias => self.host_alias()?,
            GlobalKind::Workers => self.workers()?,
            GlobalKind::ScalingProfile => GlobalValue::ScalingProfile(self.scaling_profile()?),
            GlobalKind::Blacklist => GlobalValue::Blacklist(self.blacklist()?),
            GlobalKind::MemoryGroup => self.memory_group()?,
        };
        let mut value = self.spanned(value, start);
        self.judge_value(param, &mut value);
        self.check_value(param, &value)?;
        Ok(value)
    }

    /// An older spelling is read as today's.
    fn judge_value(&mut self, param: &GlobalParam, value: &mut Spanned<GlobalValue>) {
        let (GlobalValue::Str(text), Some(judge)) = (&mut value.node, param.judge) else { return };
        match judge(text) {
            Verdict::Fine => {}
            Verdict::Old(today) => {
                let message = format!("`{}` is written \"{today}\" today", param.name);
                let warning = Diagnostic::warning(codes::GLOBAL_VALUE, value.span, message);
                self.report(warning.fix(value.span, format!("\"{today}\"")));
                *text = today;
            }
            Verdict::Ignored(what, instead) => {
                let message = format!("`{}`: {what}", param.name);
                let warning = Diagnostic::warning(codes::GLOBAL_VALUE, value.span, message);
                self.report(warning.help(format!("it is {instead}")));
            }
            Verdict::Wrong(what, instead) => {
                let message = format!("`{}`: {what}", param.name);
                let error = Diagnostic::error(codes::GLOBAL_VALUE, value.span, message);
                self.report(error.help(format!("it is {instead}")));
            }
        }
    }

    fn check_value(&mut self, param: &GlobalParam, value: &Spanned<GlobalValue>) -> Parsed<()> {
        if let (GlobalValue::Int(number), Some((least, greatest)), true) = (&value.node, param.range, param.is_clamped)
            && !(least..=greatest).contains(number)
        {
            let nearest = number.clamp(&least, &greatest);
            let message =
                format!("`{}` is a number from {least} to {greatest}: {number} counts as {nearest}", param.name);
            self.report(
                Diagnostic::warning(codes::GLOBAL_VALUE, value.span, message).fix(value.span, nearest.to_string()),
            );
            return Ok(());
        }
        let message = match &value.node {
            GlobalValue::Int(number) => match param.range {
                Some((least, i32::MAX)) if *number < least => format!("`{}` is {least} or more", param.name),
                Some((least, greatest)) if !(least..=greatest).contains(number) => {
                    format!("`{}` is a number from {least} to {greatest}", param.name)
                }
                _ => return Ok(()),
            },
            GlobalValue::Str(word) if !param.words.is_empty() && !param.words.contains(&word.as_str()) => {
                format!("`{}` is one of {}", param.name, param.words.join(", "))
            }
            _ => return Ok(()),
        };
        self.report(Diagnostic::error(codes::GLOBAL_VALUE, value.span, message));
        Ok(())
    }

    /// A number, in quotes too.
    fn number_value(&mut self) -> Parsed<i32> {
        if self.token.kind != TokenKind::String {
            return self.integer("a number");
        }
        let text = self.plain_string("a number")?;
        text.node.trim().parse().map_err(|_| {
            let message = format!("`{}` is no number", text.node);
            self.report(Diagnostic::error(codes::GLOBAL_VALUE, text.span, message))
        })
    }

    pub(super) fn word_value(&mut self) -> Parsed<String> {
        match self.token.kind {
            TokenKind::String => Ok(self.plain_string("a word")?.node),
            TokenKind::Word | TokenKind::Number(_) => {
                let span = self.bump().span;
                Ok(self.written(span).to_owned())
            }
            _ => Err(self.unexpected("a word")),
        }
    }

    fn host_value(&mut self) -> Parsed<String> {
        if matches!(self.token.kind, TokenKind::End | TokenKind::Symbol(Symbol::Semicolon)) {
            return Err(self.unexpected("a host or an address"));
        }
        let Spanned { node, span } = self.raw_value();
        let host = node.trim_matches('"').to_owned();
        if !is_host(&host) {
            let message = format!("`{host}` is no host: {SHAPE}");
            self.report(Diagnostic::error(codes::GLOBAL_VALUE, span, message));
        }
        Ok(host)
    }

    /// A number, in quotes too, or a name of it.
    pub(super) fn type_of_service(&mut self) -> Parsed<i32> {
        let number = match self.word() {
            "IPTOS_LOWDELAY" => 0x10,
            "IPTOS_THROUGHPUT" => 0x08,
            "IPTOS_RELIABILITY" => 0x04,
            "IPTOS_MINCOST" => 0x02,
            _ if self.token.kind == TokenKind::String => return self.number_value(),
            _ => return self.integer("a number or IPTOS_LOWDELAY …"),
        };
        self.bump();
        Ok(number)
    }

    fn workers(&mut self) -> Parsed<GlobalValue> {
        let count = self.integer("a number")?;
        let profile = match self.eat_word("use_auto_scaling_profile") {
            true => Some(self.word_value()?),
            false => None,
        };
        Ok(GlobalValue::Workers { count, profile })
    }

    fn scaling_profile(&mut self) -> Parsed<ScalingProfile> {
        let name = self.word_value()?;
        let up = self.scaling_rule("up")?;
        let within = match self.eat_word("within") {
            true => Some(self.cycles()?),
            false => None,
        };
        let down = if self.word() == "scale" { Some(self.scaling_rule("down")?) } else { None };
        Ok(ScalingProfile { name, up, within, down })
    }

    /// `scale up to N on P% for C cycles`
    fn scaling_rule(&mut self, direction: &str) -> Parsed<(i32, i32, i32)> {
        self.expect_word("scale")?;
        self.expect_word(direction)?;
        self.expect_word("to")?;
        let workers = self.integer("a number of workers")?;
        self.expect_word("on")?;
        let load = self.integer("a percentage")?;
        self.eat(Symbol::Percent);
        self.expect_word("for")?;
        Ok((workers, load, self.cycles()?))
    }

    fn cycles(&mut self) -> Parsed<i32> {
        let cycles = self.integer("a number of cycles")?;
        let _ = self.eat_word("cycles") || self.eat_word("cycle");
        Ok(cycles)
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{word}`")))
    }

    /// `id/flag,flag:{rule, rule}`, `id:!network`
    fn blacklist(&mut self) -> Parsed<Blacklist> {
        let head = self.blacklist_head();
        let (name, flags) = head.node.split_once('/').unwrap_or((&head.node, ""));
        let mut blacklist = Blacklist { name: name.trim().to_owned(), ..Blacklist::default() };
        for flag in flags.split(',').map(str::trim).filter(|flag| !flag.is_empty()) {
            self.check_blacklist_flag(flag, head.span)?;
            blacklist.flags.push(flag.to_owned());
        }
        let has_rules = self.lexer.rest(self.end).first() == Some(&b':');
        if has_rules {
            // By the byte: what follows is no part of an address that the colon might begin.
            self.end += 1;
            self.go_to(self.end);
        }
        if !self.eat(Symbol::LeftBrace) {
            if has_rules {
                let is_negated = self.eat(Symbol::Not);
                let network = self.blacklist_network()?;
                blacklist.rules.push(BlacklistRule { is_negated, network, ..BlacklistRule::default() });
            }
            return Ok(blacklist);
        }
        while !self.at(Symbol::RightBrace) {
            blacklist.rules.push(self.blacklist_rule()?);
            if !self.eat(Symbol::Comma) {
                break;
            }
        }
        self.expect(Symbol::RightBrace)?;
        Ok(blacklist)
    }

    /// The name and flags, up to the colon.
    fn blacklist_head(&mut self) -> Spanned<String> {
        let start = self.token.span.start;
        let ends = |byte: &u8| matches!(byte, b':' | b'{' | b';' | b'#' | b'\n');
        let rest = self.lexer.rest(start);
        let head = rest.get(..rest.iter().position(ends).unwrap_or(rest.len())).unwrap_or_default();
        self.end = start + place(head.len());
        self.go_to(self.end);
        Spanned {
            node: String::from_utf8_lossy(head).trim().to_owned(),
            span: Span { start, end: start + place(head.trim_ascii_end().len()) },
        }
    }

    fn check_blacklist_flag(&mut self, flag: &str, span: Span) -> Parsed<()> {
        if matches!(flag, "expire" | "default" | "readonly") {
            return Ok(());
        }
        let message = format!("`{flag}` is none of expire, default, readonly");
        Err(self.report(Diagnostic::error(codes::GLOBAL_VALUE, span, message)))
    }

    /// `[!]([proto,] network[, port[, "pattern"]])`
    fn blacklist_rule(&mut self) -> Parsed<BlacklistRule> {
        let is_negated = self.eat(Symbol::Not);
        self.expect(Symbol::LeftParenthesis)?;
        let mut rule = BlacklistRule { is_negated, ..BlacklistRule::default() };
        let is_protocol = match self.token.kind {
            TokenKind::Word => true,
            TokenKind::String => !self.lexer.bytes(self.token.span).iter().any(|byte| matches!(byte, b'.' | b':')),
            _ => false,
        };
        if is_protocol {
            let proto = self.word_value()?.to_ascii_lowercase();
            rule.proto = Some(proto).filter(|proto| !matches!(proto.as_str(), "any" | "none" | ""));
            self.expect(Symbol::Comma)?;
        }
        rule.network = self.blacklist_network()?;
        if self.eat(Symbol::Comma) {
            rule.port = self.port()?.filter(|port| *port > 0);
        }
        if self.eat(Symbol::Comma) {
            rule.pattern = Some(self.plain_string("a pattern in quotes")?.node).filter(|text| !text.is_empty());
        }
        self.expect(Symbol::RightParenthesis)?;
        Ok(rule)
    }

    fn blacklist_network(&mut self) -> Parsed<String> {
        if self.token.kind == TokenKind::String {
            return Ok(self.plain_string("a network")?.node);
        }
        let bracket = self.eat(Symbol::LeftBracket);
        if self.token.kind != TokenKind::Address {
            return Err(self.unexpected("an address or network"));
        }
        let start = self.bump().span.start;
        let mut network = self.written_lossy(self.since(start));
        if bracket {
            self.expect(Symbol::RightBracket)?;
        }
        if self.eat(Symbol::Slash) {
            let mask = self.bump().span;
            network = format!("{network}/{}", self.written_lossy(mask));
        }
        Ok(network)
    }

    /// A number that a port can be; 0 stays.
    fn port(&mut self) -> Parsed<Option<u16>> {
        let start = self.token.span.start;
        let number = self.number_value()?;
        if let Ok(port) = u16::try_from(number) {
            return Ok(Some(port));
        }
        let message = format!("{number} is no port");
        Err(self.report(Diagnostic::error(codes::GLOBAL_VALUE, self.since(start), message)))
    }

    /// `"name": "module" "module" …`
    fn memory_group(&mut self) -> Parsed<GlobalValue> {
        let name = self.plain_string("a name in quotes")?.node;
        self.expect(Symbol::Colon)?;
        let mut modules = Vec::new();
        while self.token.kind == TokenKind::String {
            modules.push(self.plain_string("a module in quotes")?.node);
            self.eat(Symbol::Comma);
        }
        Ok(GlobalValue::MemoryGroup { name, modules })
    }
}
