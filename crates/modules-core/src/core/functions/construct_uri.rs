//! `construct_uri()`: a URI from its parts.

use catalogue::{Arg, Example, Value, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Operator, Outcome, Run, judge};
use sip::Uri;

pub(super) const ALL: &[Function] = &[CONSTRUCT_URI];

const CONSTRUCT_URI: Function = Function {
    name: "construct_uri",
    about: "Puts a URI together; parts that are left out or empty are not written.",
    args: &[
        Arg::str("proto", "The scheme: sip, sips.")
            .judged(|text| judged(&format!("{text}:example.com"), text, "scheme", "sip or sips")),
        Arg::str("user", "The user.").optional(),
        Arg::str("domain", "The host.")
            .judged(|text| judged(&format!("sip:{text}"), text, "host", "a host name or address")),
        Arg::str("port", "The port.")
            .judged(|text| if text.is_empty() { Verdict::Fine } else { judge::port(text) })
            .optional(),
        Arg::str("extra", "Parameters, without the first semicolon.").optional(),
        Arg::var("result", "The variable that gets it."),
    ],
    returns: &[(1, "done"), (-1, "the parts make no URI")],
    examples: &[
        Example {
            script: "construct_uri(\"sip\", \"vlad\", \"example.com\", \"\", \"lr\", $var(uri))",
            message: "",
            returns: 1,
        },
        Example { script: "construct_uri(\"sip\", , \"\", , , $var(uri))", message: "", returns: -1 },
    ],
    run: Run::Now(construct),
    ..FUNCTION
};

fn judged(uri: &str, text: &str, what: &str, instead: &'static str) -> Verdict {
    Verdict::must(Uri::parse(uri.as_bytes()).is_ok(), text, what, instead)
}

fn construct(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let given = |index: usize| args.opt_str(index).filter(|text| !text.is_empty());
    let mut uri = args.str(0)?.to_vec();
    uri.push(b':');
    if let Some(user) = given(1) {
        uri.extend_from_slice(user);
        uri.push(b'@');
    }
    uri.extend_from_slice(args.str(2)?);
    for (index, mark) in [(3, b':'), (4, b';')] {
        if let Some(part) = given(index) {
            uri.push(mark);
            uri.extend_from_slice(part);
        }
    }
    Uri::parse(&uri).map_err(|error| Fault::script(format!("the parts make no URI: {error}")))?;
    args.var(5)?.write(call, Operator::Set, Value::from(uri))?;
    Ok(1)
}
