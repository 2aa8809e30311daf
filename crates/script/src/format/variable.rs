//! A variable: `$name`, `$name(inner)`, `$(<context>name(inner)[index]{transformation}…)`.

use super::reader::Ends;
use super::{FormatFault, OldName, Reader};
use crate::ast::{Context, Index, Segment, Text, Variable};
use bytes::Bytes;

/// Variables stand inside each other this deeply, and no deeper.
const DEPTH_MAX: u32 = 16;

impl Reader<'_> {
    /// Reads the variable that starts here.
    pub fn variable(&mut self) -> Result<Variable, FormatFault> {
        let start = self.position();
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let message = format!("more than {DEPTH_MAX} variables stand inside each other");
            return Err(self.fault(start, start + 1, message));
        }
        let variable = self.shallow_variable(start);
        self.depth -= 1;
        variable
    }

    fn shallow_variable(&mut self, start: usize) -> Result<Variable, FormatFault> {
        if !self.skip(b'$') {
            return Err(self.fault(start, start + 1, "a variable starts with `$`"));
        }
        if !self.skip(b'(') {
            let name = self.name(start)?;
            let inner = self.inner()?;
            let span = self.span(start, self.position());
            return Ok(Variable { name, context: None, inner, index: None, transformations: Vec::new(), span });
        }
        self.skip_blanks();
        let context = self.context()?;
        self.skip_blanks();
        let name = self.name(start)?;
        let inner = self.inner()?;
        self.skip_blanks();
        let index = self.index()?;
        let transformations = self.transformations()?;
        if !self.skip(b')') {
            return Err(self.unclosed(start));
        }
        let span = self.span(start, self.position());
        Ok(Variable { name, context, inner, index, transformations, span })
    }

    fn unclosed(&self, start: usize) -> FormatFault {
        let written = String::from_utf8_lossy(self.slice(start, self.position())).into_owned();
        let mut fault = self.fault(start, self.position().max(start + 1), format!("`{written}` has no `)`"));
        if let Some(byte) = self.peek().filter(|byte| !byte.is_ascii_whitespace()) {
            fault.message = format!("`{}` cannot stand here in `{written}`", char::from(byte).escape_default());
            fault.help = Some("a variable reads $(<context>name(inner)[index]{transformation}…)".to_owned());
        }
        fault
    }

    fn context(&mut self) -> Result<Option<Context>, FormatFault> {
        let start = self.position();
        if !self.skip(b'<') {
            return Ok(None);
        }
        let word = self.take_while(|byte| byte.is_ascii_alphanumeric());
        let context = match word {
            b"request" => Context::Request,
            b"reply" => Context::Reply,
            _ => return Err(self.fault(start, self.position(), "a context is <request> or <reply>")),
        };
        if !self.skip(b'>') {
            return Err(self.fault(start, self.position(), "`>` is missing after the context"));
        }
        Ok(Some(context))
    }

    fn name(&mut self, start: usize) -> Result<String, FormatFault> {
        let name = self.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
        if name.is_empty() {
            let mut fault = self.fault(start, start + 1, "`$` is not followed by the name of a variable");
            fault.help = Some("a dollar sign in a format string is written `$$`".to_owned());
            return Err(fault);
        }
        Ok(String::from_utf8_lossy(name).into_owned())
    }

    fn inner(&mut self) -> Result<Option<Text>, FormatFault> {
        let start = self.position();
        if !self.skip(b'(') {
            return Ok(None);
        }
        let inside = self.position();
        let inner = self.part(Ends::AtParenthesis)?;
        let end = self.position();
        if !self.skip(b')') {
            return Err(self.fault(start, start + 1, "this `(` has no `)`"));
        }
        Ok(Some(self.with_todays_name(inner, inside, end)))
    }

    /// 1.x gave AVPs names (`s:caller`) and numbers (`i:5`); today both are names.
    fn with_todays_name(&mut self, inner: Text, start: usize, end: usize) -> Text {
        let today = match inner.source.as_ref() {
            [b's' | b'S', b':', name @ ..] if !name.is_empty() => name,
            [b'i' | b'I', b':', id @ ..] if !id.is_empty() && id.iter().all(u8::is_ascii_digit) => id,
            _ => return inner,
        };
        if !self.slice(0, start).ends_with(b"avp(") {
            return inner;
        }
        let mut segments = inner.segments;
        if let Some(Segment::Literal(literal)) = segments.first_mut() {
            *literal = literal.slice(2.min(literal.len())..);
        }
        segments.retain(|segment| !matches!(segment, Segment::Literal(literal) if literal.is_empty()));
        let today = Bytes::copy_from_slice(today);
        self.old_names
            .push(OldName { span: self.span(start, end), today: String::from_utf8_lossy(&today).into_owned() });
        Text { segments, source: today }
    }

    fn index(&mut self) -> Result<Option<Index>, FormatFault> {
        let start = self.position();
        if !self.skip(b'[') {
            return Ok(None);
        }
        self.skip_blanks();
        let index = match self.peek() {
            Some(b'$') => Index::Variable(Box::new(self.variable()?)),
            Some(b'*') => {
                self.skip(b'*');
                Index::All
            }
            _ => self.index_word(start)?,
        };
        self.skip_blanks();
        let index = self.in_set(index)?;
        if !self.skip(b']') {
            return Err(self.fault(start, start + 1, "this `[` has no `]`"));
        }
        self.skip_blanks();
        Ok(Some(index))
    }

    /// What may follow an index: `/` and the set that it counts in.
    fn in_set(&mut self, index: Index) -> Result<Index, FormatFault> {
        let start = self.position();
        if !self.skip(b'/') {
            return Ok(index);
        }
        if matches!(index, Index::All | Index::Append) {
            return Err(self.fault(start, start + 1, "only a number or a variable stands before a `/`"));
        }
        self.skip_blanks();
        let set = String::from_utf8_lossy(self.take_while(|byte| byte.is_ascii_alphanumeric())).into_owned();
        if set.is_empty() {
            return Err(self.fault(start, start + 1, "`/` is followed by a word: what the index counts in"));
        }
        self.skip_blanks();
        Ok(Index::InSet(Box::new((index, set))))
    }

    fn index_word(&mut self, start: usize) -> Result<Index, FormatFault> {
        let word = self.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+'));
        if word == b"append" {
            return Ok(Index::Append);
        }
        let number = str::from_utf8(word).ok().and_then(|word| word.parse().ok());
        let bad = "an index is a number, a variable, `*` or `append`";
        number.map(Index::Number).ok_or_else(|| self.fault(start, self.position().max(start + 1), bad))
    }
}
