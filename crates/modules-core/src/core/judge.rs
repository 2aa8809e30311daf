//! What a script names of the server and is not there: stores, lists of forbidden destinations, sockets.

use module_api::{Judging, Refusal, Services, SocketId};

const STORING: [&str; 7] =
    ["cache_store", "cache_remove", "cache_fetch", "cache_counter_fetch", "cache_add", "cache_sub", "cache_raw_query"];
const BLACKLISTING: [&str; 5] =
    ["use_blacklist", "unuse_blacklist", "check_blacklist_rule", "add_blacklist_rule", "del_blacklist_rule"];

/// Refuses the constants that name what is not there.
pub(super) fn judge(judging: &mut Judging<'_>) {
    let services = judging.services;
    let stores: Vec<&str> = services.caches.iter().map(|(name, _)| name.as_str()).collect();
    for function in STORING {
        judging.hold(function, 0, |name| Refusal::unless_one_of("storage", name, &stores));
    }
    let lists = services.blacklists.all(services.started_at);
    let lists: Vec<_> = lists.iter().map(|(name, _)| String::from_utf8_lossy(name)).collect();
    for function in BLACKLISTING {
        judging.hold(function, 0, |name| Refusal::unless_one_of("blacklist", name, &lists));
    }
    // Where the sockets are another machine's nothing is known of them.
    if services.sockets.get(SocketId(0)).is_some() {
        judging.hold("force_send_socket", 0, |text| socket(services, text));
        judging.hold("socket_belongs_to_bond", 0, |text| socket(services, text));
        judging.hold("socket_belongs_to_bond", 1, |name| bond(services, name));
    }
}

fn socket(services: &Services, text: &str) -> Result<(), Refusal> {
    if let Some(name) = text.strip_prefix("bond:") {
        return bond(services, name);
    }
    let all = (0..=u16::MAX).map_while(|number| services.sockets.get(SocketId(number)));
    match services.sockets.named(text.as_bytes()) {
        Some(_) => Ok(()),
        None => {
            Err(Refusal::unknown("socket", text, all.map(|socket| String::from_utf8_lossy(&socket.name).into_owned())))
        }
    }
}

fn bond(services: &Services, name: &str) -> Result<(), Refusal> {
    match services.sockets.bond(name.as_bytes()) {
        Some(_) => Ok(()),
        None => Err(Refusal::unknown("bond", name, std::iter::empty::<String>())),
    }
}
