//! The tables of names that script and modules share.

use catalogue::{FlagNames, Names};

/// The two kinds of flag.
#[derive(Debug, Default)]
pub struct FlagTables {
    /// Of messages (and their transactions).
    pub message: FlagNames,
    /// Of branches.
    pub branch: FlagNames,
}

/// All tables of names: made before the script is compiled, kept when it is reloaded.
#[derive(Debug, Default)]
pub struct Interned {
    /// AVPs.
    pub avps: Names,
    /// Script variables.
    pub vars: Names,
    /// Flags.
    pub flags: FlagTables,
}
