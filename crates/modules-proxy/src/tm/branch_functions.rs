//! Functions on the branches of a transaction.

use super::checks::yes;
use bytes::Bytes;
use catalogue::{Alias, Arg, Routes, Value, Verdict};
use module_api::{Args, Branch, Call, FUNCTION, Fault, Flow, Function, Operator, Outcome, Q, Run, TransactionBranch};

pub(super) const CANCEL: Function = Function {
    name: "t_cancel_branch",
    aliases: &[Alias::old("cancel_branch", "1.4")],
    about: "Cancels branches from onreply_route: the one at hand, all (a), or all others (o).",
    args: &[Arg::str("flags", "\"a\" for all, \"o\" for the others.")
        .judged(|text| Verdict::letters(text, "ao", "a for all, o for the others, nothing for the one at hand"))
        .optional()],
    routes: Routes::ONREPLY,
    run: Run::Now(cancel),
    ..FUNCTION
};

pub(super) const INJECT: Function = Function {
    name: "t_inject_branches",
    about: "Puts branches into a transaction under way.",
    args: &[
        Arg::str("source", "\"msg\" for the branches of the message, \"event\" for the contact an event names.")
            .judged(|text| Verdict::one_of(text, &["msg", "event"], "\"msg\" or \"event\"")),
        Arg::str("flags", "\"cancel\" (c) cancels the branches there are, \"last\" (l) ends the wait for more.")
            .judged(judge_inject)
            .optional(),
    ],
    routes: Routes::REQUEST.or(Routes::ONREPLY),
    run: Run::Wait(inject),
    ..FUNCTION
};

fn judge_inject(text: &str) -> Verdict {
    let unknown =
        text.split(',').map(str::trim).find(|word| !matches!(*word, "" | "cancel" | "c" | "last" | "l" | "cl" | "lc"));
    Verdict::must(unknown.is_none(), unknown.unwrap_or_default(), "flag", "cancel, last, or both with a comma between")
}

pub(super) const WAIT: Function = Function {
    name: "t_wait_for_new_branches",
    about: "Keeps the transaction open for branches to come.",
    args: &[Arg::int("branches", "How many are waited for; without it any number.").within(0, i32::MAX).optional()],
    routes: Routes::REQUEST,
    run: Run::Now(|call, args| {
        let count = args.opt_int(0)?.unwrap_or(0);
        call.env.operations.wait_for_branches(call, Some(count))?;
        Ok(1)
    }),
    ..FUNCTION
};

pub(super) const WAIT_NO_MORE: Function = Function {
    name: "t_wait_no_more_branches",
    about: "Ends the wait for branches to come.",
    routes: Routes::REQUEST.or(Routes::ONREPLY).or(Routes::BRANCH).or(Routes::FAILURE),
    run: Run::Now(|call, _| {
        call.env.operations.wait_for_branches(call, None)?;
        Ok(1)
    }),
    ..FUNCTION
};

pub(super) const INDEX_BY_ATTRIBUTE: Function = Function {
    name: "t_get_branch_idx_by_attr",
    about: "Finds a branch by the value of an attribute.",
    args: &[
        Arg::str("attr", "The name of the attribute."),
        Arg::str("val_str", "Its value as text.").optional(),
        Arg::int("val_int", "Its value as a number.").optional(),
        Arg::var("result_var", "Gets the index of the branch.").optional(),
        Arg::int("offset", "The first branch to look at.").optional(),
    ],
    routes: Routes::ONREPLY.or(Routes::BRANCH).or(Routes::FAILURE),
    returns: &[(1, "there is one"), (-1, "there is none")],
    run: Run::Now(index_by_attribute),
    ..FUNCTION
};

fn cancel(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let flags = args.opt_str(0).map(|flags| &flags[..]).unwrap_or_default();
    let (this, others) = match flags {
        flags if flags.contains(&b'a') => (true, true),
        flags if flags.contains(&b'o') => (false, true),
        _ => (true, false),
    };
    call.env.operations.cancel_branches(call, this, others)?;
    Ok(1)
}

fn inject(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    match prepare(call, args) {
        Ok((cancel_others, last)) => call.env.operations.inject_branches(call, cancel_others, last),
        Err(fault) => Flow::Done(Err(fault)),
    }
}

/// Reads the flags, and makes a branch of the event where it is the source.
fn prepare(call: &mut Call<'_>, args: Args<'_>) -> Result<(bool, bool), Fault> {
    let flags = args.opt_str(1).map(|flags| &flags[..]).unwrap_or_default();
    let mut words = flags.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let cancel_others = words.clone().any(|word| word == b"cancel" || word == b"c" || word == b"cl" || word == b"lc");
    let last = words.any(|word| word == b"last" || word == b"l" || word == b"cl" || word == b"lc");
    match &args.str(0)?[..] {
        b"msg" => {}
        b"event" => {
            let branch = branch_of_event(call)?;
            if !call.msg.branches.push(branch) {
                return Err(Fault::script("the message has as many branches as it may"));
            }
        }
        _ => return Err(Fault::script("source must be \"msg\" or \"event\"")),
    }
    Ok((cancel_others, last))
}

/// The contact that E_UL_CONTACT_INSERT and its kin name.
fn branch_of_event(call: &Call<'_>) -> Result<Branch, Fault> {
    let text = |name: &[u8]| {
        let found = call.msg.params.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| value.clone().into_bytes()).filter(|text: &Bytes| !text.is_empty())
    };
    let uri = text(b"uri").ok_or_else(|| Fault::script("the event names no contact"))?;
    let sockets = &call.env.services.sockets;
    Ok(Branch {
        uri,
        destination: text(b"received"),
        path: text(b"path"),
        q: text(b"q").or_else(|| text(b"qval")).and_then(|q| Q::parse(&q)),
        socket: text(b"socket").and_then(|name| sockets.named(&name).map(|socket| socket.id)),
        ..Branch::default()
    })
}

fn index_by_attribute(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let name = args.str(0)?;
    let wanted = match (args.opt_str(1), args.opt_int(2)?) {
        (Some(text), _) => Some(Value::Str(text.clone())),
        (None, Some(number)) => Some(Value::Int(number)),
        (None, None) => None,
    };
    let offset = usize::try_from(args.opt_int(4)?.unwrap_or(0)).unwrap_or(0);
    let transaction = call.msg.transaction.as_ref().ok_or_else(|| Fault::script("there is no transaction"))?;
    let fits = |branch: &TransactionBranch| {
        let found = branch.target.attributes.iter().find(|(known, _)| known == name);
        found.is_some_and(|(_, value)| wanted.as_ref().is_none_or(|wanted| wanted == value))
    };
    let mut branches = transaction.branches().iter().enumerate().skip(offset);
    let Some((index, _)) = branches.find(|(_, branch)| fits(branch)) else { return Ok(-1) };
    if let Some(variable) = args.opt_var(3) {
        variable.write(call, Operator::Set, Value::number(u32::try_from(index).unwrap_or(u32::MAX)))?;
    }
    Ok(yes(true))
}
