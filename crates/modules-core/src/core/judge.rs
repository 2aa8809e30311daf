//! What a script names of the server and is not there: stores, lists of forbidden destinations, sockets.

use module_api::{Judging, Services, SocketId};

const STORING: [&str; 7] =
    ["cache_store", "cache_remove", "cache_fetch", "cache_counter_fetch", "cache_add", "cache_sub", "cache_raw_query"];
const BLACKLISTING: [&str; 5] =
    ["use_blacklist", "unuse_blacklist", "check_blacklist_rule", "add_blacklist_rule", "del_blacklist_rule"];

/// Refuses the constants that name what is not there.
pub(super) fn judge(judging: &mut Judging<'_>) {
    let services = judging.services;
    for function in STORING {
        judging.hold(function, 0, |name| services.cache(name.as_bytes()).map(|_| ()).map_err(|fault| fault.text));
    }
    for function in BLACKLISTING {
        let there_is_none = |name: &str| format!("there is no blacklist \"{name}\": dst_blacklist defines it");
        judging.hold(function, 0, |name| {
            services.blacklists.exists(name.as_bytes()).then_some(()).ok_or_else(|| there_is_none(name))
        });
    }
    // Where the sockets are another machine's nothing is known of them.
    if services.sockets.get(SocketId(0)).is_some() {
        judging.hold("force_send_socket", 0, |text| socket(services, text));
        judging.hold("socket_belongs_to_bond", 0, |text| socket(services, text));
        judging.hold("socket_belongs_to_bond", 1, |name| bond(services, name));
    }
}

fn socket(services: &Services, text: &str) -> Result<(), String> {
    match text.strip_prefix("bond:") {
        Some(name) => bond(services, name),
        None => services
            .sockets
            .named(text.as_bytes())
            .map(|_| ())
            .ok_or_else(|| format!("no socket listens on \"{text}\"")),
    }
}

fn bond(services: &Services, name: &str) -> Result<(), String> {
    services.sockets.bond(name.as_bytes()).map(|_| ()).ok_or_else(|| format!("there is no bond \"{name}\""))
}
