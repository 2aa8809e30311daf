//! Variables of older releases that hold nothing any more, and what does so today.

/// What to write in place of a variable that is gone.
pub(crate) fn gone_variable(name: &str) -> Option<&'static str> {
    GONE.iter().find(|(old, _)| *old == name).map(|(_, today)| *today)
}

const NAMES: &str =
    "flags have names since 2.2, and are no number any more: $mf lists those that are set, $msg.flag(NAME) is one";
const BRANCH_NAMES: &str = "flags have names since 2.2, and are no number any more: $bf lists those that are set, $msg.branch.flag(NAME) is one";
const SCRIPT_FLAGS: &str =
    "flags of the script are flags of the message since 2.2, and have names: $mf lists those that are set";

const GONE: &[(&str, &str)] = &[("mF", NAMES), ("bF", BRANCH_NAMES), ("sf", SCRIPT_FLAGS), ("sF", SCRIPT_FLAGS)];
