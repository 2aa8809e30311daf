//! The kinds of routes: when each runs, and what becomes of the message at its end.

use super::{Element, Kind};

const fn route(
    names: &'static [&'static str],
    form: &'static str,
    about: &'static str,
    example: &'static str,
) -> Element {
    Element { names, kind: Kind::Route, form, about, example }
}

pub(super) const ALL: &[Element] = &[
    route(
        &["route"],
        "route { … }, route[NAME] { … }",
        "Without a name (or with 0): runs for each request that arrives; one that it neither answers nor relays is dropped. \
         With a name: runs where another route calls it with `route(NAME)`, or a function resumes in it.",
        "route { route(relay); }\nroute[relay] { exit; }",
    ),
    route(
        &["branch_route"],
        "branch_route[NAME] { … }",
        "Runs for each branch before it is sent, armed by `t_on_branch()`; the branch's URI and flags are at hand. `drop` \
         leaves the branch out.",
        "branch_route[outgoing] { xlog(\"to $ru\\n\"); }",
    ),
    route(
        &["failure_route"],
        "failure_route[NAME] { … }",
        "Runs when all branches have failed, armed by `t_on_failure()`: the request is at hand, and `$(<reply>…)` reads the \
         reply that won. It may relay again, or answer; else that reply goes back. It is armed for one failure.",
        "failure_route[missed] { if ($rm == \"INVITE\") exit; }",
    ),
    route(
        &["onreply_route"],
        "onreply_route { … }, onreply_route[NAME] { … }",
        "Without a name: runs for each reply that arrives. With one: for the replies to a transaction or branch, armed by \
         `t_on_reply()`. `drop` keeps a provisional reply from being relayed.",
        "onreply_route[answer] { xlog(\"$rs\\n\"); }",
    ),
    route(
        &["local_route"],
        "local_route { … }",
        "Runs for each request that the server makes itself, before it is sent.",
        "local_route { xlog(\"we send $rm\\n\"); }",
    ),
    route(
        &["error_route"],
        "error_route { … }",
        "Runs where a function of a request's route finds the message malformed, or an `assert()` fails: `$err.class`, \
         `$err.info` and their kin say why. Without it such a message is dropped.",
        "error_route { xlog(\"$err.info\\n\"); }",
    ),
    route(
        &["startup_route"],
        "startup_route { … }",
        "Runs once, before the first message is taken.",
        "startup_route { xlog(\"here we are\\n\"); }",
    ),
    route(
        &["timer_route"],
        "timer_route[NAME, SECONDS] { … }",
        "Runs every so many seconds.",
        "timer_route[watch, 60] { xlog(\"a minute later\\n\"); }",
    ),
    route(
        &["event_route"],
        "event_route[EVENT] { … }",
        "Runs for each event of this name; `$param(NAME)` reads the event's parameters.",
        "event_route[E_PIKE_BLOCKED] { xlog(\"$param(ip)\\n\"); }",
    ),
];
