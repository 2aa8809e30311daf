//! Names, as the global parameters have them looked up: by the running server, and once at start for `auto_aliases`.

use super::outside::Late;
use crate::cli::ServeOptions;
use crate::configure::micros;
use edge_dns::{Options, Prepared, Resolver, Slow};
use module_api::{Counter, Logger, Proto, Sockets};
use script::globals::Globals;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// How long the start waits for the names of our addresses.
const ALIASES_WITHIN: Duration = Duration::from_secs(10);

/// How names are looked up; what takes longer than `exec_dns_threshold` is logged, and an event.
pub fn options(globals: &Globals, options: &ServeOptions, late: &Late, log: &Logger) -> Options {
    let number = |name: &str| globals.optional_int(name).and_then(|number| u64::try_from(number).ok());
    // 0 is the system's own value.
    let positive = |name: &str| number(name).filter(|number| *number > 0);
    let count = |name: &str| number(name).and_then(|number| usize::try_from(number).ok());
    let threshold = micros(globals, "exec_dns_threshold");
    let defaults = Options::default();
    Options {
        retry_after: positive("dns_retr_time").map(Duration::from_secs),
        retries: count("dns_retr_no"),
        servers: count("dns_servers_no").filter(|servers| *servers > 0),
        search_list: globals.is_on("dns_use_search_list"),
        naptr: globals.is_on("dns_try_naptr"),
        name_servers: options.name_server.clone(),
        slow_after: threshold.unwrap_or(defaults.slow_after),
        slow: threshold.map(|threshold| slow(threshold, late, log)),
    }
}

fn slow(threshold: Duration, late: &Late, log: &Logger) -> Slow {
    let (late, log) = (Arc::clone(late), log.clone());
    Arc::new(move |name, took| {
        let limit = threshold.as_micros();
        log.warning(format!("threshold exceeded: looking up {name} took {} of {limit} µs", took.as_micros()));
        if let Some(outside) = late.get() {
            outside.threshold_passed("core", took, name);
        }
    })
}

/// `auto_aliases`: the names that the name servers have for our addresses are ours, and those behind the names that
/// sockets are written with. `hosts` are the latter.
pub fn add_aliases(
    sockets: &mut Sockets,
    hosts: Vec<(Proto, String)>,
    options: Options,
    runtime: &Runtime,
    log: &Logger,
) -> Result<(), String> {
    let _entered = runtime.enter();
    let resolver = Resolver::new(Prepared::new(options)?, Counter::default(), Counter::default());
    let ours: Vec<(Proto, IpAddr, u16)> = sockets
        .iter()
        .filter(|socket| !socket.address.ip().is_unspecified())
        .map(|socket| (socket.proto, socket.address.ip(), socket.address.port()))
        .collect();
    let mut wanted: Vec<Wanted> = ours.iter().map(|(_, address, _)| Wanted::OfAddress(*address)).collect();
    wanted.extend(hosts.iter().map(|(_, host)| Wanted::BehindName(host.clone())));
    wanted.sort_unstable();
    wanted.dedup();
    let mut lookups = JoinSet::new();
    for wanted in wanted {
        let resolver = resolver.clone();
        lookups.spawn(async move {
            let names = match &wanted {
                Wanted::OfAddress(address) => resolver.names_of(*address).await,
                Wanted::BehindName(host) => resolver.names_behind(host).await,
            };
            (wanted, names)
        });
    }
    let found = runtime.block_on(async move {
        let mut found = Vec::new();
        let gather = async {
            while let Some(answer) = lookups.join_next().await {
                found.extend(answer.ok());
            }
        };
        // What has not been answered by then is no alias.
        let _ = tokio::time::timeout(ALIASES_WITHIN, gather).await;
        found
    });
    for (wanted, names) in found {
        let Ok(names) = names else { continue };
        // A name behind a name is ours on every port, as the one that is written.
        let places: Vec<(Proto, Option<u16>)> = match &wanted {
            Wanted::OfAddress(address) => {
                let of_address = ours.iter().filter(|(_, ours, _)| ours == address);
                of_address.map(|(proto, _, port)| (*proto, Some(*port))).collect()
            }
            Wanted::BehindName(host) => {
                hosts.iter().filter(|(_, ours)| ours == host).map(|(proto, _)| (*proto, None)).collect()
            }
        };
        for (name, (proto, port)) in names.iter().flat_map(|name| places.iter().map(move |place| (name, place))) {
            let at = port.map(|port| format!(":{port}")).unwrap_or_default();
            log.line(module_api::Level::Info, format!("auto_aliases: {}:{name}{at} is ours", proto.name()));
            sockets.add_alias(Some(*proto), name.as_bytes(), *port, false);
        }
    }
    Ok(())
}

/// What is asked for names of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    OfAddress(IpAddr),
    BehindName(String),
}
