//! Request line and status line (RFC 3261 sections 7.1 and 7.2).

use crate::{Method, Offence, Uri, text::is_token};

/// Where the parts of the first line lie, as offsets into the message.
#[derive(Clone, Copy, Debug)]
pub(super) struct StartLine {
    /// The method of a request.
    pub(super) method: Method,
    pub(super) method_range: (u32, u32),
    pub(super) uri: (u32, u32),
    /// 0 in a request.
    pub(super) status: u16,
    pub(super) code_start: u32,
    pub(super) reason: (u32, u32),
}

const NOTHING: StartLine =
    StartLine { method: Method::Other, method_range: (0, 0), uri: (0, 0), status: 0, code_start: 0, reason: (0, 0) };

/// Reads the first line, which begins the message. A request line that is wrong is read as far as possible all the same,
/// for its sender is owed an answer; what is wrong with it comes second.
pub(super) fn parse(line: &[u8]) -> Result<(StartLine, Option<Offence>), Offence> {
    if line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/")) {
        return parse_status_line(line).map(|start| (start, None));
    }
    parse_request_line(line)
}

fn parse_status_line(line: &[u8]) -> Result<StartLine, Offence> {
    let rest = line.get(7..).ok_or(Offence::StartLine)?;
    if !line.get(..7).is_some_and(|version| version.eq_ignore_ascii_case(b"SIP/2.0")) {
        return Err(Offence::Version);
    }
    let (code, reason_start) = match rest {
        [b' ', code @ ..] if code.len() == 3 => (code, line.len()),
        [b' ', a, b, c, b' ', ..] => (&[*a, *b, *c][..], 12),
        _ => return Err(Offence::StatusCode),
    };
    let status = crate::text::number(code).and_then(|number| u16::try_from(number).ok()).ok_or(Offence::StatusCode)?;
    // RFC 4475 section 3.1.2.19: a code beyond 699 is no response at all.
    if !(100..=699).contains(&status) {
        return Err(Offence::StatusCode);
    }
    Ok(StartLine { status, code_start: 8, reason: (offset(reason_start), offset(line.len())), ..NOTHING })
}

fn parse_request_line(line: &[u8]) -> Result<(StartLine, Option<Offence>), Offence> {
    let method_end = memchr::memchr(b' ', line).ok_or(Offence::StartLine)?;
    let version_space = version_space(line).filter(|at| *at > method_end).ok_or(Offence::StartLine)?;
    let method = line.get(..method_end).unwrap_or_default();
    let uri = line.get(method_end + 1..version_space).unwrap_or_default();
    let version = line.get(version_space + 1..).unwrap_or_default();
    if !version.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/")) {
        return Err(Offence::StartLine);
    }
    let start = StartLine {
        method: Method::of(method),
        method_range: (0, offset(method_end)),
        uri: (offset(method_end + 1), offset(version_space)),
        ..NOTHING
    };
    Ok((start, offence_of(method, uri, version)))
}

/// The last space, behind which the version stands; white space after the version is looked past.
fn version_space(line: &[u8]) -> Option<usize> {
    let written = crate::text::trim_end(line);
    memchr::memrchr(b' ', written)
}

fn offence_of(method: &[u8], uri: &[u8], version: &[u8]) -> Option<Offence> {
    if !is_token(method) {
        return Some(Offence::Method);
    }
    if !version.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/2.0")) {
        return Some(Offence::Version);
    }
    if let Err(error) = Uri::parse(uri) {
        return Some(Offence::RequestUri(error));
    }
    // RFC 4475 section 3.1.2.10: nothing may follow the version, not even a space.
    (version.len() > 7).then_some(Offence::StartLine)
}

/// Offsets fit 32 bits because longer messages were refused before.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
