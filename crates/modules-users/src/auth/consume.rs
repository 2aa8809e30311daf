//! `consume_credentials`: what proved the caller to us is nobody else's business.

use catalogue::{Example, Routes};
use module_api::{Args, Call, FUNCTION, Function, Outcome, Run};

pub const CONSUME_CREDENTIALS: Function = Function {
    name: "consume_credentials",
    about: "Removes the header whose credentials were verified.",
    routes: Routes::REQUEST,
    returns: &[(1, "it is removed"), (-1, "no credentials were verified")],
    examples: &[Example { script: "consume_credentials()", message: "", returns: -1 }],
    run: Run::Now(consume_credentials),
    ..FUNCTION
};

fn consume_credentials(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let Some(header) = call.msg.credentials else { return Ok(-1) };
    call.msg.edits.remove(header);
    Ok(1)
}
