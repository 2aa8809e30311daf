//! Bodies of several parts (RFC 2046 section 5.1): where each part's headers and body lie.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use crate::{
    HeaderName, MediaType,
    text::{trim, trim_end},
};

/// One part of a multipart body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Its header lines.
    pub headers: &'a [u8],
    /// Its body, without the line end that belongs to the boundary.
    pub body: &'a [u8],
    /// The part from its first header to its boundary's line end, as it lies in the whole.
    pub text: &'a [u8],
}

/// The parts of a body whose Content-Type is `multipart/…`; none where it is not, or has no boundary.
pub fn parts<'a>(content_type: &[u8], body: &'a [u8]) -> Parts<'a> {
    let boundary = MediaType::parse(content_type).ok().filter(|media| media.kind.eq_ignore_ascii_case(b"multipart"));
    let boundary = boundary.and_then(|media| media.params.unquoted(b"boundary").map(Cow::into_owned));
    let delimiter = match boundary {
        Some(boundary) if !boundary.is_empty() => [b"--", &boundary[..]].concat(),
        _ => return Parts { rest: None, delimiter: Vec::new() },
    };
    let first = find_delimiter(body, &delimiter).filter(|first| !first.closes);
    Parts { rest: first.map(|first| first.after), delimiter }
}

/// The body of this type: the whole, if that is its type, else the first such part, however deep.
pub fn body_of_type<'a>(content_type: &[u8], body: &'a [u8], kind: &[u8], subtype: &[u8]) -> Option<&'a [u8]> {
    bodies_of_type(content_type, body, kind, subtype).first().copied()
}

/// All bodies of this type in order, however deep.
pub fn bodies_of_type<'a>(content_type: &[u8], body: &'a [u8], kind: &[u8], subtype: &[u8]) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    collect_of_type(content_type, body, (kind, subtype), DEPTH_MAX, &mut found);
    found
}

fn collect_of_type<'a>(
    content_type: &[u8],
    body: &'a [u8],
    wanted: (&[u8], &[u8]),
    depth: u8,
    found: &mut Vec<&'a [u8]>,
) {
    let Ok(media) = MediaType::parse(content_type) else { return };
    if media.is(wanted.0, wanted.1) {
        return found.push(body);
    }
    if depth == 0 {
        return;
    }
    for part in parts(content_type, body) {
        if let Some(kind) = part.content_type() {
            collect_of_type(kind, part.body, wanted, depth - 1, found);
        }
    }
}

/// How deep parts within parts are followed.
const DEPTH_MAX: u8 = 4;

/// Runs over the parts of a body.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// What follows the last delimiter line, until the closing one was met.
    rest: Option<&'a [u8]>,
    delimiter: Vec<u8>,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let rest = self.rest.take()?;
        let Some(delimiter) = find_delimiter(rest, &self.delimiter) else {
            // Nobody closed the last part. Where nothing follows, the dashes were forgotten and no part began.
            let left = without_line_end(rest);
            return (!left.is_empty()).then(|| part_of(left));
        };
        if !delimiter.closes {
            self.rest = Some(delimiter.after);
        }
        Some(part_of(delimiter.before))
    }
}

impl<'a> Part<'a> {
    /// The headers of the part: name and value.
    pub fn header_pairs(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let mut rest = self.headers;
        std::iter::from_fn(move || {
            let end = line_end(rest)?;
            let (line, after) = rest.split_at(end);
            rest = after;
            let colon = memchr(b':', line).unwrap_or(line.len());
            Some((trim(line.get(..colon).unwrap_or_default()), trim(line.get(colon + 1..).unwrap_or_default())))
        })
    }

    /// The value of the first header called so; case does not count.
    pub fn header(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.header_pairs().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The part's Content-Type.
    pub fn content_type(&self) -> Option<&'a [u8]> {
        self.header_pairs().find(|(name, _)| HeaderName::of(name) == HeaderName::ContentType).map(|(_, value)| value)
    }
}

/// Where a line with continuation lines ends.
fn line_end(text: &[u8]) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    let mut end = 0;
    while let Some(at) = memchr(b'\n', text.get(end..).unwrap_or_default()) {
        end += at + 1;
        if !matches!(text.get(end), Some(b' ' | b'\t')) {
            return Some(end);
        }
    }
    Some(text.len())
}

