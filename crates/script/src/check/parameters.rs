//! `modparam`: the parameter exists, and its value is of its type.

use super::ParamSetting;
use super::missing::unknown_module;
use super::modules::name_of;
use crate::ast::{Item, ModuleParam, ParamValue, RouteType, Script, Span};
use crate::compile::{Lookup, RouteTable, compile_format, compile_variable};
use crate::diagnostic::{Diagnostic, codes};
use crate::dialect::{MI_JSON, OLD_DEFAULTS, OldParam, old_param};
use crate::resolve::nearest::nearest;
use bytes::Bytes;
use catalogue::{Default, ModuleId, Param, ParamKind};
use posix_regex::Pattern;
use std::collections::BTreeSet;

/// The settings of a script, checked.
pub(super) fn settings(script: &Script, routes: &RouteTable, lookup: &mut Lookup<'_>) -> Vec<ParamSetting> {
    let is_loaded = |item: &Item| matches!(item, Item::LoadModule(path) if name_of(&path.node) == MI_JSON.1);
    let has_mi_http = script.items.iter().any(is_loaded);
    let mut checker = Checker { lookup, routes, settings: Vec::new(), said: BTreeSet::new(), has_mi_http };
    for item in &script.items {
        if let Item::ModuleParam(line) = item {
            checker.line(line);
        }
    }
    checker.set_old_defaults();
    checker.settings
}

struct Checker<'c, 'a> {
    lookup: &'c mut Lookup<'a>,
    routes: &'c RouteTable,
    settings: Vec<ParamSetting>,
    /// The old parameters and those without effect that have been named: once is enough.
    said: BTreeSet<(ModuleId, &'static str)>,
    /// Whether the script loads `mi_http` by this name: then that is where its own lines put it.
    has_mi_http: bool,
}

impl Checker<'_, '_> {
    fn line(&mut self, line: &ModuleParam) {
        if self.old_line(line) {
            return;
        }
        for module in self.modules(line) {
            if let Some(param) = self.param(module, line) {
                self.set(module, param, line);
            }
        }
    }

    /// A parameter of a module of older releases that is another module's today; false if the line is none such.
    fn old_line(&mut self, line: &ModuleParam) -> bool {
        let (of, name) = (line.modules.node.trim(), line.name.node.as_str());
        if of == MI_JSON.0 && self.has_mi_http {
            let message = format!("parameter {name} changes nothing: mi_http, which is loaded too, has its own");
            let warning = Diagnostic::warning(codes::PARAM_WITHOUT_EFFECT, line.name.span, message);
            self.lookup.diagnostics.push(warning);
            return true;
        }
        let (module, param) = match old_param(of, name) {
            Some(OldParam::Of(module, param)) => (module, param),
            Some(OldParam::Ignored(why)) => {
                let message = format!("parameter {name} changes nothing: {why}");
                let warning = Diagnostic::warning(codes::PARAM_WITHOUT_EFFECT, line.name.span, message);
                self.lookup.diagnostics.push(warning);
                return true;
            }
            Some(OldParam::Gone(today)) => {
                let message = format!("parameter {name} of {of} is gone");
                let error = Diagnostic::error(codes::PARAM_OLD, line.name.span, message);
                self.lookup.diagnostics.push(error.help(today));
                return true;
            }
            None => return false,
        };
        let resolver = self.lookup.resolver;
        let Some(id) = resolver.catalogue.module_named(module).filter(|id| resolver.is_loaded(*id)) else {
            return false;
        };
        let params: &'static [Param] = resolver.catalogue.module(id).params;
        let Some(found) = params.iter().find(|known| known.name == param) else { return false };
        let message = format!("parameter {name} of {of} is {param} of {module} now");
        let warning = Diagnostic::warning(codes::PARAM_OLD, line.name.span, message);
        let value = self.lookup.written(line.value.span);
        let modern = format!("it is written modparam(\"{module}\", \"{param}\", {value}) today");
        self.lookup.diagnostics.push(warning.help(modern));
        self.set(id, found, line);
        true
    }

    /// What an old module had by default and its successor has not.
    fn set_old_defaults(&mut self) {
        let resolver = self.lookup.resolver;
        for (old, module, name, value) in OLD_DEFAULTS {
            let is_loaded = |name: &str| resolver.catalogue.module_named(name).filter(|id| resolver.is_loaded(*id));
            let (Some(_), Some(module)) = (is_loaded(old), is_loaded(module)) else { continue };
            let is_set = self.settings.iter().any(|known| known.module == module && known.param.name == *name);
            let params: &'static [Param] = resolver.catalogue.module(module).params;
            if let (false, Some(param)) = (is_set, params.iter().find(|param| param.name == *name)) {
                let value = ParamValue::Int(*value);
                self.settings.push(ParamSetting { module, param, value, span: Span::default() });
            }
        }
    }

