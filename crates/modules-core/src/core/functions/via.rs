//! How our Via is made, and where replies go.

use catalogue::{Alias, Arg, Example, Flag, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run, judge};

pub(super) const ALL: &[Function] =
    &[FORCE_RPORT, ADD_LOCAL_RPORT, SET_VIA_HANDLING, SET_ADVERTISED_ADDRESS, SET_ADVERTISED_PORT];

const FORCE_RPORT: Function = Function {
    name: "force_rport",
    aliases: &[Alias::old("add_rport", "3.0")],
    about: "Answers to the port the request came from, though its Via does not ask for it (RFC 3581).",
    returns: &[(1, "done")],
    examples: &[Example { script: "force_rport()", message: "", returns: 1 }],
    run: Run::Now(|call, _| {
        call.msg.via.force_rport = true;
        Ok(1)
    }),
    ..FUNCTION
};

const ADD_LOCAL_RPORT: Function = Function {
    name: "add_local_rport",
    aliases: &[Alias::old("force_local_rport", "3.0")],
    about: "Asks with rport in our own Via for replies to the port that this request leaves from (RFC 3581).",
    returns: &[(1, "done")],
    examples: &[Example { script: "add_local_rport()", message: "", returns: 1 }],
    run: Run::Now(|call, _| {
        call.msg.via.add_local_rport = true;
        Ok(1)
    }),
    ..FUNCTION
};

const SET_VIA_HANDLING: Function = Function {
    name: "set_via_handling",
    about: "Says how Vias are made and replies are sent.",
    args: &[Arg::flags("flags", VIA_FLAGS, "The wishes, separated by commas.")],
    returns: &[(1, "done")],
    examples: &[Example { script: "set_via_handling(\"force-rport,reply-to-via\")", message: "", returns: 1 }],
    run: Run::Now(set_via_handling),
    ..FUNCTION
};

const SET_ADVERTISED_ADDRESS: Function = Function {
    name: "set_advertised_address",
    about: "Puts this address into Via and Record-Route of this message, in place of the socket's.",
    args: &[Arg::str("addr", "A host name or address.")
        .judged(|text| Verdict::must(is_host(text.as_bytes()), text, "host", "a host name or address"))],
    examples: &[
        Example { script: "set_advertised_address(\"sip.example.com\")", message: "", returns: 1 },
        Example { script: "set_advertised_address(\"two words\")", message: "", returns: -1 },
    ],
    run: Run::Now(|call, args| {
        let host = args.str(0)?;
        if !is_host(host) {
            return Err(Fault::script("the advertised address is no host"));
        }
        call.msg.via.advertised_address = Some(host.clone());
        Ok(1)
    }),
    ..FUNCTION
};

const SET_ADVERTISED_PORT: Function = Function {
    name: "set_advertised_port",
    about: "Puts this port into Via and Record-Route of this message, in place of the socket's.",
    args: &[Arg::str("port", "The port.").judged(judge::port)],
    examples: &[
        Example { script: "set_advertised_port(\"5080\")", message: "", returns: 1 },
        Example { script: "set_advertised_port(\"70000\")", message: "", returns: -1 },
    ],
    run: Run::Now(|call, args| {
        let port = args.str(0)?;
        if sip::text::port(port).is_none() {
            return Err(Fault::script("the advertised port is no port"));
        }
        call.msg.via.advertised_port = Some(port.clone());
        Ok(1)
    }),
    ..FUNCTION
};

fn is_host(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(byte))
}

const VIA_FLAGS: &[Flag] =
    &[Flag::new("force-rport"), Flag::new("add-local-rport"), Flag::new("reply-to-via"), Flag::new("force-tcp-alias")];

fn set_via_handling(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let via = &mut call.msg.via;
    via.force_rport |= args.has_flag(0, "force-rport");
    via.add_local_rport |= args.has_flag(0, "add-local-rport");
    via.reply_to_via |= args.has_flag(0, "reply-to-via");
    if args.has_flag(0, "force-tcp-alias") {
        super::connections::alias(call, None)?;
    }
    Ok(1)
}
