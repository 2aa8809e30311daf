//! `mi_fifo`: management by JSON-RPC over a FIFO. The transport itself is an edge.

use crate::transports::{PRETTY_PRINTING, TRACE_BWLIST, TRACE_DESTINATION, group, mode, reply_indent, texts, user};
use catalogue::Param;
use module_api::{Module, Setup, StartError, State};
use std::sync::Arc;

/// The module.
pub const MODULE: Module =
    Module { name: "mi_fifo", about: "Management by JSON-RPC over a FIFO.", params: PARAMS, start, ..Module::EMPTY };

const PARAMS: &[Param] = &[
    FIFO_NAME,
    FIFO_MODE,
    FIFO_GROUP,
    FIFO_USER,
    REPLY_DIR,
    TRACE_DESTINATION,
    TRACE_BWLIST,
    PRETTY_PRINTING,
    REPLY_INDENT,
];

const FIFO_NAME: Param = Param::str("fifo_name", "/tmp/opensips_fifo", "The path of the FIFO.");
const FIFO_MODE: Param = mode("fifo_mode", "The permissions of the FIFO.");
const FIFO_GROUP: Param = group("fifo_group");
const FIFO_USER: Param = user("fifo_user");
const REPLY_DIR: Param = Param::str("reply_dir", "/tmp/", "The directory of the FIFOs that replies go to.");
const REPLY_INDENT: Param = reply_indent("modparam(\"mi_fifo\", \"pretty_printing\", 1), or 0 where the text is empty");

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    for path in [&FIFO_NAME, &REPLY_DIR] {
        if !setup.params.text(path).starts_with('/') {
            return Err(StartError::param(path.name, "it must be an absolute path"));
        }
    }
    setup.start_edge("mi_fifo", texts(setup.params, PARAMS));
    Ok(Arc::new(()))
}

#[cfg(test)]
mod tests {
    use super::MODULE;
    use module_api::ParamSetting;
    use testkit::Fixture;

    #[test]
    fn the_edge_gets_the_parameters() {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
        fixture.start(&MODULE, &[("fifo_group", ParamSetting::Str("voip".to_owned()))]);
        let (edge, params) = fixture.wishes.edges.first().expect("an edge");
        let params: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            format!("{edge}: {}", params.join(" ")),
            "mi_fifo: fifo_group=voip fifo_mode=432 fifo_name=/tmp/opensips_fifo pretty_printing=0 reply_dir=/tmp/"
        );
    }

    #[test]
    fn paths_are_absolute() {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
        let refused = fixture.try_start(&MODULE, &[("fifo_name", ParamSetting::Str("fifo".to_owned()))]);
        assert_eq!(refused.map(|_| ()).unwrap_err().to_string(), "parameter fifo_name: it must be an absolute path");
    }
}
