//! `t_add_hdrs()`, `t_add_cancel_reason()`.

use catalogue::{Arg, Routes};
use module_api::{FUNCTION, Function, Run, judge};

pub(super) const ADD: Function = Function {
    name: "t_add_hdrs",
    about: "Adds header lines to every request of the transaction: branches, CANCELs.",
    args: &[Arg::str("sip_hdrs", "Whole header lines.").judged(judge::header_lines)],
    routes: Routes::REQUEST,
    run: Run::Now(|call, args| {
        let lines = args.str(0)?.clone();
        call.env.operations.add_headers(call, lines)?;
        Ok(1)
    }),
    ..FUNCTION
};

pub(super) const ADD_CANCEL_REASON: Function = Function {
    name: "t_add_cancel_reason",
    about: "Adds a header line, as a rule Reason, to the CANCELs of the INVITE.",
    args: &[Arg::str("Reason_hdr", "Whole header lines.").judged(judge::header_lines)],
    routes: Routes::REQUEST,
    run: Run::Now(|call, args| {
        let lines = args.str(0)?.clone();
        call.env.operations.add_cancel_headers(call, lines)?;
        Ok(1)
    }),
    ..FUNCTION
};
