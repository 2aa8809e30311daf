//! `t_on_failure()`, `t_on_reply()`, `t_on_branch()`.

use catalogue::{Arg, RouteKind, Routes};
use module_api::{Args, Call, FUNCTION, Function, Outcome, Run};

pub(super) const ON_FAILURE: Function = Function {
    name: "t_on_failure",
    about: "Arms the failure_route that runs when all branches have failed, once.",
    args: &[Arg::route("failure_route", RouteKind::Failure, "Its name.")],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH).or(Routes::LOCAL),
    run: Run::Now(|call, args| arm(call, args, RouteKind::Failure)),
    ..FUNCTION
};

pub(super) const ON_REPLY: Function = Function {
    name: "t_on_reply",
    about: "Arms the onreply_route for replies received: of the branch in branch_route, else of the transaction.",
    args: &[Arg::route("reply_route", RouteKind::Reply, "Its name.")],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH).or(Routes::LOCAL),
    run: Run::Now(|call, args| arm(call, args, RouteKind::Reply)),
    ..FUNCTION
};

pub(super) const ON_BRANCH: Function = Function {
    name: "t_on_branch",
    about: "Arms the branch_route that runs for each branch before it is sent.",
    args: &[Arg::route("branch_route", RouteKind::Branch, "Its name.")],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH),
    run: Run::Now(|call, args| arm(call, args, RouteKind::Branch)),
    ..FUNCTION
};

fn arm(call: &mut Call<'_>, args: Args<'_>, kind: RouteKind) -> Outcome {
    let route = u16::try_from(args.int(0)?).ok();
    call.env.operations.arm(call, kind, route);
    Ok(1)
}
