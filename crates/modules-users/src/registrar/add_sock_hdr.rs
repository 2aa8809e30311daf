//! `add_sock_hdr()`: tells another registrar which socket a REGISTER came by.

use bytes::Bytes;
use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run, judge};
use sip::text::is_token;

pub const ADD_SOCK_HDR: Function = Function {
    name: "add_sock_hdr",
    about: "Adds a header with the socket that the request came by, for save(\"…\", \"socket-header\") elsewhere.",
    args: &[Arg::str("hdr_name", "The header's name.").judged(judge::header_name)],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH).or(Routes::LOCAL),
    examples: &[Example { script: "add_sock_hdr(\"Sock-Info\")", message: "", returns: 1 }],
    run: Run::Now(add_sock_hdr),
    ..FUNCTION
};

fn add_sock_hdr(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let name = args.str(0)?;
    if !is_token(name) {
        return Err(Fault::script("the name of a header must be a token"));
    }
    let socket = call.env.services.sockets.get(call.msg.source.socket);
    let socket = socket.ok_or_else(|| Fault::us("the message came by a socket that is not there"))?;
    let line = [&name[..], b": ", &socket.name, b"\r\n"].concat();
    call.msg.edits.append(Bytes::from(line));
    Ok(1)
}
