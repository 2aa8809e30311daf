//! What the parameters of our own Route URI say, once `loose_route()` has found them.

use catalogue::{Arg, Example, Routes, Value, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run, VARIABLE, Variable, VariableName, VariableRun};
use sip::Params;

pub(super) const CHECK_ROUTE_PARAM: Function = Function {
    name: "check_route_param",
    about: "Whether the parameters of our Route URI match; to be called after loose_route().",
    args: &[Arg::regex("re", "What to look for in `;lr;name=value`.")],
    routes: Routes::REQUEST,
    returns: &[(1, "they match"), (-1, "they do not, or there is no Route of ours")],
    examples: &[
        Example {
            script: "loose_route(); check_route_param(\"nat=yes\")",
            message: "To: <sip:bob@example.com>;tag=1\nRoute: <sip:192.0.2.1;lr;nat=yes>",
            returns: 1,
        },
        Example { script: "check_route_param(\"nat=yes\")", message: "", returns: -1 },
    ],
    run: Run::Now(check_route_param),
    ..FUNCTION
};

pub(super) const IS_DIRECTION: Function = Function {
    name: "is_direction",
    about: "Whether the request goes this way through its dialog; to be called after loose_route().",
    args: &[Arg::str("dir", "`downstream`, as the request that made the dialog, or `upstream`.")
        .judged(|text| Verdict::one_of(text, &["downstream", "upstream"], "\"downstream\" or \"upstream\""))],
    routes: Routes::REQUEST,
    returns: &[(1, "it does"), (-1, "it goes the other way")],
    examples: &[
        Example {
            script: "loose_route(); is_direction(\"upstream\")",
            message: "From: <sip:bob@example.com>;tag=b\nTo: <sip:alice@example.com>;tag=a\nRoute: <sip:192.0.2.1;lr;ftag=a>",
            returns: 1,
        },
        Example { script: "is_direction(\"downstream\")", message: "", returns: 1 },
        Example { script: "is_direction(\"sideways\")", message: "", returns: -1 },
    ],
    run: Run::Now(is_direction),
    ..FUNCTION
};

pub(super) const RR_PARAMS: Variable = Variable {
    name: "rr_params",
    about: "The parameters of our Route URI, after loose_route().",
    run: VariableRun::read(rr_params),
    ..VARIABLE
};

fn check_route_param(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let params = &call.msg.route_set.params;
    let matches = !params.is_empty() && args.regex(0)?.is_match(params);
    Ok(if matches { 1 } else { -1 })
}

/// Without a tag to compare, a request counts as one that goes downstream: it opens the dialog, or came straight here.
fn is_direction(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let recorded = Params::new(&call.msg.route_set.params).value(b"ftag");
    let upstream = match recorded.filter(|tag| !tag.is_empty()) {
        Some(tag) => call.msg.message.from()?.tag() != Some(tag),
        None => false,
    };
    let wanted = match &args.str(0)?[..] {
        b"upstream" => true,
        b"downstream" => false,
        _ => return Err(Fault::script("a direction is \"upstream\" or \"downstream\"")),
    };
    Ok(if upstream == wanted { 1 } else { -1 })
}

fn rr_params(call: &mut Call<'_>, _: VariableName<'_>) -> Value {
    let params = &call.msg.route_set.params;
    if params.is_empty() {
        return Value::Null;
    }
    Value::Str(params.slice(1..))
}
