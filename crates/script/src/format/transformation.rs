//! Transformations: `{class.name,argument,…}`.

use super::reader::Ends;
use super::{FormatFault, Reader};
use crate::ast::{Segment, Text, Transformation};
use bytes::Bytes;

impl Reader<'_> {
    /// All transformations that follow each other here.
    pub(super) fn transformations(&mut self) -> Result<Vec<Transformation>, FormatFault> {
        let mut transformations = Vec::new();
        loop {
            self.skip_blanks();
            let start = self.position();
            if !self.skip(b'{') {
                return Ok(transformations);
            }
            transformations.push(self.transformation(start)?);
        }
    }

    fn transformation(&mut self, brace: usize) -> Result<Transformation, FormatFault> {
        let start = self.position();
        let written = self.take_while(|byte| !matches!(byte, b',' | b'}' | b'{' | b'(' | b')'));
        let (name, number) = split_number(&String::from_utf8_lossy(written).trim().to_ascii_lowercase());
        if name.is_empty() {
            return Err(self.fault(brace, brace + 1, "a transformation has a name: `{s.len}`"));
        }
        let mut args = Vec::new();
        let is_substitution = name == "re.subst";
        while self.skip(b',') {
            let ends = if is_substitution { self.substitution_end() } else { Ends::AtCommaOrBrace };
            args.push(self.part(ends)?);
        }
        let end = self.position();
        if !self.skip(b'}') {
            return Err(self.fault(brace, brace + 1, "this `{` has no `}`"));
        }
        let rest = (!args.is_empty()).then(|| joined(&args));
        Ok(Transformation { name, number, args, rest, span: self.span(start, end) })
    }

    /// `/expression/replacement/flags`: commas and braces before the last delimiter are part of it.
    fn substitution_end(&self) -> Ends {
        let rest = self.rest_in_reach();
        let Some((delimiter, _)) = rest.split_first().filter(|(first, _)| **first != b'$') else {
            return Ends::AtCommaOrBrace;
        };
        let (mut delimiters, mut at) = (0, 0);
        while let Some(byte) = rest.get(at) {
            match byte {
                b'\\' => at += 1,
                byte if byte == delimiter => delimiters += 1,
                b'}' if delimiters == 3 => return Ends::At(self.position() + at),
                _ => {}
            }
            at += 1;
        }
        Ends::AtCommaOrBrace
    }
}

/// `nameaddr.1.uri` is `nameaddr.uri` of entry 1.
fn split_number(written: &str) -> (String, Option<i32>) {
    let mut words = written.splitn(3, '.');
    if let (Some(class), Some(number), Some(name)) = (words.next(), words.next(), words.next())
        && let Ok(number) = number.parse()
    {
        return (format!("{class}.{name}"), Some(number));
    }
    (written.to_owned(), None)
}

/// Arguments as one text, the commas between them put back.
pub(crate) fn joined<'t>(args: impl IntoIterator<Item = &'t Text>) -> Text {
    let mut whole = Text::default();
    let mut source = Vec::new();
    for (index, arg) in args.into_iter().enumerate() {
        if index > 0 {
            source.push(b',');
            append_literal(&mut whole.segments, b",");
        }
        source.extend_from_slice(&arg.source);
        for segment in &arg.segments {
            match segment {
                Segment::Literal(literal) => append_literal(&mut whole.segments, literal),
                Segment::Variable(_) => whole.segments.push(segment.clone()),
            }
        }
    }
    whole.source = Bytes::from(source);
    whole
}

fn append_literal(segments: &mut Vec<Segment>, text: &[u8]) {
    if let Some(Segment::Literal(last)) = segments.last_mut() {
        *last = [last.as_ref(), text].concat().into();
        return;
    }
    segments.push(Segment::Literal(Bytes::copy_from_slice(text)));
}
