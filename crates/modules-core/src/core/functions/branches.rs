//! The destination set: adding, removing, moving and exchanging branches.
//!
//! Here, as upstream, added branches are counted from 0 and the Request-URI is -1; `$msg.branch.*` and the branch flags
//! count the Request-URI as 0.

use crate::core::uri_parts::check_text;
use catalogue::{Alias, Arg, Example, Flag, Verdict};
use module_api::{Args, Branch, Branches, Call, FUNCTION, Fault, Function, Outcome, Q, Run};

pub(super) const ALL: &[Function] =
    &[APPEND_BRANCH_OLD, APPEND_MSG_BRANCH, REMOVE_MSG_BRANCH, MOVE_MSG_BRANCH, SWAP_MSG_BRANCHES];

const APPEND_BRANCH_OLD: Function = Function {
    name: "append_branch_old",
    aliases: &[Alias::old("append_branch", "3.6")],
    about: "Adds a destination: the given URI, or the Request-URI as it is now, which leaves it free to be changed.",
    args: &[
        Arg::str("uri", "The URI; without it the Request-URI with all that belongs to it moves to the new branch.")
            .judged(judge_uri)
            .optional(),
        Arg::str("qvalue", "Its preference, 0 to 1.").judged(judge_q).optional(),
    ],
    examples: &[
        Example { script: "append_branch_old(\"sip:carol@example.net\", \"0.5\")", message: "", returns: 1 },
        Example { script: "append_branch()", message: "", returns: 1 },
    ],
    run: Run::Now(append_old),
    ..FUNCTION
};

const APPEND_MSG_BRANCH: Function = Function {
    name: "append_msg_branch",
    about: "Adds a destination with this URI.",
    args: &[
        Arg::str("uri", "The URI.").judged(judge_uri),
        Arg::str("qvalue", "Its preference, 0 to 1.").judged(judge_q).optional(),
        Arg::flags(
            "flags",
            &[Flag::new("inherite")],
            "inherite: destination URI, path, socket and flags are those of the Request-URI.",
        )
        .optional(),
    ],
    examples: &[
        Example {
            script: "append_msg_branch(\"sip:carol@example.net\", \"0.5\", \"inherite\")",
            message: "",
            returns: 1,
        },
        Example { script: "append_msg_branch(\"sip:carol@example.net\", \"often\")", message: "", returns: -1 },
    ],
    run: Run::Now(append),
    ..FUNCTION
};

const REMOVE_MSG_BRANCH: Function = Function {
    name: "remove_msg_branch",
    aliases: &[Alias::old("remove_branch", "3.6")],
    about: "Removes an added branch; later ones move up.",
    args: &[Arg::int("idx", "Which: added branches are counted from 0.")],
    returns: &[(1, "removed"), (-1, "there is no such branch")],
    examples: &[
        Example {
            script: "append_msg_branch(\"sip:carol@example.net\"); remove_msg_branch(0)",
            message: "",
            returns: 1,
        },
        Example { script: "remove_msg_branch(0)", message: "", returns: -1 },
    ],
    run: Run::Now(|call, args| {
        let position = place(&call.msg.branches, Some(args.int(0)?))?;
        Ok(if remove(&mut call.msg.branches, position) { 1 } else { -1 })
    }),
    ..FUNCTION
};

const MOVE_MSG_BRANCH: Function = Function {
    name: "move_msg_branch",
    aliases: &[Alias::old("move_branch", "3.6")],
    about: "Puts one branch in the place of another and removes it where it was.",
    args: &[
        Arg::int("src_idx", "Which: added branches are counted from 0, -1 or nothing is the Request-URI.").optional(),
        Arg::int("dst_idx", "Over which, counted alike.").optional(),
        Arg::str("keep", "\"keep\": it stays where it was as well.").judged(judge_keep).optional(),
    ],
    returns: &[(1, "moved"), (-1, "there is no such branch")],
    examples: &[
        Example { script: "append_msg_branch(\"sip:carol@example.net\"); move_msg_branch(0)", message: "", returns: 1 },
        Example { script: "move_msg_branch(3)", message: "", returns: -1 },
    ],
    run: Run::Now(move_branch),
    ..FUNCTION
};

