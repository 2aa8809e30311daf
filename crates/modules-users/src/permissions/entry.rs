//! A row of the table of addresses.

use bytes::Bytes;
use module_api::Proto;
use module_api::sql::Cell;
use posix_regex::glob;
use std::net::IpAddr;

/// Who is meant by a row, and what the script is told about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The group.
    pub group: i32,
    /// The address, or the first of the subnet.
    pub ip: IpAddr,
    /// How many bits of the address count.
    pub mask: u8,
    /// The port, 0 for any.
    pub port: u16,
    /// The transport.
    pub proto: Transport,
    /// What the text given by the script must match, if both are there.
    pub pattern: Option<Bytes>,
    /// What the script is told.
    pub info: Option<Bytes>,
}

/// The transports of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// All.
    Any,
    /// `none`
    Never,
    /// One.
    Only(Proto),
}

/// What is asked about an address.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The group, 0 for any.
    pub group: i32,
    /// The address.
    pub ip: IpAddr,
    /// The port, 0 for any.
    pub port: u16,
    /// The transport, `None` for any.
    pub proto: Option<Proto>,
    /// The text for patterns.
    pub text: Option<&'a [u8]>,
}

impl Entry {
    /// Reads group, address, mask, port, transport, pattern, information.
    ///
    /// # Errors
    /// The place of the column, and what is wrong with it.
    pub fn read(row: &[Cell]) -> Result<Entry, (usize, &'static str)> {
        let cell = |index: usize| row.get(index).unwrap_or(&Cell::Null);
        let text = |index: usize| cell(index).to_bytes().filter(|text| !text.is_empty());
        let address = text(1).unwrap_or_default();
        let group = cell(0).to_int().and_then(|group| i32::try_from(group).ok()).filter(|group| *group >= 0);
        let ip = address_of(&address).ok_or((1, "is no address"))?;
        let bits = if ip.is_ipv4() { 32 } else { 128 };
        let mask = cell(2).to_int().and_then(|mask| u8::try_from(mask).ok()).filter(|mask| *mask <= bits);
        let mask = mask.ok_or((2, "is no length of a mask"))?;
        let port = cell(3).to_int().and_then(|port| u16::try_from(port).ok());
        Ok(Entry {
            group: group.ok_or((0, "is no number of a group"))?,
            ip: network(ip, mask),
            mask,
            port: port.ok_or((3, "is no port"))?,
            proto: Transport::read(&text(4).unwrap_or_default()).ok_or((4, "is no transport"))?,
            pattern: text(5),
            info: text(6),
        })
    }

    /// Whether its row has an IPv6 address behind a mask that is too short for it. The mask of a row that says none is 32,
    /// which is one address of IPv4 and a whole provider of IPv6.
    pub fn is_wider_than_written(&self, row: &[Cell]) -> bool {
        let written = row.get(1).and_then(Cell::to_bytes).and_then(|ip| address_of(&ip));
        self.ip.is_ipv6() && written.is_some_and(|ip| ip != self.ip)
    }

    /// Whether it is an address, no subnet.
    pub fn is_exact(&self) -> bool {
        self.mask == if self.ip.is_ipv4() { 32 } else { 128 }
    }

    /// Whether it is meant, the address apart.
    pub fn answers(&self, question: &Question<'_>) -> bool {
        let is_port = self.port == 0 || question.port == 0 || self.port == question.port;
        let is_proto = self.proto.answers(question.proto);
        let is_group = question.group == 0 || self.group == question.group;
        is_group && is_port && is_proto && self.fits(question.text)
    }

    fn fits(&self, text: Option<&[u8]>) -> bool {
        let (Some(pattern), Some(text)) = (&self.pattern, text) else { return true };
        glob(pattern, text)
    }
}

impl Transport {
    /// Whether it is meant by one, or by any.
    pub fn answers(self, asked: Option<Proto>) -> bool {
        match (self, asked) {
            (Transport::Never, _) => false,
            (Transport::Any, _) | (_, None) => true,
            (Transport::Only(proto), Some(asked)) => proto == asked,
        }
    }

    /// As the table has it; nothing is any.
    pub fn read(text: &[u8]) -> Option<Transport> {
        if text.is_empty() || text.eq_ignore_ascii_case(b"any") {
            return Some(Transport::Any);
        }
        if text.eq_ignore_ascii_case(b"none") {
            return Some(Transport::Never);
        }
        Proto::of(text).map(Transport::Only)
    }

    /// As the table has it.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Any => "any",
            Transport::Never => "none",
            Transport::Only(proto) => proto.name(),
        }
    }
}

/// An address in figures, IPv6 with or without brackets.
pub fn address_of(text: &[u8]) -> Option<IpAddr> {
    let text = text.strip_prefix(b"[").and_then(|text| text.strip_suffix(b"]")).unwrap_or(text);
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// The first address of the subnet that an address is in.
pub fn network(ip: IpAddr, mask: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => {
            let kept = u32::MAX.checked_shl(u32::from(32u8.saturating_sub(mask))).unwrap_or(0);
            IpAddr::from((ip.to_bits() & kept).to_be_bytes())
        }
        IpAddr::V6(ip) => {
            let kept = u128::MAX.checked_shl(u32::from(128u8.saturating_sub(mask))).unwrap_or(0);
            IpAddr::from((ip.to_bits() & kept).to_be_bytes())
        }
    }
}

/// A mask of this length, as an address.
pub fn mask_of(ip: IpAddr, mask: u8) -> IpAddr {
    let ones = if ip.is_ipv4() { IpAddr::from([0xff; 4]) } else { IpAddr::from([0xff; 16]) };
    network(ones, mask)
}
