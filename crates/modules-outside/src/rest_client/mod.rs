//! `rest_client`: HTTP services that a script asks.

mod escape;
mod headers;
mod params;
mod request;
#[cfg(test)]
mod tests;

use module_api::Module;

/// The module.
pub const MODULE: Module = Module {
    name: "rest_client",
    about: "Asks HTTP services: GET, POST and PUT, their answers into variables.",
    params: params::ALL,
    functions: &[request::GET, request::POST, request::PUT, headers::APPEND_HF, headers::INIT_CLIENT_TLS],
    transformations: &[escape::ESCAPE, escape::UNESCAPE],
    start: params::start,
    ..Module::EMPTY
};
