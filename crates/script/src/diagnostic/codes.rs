//! The codes of all messages, in one place. A code is never reused: what is no longer said leaves its number empty.
//!
//! 0xx reading the files, 1xx syntax, 2xx global parameters, 3xx older dialects and doubtful text,
//! 4xx modules and their parameters, 5xx routes, functions and variables.

use super::Code;

macro_rules! codes {
    ($($name:ident = $id:literal, $about:literal;)*) => {
        $(#[doc = $about] pub const $name: Code = Code { id: $id, about: $about };)*

        /// All codes, for the reference.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    FILE_UNREADABLE = "S001", "A file cannot be read.";
    INCLUDE_TOO_DEEP = "S002", "Files include each other too deeply.";
    INCLUDE_MALFORMED = "S003", "An include line without a usable path.";
    NUL_BYTE = "S004", "A NUL byte in the script.";
    TOO_LARGE = "S005", "The script with its includes is too large.";
    ENVIRONMENT_UNSET = "S006", "A variable of the environment that is not set.";
    PREPROCESSOR_FAILED = "S007", "The preprocessor failed.";

    UNEXPECTED = "S101", "Something else was expected here.";
    MISSING = "S102", "A character is missing.";
    STRING_UNCLOSED = "S103", "A string has no end.";
    COMMENT_UNCLOSED = "S104", "A comment has no end.";
    NUMBER_TOO_LARGE = "S105", "A number does not fit 32 bits, or is none.";
    STRAY_BYTE = "S106", "A character that has no meaning here.";
    NOT_A_COMMENT = "S107", "`//` does not start a comment.";
    BLOCK_UNCLOSED = "S108", "A block has no end.";
    TOO_DEEP = "S109", "Too many things inside each other.";
    FORMAT_MALFORMED = "S110", "A variable that cannot be read.";
    BARE_WORD = "S111", "A word where a value is needed.";
    CALL_WITHOUT_PARENTHESES = "S112", "A function without its parentheses.";
    BREAK_OUTSIDE = "S113", "`break` outside of while, for and switch.";
    DEFAULT_NOT_LAST = "S114", "`default` is not the last part of a switch.";
    COMPARISON_LEFT = "S115", "The left side of a comparison is not a variable.";
    STRINGS_SIDE_BY_SIDE = "S116", "Two strings where one is expected.";
    TOO_MANY_MESSAGES = "S117", "More messages than are shown.";
    LOGIC_IN_ASSIGNMENT = "S118", "`&&` or `||` after an assignment.";
    CALL_TARGET = "S119", "A call where none can stand.";
    ASSIGNMENT_TARGET = "S120", "Something that cannot be assigned to.";

    GLOBAL_UNKNOWN = "S201", "An unknown global parameter.";
    GLOBAL_VALUE = "S202", "A value that a global parameter cannot have.";
    SOCKET_MALFORMED = "S203", "A socket that cannot be read.";
    SOCKET_NOT_TO_BE_HAD = "S205", "A socket that this machine cannot open.";
    BLACKLIST = "S206", "A list of forbidden destinations that cannot be made.";
    GLOBAL_GONE = "S204", "A global parameter of an older release without an equivalent.";

    OLD_GLOBAL = "S301", "An older name of a global parameter.";
    OLD_EXPRESSION = "S302", "An older form of an expression.";
    OLD_VARIABLE = "S303", "An older form of a variable.";
    OLD_ROUTE = "S304", "An older form of a route.";
    UNQUOTED = "S305", "Text without its quotes.";
    ASSIGNMENT_AS_CONDITION = "S306", "An assignment where a comparison is likely meant.";
    NOT_EXPANDED = "S307", "Variables in a string that is taken as it stands.";
    WITHOUT_EFFECT = "S308", "Something that does nothing.";

    MODULE_UNKNOWN = "S401", "A module that does not exist.";
    MODULE_TWICE = "S402", "A module that is loaded twice.";
    MODULE_OLD = "S403", "A module of an older release that is part of another now.";
    MODULE_NEEDED = "S404", "A module that another one needs.";
    PARAM_UNKNOWN = "S405", "A module parameter that does not exist.";
    PARAM_TYPE = "S406", "A module parameter's value of the wrong type.";
    PARAM_VALUE = "S407", "A value that a module parameter cannot have.";
    PARAM_OLD = "S408", "An older name of a module parameter.";
    PARAM_WITHOUT_EFFECT = "S409", "A module parameter that changes nothing here.";
    PARAM_UNAVAILABLE = "S410", "A module parameter, or a value of one, that needs what is not there.";
    PARAM_TWICE = "S411", "A module parameter that is set twice.";
    MODULE_START = "S412", "A module that cannot start as it is set.";
    DATABASE_URL = "S413", "A database of a kind that is not there.";
    DATABASE_CONTENT = "S414", "A database that lacks what the modules need.";

    FUNCTION_UNKNOWN = "S501", "A function that does not exist.";
    ARGUMENT_COUNT = "S502", "Too few or too many parameters.";
    ARGUMENT_TYPE = "S503", "A parameter of the wrong type.";
    FUNCTION_ROUTE = "S504", "A function in a route where it cannot be used.";
    FUNCTION_OLD = "S505", "An older name of a function.";
    FLAG_UNKNOWN = "S506", "A flag that the function does not know.";
    FLAGS_OLD = "S507", "Flags as letters or as a number.";
    QUOTED = "S508", "A number or variable in quotes.";
    ROUTE_UNKNOWN = "S509", "A route that does not exist.";
    ROUTE_TWICE = "S510", "Two routes of one name.";
    ROUTES_TOO_MANY = "S511", "Too many routes of one kind.";
    ROUTE_UNUSED = "S512", "A route that nothing runs.";
    VARIABLE_UNKNOWN = "S513", "A variable that does not exist.";
    VARIABLE_FORM = "S514", "A variable with a name or index that it does not take.";
    VARIABLE_OLD = "S515", "An older name of a variable.";
    READ_ONLY = "S516", "An assignment to what can only be read.";
    NEVER_SET = "S517", "A script variable that is read and never set.";
    TRANSFORMATION_UNKNOWN = "S518", "A transformation that does not exist.";
    TRANSFORMATION_ARGS = "S519", "A transformation with parameters that it does not take.";
    UNREACHABLE = "S520", "Statements that are never reached.";
    PATTERN = "S521", "A regular expression that cannot be used.";
    NO_VALUE = "S522", "An expression that has no value.";
    FLAGS_TOO_MANY = "S523", "Too many different flag names.";
    NOT_ASYNC = "S524", "A function that async() and launch() do not take.";
    UNAVAILABLE = "S525", "A function, or a word among its parameters, that needs what is not there.";
    ARGUMENT_VALUE = "S526", "A parameter outside the range that the function takes.";
    ARGUMENT_IGNORED = "S528", "A part of a parameter that is ignored.";
    NO_MAIN_ROUTE = "S527", "A script that does nothing with requests.";
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use std::collections::BTreeSet;

    #[test]
    fn no_code_stands_for_two_things() {
        let different: BTreeSet<_> = ALL.iter().map(|code| code.id).collect();
        assert_eq!(different.len(), ALL.len());
    }
}
