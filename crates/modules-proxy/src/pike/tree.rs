//! How floods are found: a tree of the bytes of addresses.
//!
//! Nobody can keep a counter for every address: whoever floods us may have, or pretend to have, more of them than we
//! have memory. So an address is known only as far as it has been noticed. The first message from 193.x.x.x makes the
//! node `193`, where all addresses that begin so are counted. When as many came in one sampling time as make a flood,
//! it is worth looking closer: the next one makes the node `193.175`, which takes over half of the count, and so on. An
//! address that is known as a whole is a flood when as many messages came from it in one sampling time; from then on it
//! stays one until a sampling time passes with fewer.
//!
//! So a flood of one address takes some x + (n - 2) * x / 2 + x messages to be found, n being the number of its bytes
//! and x the messages that make a flood: 3 x for IPv4, 9 x for IPv6, and little more than x where its neighbours are
//! known already. Whoever
//! wants to fill the tree must send x / 2 messages for each node, again and again, for nodes without messages go.

use module_api::{Counter, Time};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What makes a flood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Density {
    pub(super) messages: u32,
    /// In this time.
    pub(super) unit: Duration,
    /// How long a node stays without messages.
    pub(super) latency: Duration,
}

/// What a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    /// It made its address a flood.
    NewFlood,
    Flood,
}

/// All nodes, in parts by the kind and the first byte of their addresses, each with a lock.
pub(super) struct Tree {
    density: Density,
    /// More nodes there are not. Above half of it only what had messages in the last sampling time stays.
    nodes_max: i64,
    parts: Vec<Mutex<BTreeMap<Prefix, Node>>>,
    nodes: Counter,
    refused: Counter,
}

/// The first bytes of an address: how many, and what they are (left-aligned).
type Prefix = (u8, u128);

/// The messages from all addresses that begin alike and are not known any closer.
#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// In this sampling time.
    current: u32,
    /// In the one before.
    previous: u32,
    last: Time,
    is_flood: bool,
}

/// Some 16 MiB.
pub(super) const NODES_MAX: i64 = 262_144;
const PARTS: usize = 512;

impl Tree {
    pub(super) fn new(density: Density, nodes_max: i64, nodes: Counter, refused: Counter) -> Tree {
        let parts = std::iter::repeat_with(Mutex::default).take(PARTS).collect();
        Tree { density, nodes_max, parts, nodes, refused }
    }

    /// Counts a message.
    pub(super) fn count(&self, address: IpAddr, now: Time) -> Verdict {
        let (bytes, length) = bytes_of(address);
        let Some(mut part) = self.part(bytes, length) else { return Verdict::Fine };
        let known = (1..=length).take_while(|known| part.contains_key(&prefix(bytes, *known))).last().unwrap_or(0);
        let Some(node) = part.get_mut(&prefix(bytes, known)) else {
            self.add(&mut part, prefix(bytes, 1), Node { current: 1, last: now, ..Node::default() });
            return Verdict::Fine;
        };
        node.current = node.current.saturating_add(1);
        node.last = now;
        if known == length {
            return node.judge(self.density.messages);
        }
        if node.current >= self.density.messages {
            let half = node.current / 2;
            let next = prefix(bytes, known + 1);
            // A whole address begins with the one message that made its node.
            let current = if known + 1 == length { 1 } else { half };
            if self.add(&mut part, next, Node { current, last: now, ..Node::default() })
                && let Some(node) = part.get_mut(&prefix(bytes, known))
            {
                node.current = half;
            }
        }
        Verdict::Fine
    }

    /// The end of a sampling time: what had no messages for long goes. The addresses that are floods no more.
    pub(super) fn sample(&self, now: Time) -> Vec<IpAddr> {
        let is_crowded = self.nodes.get() > self.nodes_max / 2;
        let latency = if is_crowded { self.density.unit } else { self.density.latency };
        let mut unblocked = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let mut part = lock(part);
            let before = part.len();
            part.retain(|(length, bytes), node| {
                node.previous = std::mem::take(&mut node.current);
                if node.is_flood && node.previous < self.density.messages {
                    node.is_flood = false;
                    unblocked.push(address_of(number, *bytes, *length));
                }
                node.is_flood || now.since(node.last) < latency
            });
            self.nodes.add(-i64::try_from(before - part.len()).unwrap_or(0));
        }
        unblocked
    }

    /// The addresses that are floods.
    pub(super) fn floods(&self) -> Vec<IpAddr> {
        let mut floods = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let part = lock(part);
            let found = part.iter().filter(|(_, node)| node.is_flood);
            floods.extend(found.map(|((length, bytes), _)| address_of(number, *bytes, *length)));
        }
        floods
    }

    /// Takes an address for no flood any more; it may become one anew. `None`: nothing is known of it.
    pub(super) fn forgive(&self, address: IpAddr) -> Option<bool> {
        let (bytes, length) = bytes_of(address);
        let mut part = self.part(bytes, length)?;
        let node = part.get_mut(&prefix(bytes, length))?;
        let was_flood = node.is_flood;
        *node = Node { last: node.last, ..Node::default() };
        Some(was_flood)
    }

    /// Whether there was room.
    fn add(&self, part: &mut BTreeMap<Prefix, Node>, prefix: Prefix, node: Node) -> bool {
        if self.nodes.get() >= self.nodes_max {
            self.refused.increment();
            return false;
        }
        self.nodes.increment();
        part.insert(prefix, node);
        true
    }

    fn part(&self, bytes: u128, length: u8) -> Option<MutexGuard<'_, BTreeMap<Prefix, Node>>> {
        let first = usize::try_from(bytes >> 120).ok()?;
        self.parts.get(first + if length > 4 { PARTS / 2 } else { 0 }).map(lock)
    }
}

