//! `t_relay()`, `t_replicate()`.

use super::params::NO_CLUSTER;
use super::variables::timeouts_of_variables;
use catalogue::{Arg, Flag, Order, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, RelayOptions, Run};

const FLAGS: &[Flag] = &[
    Flag::new("no-auto-477").bit(0x02),
    Flag::new("no-dns-failover").bit(0x04),
    Flag::new("pass-reason-hdr").bit(0x08),
    Flag::new("allow-no-cancel").bit(0x10),
];

const GONE_BITS: &[(u32, &str)] = &[(
    0x01,
    "in 1.x it kept the 100 from being sent, which is modparam(\"tm\", \"auto_100trying\", 0) today; later releases \
     ignore it, and the flags are written without it",
)];

const RETURNS: &[(i32, &str)] = &[
    (1, "the request was sent"),
    (-1, "internal error"),
    (-2, "bad message"),
    (-3, "no destination: no branch, or the request was cancelled"),
    (-4, "bad destination"),
    (-5, "the destination is blacklisted"),
    (-6, "sending failed"),
];

pub(super) const RELAY: Function = Function {
    name: "t_relay",
    about: "Relays the request to its branches, making the transaction if there is none. A CANCEL cancels its INVITE, \
            an ACK to a 2xx is passed on.",
    args: &[
        Arg::flags("flags", FLAGS, "How it is relayed.").optional().gone_bits(GONE_BITS),
        Arg::str("outbound_proxy", "Where branches without a destination URI go: [proto:]host[:port] or a URI.")
            .judged(module_api::judge::hop)
            .optional(),
    ],
    routes: Routes::REQUEST.or(Routes::FAILURE),
    returns: RETURNS,
    old_order: Some(destination_first),
    run: Run::Wait(relay),
    ..FUNCTION
};

pub(super) const REPLICATE: Function = Function {
    name: "t_replicate",
    about: "Sends a copy of the request to a URI; its replies are of no interest.",
    args: &[
        Arg::str("URI", "Where the copy goes.").judged(module_api::judge::uri),
        Arg::flags("flags", FLAGS, "As those of t_relay().").optional().gone_bits(GONE_BITS),
    ],
    routes: Routes::REQUEST.or(Routes::FAILURE),
    returns: RETURNS,
    run: Run::Wait(replicate),
    ..FUNCTION
};

pub(super) const ANYCAST_REPLICATE: Function = Function {
    name: "t_anycast_replicate",
    about: "Brings a CANCEL or ACK to the node of an anycast cluster that has its INVITE. It needs module clusterer.",
    routes: Routes::REQUEST,
    unavailable: Some(NO_CLUSTER),
    returns: &[(-1, "there is no cluster")],
    run: Run::Now(|_, _| Err(Fault::script(NO_CLUSTER))),
    ..FUNCTION
};

/// Older releases took the destination first, then the flags. No flag has a dot or a colon.
fn destination_first(written: &[&str]) -> Order {
    match written.first() {
        Some(first) if !first.contains('$') && first.contains(['.', ':']) => Order::Old(&[1, 0]),
        _ => Order::Today,
    }
}

fn relay(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let proxy = args.opt_str(1).filter(|proxy| !proxy.is_empty()).cloned();
    let options = RelayOptions { proxy, ..options(args, 0) };
    if let Err(fault) = timeouts_of_variables(call) {
        return Flow::Done(Err(fault));
    }
    call.env.operations.relay(call, options)
}

fn replicate(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let uri = match args.str(0) {
        Ok(uri) => uri.clone(),
        Err(fault) => return Flow::Done(Err(fault)),
    };
    // The copy goes elsewhere; the request itself keeps its destination.
    let own = call.msg.branches.first().clone();
    let first = call.msg.branches.first_mut();
    first.uri = uri;
    first.destination = None;
    first.path = None;
    let flow = call.env.operations.relay(call, RelayOptions { replicate: true, ..options(args, 1) });
    *call.msg.branches.first_mut() = own;
    flow
}

fn options(args: Args<'_>, index: usize) -> RelayOptions {
    RelayOptions {
        no_auto_477: args.has_flag(index, "no-auto-477"),
        no_dns_failover: args.has_flag(index, "no-dns-failover"),
        pass_reason: args.has_flag(index, "pass-reason-hdr"),
        allow_no_cancel: args.has_flag(index, "allow-no-cancel"),
        ..RelayOptions::default()
    }
}
