//! What stands outside of routes.

use super::{Element, Kind};

const fn line(
    names: &'static [&'static str],
    form: &'static str,
    about: &'static str,
    example: &'static str,
) -> Element {
    Element { names, kind: Kind::Line, form, about, example }
}

pub(super) const ALL: &[Element] = &[
    line(
        &["loadmodule"],
        "loadmodule \"NAME.so\"",
        "Makes the functions, variables and parameters of a module known; it stands before their first use. Path and `.so` do \
         not matter: modules are inside.",
        "loadmodule \"tm.so\"",
    ),
    line(
        &["modparam"],
        "modparam(\"MODULE|MODULE\", \"NAME\", VALUE)",
        "Sets a parameter of one or several modules. Some parameters may be set several times, each adding a value.",
        "modparam(\"auth_db|usrloc\", \"use_domain\", 1)",
    ),
    line(
        &["mpath"],
        "mpath \"DIRECTORY\"",
        "Accepted without effect: modules are inside.",
        "mpath \"/usr/lib/opensips/modules\"",
    ),
    line(
        &["include_file", "import_file"],
        "include_file \"PATH\"",
        "Is replaced by the text of the file, before anything is parsed: also within a route. A relative path begins at the \
         working directory, else beside the file that includes.",
        "include_file \"lists.cfg\"",
    ),
    line(
        &["#", "/*"],
        "# to the end of the line, /* over several lines */",
        "A comment.",
        "# one\n/* and\n another */",
    ),
];
