//! Flags among the arguments: names of message and branch flags, and lists of named flags.

use super::Compiler;
use super::arguments::{Written, computed};
use crate::ast::{Expression, Span};
use crate::diagnostic::{Diagnostic, codes};
use crate::host::{ArgValue, FlagValue};
use crate::program::instruction::{Argument, Wanted};
use crate::resolve::flags::{gone_bit, modern, parse_flags, similar};
use bytes::Bytes;
use catalogue::{Arg, ArgKind, Flag};

impl Compiler<'_> {
    /// The number of a message or branch flag. Numbers of older scripts are names like any other.
    pub(super) fn flag_number(&mut self, written: &Written<'_>, of_message: bool, span: Span) -> Option<Argument> {
        let name = match written {
            Written::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Written::Int(number) => number.to_string(),
            _ => return None,
        };
        let names = self.lookup.resolver.names;
        let (table, kind) = if of_message { (names.message_flags, "message") } else { (names.branch_flags, "branch") };
        match table.number(&name) {
            Some(number) => Some(Argument::Fixed(ArgValue::Int(i32::from(number)))),
            None => {
                let message = format!("there are 32 other {kind} flags already");
                self.error(codes::FLAGS_TOO_MANY, span, message);
                Some(Argument::Fixed(ArgValue::Absent))
            }
        }
    }

    pub(super) fn flags_argument(
        &mut self,
        written: &Written<'_>,
        known: &'static [Flag],
        arg: &Arg,
        span: Span,
    ) -> Option<Argument> {
        let text = match written {
            Written::Text(text) => text.clone(),
            Written::Int(number) => Bytes::from(number.to_string()),
            Written::Variable(variable, _) => {
                return Some(computed(self.variable_operand(variable), Wanted::Flags(known), arg));
            }
            Written::Format(text) => return Some(computed(self.format_operand(text), Wanted::Flags(known), arg)),
            Written::Null => return None,
        };
        let flags = match parse_flags(&text, known) {
            Ok(parsed) => {
                if parsed.is_old {
                    self.note_old_flags(&parsed.flags, span);
                    self.check_old_refused(&parsed.flags, arg, span);
                }
                self.judge_values(&parsed.flags, known, span);
                parsed.flags
            }
            Err(unknown) => {
                self.unknown_flag(&unknown, &text, known, arg, span);
                Vec::new()
            }
        };
        Some(Argument::Fixed(ArgValue::Flags(flags.into())))
    }

    fn judge_values(&mut self, flags: &[FlagValue], known: &'static [Flag], span: Span) {
        for (name, value) in flags {
            let judge = known.iter().find(|flag| flag.name == *name).and_then(|flag| flag.judge);
            if let Some(value) = value {
                self.lookup.judge(judge, name, &String::from_utf8_lossy(value), span);
            }
        }
    }

    /// Flags written as letters or as a number, by their names.
    pub(super) fn modern_flags(&mut self, written: &Expression, arg: &Arg) -> Option<String> {
        let ArgKind::Flags(known) = arg.kind else { return None };
        let text = match self.written(written)? {
            Written::Text(text) => text,
            Written::Int(number) => Bytes::from(number.to_string()),
            _ => return None,
        };
        parse_flags(&text, known).ok().filter(|parsed| parsed.is_old).map(|parsed| modern(&parsed.flags))
    }

    fn note_old_flags(&mut self, flags: &[FlagValue], span: Span) {
        let warning = Diagnostic::warning(codes::FLAGS_OLD, span, "flags have names now");
        self.push(warning.fix(span, format!("\"{}\"", modern(flags))));
    }

    /// Flags that are written by their names have been looked at already.
    fn check_old_refused(&mut self, flags: &[FlagValue], arg: &Arg, span: Span) {
        for refused in arg.refused.iter().filter(|refused| flags.iter().any(|(name, _)| *name == refused.word)) {
            self.refuse(refused, span);
        }
    }

    fn unknown_flag(&mut self, unknown: &str, text: &[u8], known: &'static [Flag], arg: &Arg, span: Span) {
        if let Some((bit, readings)) = gone_bit(text, arg.gone_bits) {
            let message = format!("what bit {bit:#04x} of {unknown} means here is not certain");
            return self.push(Diagnostic::error(codes::FLAG_UNKNOWN, span, message).help(readings));
        }
        let diagnostic = Diagnostic::error(codes::FLAG_UNKNOWN, span, format!("unknown flag \"{unknown}\""));
        let names: Vec<_> = known.iter().map(|flag| flag.name).collect();
        self.push(match similar(unknown.split('=').next().unwrap_or_default(), known) {
            Some(similar) => diagnostic.help(format!("did you mean {similar}?")),
            None => diagnostic.help(format!("there are {}", names.join(", "))),
        });
    }
}
