//! `name = value`: global parameters, today's and those of older releases.

use super::{Parsed, Parser};
use crate::ast::{Global, GlobalValue, Item, ModuleParam, ParamValue, Span, Spanned};
use crate::check::module_name_of;
use crate::diagnostic::{Diagnostic, codes};
use crate::dialect::{self, OldGlobal, Unit};
use crate::globals::{self, GlobalKind, GlobalParam};
use crate::lexer::{Symbol, TokenKind};
use crate::resolve::nearest::nearest;

impl Parser<'_> {
    pub(super) fn global(&mut self, items: &mut Vec<Item>) -> Parsed<()> {
        let start = self.token.span.start;
        let name = self.global_name();
        let name_span = self.since(start);
        if !self.at(Symbol::Equal) {
            return Err(self.not_a_global(&name, name_span));
        }
        self.bump();
        if self.has_no_value() {
            let fault = Diagnostic::error(codes::GLOBAL_VALUE, name_span, format!("`{name}` has no value"));
            self.report(fault.help("leave the line out, or write the value on it"));
            return Ok(());
        }
        if let Some(old) = dialect::old_global(&name) {
            return self.old_global(&name, name_span, old, items);
        }
        let Some(param) = globals::find(&name) else {
            return Err(self.unknown_global(&name, name_span));
        };
        if param.old.contains(&name.as_str()) {
            let message = format!("`{name}` is called `{}` today", param.name);
            self.report(Diagnostic::warning(codes::OLD_GLOBAL, name_span, message).fix(name_span, param.name));
        }
        if let Some(today) = param.today {
            let message = format!("`{name}` is of older releases");
            self.report(Diagnostic::warning(codes::OLD_GLOBAL, name_span, message).help(today));
        }
        let name = Spanned { node: param.name.to_owned(), span: name_span };
        loop {
            let value = self.global_value(param)?;
            items.push(Item::Global(Global { name: name.clone(), value }));
            if !self.another_on_this_line(param) {
                break;
            }
        }
        self.eat(Symbol::Semicolon);
        Ok(())
    }

    /// A word; `mem-group` is the only name with a dash.
    fn global_name(&mut self) -> String {
        let mut name = self.word().to_owned();
        self.bump();
        if name == "mem" && self.at(Symbol::Minus) {
            self.bump();
            name = format!("mem-{}", self.word());
            self.bump();
        }
        name
    }

    /// Older releases had several sockets or names in a row.
    fn another_on_this_line(&self, param: &GlobalParam) -> bool {
        let is_list = matches!(param.kind, GlobalKind::Socket | GlobalKind::HostAlias);
        let is_value = matches!(self.token.kind, TokenKind::Word | TokenKind::String | TokenKind::Address);
        is_list && is_value && !self.starts_line()
    }

    fn not_a_global(&mut self, name: &str, span: Span) -> super::Reported {
        if self.at(Symbol::LeftParenthesis) {
            let message = format!("`{name}(…)` stands outside of a route");
            return self.report(Diagnostic::error(codes::CALL_TARGET, span, message));
        }
        if self.at(Symbol::LeftBrace) || self.at(Symbol::LeftBracket) {
            let kinds = ["route", "branch_route", "failure_route", "onreply_route", "local_route", "error_route"];
            let kinds = kinds.into_iter().chain(["startup_route", "timer_route", "event_route"]);
            let mut fault = Diagnostic::error(codes::UNEXPECTED, span, format!("`{name}` is no kind of route"));
            if let Some(near) = nearest(name, kinds) {
                fault = fault.help(format!("`{near}` is one")).fix(span, near);
            }
            return self.report(fault);
        }
        let has_equal = globals::find(name).is_some() || dialect::old_global(name).is_some();
        if has_equal {
            return self.unexpected("`=`");
        }
        self.unknown_global(name, span)
    }

    fn unknown_global(&mut self, name: &str, span: Span) -> super::Reported {
        let mut fault =
            Diagnostic::error(codes::GLOBAL_UNKNOWN, span, format!("there is no global parameter `{name}`"));
        if let Some(near) = nearest(name, globals::all().map(|param| param.name)) {
            fault = fault.help(format!("`{near}` has a similar name")).fix(span, near);
        }
        self.report(fault)
    }

    /// A parameter of an older release that is more than a name.
    fn old_global(&mut self, name: &str, span: Span, old: OldGlobal, items: &mut Vec<Item>) -> Parsed<()> {
        match old {
            OldGlobal::Gone(instead) => {
                let fault = Diagnostic::error(codes::GLOBAL_GONE, span, format!("`{name}` is gone"));
                Err(self.report(fault.help(instead)))
            }
            OldGlobal::Ignored(why) => {
                if name == "disable_tcp" {
                    self.disables_tcp = matches!(self.written(self.token.span), "yes" | "on" | "true" | "1");
                }
                let start = self.token.span.start;
                self.recover_line(start);
                let fault = Diagnostic::warning(codes::WITHOUT_EFFECT, span, format!("`{name}` does nothing any more"));
                self.report(fault.help(why));
                Ok(())
            }
            OldGlobal::Moved { module, param, unit } => self.moved_global(name, span, module, param, unit),
            OldGlobal::Port => self.old_port(span),
            OldGlobal::LogToStandardError => self.old_log_stderror(span, items),
        }
    }

    /// A parameter that is a module's today: its value goes there, where the script loads that module.
    fn moved_global(&mut self, name: &str, span: Span, module: &str, param: &str, unit: Unit) -> Parsed<()> {
        let start = self.token.span.start;
        let number = unit.today(self.integer("a number")?);
        let value = self.spanned(ParamValue::Int(number), start);
        self.eat(Symbol::Semicolon);
        let message = format!("`{name}` is a parameter of the module {module} today");
        let today = format!("behind its loadmodule: modparam(\"{module}\", \"{param}\", {number})");
        self.report(Diagnostic::warning(codes::OLD_GLOBAL, span, message).help(today));
        let spanned = |text: &str| Spanned { node: text.to_owned(), span };
        self.moved.push(ModuleParam { modules: spanned(module), name: spanned(param), value });
        Ok(())
    }

    /// Puts the parameters that have moved behind the lines that load their modules. What the script itself says there
    /// comes later, and is stronger.
    pub(super) fn settle_moved(&mut self, items: &mut Vec<Item>) {
        for param in std::mem::take(&mut self.moved).into_iter().rev() {
            let loads = |item: &Item| match item {
                Item::LoadModule(path) => module_name_of(&path.node) == param.modules.node,
                _ => false,
            };
            match items.iter().position(loads) {
                Some(position) => items.insert(position + 1, Item::ModuleParam(param)),
                // Transports that are built in, as they were before 2.1.
                None if has_built_in_transports(items) && self.has_built_in(&param.modules.node) => {
                    items.push(Item::ModuleParam(param));
                }
                None => {}
            }
        }
    }

    fn has_built_in(&self, module: &str) -> bool {
        module == "proto_udp" || (module == "proto_tcp" && !self.disables_tcp)
    }

    /// `port` was the port of sockets that name none: 5060 is that anyhow.
    fn old_port(&mut self, span: Span) -> Parsed<()> {
        let start = self.token.span.start;
        let port = self.integer("a port")?;
        let value = self.spanned(ParamValue::Int(port), start);
        self.eat(Symbol::Semicolon);
        if port == 5060 {
            let fault = Diagnostic::warning(codes::WITHOUT_EFFECT, span, "`port` does nothing any more");
            self.report(fault.help("5060 is the port of a socket that names none"));
            return Ok(());
        }
        let message = "`port` is written in each socket today";
        let today = format!("socket = udp:ADDRESS:{port}, or modparam(\"proto_udp\", \"udp_port\", {port})");
        self.report(Diagnostic::warning(codes::OLD_GLOBAL, span, message).help(today));
        for (module, param) in [("proto_udp", "udp_port"), ("proto_tcp", "tcp_port")] {
            let spanned = |text: &str| Spanned { node: text.to_owned(), span };
            self.moved.push(ModuleParam { modules: spanned(module), name: spanned(param), value: value.clone() });
        }
        Ok(())
    }

    /// `log_stderror` chose between the standard error and syslog.
    fn old_log_stderror(&mut self, span: Span, items: &mut Vec<Item>) -> Parsed<()> {
        let value_start = self.token.span.start;
        let to_standard_error = self.integer("yes or no")?;
        let value_span = self.since(value_start);
        self.eat(Symbol::Semicolon);
        let to_syslog = i32::from(to_standard_error == 0);
        for (name, value) in [("stderror_enabled", to_standard_error), ("syslog_enabled", to_syslog)] {
            let name = Spanned { node: name.to_owned(), span };
            items.push(Item::Global(Global {
                name,
                value: Spanned { node: GlobalValue::Int(value), span: value_span },
            }));
        }
        let word = |on: i32| if on == 0 { "no" } else { "yes" };
        let today = format!("stderror_enabled={}\nsyslog_enabled={}", word(to_standard_error), word(to_syslog));
        let message = "`log_stderror` is `stderror_enabled` and `syslog_enabled` today";
        let whole = Span { start: span.start, end: value_span.end };
        self.report(Diagnostic::warning(codes::OLD_GLOBAL, span, message).fix(whole, today));
        Ok(())
    }
}

/// Whether the script loads modules, and no transport among them.
fn has_built_in_transports(items: &[Item]) -> bool {
    let mut paths = items.iter().filter_map(|item| if let Item::LoadModule(path) = item { Some(path) } else { None });
    let is_transport = |path: &Spanned<String>| module_name_of(&path.node).starts_with("proto_");
    paths.next().is_some_and(|first| !is_transport(first)) && !paths.any(is_transport)
}
