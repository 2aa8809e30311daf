//! One rule of a blacklist, `[!](proto,net[,port[,"pattern"]])`, and how it is read and met.

use super::{ListFlags, pattern};
use crate::{Proto, Time};
use bytes::Bytes;
use std::net::IpAddr;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `!`: it is met by all that does not match.
    pub negated: bool,
    /// The transport; `None` for any.
    pub proto: Option<Proto>,
    /// The addresses.
    pub net: Net,
    /// The port; 0 for any.
    pub port: u16,
    /// A shell pattern that the message must match; empty for any.
    pub pattern: Bytes,
    /// When it runs out.
    pub until: Option<Time>,
}

/// A network: an address and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    /// Its address.
    pub address: IpAddr,
    /// The number of bits that count.
    pub length: u8,
}

/// Where a message would go.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The transport; `None` is met by rules for any transport only.
    pub proto: Option<Proto>,
    /// The address.
    pub address: IpAddr,
    /// The port; 0 is met by rules for any port only.
    pub port: u16,
    /// The message.
    pub text: &'a [u8],
}

impl Rule {
    /// Reads `[!](proto,net[,port[,"pattern"]])`; the parentheses may be missing.
    pub fn parse(text: &str) -> Option<Rule> {
        let text = text.trim();
        let (negated, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        let text = match text.strip_prefix('(') {
            Some(rest) => rest.strip_suffix(')')?,
            None => text,
        };
        let mut fields = text.splitn(4, ',').map(str::trim);
        let proto = parse_proto(fields.next()?)?;
        let net = Net::parse(fields.next()?)?;
        let port = fields.next().filter(|port| !port.is_empty()).map_or(Some(0), |port| port.parse().ok())?;
        let pattern = fields.next().unwrap_or_default().trim_matches('"');
        let pattern = Bytes::copy_from_slice(pattern.as_bytes());
        Some(Rule { negated, proto, net, port, pattern, until: None })
    }

    /// Whether a target is what the rule is about.
    pub(super) fn is_met(&self, target: &Target<'_>) -> bool {
        let matches = self.proto.is_none_or(|proto| target.proto == Some(proto))
            && (self.port == 0 || self.port == target.port)
            && self.net.contains(target.address)
            && (self.pattern.is_empty() || pattern::matches(&self.pattern, target.text));
        matches != self.negated
    }

    /// Whether it has not run out.
    pub(super) fn lives(&self, now: Time) -> bool {
        self.until.is_none_or(|until| until > now)
    }

    /// Whether both say the same, whatever their lifetimes.
    pub(super) fn is_same(&self, other: &Rule) -> bool {
        self.negated == other.negated
            && self.proto == other.proto
            && self.net == other.net
            && self.port == other.port
            && self.pattern == other.pattern
    }
}

impl Net {
    /// One address.
    pub const fn of(address: IpAddr) -> Net {
        let length = if address.is_ipv4() { 32 } else { 128 };
        Net { address, length }
    }

    /// Reads an address, or `address/bits`, or `address/mask`. IPv6 may stand in brackets.
    pub fn parse(text: &str) -> Option<Net> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.trim())),
            None => (text, None),
        };
        let address = address.trim();
        let address = address.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(address);
        let address: IpAddr = address.parse().ok()?;
        let whole = Net::of(address);
        let Some(length) = length else { return Some(whole) };
        let length = length.parse().ok().or_else(|| length_of_mask(length))?;
        (length <= whole.length).then_some(Net { address, length })
    }

    /// Whether an address lies in it; never one of the other family.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(address)) => {
                same_start(net.to_bits().into(), address.to_bits().into(), 32, self.length)
            }
            (IpAddr::V6(net), IpAddr::V6(address)) => same_start(net.to_bits(), address.to_bits(), 128, self.length),
            _ => false,
        }
    }

    /// The mask as an address.
    pub fn mask(self) -> IpAddr {
        match self.address {
            IpAddr::V4(_) => {
                let bits = u32::MAX.checked_shl(32 - u32::from(self.length.min(32))).unwrap_or(0);
                IpAddr::V4(bits.into())
            }
            IpAddr::V6(_) => {
                let bits = u128::MAX.checked_shl(128 - u32::from(self.length.min(128))).unwrap_or(0);
                IpAddr::V6(bits.into())
            }
        }
    }
}

/// `name[/flags][:{rules}]`
pub(super) fn parse_definition(text: &str) -> Result<(&str, ListFlags, Vec<Rule>), String> {
    let (head, rules) = match text.split_once(':') {
        Some((head, rules)) => (head, rules.trim()),
        None => (text, "{}"),
    };
    let (name, flags) = match head.split_once('/') {
        Some((name, flags)) => (name.trim(), parse_flags(flags)?),
        None => (head.trim(), ListFlags { read_only: true, ..ListFlags::default() }),
    };
    if name.is_empty() {
        return Err("a blacklist needs a name".to_owned());
    }
    let rules = rules.strip_prefix('{').and_then(|rules| rules.strip_suffix('}'));
    let rules = rules.ok_or("the rules of a blacklist stand in braces: {(proto,net,port,\"pattern\"),…}")?;
    Ok((name, flags, parse_rules(rules)?))
}

fn parse_flags(text: &str) -> Result<ListFlags, String> {
    let mut flags = ListFlags::default();
    for flag in text.split(',').map(str::trim) {
        match flag {
            "expire" => flags.expire = true,
            "default" => flags.default = true,
            "readonly" | "read-only" => flags.read_only = true,
            other => return Err(format!("unknown flag \"{other}\" of a blacklist: expire, default or readonly")),
        }
    }
    Ok(flags)
}

fn parse_rules(text: &str) -> Result<Vec<Rule>, String> {
    let mut rules = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = end_of_rule(rest).ok_or("a rule of a blacklist does not end with \")\"")?;
        let (rule, after) = rest.split_at(end);
        rules.push(Rule::parse(rule).ok_or_else(|| format!("\"{rule}\" is no rule: (proto,net,port,\"pattern\")"))?);
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    Ok(rules)
}

/// Behind the closing parenthesis; those in quotes do not count.
fn end_of_rule(text: &str) -> Option<usize> {
    let mut quoted = false;
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b')' if !quoted => return Some(position + 1),
            _ => {}
        }
    }
    None
}

fn parse_proto(text: &str) -> Option<Option<Proto>> {
    if text.eq_ignore_ascii_case("any") || text.is_empty() {
        return Some(None);
    }
    Proto::of(text.as_bytes()).map(Some)
}

fn length_of_mask(mask: &str) -> Option<u8> {
    let (bits, width) = match mask.parse().ok()? {
        IpAddr::V4(mask) => (u128::from(mask.to_bits()) << 96, 32),
        IpAddr::V6(mask) => (mask.to_bits(), 128),
    };
    let length = bits.leading_ones();
    (bits.count_ones() == length && length <= width).then_some(length).and_then(|length| u8::try_from(length).ok())
}

fn same_start(one: u128, other: u128, width: u32, length: u8) -> bool {
    let ignored = width.saturating_sub(u32::from(length));
    one.checked_shr(ignored).unwrap_or(0) == other.checked_shr(ignored).unwrap_or(0)
}
