//! Flags of messages and branches: 32 of each, by name.

use catalogue::{Alias, Arg, Example};
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

/// The return code of a question.
pub(super) const fn truth(yes: bool) -> i32 {
    if yes { 1 } else { -1 }
}

const FLAG: Arg = Arg::message_flag("flag", "The name of the flag.");
const BRANCH_FLAG: &[Arg] = &[
    Arg::branch_flag("flag", "The name of the flag."),
    Arg::int("branch_idx", "The branch; 0, the Request-URI, if left out.").optional(),
];
