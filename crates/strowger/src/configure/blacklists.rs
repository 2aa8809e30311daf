//! `dst_blacklist`: the lists of forbidden destinations that a script defines.

use module_api::Services;
use script::ast::Blacklist;
use script::diagnostic::{Diagnostic, codes};
use script::globals::Globals;

/// Makes them.
pub fn define(services: &Services, globals: &Globals) -> Vec<Diagnostic> {
    let refused = globals.blacklists().filter_map(|(blacklist, place)| {
        let error = services.blacklists.define(&definition(blacklist)).err()?;
        Some(Diagnostic::error(codes::BLACKLIST, place, format!("dst_blacklist {}: {error}", blacklist.name)))
    });
    refused.collect()
}

/// A blacklist as the parameter `dst_blacklist` writes it.
fn definition(blacklist: &Blacklist) -> String {
    let rules = blacklist.rules.iter().map(|rule| {
        let negation = if rule.is_negated { "!" } else { "" };
        let proto = rule.proto.as_deref().unwrap_or("any");
        let pattern = rule.pattern.as_deref().map(|pattern| format!(",\"{pattern}\"")).unwrap_or_default();
        format!("{negation}({proto},{},{}{pattern})", rule.network, rule.port.unwrap_or(0))
    });
    let flags = if blacklist.flags.is_empty() { String::new() } else { format!("/{}", blacklist.flags.join(",")) };
    format!("{}{flags}:{{{}}}", blacklist.name, rules.collect::<Vec<_>>().join(","))
}
