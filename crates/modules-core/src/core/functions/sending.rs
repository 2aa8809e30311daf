//! Sending the message on without keeping anything.

use catalogue::{Arg, Example, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Run, judge};

pub(super) const ALL: &[Function] = &[FORWARD, SEND];

const FORWARD: Function = Function {
    name: "forward",
    about: "Relays the message without a transaction.",
    args: &[Arg::str("destination", "[proto:]host[:port]; the destination URI or Request-URI if left out.")
        .judged(judge::hop)
        .optional()],
    returns: &[(1, "sent"), (-1, "it could not be sent")],
    examples: &[Example { script: "forward(\"192.0.2.7:5060\")", message: "", returns: 1 }],
    run: Run::Wait(|call, args| {
        let destination = args.opt_str(0).filter(|text| !text.is_empty()).cloned();
        call.env.operations.forward_stateless(call, destination)
    }),
    ..FUNCTION
};

const SEND: Function = Function {
    name: "send",
    about: "Sends the message as it was received, without Via of ours.",
    args: &[
        Arg::str("destination", "[proto:]host[:port]").judged(judge::hop),
        Arg::str("headers", "Header lines to add, each with its line end.").judged(judge_lines).optional(),
    ],
    returns: &[(1, "sent"), (-1, "it could not be sent")],
    examples: &[
        Example { script: "send(\"udp:192.0.2.7:5060\")", message: "", returns: 1 },
        Example { script: "send(\"udp:192.0.2.7:5060\", \"no line end\")", message: "", returns: -1 },
    ],
    run: Run::Wait(send),
    ..FUNCTION
};

fn judge_lines(text: &str) -> Verdict {
    Verdict::of(check_lines(text.as_bytes()), "lines like \"Name: value\\r\\n\"")
}

/// Without its line end the last header would swallow the one after it.
fn check_lines(headers: &[u8]) -> Result<(), Fault> {
    if headers.is_empty() {
        return Ok(());
    }
    if !headers.ends_with(b"\r\n") || headers.starts_with(b"\r\n") {
        return Err(Fault::script("header lines to add must end with \\r\\n"));
    }
    if memchr::memmem::find(headers, b"\r\n\r\n").is_some() {
        return Err(Fault::script("an empty line among the headers would end them"));
    }
    Ok(())
}

fn send(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let destination = match args.str(0) {
        Ok(destination) => destination.clone(),
        Err(fault) => return Err(fault).into(),
    };
    let headers = args.opt_str(1).filter(|headers| !headers.is_empty());
    if let Some(Err(fault)) = headers.map(|headers| check_lines(headers)) {
        return Err(fault).into();
    }
    call.env.operations.send_unchanged(call, destination, headers.cloned())
}
