//! `textops`: searching and changing a message as text.
//!
//! What is changed is recorded beside the message, as with every other function: a later search does not see it.

mod parts;
mod replace;
mod search;
mod subst;
#[cfg(test)]
mod tests;

use catalogue::Routes;
use module_api::Module;

/// The module.
pub const MODULE: Module = Module {
    name: "textops",
    about: "Searches and changes a message as text.",
    functions: &[
        search::SEARCH,
        search::SEARCH_BODY,
        replace::SEARCH_APPEND,
        replace::SEARCH_APPEND_BODY,
        replace::REPLACE,
        replace::REPLACE_BODY,
        replace::REPLACE_ALL,
        replace::REPLACE_BODY_ALL,
        replace::REPLACE_BODY_ATONCE,
        subst::SUBST,
        subst::SUBST_URI,
        subst::SUBST_USER,
        subst::SUBST_BODY,
    ],
    start: subst::start,
    ..Module::EMPTY
};

/// Where a message can be changed that a transaction sends.
const ON_THE_WAY: Routes = WITH_URI.or(Routes::LOCAL);
/// Where there is a Request-URI to change.
const WITH_URI: Routes = Routes::REQUEST.or(Routes::ONREPLY).or(Routes::FAILURE).or(Routes::BRANCH);

/// What all these functions return.
const FOUND: &[(i32, &str)] = &[(1, "something matched"), (-1, "nothing did")];

/// A message for examples.
const WITH_TEXT: &str = "Subject: good news\nUser-Agent: Openser 1.0\nContent-Type: text/plain\n\n\
    Openser is old\nopenser was good\n";
