//! Changing the Request-URI and its parts.

use crate::core::uri_parts::{Change, changed, check_text};
use bytes::Bytes;
use catalogue::{Alias, Arg, Example, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};

pub(super) const ALL: &[Function] =
    &[SETHOST, SETHOSTPORT, SETUSER, SETUSERPASS, SETPORT, SETURI, PREFIX, STRIP, STRIP_TAIL, REVERT_URI];

const SETHOST: Function = Function {
    name: "sethost",
    aliases: &[Alias::old("rewritehost", "3.2"), Alias::old("seth", "3.0")],
    about: "Replaces the host of the Request-URI; a tel URI becomes a sip URI with user=phone.",
    args: &[Arg::str("host", "The host; IPv6 in brackets.").judged(|text| judge(Change::Host(text.as_bytes())))],
    examples: &[Example { script: "sethost(\"192.0.2.7\")", message: "", returns: 1 }],
    run: Run::Now(|call, args| change(call, Change::Host(args.str(0)?))),
    ..FUNCTION
};

const SETHOSTPORT: Function = Function {
    name: "sethostport",
    aliases: &[Alias::old("rewritehostport", "3.2"), Alias::old("sethp", "3.0")],
    about: "Replaces host and port of the Request-URI; without a port it has none.",
    args: &[Arg::str("hostport", "The host, or host:port.").judged(|text| judge(Change::HostPort(text.as_bytes())))],
    examples: &[Example { script: "sethostport(\"192.0.2.7:5080\")", message: "", returns: 1 }],
    run: Run::Now(|call, args| change(call, Change::HostPort(args.str(0)?))),
    ..FUNCTION
};

const SETUSER: Function = Function {
    name: "setuser",
    aliases: &[Alias::old("rewriteuser", "3.2"), Alias::old("setu", "3.0")],
    about: "Replaces the user of the Request-URI.",
    args: &[Arg::str("user", "The user; empty for none.").judged(|text| judge(Change::User(text.as_bytes())))],
    examples: &[Example { script: "setuser(\"carol\")", message: "", returns: 1 }],
    run: Run::Now(|call, args| change(call, Change::User(args.str(0)?))),
    ..FUNCTION
};

const SETUSERPASS: Function = Function {
    name: "setuserpass",
    aliases: &[Alias::old("rewriteuserpass", "3.2"), Alias::old("setup", "3.0")],
    about: "Replaces the password of the Request-URI.",
    args: &[Arg::str("pass", "The password; empty for none.").judged(|text| judge(Change::Password(text.as_bytes())))],
    examples: &[Example { script: "setuserpass(\"secret\")", message: "", returns: 1 }],
    run: Run::Now(|call, args| change(call, Change::Password(args.str(0)?))),
    ..FUNCTION
};

const SETPORT: Function = Function {
    name: "setport",
    aliases: &[Alias::old("rewriteport", "3.2"), Alias::old("setp", "3.0")],
    about: "Replaces the port of the Request-URI.",
    args: &[Arg::str("port", "The port; empty for none.").judged(|text| judge(Change::Port(text.as_bytes())))],
    examples: &[
        Example { script: "setport(\"5080\")", message: "", returns: 1 },
        Example { script: "setport(\"many\")", message: "", returns: -1 },
    ],
    run: Run::Now(|call, args| change(call, Change::Port(args.str(0)?))),
    ..FUNCTION
};

const SETURI: Function = Function {
    name: "seturi",
    aliases: &[Alias::old("rewriteuri", "3.2"), Alias::old("set_uri", "3.0")],
    about: "Replaces the Request-URI.",
    args: &[Arg::str("uri", "The URI.")
        .judged(|text| Verdict::of(check_text(text.as_bytes()), "a URI, like sip:alice@example.com"))],
    examples: &[
        Example { script: "seturi(\"sip:carol@example.net\")", message: "", returns: 1 },
        Example { script: "seturi(\"\")", message: "", returns: -1 },
    ],
    run: Run::Now(set_uri),
    ..FUNCTION
};

const PREFIX: Function = Function {
    name: "prefix",
    about: "Puts text in front of the user of the Request-URI.",
    args: &[Arg::str("text", "The text.").judged(|text| judge(Change::Prefix(text.as_bytes())))],
    examples: &[Example { script: "prefix(\"00\")", message: "", returns: 1 }],
    run: Run::Now(|call, args| change(call, Change::Prefix(args.str(0)?))),
    ..FUNCTION
};

const STRIP: Function = Function {
    name: "strip",
    about: "Drops the first characters of the user of the Request-URI.",
    args: &[Arg::int("n", "How many; more than there are leave no user.").within(0, i32::MAX)],
    examples: &[Example { script: "strip(2)", message: "", returns: 1 }],
    run: Run::Now(|call, args| change(call, Change::Strip(count(args)?))),
    ..FUNCTION
};

const STRIP_TAIL: Function = Function {
    name: "strip_tail",
    about: "Drops the last characters of the user of the Request-URI.",
    args: &[Arg::int("n", "How many; more than there are leave no user.").within(0, i32::MAX)],
    examples: &[Example { script: "strip_tail(2)", message: "", returns: 1 }],
    run: Run::Now(|call, args| change(call, Change::StripTail(count(args)?))),
    ..FUNCTION
};

const REVERT_URI: Function = Function {
    name: "revert_uri",
    about: "Puts back the Request-URI as it was received.",
    returns: &[(1, "put back")],
    examples: &[Example { script: "setuser(\"carol\"); revert_uri()", message: "", returns: 1 }],
    run: Run::Now(|call, _| {
        let received = call.msg.message.share(call.msg.message.request_uri());
        call.msg.branches.first_mut().uri = received;
        Ok(1)
    }),
    ..FUNCTION
};

/// Whether the part can be put into a URI.
fn judge(change: Change<'_>) -> Verdict {
    Verdict::of(changed(&Bytes::from_static(b"sip:user@example.com"), change), "text that can stand there in a URI")
}

fn change(call: &mut Call<'_>, change: Change<'_>) -> Outcome {
    let first = call.msg.branches.first_mut();
    first.uri = changed(&first.uri, change)?;
    Ok(1)
}

fn set_uri(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let uri = args.str(0)?;
    check_text(uri)?;
    call.msg.branches.first_mut().uri = uri.clone();
    Ok(1)
}

fn count(args: Args<'_>) -> Result<usize, Fault> {
    usize::try_from(args.int(0)?).map_err(|_| Fault::script("the number of characters cannot be negative"))
}
