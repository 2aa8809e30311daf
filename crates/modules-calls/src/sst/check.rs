//! `sstCheckMin()`: whether a message asks for a shorter session than we let through.

use super::SessionTimers;
use super::headers::Session;
use bytes::Bytes;
use catalogue::{Arg, Routes};
use module_api::{Args, Call, FUNCTION, Function, Kind, Outcome, ReplyContent, Run};

pub const SST_CHECK_MIN: Function = Function {
    name: "sstCheckMin",
    about: "Whether Session-Expires or Min-SE are less than min_se.",
    args: &[Arg::int("send_reply_flag", "1 answers such a request with 422.").optional()],
    routes: Routes::REQUEST.or(Routes::ONREPLY),
    returns: &[(1, "the session is too short"), (-1, "it is not, or the message says nothing of it")],
    run: Run::Now(check),
    ..FUNCTION
};

/// The 422 that says how long a session must be.
pub fn too_small(min_se: u32) -> ReplyContent {
    let headers = Bytes::from(format!("Min-SE: {min_se}\r\n"));
    ReplyContent { headers, ..ReplyContent::new(422, Bytes::from_static(b"Session Timer Too Small")) }
}

fn check(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let min_se = call.state::<SessionTimers>()?.min_se;
    let asked = Session::of(&call.msg.message);
    if ![asked.expires, asked.min_se].into_iter().flatten().any(|seconds| seconds < min_se) {
        return Ok(-1);
    }
    if call.kind == Kind::Request && args.opt_int(0)?.is_some_and(|flag| flag != 0) {
        call.env.operations.answer(call, &too_small(min_se))?;
    }
    Ok(1)
}
