//! `record_route()` and its kin: notes what Record-Route the request leaves with. The engine writes it into each branch
//! when the branch's socket is known.

use super::RecordRouting;
use bytes::Bytes;
use catalogue::{Arg, Example, Routes, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Kind, Outcome, RecordRoute, Run, judge};
use sip::{Scheme, Uri};

pub(super) const RECORD_ROUTE: Function = Function {
    name: "record_route",
    about: "Adds a Record-Route, so that the requests of the dialog come through here too.",
    args: &[Arg::str("params", "URI parameters to add, as `;name=value`.").judged(judge::uri_params).optional()],
    routes: ROUTES,
    returns: RETURNS,
    examples: &[
        Example { script: "record_route()", message: "", returns: 1 },
        Example { script: "record_route(\";nat=yes\")", message: "", returns: 1 },
        Example { script: "record_route(); record_route()", message: "", returns: -1 },
    ],
    run: Run::Now(record_route),
    ..FUNCTION
};

pub(super) const RECORD_ROUTE_PRESET: Function = Function {
    name: "record_route_preset",
    about: "Adds a Record-Route with this content instead of our own address.",
    args: &[
        Arg::str("string", "`host[:port]` with parameters.").judged(judge_preset),
        Arg::str("string2", "The content of a second Record-Route, below the first.").judged(judge_preset).optional(),
    ],
    routes: ROUTES,
    returns: RETURNS,
    examples: &[Example { script: "record_route_preset(\"192.0.2.1:5060\")", message: "", returns: 1 }],
    run: Run::Now(record_route_preset),
    ..FUNCTION
};

pub(super) const ADD_RR_PARAM: Function = Function {
    name: "add_rr_param",
    about: "Adds parameters to the Record-Route URI, before record_route() or after.",
    args: &[Arg::str("param", "`;name=value`").judged(judge::uri_params)],
    routes: ROUTES,
    returns: &[(1, "they were noted"), (-1, "there are too many")],
    examples: &[Example { script: "add_rr_param(\";nat=yes\")", message: "", returns: 1 }],
    run: Run::Now(add_rr_param),
    ..FUNCTION
};

fn judge_preset(text: &str) -> Verdict {
    let is_uri = judge::uri(&format!("sip:{text}")) == Verdict::Fine;
    Verdict::must(is_uri, text, "address with parameters", "host[:port][;name=value], without sip:")
}

const ROUTES: Routes = Routes::REQUEST.or(Routes::BRANCH).or(Routes::FAILURE);
const RETURNS: &[(i32, &str)] = &[(1, "it will be added"), (-1, "one has been added already")];

/// More than any dialog needs; a URI of ours must fit into messages of others for the whole dialog.
const PARAMS_BYTES_MAX: usize = 2048;

pub(crate) fn record_route(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let settings = call.state::<RecordRouting>()?;
    let uri = Uri::parse(call.msg.request_uri())?;
    let user = match uri.user.filter(|_| settings.add_username) {
        Some(user) => Bytes::from([user, b"@"].concat()),
        None => Bytes::new(),
    };
    let record = RecordRoute::Own {
        user,
        params: own_params(call, settings, args.opt_str(0))?,
        secure: uri.scheme == Scheme::Sips,
        double: settings.double,
    };
    note(call, record)
}

fn record_route_preset(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let settings = call.state::<RecordRouting>()?;
    let first = args.str(0)?;
    if settings.warn_of_mismatch {
        warn_of_mismatch(call, first);
    }
    let params = own_params(call, settings, None)?;
    note(call, RecordRoute::Preset { first: first.clone(), second: args.opt_str(1).cloned(), params })
}

fn add_rr_param(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let param = args.str(0)?;
    let added = &mut call.msg.route_set.added_params;
    if added.len() + param.len() > PARAMS_BYTES_MAX {
        return Err(Fault::script("the Record-Route has too many parameters"));
    }
    push_params(added, param);
    Ok(1)
}

fn note(call: &mut Call<'_>, record: RecordRoute) -> Outcome {
    let noted = &mut call.msg.route_set;
    // `branch_route` runs for one branch after the other, and each says anew what it leaves with.
    if noted.recorded && call.kind != Kind::Branch {
        return Err(Fault::script("a Record-Route has been added already"));
    }
    noted.record = Some(record);
    noted.recorded = true;
    Ok(1)
}

/// The From tag, then what the script gives.
fn own_params(call: &Call<'_>, settings: &RecordRouting, given: Option<&Bytes>) -> Result<Bytes, Fault> {
    let mut params = Vec::new();
    if settings.append_fromtag
        && let Some(tag) = call.msg.message.from()?.tag()
    {
        params.extend_from_slice(b";ftag=");
        params.extend_from_slice(tag);
    }
    if let Some(given) = given {
        if given.len() > PARAMS_BYTES_MAX {
            return Err(Fault::script("the Record-Route has too many parameters"));
        }
        push_params(&mut params, given);
    }
    Ok(params.into())
}

/// Without its semicolon a parameter would become part of the one before.
fn push_params(params: &mut Vec<u8>, more: &[u8]) {
    if !more.is_empty() && !more.starts_with(b";") {
        params.push(b';');
    }
    params.extend_from_slice(more);
}

fn warn_of_mismatch(call: &Call<'_>, content: &[u8]) {
    let text = [b"sip:", content].concat();
    let sockets = &call.env.services.sockets;
    if Uri::parse(&text).is_ok_and(|uri| sockets.is_myself(uri.host, None, None)) {
        return;
    }
    let line = format!("record_route_preset: {} is none of our sockets", String::from_utf8_lossy(content));
    call.env.log().warning(line);
}
