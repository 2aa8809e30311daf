//! `enum`: telephone numbers become URIs by what the domain name system says of them (RFC 6116).

mod branch;
mod choice;
mod fuzz;
mod number;
mod query;
mod substitution;
#[cfg(test)]
mod tests;

pub use fuzz::fuzz_enum;

use branch::Algorithm;
use catalogue::Param;
use module_api::{Module, Setup, StartError, State};
use std::sync::Arc;

/// The module `enum`.
pub const MODULE: Module = Module {
    name: "enum",
    about: "Finds the URIs of telephone numbers in the domain name system (ENUM).",
    params: &[DOMAIN_SUFFIX, TEL_URI_PARAMS, BRANCHLABEL, I_ENUM_SUFFIX, BL_ALGORITHM, ISN_SUFFIX],
    functions: &[
        query::ENUM_QUERY,
        query::ENUM_PV_QUERY,
        query::I_ENUM_QUERY,
        query::ISN_QUERY,
        query::IS_FROM_USER_ENUM,
    ],
    start,
    ..Module::EMPTY
};

const DOMAIN_SUFFIX: Param = Param::str("domain_suffix", "e164.arpa.", "The zone that numbers are looked for in.");
const TEL_URI_PARAMS: Param =
    Param::str("tel_uri_params", "", "Parameters that each URI found gets, with their semicolons (;npdi).");
const BRANCHLABEL: Param =
    Param::str("branchlabel", "i", "The label by which the infrastructure tree branches off, for i_enum_query().");
const I_ENUM_SUFFIX: Param =
    Param::str("i_enum_suffix", "e164.arpa.", "The zone that i_enum_query() looks for numbers in.");
const BL_ALGORITHM: Param = Param::str(
    "bl_algorithm",
    "cc",
    "What says where the infrastructure tree branches off: the country code (cc), a TXT record (txt) or an EBL record \
     (ebl).",
)
.one_of(&["cc", "txt", "ebl"]);
const ISN_SUFFIX: Param =
    Param::str("isn_suffix", "freenum.org.", "The zone that isn_query() looks for numbers of domains in.");

/// The state of the module.
struct Enum {
    domain_suffix: String,
    infrastructure_suffix: String,
    isn_suffix: String,
    branch_label: String,
    algorithm: Algorithm,
    uri_params: String,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let text = |param| setup.params.text(param).to_owned();
    let uri_params = text(&TEL_URI_PARAMS);
    if !crate::subject::is_usable(format!("sip:a@b{uri_params}").as_bytes()) {
        return Err(StartError::param(TEL_URI_PARAMS.name, "it is not ;name=value, with a semicolon before each"));
    }
    Ok(Arc::new(Enum {
        domain_suffix: text(&DOMAIN_SUFFIX),
        infrastructure_suffix: text(&I_ENUM_SUFFIX),
        isn_suffix: text(&ISN_SUFFIX),
        branch_label: text(&BRANCHLABEL),
        algorithm: Algorithm::named(setup.params.text(&BL_ALGORITHM)),
        uri_params,
    }))
}
