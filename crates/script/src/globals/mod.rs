//! The global parameters of a script: what there is, and the values a script gives them.

mod declaration;
mod logging;
mod network;
mod process;
mod transport;
mod values;

pub use declaration::{GlobalKind, GlobalParam};
pub use values::{Globals, HostAlias};

/// All global parameters, by what they are about.
pub const GLOBALS: &[&[GlobalParam]] = &[network::GLOBALS, transport::GLOBALS, logging::GLOBALS, process::GLOBALS];

/// All global parameters.
pub fn all() -> impl Iterator<Item = &'static GlobalParam> {
    GLOBALS.iter().copied().flatten()
}

/// The parameter of this name, today's or another spelling of it.
pub fn find(name: &str) -> Option<&'static GlobalParam> {
    all().find(|param| param.name == name || param.spellings.contains(&name) || param.old.contains(&name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn no_name_stands_for_two_parameters() {
        let mut seen = BTreeSet::new();
        for param in super::all() {
            for name in [&[param.name], param.spellings, param.old].concat() {
                assert!(seen.insert(name), "{name}");
            }
        }
    }
}
