//! Headers found by name, expression or pattern: `remove_hf()` and its kin, `is_present_hf()`.

use super::{ON_THE_WAY, textops, yes};
use catalogue::{Arg, Example, Today, Value};
use module_api::{Args, Call, FUNCTION, Function, Operator, Outcome, Run, judge};
use posix_regex::glob_ignoring_case;
use sip::Header;
use std::sync::Arc;

pub(super) const REMOVE_HF: Function = Function {
    name: "remove_hf",
    aliases: &[textops("remove_hf")],
    about: "Removes all headers of a name.",
    args: &[Arg::str("hname", "The name, long or compact.").judged(judge::header_name)],
    routes: ON_THE_WAY,
    returns: REMOVED,
    today: Some(today_of_remove),
    examples: &[
        Example { script: "remove_hf(\"User-Agent\")", message: "User-Agent: x", returns: 1 },
        Example { script: "remove_hf(\"s\")", message: "Subject: x", returns: 1 },
        Example { script: "remove_hf(\"User-Agent\")", message: "", returns: -1 },
    ],
    run: Run::Now(remove_hf),
    ..FUNCTION
};

pub(super) const REMOVE_HF_RE: Function = Function {
    name: "remove_hf_re",
    about: "Removes all headers whose name matches an expression.",
    args: &[Arg::regex("hname_expr", "The expression.")],
    routes: ON_THE_WAY,
    returns: REMOVED,
    examples: &[
        Example { script: "remove_hf_re(\"^X-g.+[0-9]\")", message: "X-group1: x", returns: 1 },
        Example { script: "remove_hf_re(\"^X-g.+[0-9]\")", message: "X-group: x", returns: -1 },
    ],
    run: Run::Now(remove_hf_re),
    ..FUNCTION
};

pub(super) const REMOVE_HF_GLOB: Function = Function {
    name: "remove_hf_glob",
    about: "Removes all headers whose name fits a shell pattern.",
    args: &[Arg::str("hname_pattern", "The pattern.")],
    routes: ON_THE_WAY,
    returns: REMOVED,
    examples: &[Example { script: "remove_hf_glob(\"X-Billing*\")", message: "X-billing-Price: 1", returns: 1 }],
    run: Run::Now(remove_hf_glob),
    ..FUNCTION
};

pub(super) const IS_PRESENT_HF: Function = Function {
    name: "is_present_hf",
    aliases: &[textops("is_present_hf")],
    about: "Whether the message came with a header of this name.",
    args: &[Arg::str("hf_name", "The name, long or compact.").judged(judge::header_name)],
    routes: ON_THE_WAY,
    returns: &[(1, "it did"), (-1, "it did not")],
    examples: &[
        Example { script: "is_present_hf(\"f\")", message: "", returns: 1 },
        Example { script: "is_present_hf(\"X-None\")", message: "", returns: -1 },
    ],
    run: Run::Now(is_present_hf),
    ..FUNCTION
};

pub(super) const GET_GLOB_HEADERS_VALUES: Function = Function {
    name: "get_glob_headers_values",
    about: "Collects the names and values of all headers whose name fits a shell pattern.",
    args: &[
        Arg::str("hdr_name_glob", "The pattern."),
        Arg::var("hdr_names_avp", "Where the names go, a value for each header."),
        Arg::var("hdr_vals_avp", "Where the values go."),
    ],
    routes: ON_THE_WAY,
    returns: &[(1, "there are some"), (-1, "there is none")],
    examples: &[Example {
        script: "get_glob_headers_values(\"X-*\", $avp(names), $avp(values))",
        message: "X-a: 1\nX-b: 2",
        returns: 1,
    }],
    run: Run::Now(get_glob_headers_values),
    ..FUNCTION
};

/// Releases from 1.11 to 2.4 said with a flag how the name is meant.
fn today_of_remove(args: &[&str]) -> Today {
    let [name, flags] = args else { return Today::Current };
    match flags.trim_matches(['\'', ' ']) {
        "" => Today::Instead("remove_hf", 1),
        "g" => Today::Instead("remove_hf_glob", 1),
        "r" => Today::Instead("remove_hf_re", 1),
        _ => Today::Unclear(format!(
            "remove_hf_glob(\"{name}\") takes a shell pattern (flag g), remove_hf_re(\"{name}\") a regular expression (flag \
             r), remove_hf(\"{name}\") a name (no flag)"
        )),
    }
}

const REMOVED: &[(i32, &str)] = &[(1, "at least one was removed"), (-1, "there is none")];

fn remove_hf(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let name = args.str(0)?;
    let message = Arc::clone(&call.msg.message);
    yes(remove_all(call, message.headers_called(name)))
}

fn remove_hf_re(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let expression = args.regex(0)?;
    let message = Arc::clone(&call.msg.message);
    yes(remove_all(call, message.headers().filter(|header| expression.is_match(header.name_text))))
}

fn remove_hf_glob(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let pattern = args.str(0)?;
    let message = Arc::clone(&call.msg.message);
    yes(remove_all(call, message.headers().filter(|header| glob_ignoring_case(pattern, header.name_text))))
}

fn is_present_hf(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    yes(call.msg.message.headers_called(args.str(0)?).next().is_some())
}

fn get_glob_headers_values(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (pattern, names, values) = (args.str(0)?, args.var(1)?, args.var(2)?);
    let message = Arc::clone(&call.msg.message);
    let mut found = false;
    for header in message.headers().filter(|header| glob_ignoring_case(pattern, header.name_text)) {
        names.write(call, Operator::Set, Value::Str(message.share(header.name_text)))?;
        values.write(call, Operator::Set, Value::Str(message.share(header.value)))?;
        found = true;
    }
    yes(found)
}

fn remove_all<'a>(call: &mut Call<'_>, headers: impl Iterator<Item = Header<'a>>) -> bool {
    let mut removed = false;
    for header in headers {
        if !call.msg.edits.is_removed(header.index) {
            call.msg.edits.remove(header.index);
            removed = true;
        }
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::*;
    use module_api::ArgValue;
    use testkit::{Fixture, regex, str};

    const LINES: &str = "OPTIONS sip:b@example.com SIP/2.0\nX-a: 1\nX-b: 2\nSubject: 3\ns: 4";

    fn left(function: &Function, arg: ArgValue) -> String {
        let mut fixture = Fixture::request(LINES);
        let state = fixture.start(&super::super::MODULE, &[]);
        fixture.call(&state, function, &[arg]);
        let shown = fixture.shown();
        shown.lines().filter(|line| line.starts_with(['X', 's', 'S'])).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn removes_by_name_expression_and_pattern() {
        assert_eq!(left(&REMOVE_HF, str("subject")), "X-a: 1|X-b: 2");
        assert_eq!(left(&REMOVE_HF_RE, regex("^x-[b-z]$")), "X-a: 1|Subject: 3|s: 4");
        assert_eq!(left(&REMOVE_HF_GLOB, str("x-?")), "Subject: 3|s: 4");
    }

    #[test]
    fn collects_names_and_values() {
        let mut fixture = Fixture::request(LINES);
        let state = fixture.start(&super::super::MODULE, &[]);
        let variable = |fixture: &Fixture, name| ArgValue::Var(fixture.variable(name));
        let args = [str("X-*"), variable(&fixture, "$avp(n)"), variable(&fixture, "$avp(v)")];
        assert_eq!(fixture.call(&state, &GET_GLOB_HEADERS_VALUES, &args), 1);
        // The last header is the newest value, as with any AVP.
        assert_eq!([fixture.value("$avp(n)"), fixture.value("$avp(v)")], ["X-b", "2"].map(Value::fixed));
    }
}
