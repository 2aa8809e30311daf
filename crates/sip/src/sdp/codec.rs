//! One format of a media section with its `rtpmap` and `fmtp` lines.

use memchr::memchr;

use super::{Line, lines_of};

/// A codec on offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codec<'a> {
    /// The format as in the media line: a payload type, for RTP.
    pub format: &'a [u8],
    /// The encoding's name: from `rtpmap`, else by RFC 3551's fixed payload types; empty where neither tells.
    pub name: &'a [u8],
    /// The clock rate, likewise.
    pub clock: &'a [u8],
    /// What follows the clock rate: the channels of audio.
    pub channels: Option<&'a [u8]>,
    /// The parameters of the `fmtp` line.
    pub parameters: Option<&'a [u8]>,
    /// The media section it belongs to.
    section: &'a [u8],
}

impl<'a> Codec<'a> {
    pub(super) fn of(format: &'a [u8], section: &'a [u8]) -> Codec<'a> {
        let (name, clock) = fixed(format);
        let mut codec = Codec { format, name, clock, channels: None, parameters: None, section };
        for line in codec.lines() {
            let Some((attribute, Some(value))) = line.attribute() else { continue };
            let Some(space) = memchr(b' ', value) else { continue };
            let value = value.get(space + 1..).unwrap_or_default();
            match attribute {
                b"rtpmap" => codec.read_map(value),
                b"fmtp" => codec.parameters = Some(value),
                _ => {}
            }
        }
        codec
    }

    /// The attribute lines that speak of this format: `rtpmap`, `fmtp`, `rtcp-fb` and their like.
    pub fn lines(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        let format = self.format;
        lines_of(self.section).filter(move |line| {
            let Some((name, Some(value))) = line.attribute() else { return false };
            let speaks_of_formats = matches!(name, b"rtpmap" | b"fmtp" | b"rtcp-fb");
            speaks_of_formats && value.split(|byte| *byte == b' ').next() == Some(format)
        })
    }

    /// Whether it is this encoding at this clock rate, or at any where none is given; case does not count.
    pub fn is(&self, name: &[u8], clock: Option<&[u8]>) -> bool {
        self.name.eq_ignore_ascii_case(name) && clock.is_none_or(|clock| clock == self.clock)
    }

    /// `PCMU/8000/1` in its parts.
    fn read_map(&mut self, value: &'a [u8]) {
        let mut parts = value.split(|byte| *byte == b'/');
        self.name = parts.next().unwrap_or_default();
        self.clock = parts.next().unwrap_or_default();
        self.channels = parts.next();
    }
}

/// RFC 3551 section 6: payload types that need no `rtpmap`.
fn fixed(format: &[u8]) -> (&'static [u8], &'static [u8]) {
    let (name, clock): (&str, &str) = match format {
        b"0" => ("PCMU", "8000"),
        b"3" => ("GSM", "8000"),
        b"4" => ("G723", "8000"),
        b"5" => ("DVI4", "8000"),
        b"6" => ("DVI4", "16000"),
        b"7" => ("LPC", "8000"),
        b"8" => ("PCMA", "8000"),
        b"9" => ("G722", "8000"),
        b"10" | b"11" => ("L16", "44100"),
        b"12" => ("QCELP", "8000"),
        b"13" => ("CN", "8000"),
        b"14" => ("MPA", "90000"),
        b"15" => ("G728", "8000"),
        b"16" => ("DVI4", "11025"),
        b"17" => ("DVI4", "22050"),
        b"18" => ("G729", "8000"),
        b"25" => ("CelB", "90000"),
        b"26" => ("JPEG", "90000"),
        b"28" => ("nv", "90000"),
        b"31" => ("H261", "90000"),
        b"32" => ("MPV", "90000"),
        b"33" => ("MP2T", "90000"),
        b"34" => ("H263", "90000"),
        _ => ("", ""),
    };
    (name.as_bytes(), clock.as_bytes())
}
