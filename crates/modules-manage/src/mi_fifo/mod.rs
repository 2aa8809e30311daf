//! `mi_fifo`: management by JSON-RPC over a FIFO. The transport itself is an edge.

use catalogue::{Param, ParamKind};
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
const FIFO_MODE: Param = Param::int("fifo_mode", 0o660, "The permissions of the FIFO.").within(0, 0o777);
const FIFO_GROUP: Param = Param::unset("fifo_group", ParamKind::IntOrStr, "The group that owns it, by number or name.");
const FIFO_USER: Param = Param::unset("fifo_user", ParamKind::IntOrStr, "The user who owns it, by number or name.");
const REPLY_DIR: Param = Param::str("reply_dir", "/tmp/", "The directory of the FIFOs that replies go to.");
const TRACE_DESTINATION: Param =
    Param::unset("trace_destination", ParamKind::Str, "Where commands are traced to.").unavailable(crate::NO_TRACING);
const TRACE_BWLIST: Param =
    Param::unset("trace_bwlist", ParamKind::Str, "Which commands are traced.").unavailable(crate::NO_TRACING);
const PRETTY_PRINTING: Param = Param::int("pretty_printing", 0, "Whether replies are indented.").within(0, 1);
const REPLY_INDENT: Param = Param::unset(
    "reply_indent",
    ParamKind::Str,
    "What replies of older releases were indented with; anything but an empty text is pretty_printing 1.",
)
.today("modparam(\"mi_fifo\", \"pretty_printing\", 1), or 0 where the text is empty");

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    for path in [&FIFO_NAME, &REPLY_DIR] {
        if !setup.params.text(path).starts_with('/') {
            return Err(StartError::param(path.name, "it must be an absolute path"));
        }
    }
    let mut params = setup.params.as_texts(PARAMS);
    // JSON is indented in one way only: what with, the old parameter can no longer say.
    if let Some(indent) = params.remove(REPLY_INDENT.name)
        && !setup.params.is_set(&PRETTY_PRINTING)
    {
        params.insert(PRETTY_PRINTING.name, i32::from(!indent.is_empty()).to_string());
    }
    setup.start_edge("mi_fifo", params);
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
    fn the_indentation_of_older_releases_is_pretty_printing() {
        let pretty = |params: &[(&'static str, ParamSetting)]| {
            let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
            fixture.start(&MODULE, params);
            let (_, params) = fixture.wishes.edges.first().expect("an edge").clone();
            assert!(!params.contains_key("reply_indent"));
            params.get("pretty_printing").expect("a value").clone()
        };
        let indent = |text: &str| ("reply_indent", ParamSetting::Str(text.to_owned()));
        assert_eq!(pretty(&[indent("\t")]), "1");
        assert_eq!(pretty(&[indent("")]), "0");
        assert_eq!(pretty(&[indent("\t"), ("pretty_printing", ParamSetting::Int(0))]), "0");
    }

    #[test]
    fn paths_are_absolute() {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
        let refused = fixture.try_start(&MODULE, &[("fifo_name", ParamSetting::Str("fifo".to_owned()))]);
        assert_eq!(refused.map(|_| ()).unwrap_err().to_string(), "parameter fifo_name: it must be an absolute path");
    }
}