const SWAP_MSG_BRANCHES: Function = Function {
    name: "swap_msg_branches",
    aliases: &[Alias::old("swap_branches", "3.6")],
    about: "Exchanges two branches.",
    args: &[
        Arg::int("idx1", "One: added branches are counted from 0, -1 or nothing is the Request-URI.").optional(),
        Arg::int("idx2", "The other, counted alike.").optional(),
    ],
    returns: &[(1, "exchanged"), (-1, "there is no such branch")],
    examples: &[Example {
        script: "append_msg_branch(\"sip:carol@example.net\"); swap_msg_branches(-1, 0)",
        message: "",
        returns: 1,
    }],
    run: Run::Now(|call, args| {
        let branches = &mut call.msg.branches;
        let (one, other) = (place(branches, args.opt_int(0)?)?, place(branches, args.opt_int(1)?)?);
        branches.swap(one, other);
        Ok(1)
    }),
    ..FUNCTION
};

fn judge_q(text: &str) -> Verdict {
    Verdict::must(text.is_empty() || Q::parse(text.as_bytes()).is_some(), text, "preference", "a number from 0 to 1")
}

fn judge_uri(text: &str) -> Verdict {
    Verdict::of(check_text(text.as_bytes()), "a URI, like sip:alice@example.com")
}

fn judge_keep(text: &str) -> Verdict {
    match text.is_empty() || text.eq_ignore_ascii_case("keep") {
        true => Verdict::Fine,
        false => Verdict::Ignored(format!("\"{text}\" is not known, the branch is moved"), "\"keep\", or left out"),
    }
}

fn append_old(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let q = q_of(args)?;
    let first = call.msg.branches.first_mut();
    let branch = match args.opt_str(0) {
        Some(uri) => {
            check_text(uri)?;
            Branch { uri: uri.clone(), q: q.or(first.q), ..first.clone() }
        }
        None => {
            // All but the URI itself leaves with the copy, so that the next destination starts afresh.
            let moved = Branch { uri: first.uri.clone(), ..Branch::default() };
            let moved = std::mem::replace(first, moved);
            Branch { q: q.or(moved.q), ..moved }
        }
    };
    push(call, branch)
}

fn append(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (uri, q) = (args.str(0)?, q_of(args)?);
    check_text(uri)?;
    let first = call.msg.branches.first();
    let branch = match args.has_flag(2, "inherite") {
        true => Branch { uri: uri.clone(), q: q.or(first.q), attributes: Default::default(), ..first.clone() },
        false => Branch { uri: uri.clone(), q, ..Branch::default() },
    };
    push(call, branch)
}

fn push(call: &mut Call<'_>, branch: Branch) -> Outcome {
    if !call.msg.branches.push(branch) {
        return Err(Fault::script("the message has as many branches as it may"));
    }
    Ok(1)
}

fn q_of(args: Args<'_>) -> Result<Option<Q>, Fault> {
    let Some(text) = args.opt_str(1).filter(|text| !text.is_empty()) else { return Ok(None) };
    Q::parse(text).map(Some).ok_or_else(|| Fault::script("a preference is a number from 0 to 1"))
}

fn move_branch(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let branches = &mut call.msg.branches;
    let (from, to) = (place(branches, args.opt_int(0)?)?, place(branches, args.opt_int(1)?)?);
    if from == to {
        return Ok(1);
    }
    let moved = at(branches, from)?.clone();
    *at(branches, to)? = moved;
    if args.opt_str(2).is_none_or(|word| !word.eq_ignore_ascii_case(b"keep")) {
        remove(branches, from);
    }
    Ok(1)
}

/// The place in the destination set of a branch as these functions count.
fn place(branches: &Branches, index: Option<i32>) -> Result<usize, Fault> {
    let place = match index.and_then(|index| usize::try_from(index).ok()) {
        Some(index) => index.saturating_add(1),
        None => 0,
    };
    if place >= branches.count() {
        return Err(Fault::script(format!("there is no branch {}", index.unwrap_or(-1))));
    }
    Ok(place)
}

fn at(branches: &mut Branches, place: usize) -> Result<&mut Branch, Fault> {
    let branch = i32::try_from(place).ok().and_then(|place| branches.at_mut(place));
    branch.ok_or(Fault::script("there is no such branch"))
}

/// Removes a branch; in the place of the Request-URI comes the next one, if there is one.
fn remove(branches: &mut Branches, place: usize) -> bool {
    if place == 0 {
        let last = branches.count() - 1;
        for place in 0..last {
            branches.swap(place, place + 1);
        }
        return i32::try_from(last).is_ok_and(|last| branches.remove(last).is_some());
    }
    i32::try_from(place).is_ok_and(|place| branches.remove(place).is_some())
}
