//! The names of the database columns, which parameters can change.

use module_api::Params;

use super::params;

/// The columns every record has.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Method, From tag, To tag, Call-ID, code, reason, time: in the order of a record's values.
    pub names: [String; 7],
}

impl Columns {
    /// As the parameters say.
    pub fn new(given: Params<'_>) -> Columns {
        let all = [
            &params::METHOD_COLUMN,
            &params::FROM_TAG_COLUMN,
            &params::TO_TAG_COLUMN,
            &params::CALLID_COLUMN,
            &params::CODE_COLUMN,
            &params::REASON_COLUMN,
            &params::TIME_COLUMN,
        ];
        Columns { names: all.map(|param| given.text(param).to_owned()) }
    }
}