/// A delimiter line found in a body.
struct Delimiter<'a> {
    /// What stands before the line, without the line end that belongs to the delimiter.
    before: &'a [u8],
    after: &'a [u8],
    /// Whether it is the closing one, which ends in two dashes.
    closes: bool,
}

/// Finds the next line that begins with the delimiter.
fn find_delimiter<'a>(body: &'a [u8], delimiter: &[u8]) -> Option<Delimiter<'a>> {
    for at in memmem::find_iter(body, delimiter) {
        let (before, rest) = body.split_at(at);
        if !before.is_empty() && before.last() != Some(&b'\n') {
            continue;
        }
        let rest = rest.get(delimiter.len()..).unwrap_or_default();
        let (closes, rest) = match rest {
            [b'-', b'-', after @ ..] => (true, after),
            _ => (false, rest),
        };
        let end = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let (padding, after) = rest.split_at(end);
        // A longer boundary that begins with this one is another boundary.
        if trim_end(padding).is_empty() {
            return Some(Delimiter { before: without_line_end(before), after, closes });
        }
    }
    None
}

fn without_line_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// Splits a part at its empty line; without one it is all body where it begins with an empty line, else all headers.
fn part_of(text: &[u8]) -> Part<'_> {
    let mut start = 0;
    loop {
        let rest = text.get(start..).unwrap_or_default();
        let skipped = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            _ => match line_end(rest) {
                Some(end) => {
                    start += end;
                    continue;
                }
                None => 0,
            },
        };
        let (headers, body) = text.split_at(start);
        return Part { headers, body: body.get(skipped..).unwrap_or_default(), text };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIXED: &[u8] = b"multipart/mixed;boundary=\"a b\"";

    fn show(content_type: &[u8], body: &str) -> String {
        let text = |text: &[u8]| String::from_utf8_lossy(text).escape_debug().to_string();
        parts(content_type, body.as_bytes())
            .map(|part| format!("[{}|{}]", text(part.headers), text(part.body)))
            .collect()
    }

    #[test]
    fn finds_parts() {
        let body =
            "preamble\r\n--a b\r\nContent-Type: text/plain\r\n\r\none\r\n--a b  \r\n\r\ntwo\r\n\r\n--a b--\r\nepilogue";
        assert_eq!(show(MIXED, body), "[Content-Type: text/plain\\r\\n|one][|two\\r\\n]");
    }

    #[test]
    fn boundaries_are_whole_lines() {
        assert_eq!(show(MIXED, "--a b\r\n\r\nx --a b\r\n--a bc\r\ny\r\n--a b--"), "[|x --a b\\r\\n--a bc\\r\\ny]");
        assert_eq!(show(MIXED, "--a b--\r\n\r\nepilogue"), "");
        assert_eq!(show(b"multipart/mixed", "--\r\n\r\nx\r\n----"), "");
        assert_eq!(show(b"text/plain", "--a b\r\n\r\nx\r\n--a b--"), "");
    }

    /// Content-Length has said that nothing is cut off, so the sender has only left the last line out.
    #[test]
    fn a_last_part_need_not_be_closed() {
        assert_eq!(show(MIXED, "--a b\r\n\r\nnever closed"), "[|never closed]");
        assert_eq!(show(MIXED, "--a b\r\n\r\none\r\n--a b\r\n\r\ntwo\r\n"), "[|one][|two]");
        assert_eq!(show(MIXED, "--a b\r\n\r\none\r\n--a b\r\n"), "[|one]", "who forgot the dashes began no part");
    }

    #[test]
    fn finds_a_body_by_its_type() {
        let inner = "--i\r\nc: application/sdp\r\n\r\nv=0\r\n--i--";
        let body = format!("--a b\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n{inner}\r\n--a b--\r\n");
        assert_eq!(body_of_type(MIXED, body.as_bytes(), b"application", b"sdp"), Some(&b"v=0"[..]));
        assert_eq!(body_of_type(b"application/sdp", b"v=0", b"Application", b"SDP"), Some(&b"v=0"[..]));
        assert_eq!(body_of_type(MIXED, body.as_bytes(), b"text", b"plain"), None);
        let outer = "--a b\r\nc: application/sdp\r\n\r\nv=1\r\n";
        let both = [outer, &body].concat();
        assert_eq!(bodies_of_type(MIXED, both.as_bytes(), b"application", b"sdp"), [b"v=1", b"v=0"]);
    }
}