impl Node {
    /// Of a whole address.
    fn judge(&mut self, messages: u32) -> Verdict {
        if self.is_flood {
            return Verdict::Flood;
        }
        if self.current.max(self.previous) < messages {
            return Verdict::Fine;
        }
        self.is_flood = true;
        Verdict::NewFlood
    }
}

fn lock(part: &Mutex<BTreeMap<Prefix, Node>>) -> MutexGuard<'_, BTreeMap<Prefix, Node>> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The bytes of an address, left-aligned, and how many they are.
fn bytes_of(address: IpAddr) -> (u128, u8) {
    match address.to_canonical() {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 4),
        IpAddr::V6(address) => (u128::from(address), 16),
    }
}

fn address_of(part: usize, bytes: u128, length: u8) -> IpAddr {
    if part < PARTS / 2 && length <= 4 {
        return IpAddr::from(u32::try_from(bytes >> 96).unwrap_or_default().to_be_bytes());
    }
    IpAddr::from(bytes.to_be_bytes())
}

fn prefix(bytes: u128, length: u8) -> Prefix {
    let shift = 128 - u32::from(length) * 8;
    (length, bytes.checked_shr(shift).and_then(|kept| kept.checked_shl(shift)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{Density, Tree, Verdict};
    use module_api::{Counter, Time};
    use proptest::prelude::*;
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    fn tree(messages: u32) -> Tree {
        let density = Density { messages, unit: Duration::from_secs(2), latency: Duration::from_secs(120) };
        Tree::new(density, 1000, Counter::default(), Counter::default())
    }

    const NOW: Time = Time::from_unix_seconds(1_700_000_000);

    /// How many messages of an address pass before it is a flood.
    fn messages_until_flood(tree: &Tree, address: &str) -> u32 {
        let address = address.parse().unwrap();
        (1..).find(|_| tree.count(address, NOW) == Verdict::NewFlood).unwrap()
    }

    #[test]
    fn how_many_messages_a_flood_takes() {
        let known = tree(30);
        assert_eq!(messages_until_flood(&known, "193.175.132.164"), 89);
        assert_eq!(messages_until_flood(&known, "193.175.132.142"), 44);
        assert_eq!(messages_until_flood(&known, "2001:db8::1"), 269);
        assert_eq!(messages_until_flood(&tree(1), "192.0.2.1"), 5);
    }

    #[test]
    fn a_flood_ends_with_a_quiet_time() {
        let tree = tree(30);
        let address = "192.0.2.1".parse().unwrap();
        messages_until_flood(&tree, "192.0.2.1");
        assert_eq!(tree.count(address, NOW), Verdict::Flood);
        assert_eq!(tree.floods(), [address]);
        for second in 1..4 {
            let now = NOW + Duration::from_secs(2 * second);
            assert!(tree.sample(now).is_empty());
            (0..30).for_each(|_| assert_eq!(tree.count(address, now), Verdict::Flood));
        }
        let now = NOW + Duration::from_secs(8);
        tree.sample(now);
        assert_eq!(tree.count(address, now), Verdict::Flood);
        assert_eq!(tree.sample(now + Duration::from_secs(2)), [address]);
        assert_eq!(tree.count(address, now), Verdict::Fine);
        assert_eq!(tree.forgive(address), Some(false));
        assert_eq!(tree.forgive("192.0.2.2".parse().unwrap()), None);
    }

    #[test]
    fn what_is_quiet_is_forgotten() {
        let tree = tree(30);
        messages_until_flood(&tree, "192.0.2.1");
        assert_eq!(tree.nodes.get(), 4);
        tree.sample(NOW + Duration::from_secs(1));
        tree.sample(NOW + Duration::from_secs(130));
        assert_eq!(tree.nodes.get(), 0);
    }

    #[test]
    fn the_tree_has_a_bound() {
        let tree = tree(1);
        for number in 0..2000 {
            let bytes = u32::wrapping_mul(number, 0x9e37_79b9);
            for _ in 0..4 {
                tree.count(IpAddr::V4(Ipv4Addr::from(bytes)), NOW);
            }
        }
        assert_eq!(tree.nodes.get(), 1000);
        assert!(tree.refused.get() > 0);
        // Crowded, it forgets after one sampling time.
        tree.sample(NOW + Duration::from_secs(2));
        tree.sample(NOW + Duration::from_secs(4));
        assert!(tree.nodes.get() < 1000, "{}", tree.nodes.get());
    }

    proptest! {
        #[test]
        fn few_messages_are_never_a_flood(addresses in proptest::collection::vec(any::<[u8; 4]>(), 1..200)) {
            let tree = tree(200);
            for address in addresses {
                prop_assert_eq!(tree.count(IpAddr::from(address), NOW), Verdict::Fine);
            }
        }
    }
}
