//! Flags of messages and branches: 32 of each, by name.

use catalogue::{Alias, Arg, Example, Order};
use module_api::{Args, Branch, Call, FUNCTION, Fault, Function, Outcome, Run};

pub(super) const ALL: &[Function] = &[SETFLAG, RESETFLAG, ISFLAGSET, SETBFLAG, RESETBFLAG, ISBFLAGSET];

const SETFLAG: Function = Function {
    name: "setflag",
    aliases: &[Alias::old("setsflag", "2.2")],
    about: "Sets a flag of the message and its transaction.",
    args: &[FLAG],
    returns: &[(1, "set")],
    examples: &[Example { script: "setflag(\"NAT\"); isflagset(\"NAT\")", message: "", returns: 1 }],
    run: Run::Now(|call, args| {
        call.msg.flags.set(args.flag(0)?);
        Ok(1)
    }),
    ..FUNCTION
};

const RESETFLAG: Function = Function {
    name: "resetflag",
    aliases: &[Alias::old("resetsflag", "2.2")],
    about: "Clears a flag of the message and its transaction.",
    args: &[FLAG],
    returns: &[(1, "cleared")],
    examples: &[Example {
        script: "setflag(\"NAT\"); resetflag(\"NAT\"); isflagset(\"NAT\")",
        message: "",
        returns: -1,
    }],
    run: Run::Now(|call, args| {
        call.msg.flags.reset(args.flag(0)?);
        Ok(1)
    }),
    ..FUNCTION
};

const ISFLAGSET: Function = Function {
    name: "isflagset",
    aliases: &[Alias::old("issflagset", "2.2")],
    about: "Whether a flag of the message is set.",
    args: &[FLAG],
    returns: &[(1, "it is set"), (-1, "it is not")],
    examples: &[Example { script: "isflagset(\"NAT\")", message: "", returns: -1 }],
    run: Run::Now(|call, args| Ok(truth(call.msg.flags.is_set(args.flag(0)?)))),
    ..FUNCTION
};

const SETBFLAG: Function = Function {
    name: "setbflag",
    aliases: &[Alias::old("setbranchflag", "3.0")],
    about: "Sets a flag of a branch; branch 0 is the Request-URI.",
    args: BRANCH_FLAG,
    old_order: Some(branch_first),
    returns: &[(1, "set"), (-1, "there is no such branch")],
    examples: &[Example { script: "setbflag(\"NAT\"); isbflagset(\"NAT\", 0)", message: "", returns: 1 }],
    run: Run::Now(|call, args| {
        let flag = args.flag(0)?;
        branch(call, args)?.flags.set(flag);
        Ok(1)
    }),
    ..FUNCTION
};

const RESETBFLAG: Function = Function {
    name: "resetbflag",
    aliases: &[Alias::old("resetbranchflag", "3.0")],
    about: "Clears a flag of a branch; branch 0 is the Request-URI.",
    args: BRANCH_FLAG,
    old_order: Some(branch_first),
    returns: &[(1, "cleared"), (-1, "there is no such branch")],
    examples: &[Example {
        script: "setbflag(\"NAT\"); resetbflag(\"NAT\"); isbflagset(\"NAT\")",
        message: "",
        returns: -1,
    }],
    run: Run::Now(|call, args| {
        let flag = args.flag(0)?;
        branch(call, args)?.flags.reset(flag);
        Ok(1)
    }),
    ..FUNCTION
};

const ISBFLAGSET: Function = Function {
    name: "isbflagset",
    aliases: &[Alias::old("isbranchflagset", "3.0")],
    about: "Whether a flag of a branch is set; branch 0 is the Request-URI.",
    args: BRANCH_FLAG,
    old_order: Some(branch_first),
    returns: &[(1, "it is set"), (-1, "it is not, or there is no such branch")],
    examples: &[Example { script: "isbflagset(\"NAT\", 3)", message: "", returns: -1 }],
    run: Run::Now(is_branch_flag_set),
    ..FUNCTION
};

fn is_branch_flag_set(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let flag = args.flag(0)?;
    let index = args.opt_int(1)?.unwrap_or(0);
    Ok(truth(index >= 0 && call.msg.branches.at(index).is_some_and(|branch| branch.flags.is_set(flag))))
}

fn branch<'a>(call: &'a mut Call<'_>, args: Args<'_>) -> Result<&'a mut Branch, Fault> {
    let index = args.opt_int(1)?.unwrap_or(0);
    let branch = call.msg.branches.at_mut(index).filter(|_| index >= 0);
    branch.ok_or_else(|| Fault::script(format!("there is no branch {index}")))
}

/// 1.x and 2.x had the branch first, then the flag. A flag may be a number, too: then only quotes tell one from the other.
fn branch_first(written: &[&str]) -> Order {
    let [first, second] = written else { return Order::Today };
    let (flag, branch) = (first.trim_matches('"'), second.trim_matches('"'));
    if flag.parse::<i32>().is_err() || branch.contains('$') || branch.is_empty() {
        return Order::Today;
    }
    if branch.parse::<i32>().is_err() {
        return Order::Old(&[1, 0]);
    }
    if flag.len() < first.len() && branch.len() == second.len() {
        return Order::Today;
    }
    Order::Unclear(format!(
        "(\"{flag}\", {branch}) is the flag \"{flag}\" of branch {branch}; \
         (\"{branch}\", {flag}) the flag \"{branch}\" of branch {flag}, as 1.x and 2.x had it"
    ))
}

/// The return code of a question.
pub(super) const fn truth(yes: bool) -> i32 {
    if yes { 1 } else { -1 }
}

const FLAG: Arg = Arg::message_flag("flag", "The name of the flag.");
const BRANCH_FLAG: &[Arg] = &[
    Arg::branch_flag("flag", "The name of the flag."),
    Arg::int("branch_idx", "The branch; 0, the Request-URI, if left out.").optional(),
];

#[cfg(test)]
mod tests {
    use super::branch_first;
    use catalogue::Order;

    #[test]
    fn the_branch_may_stand_before_the_flag() {
        for today in
            [&["NAT"][..], &["5"], &["NAT", "0"], &["\"NAT\"", "1"], &["\"1\"", "6"], &["1", "$var(i)"], &["1", ""]]
        {
            assert_eq!(branch_first(today), Order::Today, "{today:?}");
        }
        for old in [["0", "\"NAT\""], ["0", "NAT"], ["\"0\"", "NAT"]] {
            assert_eq!(branch_first(&old), Order::Old(&[1, 0]), "{old:?}");
        }
        for unclear in [["1", "6"], ["\"1\"", "\"6\""], ["0", "\"3\""]] {
            let Order::Unclear(readings) = branch_first(&unclear) else { panic!("{unclear:?}") };
            assert!(readings.contains(", as 1.x and 2.x had it"), "{readings}");
        }
    }
}
