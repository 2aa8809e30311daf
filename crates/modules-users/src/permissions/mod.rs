//! `permissions`: which addresses may do what, from a table kept in memory; and who may call or register whom, from files.

mod addresses;
mod check;
mod entry;
mod files;
mod fuzz;
mod mi;
mod old;
mod partition;
mod rules;
#[cfg(test)]
mod tests;
mod trusted;
mod uris;

pub use fuzz::fuzz_rules;

use catalogue::{Alias, Column, Param, ParamKind, Table};
use files::Files;
use module_api::{Fault, Module, Refusal, Setup, StartError, State};
use partition::Partition;
use std::sync::Arc;
use trusted::Trusted;

/// The module `permissions`.
pub const MODULE: Module = Module {
    name: "permissions",
    about: "Knows which addresses may do what, and who may call or register whom.",
    params: &[
        DEFAULT_ALLOW_FILE,
        DEFAULT_DENY_FILE,
        CHECK_ALL_BRANCHES,
        ALLOW_SUFFIX,
        DENY_SUFFIX,
        PARTITION,
        DB_URL,
        ADDRESS_TABLE,
        IP_COL,
        PROTO_COL,
        PATTERN_COL,
        INFO_COL,
        GRP_COL,
        MASK_COL,
        PORT_COL,
        trusted::DB_MODE,
        trusted::TRUSTED_TABLE,
        trusted::SOURCE_COL,
        trusted::FROM_COL,
        trusted::TAG_COL,
        trusted::PEER_TAG_AVP,
    ],
    functions: &[
        check::CHECK_ADDRESS,
        check::CHECK_SOURCE_ADDRESS,
        check::GET_SOURCE_GROUP,
        uris::ALLOW_ROUTING,
        uris::ALLOW_REGISTER,
        uris::ALLOW_URI,
        trusted::ALLOW_TRUSTED,
        old::ALLOW_SOURCE_ADDRESS,
        old::ALLOW_ADDRESS,
    ],
    commands: &[
        mi::ADDRESS_RELOAD,
        mi::ADDRESS_DUMP,
        mi::SUBNET_DUMP,
        mi::ALLOW_URI,
        trusted::TRUSTED_RELOAD,
        trusted::TRUSTED_DUMP,
    ],
    tables: &[ADDRESS],
    start,
    ..Module::EMPTY
};

const DEFAULT_ALLOW_FILE: Param =
    Param::str("default_allow_file", "permissions.allow", "The file of what is allowed, where the script names none.");
const DEFAULT_DENY_FILE: Param =
    Param::str("default_deny_file", "permissions.deny", "The file of what is denied, where the script names none.");
const CHECK_ALL_BRANCHES: Param =
    Param::int("check_all_branches", 1, "Whether allow_routing() checks all branches, not the Request-URI alone.");
const ALLOW_SUFFIX: Param =
    Param::str("allow_suffix", ".allow", "What makes a base name that of a file of what is allowed.");
const DENY_SUFFIX: Param =
    Param::str("deny_suffix", ".deny", "What makes a base name that of a file of what is denied.");
const PARTITION: Param = Param::unset(
    "partition",
    ParamKind::Str,
    "Another table of addresses under a name: \"name: db_url=…; table_name=…\".",
)
.repeats();
const DB_URL: Param = Param::unset("db_url", ParamKind::Str, "The database, db_default_url if not set.");
const ADDRESS_TABLE: Param = Param::str("address_table", "address", "The table of addresses.");
const IP_COL: Param =
    Param::str("ip_col", "ip", "The column of addresses.").aliases(&[Alias::old("ip_addr_col", "1.6")]);
const PROTO_COL: Param = Param::str("proto_col", "proto", "The column of transports.");
const PATTERN_COL: Param = Param::str("pattern_col", "pattern", "The column of shell patterns.");
const INFO_COL: Param = Param::str("info_col", "context_info", "The column of what the script is told.");
const GRP_COL: Param = Param::str("grp_col", "grp", "The column of group numbers.");
const MASK_COL: Param = Param::str("mask_col", "mask", "The column of mask lengths.");
const PORT_COL: Param = Param::str("port_col", "port", "The column of ports.");

const ADDRESS: Table = Table {
    name: "address",
    version: 5,
    columns: &[
        Column { name: "id", sql: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" },
        Column { name: "grp", sql: "SMALLINT(5) DEFAULT 0 NOT NULL" },
        Column { name: "ip", sql: "CHAR(50) NOT NULL" },
        Column { name: "mask", sql: "SMALLINT DEFAULT 32 NOT NULL" },
        Column { name: "port", sql: "SMALLINT(5) DEFAULT 0 NOT NULL" },
        Column { name: "proto", sql: "CHAR(4) DEFAULT 'any' NOT NULL" },
        Column { name: "pattern", sql: "CHAR(64) DEFAULT NULL" },
        Column { name: "context_info", sql: "CHAR(32) DEFAULT NULL" },
    ],
    indexes: &[],
};

/// The state of the module.
struct Permissions {
    /// The tables of addresses; the one without a name of its own is called `default`.
    partitions: Vec<Partition>,
    /// The files of rules.
    files: Files,
    /// The trusted peers of old scripts.
    trusted: Trusted,
    checks_all_branches: bool,
}

/// The partition that functions mean where they name none.
const DEFAULT: &str = "default";

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let partitions = partition::read(setup)?;
    for (function, argument) in [("check_address", 6), ("check_source_address", 3), ("get_source_group", 1)] {
        let names: Vec<&str> = partitions.iter().map(|partition| partition.name.as_str()).collect();
        // An empty name is the default's.
        setup.hold(function, argument, |name| match name {
            "" => Ok(()),
            name => Refusal::unless_one_of("partition", name, &names),
        });
    }
    let files = Files::new(setup);
    let trusted = Trusted::new(setup)?;
    let checks_all_branches = setup.params.is_on(&CHECK_ALL_BRANCHES);
    let module = Arc::new(Permissions { partitions, files, trusted, checks_all_branches });
    let loaded = Arc::clone(&module);
    setup.at_start(move |_| partition::load_all(loaded, 0));
    let peers = Arc::clone(&module);
    setup.at_start(move |_| trusted::load(peers));
    let names = module.files.named(setup);
    let read = Arc::clone(&module);
    setup.at_start(move |_| files::read_all(read, names));
    Ok(module)
}

impl Permissions {
    /// The partition of this name.
    ///
    /// # Errors
    /// There is none.
    fn partition(&self, name: Option<&[u8]>) -> Result<&Partition, Fault> {
        let name = name.filter(|name| !name.is_empty()).unwrap_or(DEFAULT.as_bytes());
        let found = self.partitions.iter().find(|partition| partition.name.as_bytes() == name);
        found.ok_or_else(|| Fault::script(format!("there is no partition {}", String::from_utf8_lossy(name))))
    }
}
