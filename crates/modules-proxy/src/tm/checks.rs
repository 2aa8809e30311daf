//! What can be asked of a transaction: `t_check_trans()`, `t_check_status()` and their kin; and `t_newtran()`.

use catalogue::{Arg, Routes, Verdict};
use module_api::{Args, Call, Created, FUNCTION, Fault, Found, Function, Outcome, Run};

pub(super) const NEW_TRANSACTION: Function = Function {
    name: "t_newtran",
    about: "Makes the transaction of the request; an INVITE gets its 100. A retransmission is absorbed and ends the \
            script.",
    routes: Routes::REQUEST,
    returns: &[(1, "it was made"), (0, "a retransmission"), (-1, "it cannot be made")],
    run: Run::Now(new_transaction),
    ..FUNCTION
};

pub(super) const TRANSACTION: Function = Function {
    name: "t_check_trans",
    about: "Whether the request belongs to a transaction: a CANCEL to its INVITE, an ACK to our own 2xx. A \
            retransmission is absorbed and ends the script.",
    routes: Routes::REQUEST.or(Routes::BRANCH),
    returns: &[
        (1, "it belongs to one"),
        (0, "a retransmission"),
        (-1, "it belongs to none"),
        (-2, "an ACK to a 2xx that only passed"),
    ],
    run: Run::Now(check_transaction),
    ..FUNCTION
};

pub(super) const STATUS: Function = Function {
    name: "t_check_status",
    about: "Whether the code of the reply at hand, of the one chosen, or else of the last one sent matches.",
    args: &[Arg::regex("re", "What the code is matched with.")],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH),
    returns: &[(1, "it matches"), (-1, "it does not")],
    run: Run::Now(check_status),
    ..FUNCTION
};

pub(super) const LOCALLY_REPLIED: Function = Function {
    name: "t_local_replied",
    about: "Whether all replies, or the last one, were made by us: timeouts and failed sends.",
    args: &[Arg::str("reply", "\"all\" or \"last\".")
        .judged(|text| Verdict::one_of(text, &["all", "last"], "\"all\" or \"last\""))],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH),
    returns: &[(1, "so it is"), (-1, "some other sent one")],
    run: Run::Now(locally_replied),
    ..FUNCTION
};

pub(super) const WAS_CANCELLED: Function = Function {
    name: "t_was_cancelled",
    about: "Whether its caller has cancelled the INVITE.",
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH),
    returns: &[(1, "it was cancelled"), (-1, "it was not")],
    run: Run::Now(was_cancelled),
    ..FUNCTION
};

pub(super) const FLUSH_FLAGS: Function = Function {
    name: "t_flush_flags",
    about: "Brings the message flags into the transaction. They are the transaction's from the moment they are set, so \
            this only says whether there is one.",
    routes: Routes::REQUEST.or(Routes::BRANCH),
    returns: &[(1, "the transaction has them"), (-1, "there is no transaction")],
    run: Run::Now(|call, _| Ok(yes(call.msg.transaction.is_some()))),
    ..FUNCTION
};

/// A script's yes and no.
pub(super) const fn yes(truth: bool) -> i32 {
    if truth { 1 } else { -1 }
}

fn new_transaction(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    Ok(match call.env.operations.create(call)? {
        Created::New => 1,
        Created::Retransmission => 0,
    })
}

fn check_transaction(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    if call.msg.transaction.is_some() {
        return Ok(1);
    }
    Ok(match call.env.operations.find(call) {
        Found::None => -1,
        Found::Passing => -2,
        Found::Retransmission => 0,
        Found::Matched => 1,
    })
}

fn check_status(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let of_message = call.msg.message.status();
    let code = call.msg.transaction.as_ref().map_or(of_message, |transaction| transaction.reply_code());
    let regex = args.regex(0)?;
    Ok(yes(code != 0 && regex.is_match(code.to_string().as_bytes())))
}

fn locally_replied(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let which = args.str(0)?;
    let at_hand = call.msg.branch;
    let transaction = call.msg.transaction.as_ref().ok_or_else(|| Fault::script("there is no transaction"))?;
    let branches = transaction.branches();
    match &which[..] {
        b"all" => {
            let received = branches.iter().any(|branch| branch.last_code > 0 && !branch.is_local);
            Ok(yes(!received))
        }
        b"last" => {
            let last = at_hand.and_then(|number| branches.get(number)).or_else(|| branches.last());
            Ok(yes(last.is_none_or(|branch| branch.is_local || branch.last_code == 0)))
        }
        _ => Err(Fault::script("reply must be \"all\" or \"last\"")),
    }
}

fn was_cancelled(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    Ok(yes(call.msg.transaction.as_ref().is_some_and(|transaction| transaction.was_cancelled())))
}
