//! One media section: its line, its formats, its attributes.

use crate::text::port;

use super::{Codec, Connection, Direction, Line, Sdp, attributes_of, direction_of, lines_of};

/// A media section: `m=audio 49170 RTP/AVP 0 8` and the lines below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media<'a> {
    /// Its place among the sections, from 0.
    pub index: usize,
    /// What it carries: `audio`, `video` …
    pub kind: &'a [u8],
    /// The port; 0 means the stream is refused or gone.
    pub port: u16,
    /// The port as written, with the number of ports after `/` if there is one.
    pub port_text: &'a [u8],
    /// The protocol: `RTP/AVP`, `RTP/SAVPF` …
    pub protocol: &'a [u8],
    /// The formats as written, separated by spaces.
    pub formats_text: &'a [u8],
    /// The whole section with its line ends.
    pub text: &'a [u8],
    sdp: Sdp<'a>,
}

impl<'a> Media<'a> {
    /// Reads a section, which begins with its media line.
    pub(super) fn of(index: usize, text: &'a [u8], sdp: Sdp<'a>) -> Option<Media<'a>> {
        let line = lines_of(text).next().filter(|line| line.kind == b'm')?;
        let (kind, rest) = split_word(line.value)?;
        let (port_text, rest) = split_word(rest)?;
        let (protocol, formats_text) = split_word(rest)?;
        let figures = port_text.split(|byte| *byte == b'/').next()?;
        let port = port(figures)?;
        Some(Media { index, kind, port, port_text, protocol, formats_text, text, sdp })
    }

    /// The lines of the section, the media line first.
    pub fn lines(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        lines_of(self.text)
    }

    /// The media line.
    pub fn line(&self) -> Option<Line<'a>> {
        self.lines().next()
    }

    /// The formats in order of preference: payload types, for RTP.
    pub fn formats(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.formats_text.split(|byte| *byte == b' ').filter(|format| !format.is_empty())
    }

    /// The formats with what their `rtpmap` and `fmtp` lines say, the first 256 of them.
    pub fn codecs(&self) -> impl Iterator<Item = Codec<'a>> + use<'a> {
        let text = self.text;
        self.formats().take(CODECS_MAX).map(move |format| Codec::of(format, text))
    }

    /// The section's attributes of this name, with their values.
    pub fn attributes<'n>(&self, name: &'n [u8]) -> impl Iterator<Item = Option<&'a [u8]>> + use<'a, 'n> {
        attributes_of(self.text, name)
    }

    /// The section's connection line, or else the session's.
    pub fn connection(&self) -> Option<Connection<'a>> {
        let own = self.lines().find(|line| line.kind == b'c');
        own.map_or_else(|| self.sdp.connection(), |line| Connection::parse(line.value))
    }

    /// The section's direction, or else the session's, or else both ways.
    pub fn direction(&self) -> Direction {
        direction_of(self.text).or_else(|| self.sdp.direction()).unwrap_or_default()
    }

    /// Whether the sender of the description does not want to hear this stream.
    pub fn is_hold(&self) -> bool {
        let one_way = matches!(self.direction(), Direction::SendOnly | Direction::Inactive);
        one_way || self.connection().is_some_and(|connection| connection.is_nowhere())
    }
}

/// Each codec costs a look at all lines: a media line of thousands of formats is meant to cost time. RTP has 128.
const CODECS_MAX: usize = 256;

/// The first word and what follows its spaces.
fn split_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b' ', text)?;
    let (word, rest) = text.split_at(end);
    let spaces = rest.iter().position(|byte| *byte != b' ')?;
    (!word.is_empty()).then_some((word, rest.get(spaces..)?))
}
