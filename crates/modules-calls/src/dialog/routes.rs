//! `dlg_on_answer()` and its kin: routes that run when something happens to the call.

use super::keeper::current;
use super::record::Routes as Armed;
use super::store::Change;
use catalogue::{Arg, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Function, Judging, Outcome, Refusal, Run};

const ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH);
const ROUTE: Arg = Arg::str("route_name", "The route; without it, none runs any more.").optional();
const RETURNS: &[(i32, &str)] = &[(1, "noted"), (-1, "there is no dialog, or no such route")];

/// `dlg_on_answer()`
pub const ON_ANSWER: Function = Function {
    name: "dlg_on_answer",
    about: "Has a route run when the call is answered, with the reply as its message.",
    args: &[ROUTE],
    routes: ROUTES,
    returns: RETURNS,
    run: Run::Now(|call, args| arm(call, args, |armed| &mut armed.answer)),
    ..FUNCTION
};

/// `dlg_on_timeout()`
pub const ON_TIMEOUT: Function = Function {
    name: "dlg_on_timeout",
    about: "Has a route run when the call's time is over; it has no message, but the dialog. The call ends after it, unless \
            the route has prolonged it with $DLG_timeout.",
    args: &[ROUTE],
    routes: ROUTES,
    returns: RETURNS,
    run: Run::Now(|call, args| arm(call, args, |armed| &mut armed.timeout)),
    ..FUNCTION
};

/// `dlg_on_hangup()`
pub const ON_HANGUP: Function = Function {
    name: "dlg_on_hangup",
    about: "Has a route run when the call has ended, with the BYE as its message if there is one.",
    args: &[ROUTE],
    routes: ROUTES,
    returns: RETURNS,
    run: Run::Now(|call, args| arm(call, args, |armed| &mut armed.hangup)),
    ..FUNCTION
};

/// Refuses names of routes that are not there.
pub fn judge(judging: &mut Judging<'_>) {
    let routes = judging.routes;
    for function in [ON_ANSWER.name, ON_TIMEOUT.name, ON_HANGUP.name] {
        judging.hold(function, 0, |name| Refusal::unless_one_of("route", name, routes));
    }
}

fn arm(call: &mut Call<'_>, args: Args<'_>, slot: fn(&mut Armed) -> &mut Option<Box<str>>) -> Outcome {
    let (keeper, dialog) = current(call)?;
    let route = args.opt_str(0).map(|name| String::from_utf8_lossy(name).into_owned()).filter(|name| !name.is_empty());
    if let Some(route) = route.as_ref().filter(|route| !call.env.operations.has_route(route)) {
        return Err(Fault::script(format!("there is no route[{route}]")));
    }
    *slot(&mut dialog.lock().routes) = route.map(String::into_boxed_str);
    if let Some(store) = &keeper.store {
        store.changed(&keeper, &mut call.env, &dialog, Change::Values);
    }
    Ok(1)
}
