//! Serial forking: `serialize_branches()` puts the destination set aside in groups of equal preference, and
//! `next_branches()` takes the next group.

use catalogue::{Arg, Example};
use module_api::{Args, Branch, Branches, Call, FUNCTION, Function, Outcome, Run};
use std::cmp::Reverse;

pub(super) const ALL: &[Function] = &[SERIALIZE_BRANCHES, NEXT_BRANCHES];

const SERIALIZE_BRANCHES: Function = Function {
    name: "serialize_branches",
    about: "Puts all branches aside, to be tried one group of equal preference after the other.",
    args: &[
        Arg::int("clear_previous", "Not 0: what was put aside before is forgotten."),
        Arg::int("keep_order", "Not 0: each branch by itself, in the order they have.").optional(),
    ],
    returns: &[(1, "done, also when there is only the Request-URI")],
    examples: &[Example { script: "serialize_branches(1)", message: "", returns: 1 }],
    run: Run::Now(serialize),
    ..FUNCTION
};

const NEXT_BRANCHES: Function = Function {
    name: "next_branches",
    about: "Makes the next group of branches put aside the destination set.",
    returns: &[(1, "taken, more are left"), (2, "taken, it was the last"), (-1, "there was none")],
    examples: &[
        Example { script: "next_branches()", message: "", returns: -1 },
        Example {
            script: "append_msg_branch(\"sip:carol@example.net\"); serialize_branches(1); next_branches()",
            message: "",
            returns: 2,
        },
    ],
    run: Run::Now(|call, _| next(call)),
    ..FUNCTION
};

fn serialize(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let keep_order = args.opt_int(1)?.is_some_and(|keep| keep != 0);
    let branches = &mut call.msg.branches;
    if args.int(0)? != 0 {
        branches.serial.clear();
    }
    if branches.count() < 2 {
        return Ok(1);
    }
    let mut all = vec![branches.first().clone()];
    all.extend(branches.take_others());
    let groups = if keep_order { all.into_iter().map(|branch| vec![branch]).collect() } else { by_preference(all) };
    // The next group to try is the last of the list.
    branches.serial.extend(groups.into_iter().rev());
    Ok(1)
}

/// Groups of equal preference, the most preferred first; branches without preference come last.
fn by_preference(mut all: Vec<Branch>) -> Vec<Vec<Branch>> {
    all.sort_by_key(|branch| Reverse(branch.q));
    let mut groups: Vec<Vec<Branch>> = Vec::new();
    for branch in all {
        match groups.last_mut().filter(|group| group.first().is_some_and(|first| first.q == branch.q)) {
            Some(group) => group.push(branch),
            None => groups.push(vec![branch]),
        }
    }
    groups
}

fn next(call: &mut Call<'_>) -> Outcome {
    let branches: &mut Branches = &mut call.msg.branches;
    let Some(group) = branches.serial.pop() else { return Ok(-1) };
    branches.take_others();
    let mut group = group.into_iter();
    if let Some(first) = group.next() {
        *branches.first_mut() = first;
    }
    for branch in group {
        branches.push(branch);
    }
    Ok(if branches.serial.is_empty() { 2 } else { 1 })
}
