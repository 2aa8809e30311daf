//! The addresses of this machine, for sockets that are written with an interface's name or `*`.

use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// The addresses of an interface, or of all of them for `*`. Link-local IPv6 addresses are left out: they mean nothing in
/// a message. Read from the kernel's own tables.
pub fn addresses(interface: &str) -> Vec<IpAddr> {
    let wanted = |name: &str| interface == "*" || interface == name;
    let mut found: Vec<IpAddr> =
        ipv4().into_iter().filter(|(name, _)| wanted(name)).map(|(_, address)| IpAddr::V4(address)).collect();
    found.extend(ipv6().into_iter().filter(|(name, _)| wanted(name)).map(|(_, address)| IpAddr::V6(address)));
    found.dedup();
    found
}

/// Whether a socket of this machine can have this address, by the kernel's own judgement: a port that nobody asked for is
/// taken for a moment.
pub fn is_to_be_had(address: IpAddr) -> bool {
    !UdpSocket::bind((address, 0)).is_err_and(|error| error.kind() == ErrorKind::AddrNotAvailable)
}

/// IPv4 addresses with their interfaces: the kernel's routing trie lists each local one as `32 host LOCAL`, and the
/// routing table tells whose network it is in.
fn ipv4() -> Vec<(String, Ipv4Addr)> {
    let trie = fs::read_to_string("/proc/net/fib_trie").unwrap_or_default();
    let lines: Vec<&str> = trie.lines().map(str::trim).collect();
    let mut found: Vec<Ipv4Addr> = lines
        .windows(2)
        .filter(|pair| pair.get(1).is_some_and(|line| line.starts_with("/32 host LOCAL")))
        .filter_map(|pair| pair.first()?.strip_prefix("|-- ")?.parse().ok())
        .collect();
    found.sort_unstable();
    found.dedup();
    // The order of a machine's first address first: loopback last.
    found.sort_by_key(|address| address.is_loopback());
    let found = found.into_iter().filter(|address| UdpSocket::bind((*address, 0)).is_ok());
    found.map(|address| (interface_of(address), address)).collect()
}

/// The interface in whose network an address is.
fn interface_of(address: Ipv4Addr) -> String {
    if address.is_loopback() {
        return "lo".to_owned();
    }
    let table = fs::read_to_string("/proc/net/route").unwrap_or_default();
    let routes = table.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |position: usize| u32::from_str_radix(fields.get(position)?, 16).ok().map(u32::swap_bytes);
        Some((fields.first()?.to_string(), number(1)?, number(7)?))
    });
    let near = routes.filter(|(_, network, mask)| *mask != 0 && u32::from(address) & mask == *network);
    near.max_by_key(|(_, _, mask)| *mask).map(|(name, _, _)| name).unwrap_or_default()
}

/// IPv6 addresses with their interfaces.
fn ipv6() -> Vec<(String, Ipv6Addr)> {
    let table = fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    let entries = table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let address = Ipv6Addr::from(u128::from_str_radix(fields.first()?, 16).ok()?);
        Some((fields.last()?.to_string(), address))
    });
    entries.filter(|(_, address)| !address.is_unicast_link_local()).collect()
}

#[cfg(test)]
mod tests {
    use super::{addresses, is_to_be_had};
    use std::net::Ipv4Addr;

    #[test]
    fn loopback_is_among_all_addresses() {
        assert!(addresses("*").contains(&Ipv4Addr::LOCALHOST.into()));
        assert!(addresses("lo").contains(&Ipv4Addr::LOCALHOST.into()));
        assert!(addresses("no-such-interface").is_empty());
    }

    #[test]
    fn an_address_of_another_machine_is_not_to_be_had() {
        for (address, is_ours) in [("127.0.0.1", true), ("127.9.9.9", true), ("0.0.0.0", true), ("203.0.113.7", false)]
        {
            assert_eq!(is_to_be_had(address.parse().unwrap()), is_ours, "{address}");
        }
    }
}
