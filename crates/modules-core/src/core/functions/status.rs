//! Asking how ready a part of the server is.

use catalogue::{Arg, Example};
use module_api::{Args, Call, FUNCTION, Fault, Function, MAIN, Outcome, Run};
use std::borrow::Cow;

pub(super) const ALL: &[Function] = &[SR_CHECK_STATUS];

const SR_CHECK_STATUS: Function = Function {
    name: "sr_check_status",
    about: "The status of a part of the server: positive when it is ready.",
    args: &[
        Arg::str("group", "The group: core, or a module's name."),
        Arg::str("identifier", "The part: main if left out, all for every part of the group.").optional(),
    ],
    returns: &[(1, "ready"), (-1, "not ready, or there is no such part")],
    examples: &[Example { script: "sr_check_status(\"drouting\", \"all\")", message: "", returns: -1 }],
    run: Run::Now(check),
    ..FUNCTION
};

fn check(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let group = String::from_utf8_lossy(args.str(0)?);
    let identifier = args.opt_str(1).map_or(Cow::Borrowed(MAIN), |name| String::from_utf8_lossy(name));
    let status = call.env.services.reports.status(&group, &identifier);
    let status = status.ok_or_else(|| Fault::script(format!("no part {identifier} of {group} reports its status")))?;
    // A return code of 0 would end the script: a part that has not said anything yet is not ready.
    Ok(if status == 0 { -1 } else { status })
}