    /// The loaded modules that the name stands for: a module, or an expression like `auth_db|usrloc`.
    fn modules(&mut self, line: &ModuleParam) -> Vec<ModuleId> {
        let catalogue = self.lookup.resolver.catalogue;
        let written = line.modules.node.as_str();
        let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !written.split('|').all(is_name) {
            return self.matching_modules(line);
        }
        let names = || written.split('|').map(str::trim);
        let mut found: Vec<ModuleId> = names()
            .filter_map(|name| catalogue.module_named(name))
            .filter(|module| self.lookup.resolver.is_loaded(*module))
            .collect();
        // A list is an expression: it is for those of its modules that are loaded.
        if !found.is_empty() {
            found.dedup();
            return found;
        }
        for name in names() {
            match catalogue.module_named(name) {
                Some(module) => {
                    let name = catalogue.module(module).name;
                    let message = format!("module {name} is not loaded");
                    let diagnostic = Diagnostic::error(codes::MODULE_UNKNOWN, line.modules.span, message);
                    self.lookup.diagnostics.push(diagnostic.help(format!("loadmodule \"{name}.so\" is missing")));
                }
                None => self.unknown_module(name, line.modules.span),
            }
        }
        found
    }

    fn unknown_module(&mut self, name: &str, span: Span) {
        let catalogue = self.lookup.resolver.catalogue;
        self.lookup.diagnostics.push(unknown_module(name, span, catalogue, str::to_owned));
    }

    fn matching_modules(&mut self, line: &ModuleParam) -> Vec<ModuleId> {
        let resolver = self.lookup.resolver;
        let whole = format!("^({})$", line.modules.node);
        let regex = match Pattern::IGNORE_CASE.compile(whole.as_bytes()) {
            Ok(regex) => regex,
            Err(error) => {
                self.lookup.error(codes::PATTERN, line.modules.span, format!("this regular expression: {error}"));
                return Vec::new();
            }
        };
        let loaded = resolver.catalogue.modules().filter(|(id, _)| resolver.is_loaded(*id));
        let matching = loaded.filter(|(_, module)| regex.is_match(module.name.as_bytes()));
        let found: Vec<_> = matching.map(|(id, _)| id).collect();
        if found.is_empty() {
            let message = format!("no loaded module matches \"{}\"", line.modules.node);
            self.lookup.error(codes::MODULE_UNKNOWN, line.modules.span, message);
        }
        found
    }

    fn param(&mut self, module: ModuleId, line: &ModuleParam) -> Option<&'static Param> {
        let info = self.lookup.resolver.catalogue.module(module);
        let params: &'static [Param] = info.params;
        let name = line.name.node.as_str();
        if let Some(param) = params.iter().find(|param| param.name == name) {
            return Some(param);
        }
        let older = |param: &&Param| param.aliases.iter().any(|alias| alias.name == name);
        if let Some(param) = params.iter().find(older) {
            let message = format!("parameter {name} of {} is {} now", info.name, param.name);
            let warning = Diagnostic::warning(codes::PARAM_OLD, line.name.span, message);
            self.lookup.diagnostics.push(warning.fix(line.name.span, format!("\"{}\"", param.name)));
            return Some(param);
        }
        let message = format!("module {} has no parameter {name}", info.name);
        let diagnostic = Diagnostic::error(codes::PARAM_UNKNOWN, line.name.span, message);
        self.lookup.diagnostics.push(match nearest(name, params.iter().map(|param| param.name)) {
            Some(similar) => diagnostic.help(format!("did you mean \"{similar}\"?")),
            None => diagnostic,
        });
        None
    }

    fn set(&mut self, module: ModuleId, param: &'static Param, line: &ModuleParam) {
        let span = line.value.span;
        if let (Some(why), false) = (param.unavailable, is_default(param, &line.value.node)) {
            let message = format!("parameter {} cannot be used: {why}", param.name);
            return self.lookup.error(codes::PARAM_UNAVAILABLE, line.name.span, message);
        }
        let is_new = self.said.insert((module, param.name));
        if let (Some(why), true) = (param.no_effect, is_new) {
            let message = format!("parameter {} changes nothing: {why}", param.name);
            let warning = Diagnostic::warning(codes::PARAM_WITHOUT_EFFECT, line.name.span, message);
            self.lookup.diagnostics.push(warning);
        }
        if let (Some(today), true) = (param.today, is_new) {
            let message = format!("parameter {} is of older releases", param.name);
            let warning = Diagnostic::warning(codes::PARAM_OLD, line.name.span, message);
            self.lookup.diagnostics.push(warning.help(format!("today it is {today}")));
        }
        let Some(value) = self.value(param, &line.value.node, span) else { return };
        let before = self.settings.iter().find(|known| known.module == module && known.param.name == param.name);
        if let (Some(before), false) = (before, param.repeats) {
            let message = format!("parameter {} is set already; this value counts", param.name);
            let warning = Diagnostic::warning(codes::PARAM_TWICE, span, message).note_at(before.span, "here");
            self.lookup.diagnostics.push(warning);
        }
        self.settings.push(ParamSetting { module, param, value, span });
    }

