//! `t_reply()`, `t_reply_with_body()`, `t_reply_by_callid()`.

use bytes::Bytes;
use catalogue::{Arg, Routes, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, ReplyContent, Run, judge};

const CODE: Arg = Arg::int("code", "The code of the reply.").within(100, 699);
const REASON: Arg = Arg::str("reason_phrase", "Its reason phrase.").judged(judge::one_line);

pub(super) const REPLY: Function = Function {
    name: "t_reply",
    about: "Answers within the transaction, making it if there is none.",
    args: &[CODE, REASON],
    routes: Routes::REQUEST.or(Routes::FAILURE),
    run: Run::Now(reply),
    ..FUNCTION
};

pub(super) const REPLY_WITH_BODY: Function = Function {
    name: "t_reply_with_body",
    about: "Answers within the transaction with a body, whose Content-Type append_to_reply() has given.",
    args: &[CODE, REASON, Arg::str("body", "The body.")],
    routes: Routes::REQUEST.or(Routes::FAILURE),
    run: Run::Now(reply_with_body),
    ..FUNCTION
};

pub(super) const REPLY_BY_CALLID: Function = Function {
    name: "t_reply_by_callid",
    about: "Answers an INVITE that waits, found by its Call-ID, and its CSeq number if given.",
    args: &[
        CODE,
        REASON,
        Arg::str("callid", "The Call-ID; without it that of the request at hand.").optional(),
        Arg::str("cseq", "The number in CSeq; without it any, or with no Call-ID either that of the request at hand.")
            .judged(Verdict::count)
            .optional(),
    ],
    routes: Routes::REQUEST,
    returns: &[(1, "it was answered"), (-1, "there is no such INVITE")],
    run: Run::Now(reply_by_callid),
    ..FUNCTION
};

fn reply(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let content = content(args)?;
    call.env.operations.reply(call, &content)?;
    Ok(1)
}

fn reply_with_body(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let body = args.str(2)?.clone();
    // The type is among the header lines already, where a script puts it.
    let content = ReplyContent { body: Some((body, Bytes::new())), ..content(args)? };
    call.env.operations.reply(call, &content)?;
    Ok(1)
}

fn reply_by_callid(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let content = content(args)?;
    let given = args.opt_str(2).cloned();
    let cseq = match args.opt_str(3) {
        Some(cseq) => Some(number(cseq)?),
        None if given.is_none() => Some(call.msg.message.cseq()?.number),
        None => None,
    };
    let callid = match given {
        Some(callid) => callid,
        None => call.msg.message.share(call.msg.message.call_id()?),
    };
    let operations = call.env.operations;
    match operations.reply_by_callid(&mut call.env, &callid, cseq, &content) {
        Ok(()) => Ok(1),
        Err(_) => Ok(-1),
    }
}

fn number(text: &[u8]) -> Result<u32, Fault> {
    sip::text::number(text).ok_or_else(|| Fault::script("cseq is not a number"))
}

/// Code and reason phrase.
fn content(args: Args<'_>) -> Result<ReplyContent, Fault> {
    let code = u16::try_from(args.int(0)?).ok().filter(|code| (100..=699).contains(code));
    let code = code.ok_or_else(|| Fault::script("a reply's code is between 100 and 699"))?;
    Ok(ReplyContent::new(code, args.str(1)?.clone()))
}
