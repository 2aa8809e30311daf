//! `pike_check_req()`.

use super::Pike;
use super::tree::Verdict;
use catalogue::{Example, Routes};
use module_api::{Args, Call, FUNCTION, Function, Outcome, Run};

pub(super) const PIKE_CHECK_REQ: Function = Function {
    name: "pike_check_req",
    about: "Counts the request for its source address, and says whether that floods us.",
    routes: Routes::REQUEST,
    returns: &[(1, "it does not"), (-1, "it does, as was known before"), (-2, "it does, as was seen just now")],
    examples: &[Example { script: "pike_check_req()", message: "", returns: 1 }],
    run: Run::Now(check),
    ..FUNCTION
};

fn check(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let state = call.state::<Pike>()?;
    let source = call.msg.source.peer.ip();
    Ok(match state.check(&mut call.env, source) {
        Verdict::Fine => 1,
        Verdict::Flood => -1,
        Verdict::NewFlood => -2,
    })
}
