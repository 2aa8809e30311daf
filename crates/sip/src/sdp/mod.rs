//! SDP as views over the body: lines, media sections, formats, direction (RFC 8866, RFC 3264). Nothing is copied, so a
//! change is a patch at the place a view points to.

mod codec;
mod media;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use memchr::memchr;

use crate::{text::trim_end, uri::address_of};

pub use codec::Codec;
pub use media::Media;

/// A session description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sdp<'a> {
    text: &'a [u8],
}

/// Why a body is no session description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SdpError {
    /// It does not begin with `v=`.
    Version,
    /// A line is not a letter, `=` and a value.
    Line,
    /// A media line lacks its media, port, protocol or formats.
    Media,
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The letter before `=`.
    pub kind: u8,
    /// What follows `=`, without the line end.
    pub value: &'a [u8],
    /// The whole line with its line end.
    pub text: &'a [u8],
}

/// A connection line: `IN IP4 192.0.2.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection<'a> {
    /// The address type: `IP4` or `IP6`.
    pub kind: &'a [u8],
    /// The address, without the multicast suffixes after `/`.
    pub address: &'a [u8],
}

/// The origin line: who made the session, and which version of it this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The user name, `-` for none.
    pub user: &'a [u8],
    /// The session's number.
    pub session: &'a [u8],
    /// The version of the description, which grows with every change.
    pub version: &'a [u8],
    /// The address of the maker.
    pub connection: Connection<'a>,
}

/// Which way media flow, as the sender of the description sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// Only from the sender of the description.
    SendOnly,
    /// Only to the sender of the description.
    RecvOnly,
    /// Neither way.
    Inactive,
}

impl<'a> Sdp<'a> {
    /// Reads a body. Line order is not held against anyone; what is no line at all is.
    pub fn parse(text: &'a [u8]) -> Result<Sdp<'a>, SdpError> {
        let sdp = Sdp { text };
        if !text.starts_with(b"v=") {
            return Err(SdpError::Version);
        }
        let mut lines = raw_lines(text).filter(|line| !trim_end(line).is_empty());
        if !lines.all(|line| line.first().is_some_and(u8::is_ascii_lowercase) && line.get(1) == Some(&b'=')) {
            return Err(SdpError::Line);
        }
        if sdp.media_blocks().any(|block| Media::of(0, block, sdp).is_none()) {
            return Err(SdpError::Media);
        }
        Ok(sdp)
    }

    /// The whole text.
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// All lines, session and media.
    pub fn lines(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        lines_of(self.text)
    }

    /// The lines before the first media section.
    pub fn session_lines(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        lines_of(self.session_text())
    }

    /// The text before the first media section.
    pub fn session_text(&self) -> &'a [u8] {
        let end = next_media(self.text, 0).unwrap_or(self.text.len());
        self.text.get(..end).unwrap_or_default()
    }

    /// The media sections in order.
    pub fn media(&self) -> impl Iterator<Item = Media<'a>> + use<'a> {
        let sdp = *self;
        self.media_blocks().enumerate().filter_map(move |(index, block)| Media::of(index, block, sdp))
    }

    /// The session's attributes of this name, with their values.
    pub fn attributes<'n>(&self, name: &'n [u8]) -> impl Iterator<Item = Option<&'a [u8]>> + use<'a, 'n> {
        attributes_of(self.session_text(), name)
    }

    /// The session's connection line.
    pub fn connection(&self) -> Option<Connection<'a>> {
        self.session_lines().find(|line| line.kind == b'c').and_then(|line| Connection::parse(line.value))
    }

    /// The origin line.
    pub fn origin(&self) -> Option<Origin<'a>> {
        let line = self.session_lines().find(|line| line.kind == b'o')?;
        let mut words = line.value.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        let (user, session, version) = (words.next()?, words.next()?, words.next()?);
        let connection = Connection::of_words(words.next()?, words.next()?, words.next()?)?;
        Some(Origin { user, session, version, connection })
    }

    /// The session's direction, which media sections without their own take over.
    pub fn direction(&self) -> Option<Direction> {
        direction_of(self.session_text())
    }

    /// Whether the sender puts the call on hold: every live stream is inactive, one-way from the sender, or leads nowhere.
    pub fn is_hold(&self) -> bool {
        let mut live = self.media().filter(|media| media.port != 0).peekable();
        live.peek().is_some() && live.all(|media| media.is_hold())
    }

    fn media_blocks(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let text = self.text;
        let mut start = next_media(text, 0);
        std::iter::from_fn(move || {
            let from = start?;
            let to = next_media(text, from + 1);
            start = to;
            text.get(from..to.unwrap_or(text.len()))
        })
    }
}

impl<'a> Connection<'a> {
    fn parse(value: &'a [u8]) -> Option<Connection<'a>> {
        let mut words = value.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        Connection::of_words(words.next()?, words.next()?, words.next()?)
    }

    fn of_words(net: &'a [u8], kind: &'a [u8], address: &'a [u8]) -> Option<Connection<'a>> {
        if !net.eq_ignore_ascii_case(b"IN") {
            return None;
        }
        let end = memchr(b'/', address).unwrap_or(address.len());
        Some(Connection { kind, address: address.get(..end)? })
    }

    /// The address, when it is one in figures and no name.
    pub fn ip(&self) -> Option<IpAddr> {
        address_of(self.address)
    }

    /// Whether it is the address of nobody, which RFC 2543 phones hold a call with.
    pub fn is_nowhere(&self) -> bool {
        self.ip().is_some_and(|address| address.is_unspecified())
    }
}

impl Direction {
    /// The direction of this attribute name.
    pub fn of(name: &[u8]) -> Option<Direction> {
        match name {
            b"sendrecv" => Some(Direction::SendRecv),
            b"sendonly" => Some(Direction::SendOnly),
            b"recvonly" => Some(Direction::RecvOnly),
            b"inactive" => Some(Direction::Inactive),
            _ => None,
        }
    }

    /// The name of the attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }
}

/// The lines of a text, line ends included.
fn raw_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

fn lines_of(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    raw_lines(text).filter_map(|line| match trim_line_end(line) {
        [kind, b'=', value @ ..] => Some(Line { kind: *kind, value, text: line }),
        _ => None,
    })
}

fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Where the next media line begins, from this place on.
fn next_media(text: &[u8], from: usize) -> Option<usize> {
    let found = memchr::memmem::find(text.get(from..)?, b"\nm=")?;
    Some(from + found + 1)
}

/// The attributes of this name in a text, with their values.
fn attributes_of<'a, 'n>(text: &'a [u8], name: &'n [u8]) -> impl Iterator<Item = Option<&'a [u8]>> + use<'a, 'n> {
    lines_of(text).filter_map(|line| line.attribute()).filter(move |(found, _)| *found == name).map(|(_, value)| value)
}

fn direction_of(text: &[u8]) -> Option<Direction> {
    lines_of(text).filter_map(|line| line.attribute()).find_map(|(name, _)| Direction::of(name))
}

impl<'a> Line<'a> {
    /// The name and value of an attribute line.
    pub fn attribute(&self) -> Option<(&'a [u8], Option<&'a [u8]>)> {
        if self.kind != b'a' {
            return None;
        }
        let colon = memchr(b':', self.value).unwrap_or(self.value.len());
        Some((self.value.get(..colon)?, self.value.get(colon + 1..)))
    }
}
