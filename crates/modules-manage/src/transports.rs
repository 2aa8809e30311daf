//! What the management transports have in common: parameters that mean the same in each.

use catalogue::{Param, ParamKind};
use module_api::Params;
use std::collections::BTreeMap;

const NO_TRACING: &str = "commands are not traced to HEP: leave it out";

/// Where commands are traced to.
pub const TRACE_DESTINATION: Param =
    Param::unset("trace_destination", ParamKind::Str, "Where commands are traced to.").unavailable(NO_TRACING);

/// Which commands are traced.
pub const TRACE_BWLIST: Param =
    Param::unset("trace_bwlist", ParamKind::Str, "Which commands are traced.").unavailable(NO_TRACING);

/// Whether replies are indented.
pub const PRETTY_PRINTING: Param = Param::int("pretty_printing", 0, "Whether replies are indented.").within(0, 1);

/// How replies of older releases were indented; `today` is the line that does it now.
pub const fn reply_indent(today: &'static str) -> Param {
    let about = "What replies of older releases were indented with; anything but an empty text is pretty_printing 1.";
    Param::unset("reply_indent", ParamKind::Str, about).today(today)
}

/// The permissions of a file.
pub const fn mode(name: &'static str, about: &'static str) -> Param {
    Param::int(name, 0o660, about).within(0, 0o777)
}

/// The group that owns a file.
pub const fn group(name: &'static str) -> Param {
    Param::unset(name, ParamKind::IntOrStr, "The group that owns it, by number or name.")
}

/// The user who owns a file.
pub const fn user(name: &'static str) -> Param {
    Param::unset(name, ParamKind::IntOrStr, "The user who owns it, by number or name.")
}

/// The parameters for the edge. JSON is indented in one way only: what with, `reply_indent` can no longer say.
pub fn texts(given: Params<'_>, declared: &[Param]) -> BTreeMap<&'static str, String> {
    let mut texts = given.as_texts(declared);
    if let Some(indent) = texts.remove("reply_indent")
        && !given.is_set(&PRETTY_PRINTING)
    {
        texts.insert(PRETTY_PRINTING.name, i32::from(!indent.is_empty()).to_string());
    }
    texts
}

#[cfg(test)]
mod tests {
    use crate::{mi_datagram, mi_fifo};
    use module_api::{Module, ParamSetting};
    use testkit::Fixture;

    /// Both modules do it alike.
    #[test]
    fn the_indentation_of_older_releases_is_pretty_printing() {
        let pretty = |module: &Module, params: &[(&'static str, ParamSetting)]| {
            let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
            let socket = ("socket_name", ParamSetting::Str("/run/socket".to_owned()));
            let params = if module.name == "mi_datagram" { [&[socket], params].concat() } else { params.to_vec() };
            fixture.start(module, &params);
            let (_, params) = fixture.wishes.edges.first().expect("an edge").clone();
            assert!(!params.contains_key("reply_indent"));
            params.get("pretty_printing").expect("a value").clone()
        };
        let indent = |text: &str| ("reply_indent", ParamSetting::Str(text.to_owned()));
        for module in [&mi_fifo::MODULE, &mi_datagram::MODULE] {
            assert_eq!(pretty(module, &[indent("\t")]), "1");
            assert_eq!(pretty(module, &[indent("")]), "0");
            assert_eq!(pretty(module, &[]), "0");
            assert_eq!(pretty(module, &[indent("\t"), ("pretty_printing", ParamSetting::Int(0))]), "0");
        }
    }
}
