//! Global parameters: sockets, names, DNS and what is sent to whom.

use super::{GlobalKind, GlobalParam};
use catalogue::{Default, Verdict};

pub(super) const GLOBALS: &[GlobalParam] = &[
    GlobalParam::unset("socket", GlobalKind::Socket, "An address to receive on: proto:host[:port] and options.")
        .repeats()
        .once(&["listen"]),
    GlobalParam::unset("alias", GlobalKind::HostAlias, "A name of our own: [proto:]host[:port] [accept_subdomain].")
        .repeats(),
    GlobalParam::bool(
        "auto_aliases",
        false,
        "Adds the names that DNS has for the sockets' addresses, and those behind the names they are written with.",
    ),
    GlobalParam::unset("advertised_address", GlobalKind::Host, "The address in Via and Record-Route of all sockets."),
    GlobalParam::unset("advertised_port", GlobalKind::Int, "The port in Via and Record-Route of all sockets.")
        .within(1, 65_535),
    GlobalParam::bool("mhomed", false, "Chooses the sending socket by the route to each destination."),
    GlobalParam::of(
        "tos",
        GlobalKind::TypeOfService,
        Default::Int(0x10),
        "The type of service of sent packets, a number or IPTOS_LOWDELAY …; 0 leaves it to the system.",
    )
    .within(0, 255),
    GlobalParam::bool("mcast_loopback", false, "Receives what we send to a multicast group."),
    GlobalParam::unset("mcast_ttl", GlobalKind::Int, "How far multicast packets travel.").within(0, 255),
    GlobalParam::int("maxbuffer", 262_144, "The largest receive buffer of a UDP socket, in bytes.").within(0, i32::MAX),
    GlobalParam::bool("check_via", false, "Discards replies whose top Via is not ours."),
    GlobalParam::bool("dns", false, "Adds no received to a Via by name where the name leads to who sent it."),
    GlobalParam::bool("rev_dns", false, "Adds no received to a Via by name where the sender's address has that name."),
    GlobalParam::unset("dns_retr_time", GlobalKind::Int, "Seconds that a DNS server has for an answer.")
        .within(0, i32::MAX),
    GlobalParam::unset("dns_retr_no", GlobalKind::Int, "How often a DNS query is repeated.").within(0, i32::MAX),
    GlobalParam::unset("dns_servers_no", GlobalKind::Int, "How many of the system's DNS servers are asked.")
        .within(0, i32::MAX),
    GlobalParam::bool("dns_try_ipv6", false, "Asks for an AAAA record when there is no A record."),
    GlobalParam::bool("dns_try_naptr", true, "Asks for NAPTR records first, RFC 3263."),
    GlobalParam::bool("dns_use_search_list", true, "Tries names within the system's search domains."),
    GlobalParam::bool("reply_to_via", false, "Whether replies of our own go to the address of the Via.")
        .of_older_releases("call set_via_handling(\"reply-to-via\") in the route"),
    GlobalParam::bool("disable_dns_failover", false, "Uses the first address of a name only."),
    GlobalParam::bool(
        "disable_dns_blacklist",
        true,
        "Does not keep addresses that failed on the blacklist \"dns\" for four minutes.",
    ),
    GlobalParam::bool("disable_503_translation", false, "Relays a 503 as it is, instead of as 500."),
    GlobalParam::bool("disable_stateless_fwd", true, "Discards replies that belong to no transaction."),
    GlobalParam::unset("dst_blacklist", GlobalKind::Blacklist, "Destinations that nothing is sent to.").repeats(),
    GlobalParam::unset("server_header", GlobalKind::Str, "The whole Server line of replies that are made here.")
        .judged(|line| header_line("Server", line)),
    GlobalParam::unset(
        "user_agent_header",
        GlobalKind::Str,
        "The whole User-Agent line of requests that are made here.",
    )
    .judged(|line| header_line("User-Agent", line)),
    GlobalParam::bool("server_signature", true, "Adds the Server line to replies that are made here."),
    GlobalParam::bool("sip_warning", false, "Adds a Warning line to replies that are made here."),
];

/// A whole line begins with its name. Upstream sends one without as it is, which nobody can read.
fn header_line(name: &str, line: &str) -> Verdict {
    let is_token = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte))
    };
    let has_name = line.split_once(':').is_some_and(|(name, _)| is_token(name.trim_end()));
    if has_name || line.trim().is_empty() { Verdict::Fine } else { Verdict::Old(format!("{name}: {line}")) }
}