    fn value(&mut self, param: &Param, value: &ParamValue, span: Span) -> Option<ParamValue> {
        match (param.kind, value) {
            (ParamKind::Int, ParamValue::Int(number)) => self.int(param, *number, span),
            (ParamKind::Int, ParamValue::Str(text)) => self.quoted_int(param, text, span),
            (ParamKind::IntOrStr, ParamValue::Int(number)) => Some(ParamValue::Int(*number)),
            (ParamKind::IntOrStr, ParamValue::Str(text)) => Some(ParamValue::Str(text.clone())),
            (ParamKind::Flag, ParamValue::Int(number)) => Some(ParamValue::Str(number.to_string())),
            (_, ParamValue::Str(text)) => self.text(param, text, span),
            (_, ParamValue::Int(number)) => {
                let message = format!("parameter {} is a string", param.name);
                let warning = Diagnostic::warning(codes::PARAM_TYPE, span, message);
                self.lookup.diagnostics.push(warning.fix(span, format!("\"{number}\"")));
                self.text(param, &number.to_string(), span)
            }
        }
    }

    fn int(&mut self, param: &Param, number: i32, span: Span) -> Option<ParamValue> {
        if let Some((least, greatest)) = param.range
            && !(least..=greatest).contains(&number)
        {
            let message = match greatest {
                i32::MAX => format!("parameter {} must be at least {least}", param.name),
                _ => format!("parameter {} must be from {least} to {greatest}", param.name),
            };
            self.lookup.error(codes::PARAM_VALUE, span, message);
            return None;
        }
        Some(ParamValue::Int(number))
    }

    fn quoted_int(&mut self, param: &Param, text: &str, span: Span) -> Option<ParamValue> {
        let Ok(number) = text.trim().parse() else {
            self.lookup.error(codes::PARAM_TYPE, span, format!("parameter {} is an integer", param.name));
            return None;
        };
        let message = format!("parameter {} is an integer", param.name);
        let warning = Diagnostic::warning(codes::PARAM_TYPE, span, message).fix(span, format!("{number}"));
        self.lookup.diagnostics.push(warning);
        self.int(param, number, span)
    }

    fn text(&mut self, param: &Param, text: &str, span: Span) -> Option<ParamValue> {
        self.lookup.usage.words.insert(Bytes::copy_from_slice(text.as_bytes()));
        let resolver = self.lookup.resolver;
        let (catalogue, loaded, names) = (resolver.catalogue, resolver.loaded, resolver.names);
        // An empty value is how a parameter is switched off.
        let wrong = match param.kind {
            _ if text.is_empty() => None,
            ParamKind::Var => compile_variable(text, catalogue, loaded, names).err(),
            ParamKind::Format => compile_format(text, catalogue, loaded, names).err(),
            ParamKind::Route => self.route(text),
            _ => None,
        };
        if let Some(wrong) = wrong {
            self.lookup.error(codes::PARAM_VALUE, span, format!("parameter {}: {wrong}", param.name));
            return None;
        }
        if !param.words.is_empty() && !param.words.contains(&text) {
            self.unknown_word(param, text, span);
            return None;
        }
        if let Some(refused) = param.refused.iter().find(|refused| refused.word == text) {
            let message = format!("parameter {} cannot be \"{text}\": {}", param.name, refused.why);
            self.lookup.error(codes::PARAM_UNAVAILABLE, span, message);
            return None;
        }
        Some(ParamValue::Str(text.to_owned()))
    }

    fn route(&mut self, name: &str) -> Option<String> {
        match self.routes.find(RouteType::Request, name) {
            Some(route) => {
                self.lookup.usage.named.insert(route);
                None
            }
            None => Some(self.routes.unknown(RouteType::Request, name).0),
        }
    }

    fn unknown_word(&mut self, param: &Param, text: &str, span: Span) {
        let message = format!("parameter {} cannot be \"{text}\"", param.name);
        let diagnostic = Diagnostic::error(codes::PARAM_VALUE, span, message);
        self.lookup.diagnostics.push(match nearest(text, param.words.iter().copied()) {
            Some(similar) => diagnostic.help(format!("did you mean \"{similar}\"?")),
            None => diagnostic.help(format!("it can be {}", param.words.join(", "))),
        });
    }
}

/// An empty value is how a parameter is switched off.
fn is_default(param: &Param, value: &ParamValue) -> bool {
    match (param.default, value) {
        (Default::Int(default), ParamValue::Int(number)) => *number == default,
        (Default::Str(default), ParamValue::Str(text)) => text == default || text.is_empty(),
        (Default::Int(default), ParamValue::Str(text)) => text.trim().parse() == Ok(default),
        (Default::Unset, ParamValue::Str(text)) => text.is_empty(),
        (Default::Unset | Default::Str(_), ParamValue::Int(_)) => false,
    }
}
