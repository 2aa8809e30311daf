//! `loadmodule`: the modules are there, once each, with those they need.

use super::missing::unknown_module;
use crate::ast::{Item, Script, Span, Spanned};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::dialect::{OldModule, old_module, speaks_otherwise};
use crate::resolve::CORE;
use catalogue::{Catalogue, ModuleId};

/// The modules a script loads, in its order, each with the line that loads it.
pub(super) fn loaded(script: &Script, catalogue: &Catalogue, diagnostics: &mut Diagnostics) -> Vec<(ModuleId, Span)> {
    let mut loaded: Vec<(ModuleId, Span)> = Vec::new();
    let mut names: Vec<(&str, Span)> = Vec::new();
    let mut beside = Vec::new();
    for item in &script.items {
        let Item::LoadModule(path) = item else { continue };
        let Some(module) = find(path, catalogue, diagnostics) else { continue };
        beside.extend(companions(path, catalogue));
        let name = name_of(&path.node);
        match names.iter().find(|(known, _)| *known == name) {
            Some((_, first)) => note_twice(path, *first, diagnostics),
            None => names.push((name, path.span)),
        }
        if module != CORE && loaded.iter().all(|(known, _)| *known != module) {
            loaded.push((module, path.span));
        }
    }
    for (module, span) in beside {
        if loaded.iter().all(|(known, _)| *known != module) {
            loaded.push((module, span));
        }
    }
    loaded.extend(built_in_transports(script, catalogue, diagnostics));
    for (module, span) in &loaded {
        check_needs(*module, *span, &loaded, catalogue, diagnostics);
    }
    loaded
}

/// Before 2.1 UDP and TCP were built in; since then no script runs that loads no transport. So one that loads none is an
/// old one, and means both, unless it says `disable_tcp`.
fn built_in_transports(script: &Script, catalogue: &Catalogue, diagnostics: &mut Diagnostics) -> Vec<(ModuleId, Span)> {
    let paths =
        || script.items.iter().filter_map(|item| if let Item::LoadModule(path) = item { Some(path) } else { None });
    let Some(first) = paths().next() else { return Vec::new() };
    if paths().any(|path| name_of(&path.node).starts_with("proto_")) {
        return Vec::new();
    }
    let names = if script.disables_tcp { &["proto_udp"][..] } else { &["proto_udp", "proto_tcp"] };
    let found = names.iter().filter_map(|name| catalogue.module_named(name)).map(|module| (module, first.span));
    let found: Vec<(ModuleId, Span)> = found.collect();
    if !found.is_empty() {
        let lines: Vec<String> = names.iter().map(|name| format!("loadmodule \"{name}.so\"")).collect();
        let message = format!("no transport is loaded: {} is, as it was before 2.1", names.join(" and "));
        let warning = Diagnostic::warning(codes::MODULE_OLD, first.span, message);
        diagnostics.push(warning.help(format!("today it is written {}", lines.join(" and "))));
    }
    found
}

/// `/usr/lib/opensips/modules/tm.so` is `tm`.
pub(crate) fn name_of(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.strip_suffix(".so").unwrap_or(file)
}

fn find(path: &Spanned<String>, catalogue: &Catalogue, diagnostics: &mut Diagnostics) -> Option<ModuleId> {
    let name = name_of(&path.node);
    match old_module(name) {
        Some(OldModule::Kept(others)) => note_kept(name, others, path.span, diagnostics),
        Some(OldModule::Renamed(today)) if catalogue.module_named(name).is_none() => {
            return renamed(name, today, path.span, catalogue, diagnostics);
        }
        Some(OldModule::Unneeded(why)) => {
            let message = format!("module {name} is not needed: {why}");
            diagnostics.push(Diagnostic::warning(codes::MODULE_OLD, path.span, message));
            return None;
        }
        _ => {}
    }
    let Some(module) = catalogue.module_named(name) else {
        diagnostics.push(unknown_module(name, path.span, catalogue, |similar| format!("\"{similar}.so\"")));
        return None;
    };
    let today = catalogue.module(module).name;
    if today != name {
        let message = format!("module {name} is part of {today} now");
        let warning = Diagnostic::warning(codes::MODULE_OLD, path.span, message);
        let warning = match speaks_otherwise(name) {
            Some(how) => warning.help(how),
            None => warning,
        };
        diagnostics.push(warning.fix(path.span, format!("\"{today}.so\"")));
    }
    Some(module)
}

/// A module that is there for old scripts alone.
fn note_kept(name: &str, others: &[&str], span: Span, diagnostics: &mut Diagnostics) {
    let others = others.join(", ");
    let message = format!("module {name} is of older releases; {others}, operators and transformations do what it did");
    diagnostics.push(Diagnostic::warning(codes::MODULE_OLD, span, message));
}

fn renamed(
    name: &str,
    today: &str,
    span: Span,
    catalogue: &Catalogue,
    diagnostics: &mut Diagnostics,
) -> Option<ModuleId> {
    let found = catalogue.module_named(today);
    let message = format!("module {name} is {today} now");
    diagnostics.push(match found {
        Some(_) => Diagnostic::warning(codes::MODULE_OLD, span, message).fix(span, format!("\"{today}.so\"")),
        None => Diagnostic::error(codes::MODULE_UNKNOWN, span, format!("{message}, which is not there yet")),
    });
    found
}

/// The modules that an old one brings with it.
fn companions(path: &Spanned<String>, catalogue: &Catalogue) -> Vec<(ModuleId, Span)> {
    let Some(OldModule::Kept(others)) = old_module(name_of(&path.node)) else { return Vec::new() };
    others.iter().filter_map(|other| Some((catalogue.module_named(other)?, path.span))).collect()
}

/// Two modules of older releases may have become one; only the very same line is worth a word.
fn note_twice(path: &Spanned<String>, first: Span, diagnostics: &mut Diagnostics) {
    let message = format!("module {} is loaded already", name_of(&path.node));
    diagnostics.push(Diagnostic::warning(codes::MODULE_TWICE, path.span, message).note_at(first, "here"));
}

fn check_needs(
    module: ModuleId,
    span: Span,
    loaded: &[(ModuleId, Span)],
    catalogue: &Catalogue,
    diagnostics: &mut Diagnostics,
) {
    let info = catalogue.module(module);
    let is_there = |name: &str| match catalogue.module_named(name) {
        Some(module) => module == CORE || loaded.iter().any(|(known, _)| *known == module),
        None => false,
    };
    let missing: Vec<_> = info.depends.iter().filter(|name| !is_there(name)).collect();
    if missing.is_empty() {
        return;
    }
    let lines: Vec<_> = missing.iter().map(|name| format!("loadmodule \"{name}.so\"")).collect();
    let message = format!("module {} needs {}", info.name, missing.into_iter().copied().collect::<Vec<_>>().join(", "));
    let help = format!("{} is missing", lines.join(" and "));
    diagnostics.push(Diagnostic::error(codes::MODULE_NEEDED, span, message).help(help));
}
